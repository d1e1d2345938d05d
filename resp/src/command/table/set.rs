//! Commands on one set.

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

pub(crate) static SREM: CommandSpec = CommandSpec::new(Id::Srem, "srem", -3, Group::Set, "1.0.0")
    .about(
        "Removes members from a set, and the set without its last one.",
        "O(N) for N members",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Set])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .with_args(&[key("key", 0), string("member").multiple()]);

pub(crate) static SISMEMBER: CommandSpec = CommandSpec::new(Id::Sismember, "sismember", 3, Group::Set, "1.0.0")
    .about("Answers whether a set has a member.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Set])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0), string("member")]);

pub(crate) static SMISMEMBER: CommandSpec = CommandSpec::new(Id::Smismember, "smismember", -3, Group::Set, "6.2.0")
    .about("Answers which of several members a set has.", "O(N) for N members")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Set])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("member").multiple()]);

pub(crate) static SCARD: CommandSpec = CommandSpec::new(Id::Scard, "scard", 2, Group::Set, "1.0.0")
    .about("Counts the members of a set.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Set])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0)]);

pub(crate) static SMEMBERS: CommandSpec = CommandSpec::new(Id::Smembers, "smembers", 2, Group::Set, "1.0.0")
    .about("Answers all members of a set.", "O(N) for N members")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static SPOP: CommandSpec = CommandSpec::new(Id::Spop, "spop", -2, Group::Set, "1.0.0")
    .about(
        "Takes random members off a set.",
        "O(1) for each member, O(N) for N of them",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .with_args(&[key("key", 0), integer("count").since("3.2.0").optional()]);

pub(crate) static SRANDMEMBER: CommandSpec = CommandSpec::new(Id::Srandmember, "srandmember", -2, Group::Set, "1.0.0")
    .about(
        "Answers random members of a set.",
        "O(1) for each member, O(N) for N of them",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Set])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), integer("count").since("2.6.0").optional()]);

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
