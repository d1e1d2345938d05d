//! Commands that write hashes.

use super::super::CommandId as Id;
use super::super::arg::{block, double, integer, key, string};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static HSET: CommandSpec = CommandSpec::new(Id::Hset, "hset", -4, Group::Hash, "2.0.0")
    .about("Writes fields of a hash.", "O(1) for each field, O(N) for N of them")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        block("data", &[string("field"), string("value")]).multiple(),
    ]);

pub(crate) static HMSET: CommandSpec = CommandSpec::new(Id::Hmset, "hmset", -4, Group::Hash, "2.0.0")
    .about("Writes fields of a hash.", "O(N) for N fields")
    .deprecated_since("4.0.0", "`HSET` with multiple field-value pairs")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        block("data", &[string("field"), string("value")]).multiple(),
    ]);

pub(crate) static HSETNX: CommandSpec = CommandSpec::new(Id::Hsetnx, "hsetnx", 4, Group::Hash, "2.0.0")
    .about("Writes a field of a hash if it is not there.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Insert])])
    .with_args(&[key("key", 0), string("field"), string("value")]);

pub(crate) static HDEL: CommandSpec = CommandSpec::new(Id::Hdel, "hdel", -3, Group::Hash, "2.0.0")
    .about(
        "Deletes fields of a hash, and the hash without its last one.",
        "O(N) for N fields",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .with_args(&[key("key", 0), string("field").multiple()]);

pub(crate) static HINCRBY: CommandSpec = CommandSpec::new(Id::Hincrby, "hincrby", 4, Group::Hash, "2.0.0")
    .about("Adds to the whole number that a field of a hash holds.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0), string("field"), integer("increment")]);

pub(crate) static HINCRBYFLOAT: CommandSpec =
    CommandSpec::new(Id::Hincrbyfloat, "hincrbyfloat", 4, Group::Hash, "2.6.0")
        .about("Adds to the number that a field of a hash holds.", "O(1)")
        .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
        .with_categories(&[Category::Hash])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
        .with_args(&[key("key", 0), string("field"), double("increment")]);
