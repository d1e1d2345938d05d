//! Commands on hashes.

use super::super::CommandId as Id;
use super::super::arg::{block, key, string};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static HGET: CommandSpec = CommandSpec::new(Id::Hget, "hget", 3, Group::Hash, "2.0.0")
    .about("Answers the value of a field of a hash.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("field")]);

pub(crate) static HSET: CommandSpec = CommandSpec::new(Id::Hset, "hset", -4, Group::Hash, "2.0.0")
    .about("Writes fields of a hash.", "O(1) for each field, O(N) for N of them")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        block("data", &[string("field"), string("value")]).multiple(),
    ]);
