//! Commands on sets.

use super::super::CommandId as Id;
use super::super::arg::{integer, key, pattern, string};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static SADD: CommandSpec = CommandSpec::new(Id::Sadd, "sadd", -3, Group::Set, "1.0.0")
    .about("Adds members to a set.", "O(1) for each member, O(N) for N of them")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Set])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .with_args(&[key("key", 0), string("member").multiple()]);

pub(crate) static SMEMBERS: CommandSpec = CommandSpec::new(Id::Smembers, "smembers", 2, Group::Set, "1.0.0")
    .about("Answers all members of a set.", "O(N) for N members")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static SSCAN: CommandSpec = CommandSpec::new(Id::Sscan, "sscan", -3, Group::Set, "2.8.0")
    .about(
        "Walks over the members of a set, step by step.",
        "O(1) for each step, O(N) for a whole walk over N members",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        integer("cursor"),
        pattern("pattern").after("MATCH").optional(),
        integer("count").after("COUNT").optional(),
    ]);
