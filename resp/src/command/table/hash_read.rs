//! Commands that read hashes.

use super::super::CommandId as Id;
use super::super::arg::{block, integer, key, pattern, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static HGET: CommandSpec = CommandSpec::new(Id::Hget, "hget", 3, Group::Hash, "2.0.0")
    .about("Answers the value of a field of a hash.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("field")]);

pub(crate) static HMGET: CommandSpec = CommandSpec::new(Id::Hmget, "hmget", -3, Group::Hash, "2.0.0")
    .about("Answers the values of several fields of a hash.", "O(N) for N fields")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("field").multiple()]);

pub(crate) static HGETALL: CommandSpec = CommandSpec::new(Id::Hgetall, "hgetall", 2, Group::Hash, "2.0.0")
    .about(
        "Answers all fields of a hash with their values.",
        "O(N) for a hash of N fields",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Hash])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static HKEYS: CommandSpec = CommandSpec::new(Id::Hkeys, "hkeys", 2, Group::Hash, "2.0.0")
    .about("Answers all fields of a hash.", "O(N) for a hash of N fields")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Hash])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static HVALS: CommandSpec = CommandSpec::new(Id::Hvals, "hvals", 2, Group::Hash, "2.0.0")
    .about("Answers all values of a hash.", "O(N) for a hash of N fields")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Hash])
    .with_tips(&["nondeterministic_output_order"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static HLEN: CommandSpec = CommandSpec::new(Id::Hlen, "hlen", 2, Group::Hash, "2.0.0")
    .about("Counts the fields of a hash.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0)]);

pub(crate) static HEXISTS: CommandSpec = CommandSpec::new(Id::Hexists, "hexists", 3, Group::Hash, "2.0.0")
    .about("Answers whether a hash has a field.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0), string("field")]);

pub(crate) static HSTRLEN: CommandSpec = CommandSpec::new(Id::Hstrlen, "hstrlen", 3, Group::Hash, "3.2.0")
    .about("Answers the length of the value of a field.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0), string("field")]);

pub(crate) static HRANDFIELD: CommandSpec = CommandSpec::new(Id::Hrandfield, "hrandfield", -2, Group::Hash, "6.2.0")
    .about("Answers random fields of a hash.", "O(N) for N fields answered")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Hash])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        block("options", &[integer("count"), token("WITHVALUES").optional()]).optional(),
    ]);

pub(crate) static HSCAN: CommandSpec = CommandSpec::new(Id::Hscan, "hscan", -3, Group::Hash, "2.8.0")
    .about(
        "Walks over the fields of a hash, step by step.",
        "O(1) for each step, O(N) for a whole walk over N fields",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Hash])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        integer("cursor"),
        pattern("pattern").after("MATCH").optional(),
        integer("count").after("COUNT").optional(),
        token("NOVALUES").since("7.4.0").optional(),
    ]);
