//! Commands on sorted sets.

use super::super::CommandId as Id;
use super::super::arg::{block, double, key, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static ZADD: CommandSpec = CommandSpec::new(Id::Zadd, "zadd", -4, Group::SortedSet, "1.2.0")
    .about(
        "Writes the scores of members of a sorted set.",
        "O(log(N)) for each member of N",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        block("data", &[double("score"), string("member")]).multiple(),
    ]);

pub(crate) static ZRANGE: CommandSpec = CommandSpec::new(Id::Zrange, "zrange", -4, Group::SortedSet, "1.2.0")
    .about(
        "Answers the members of a sorted set between two ranks.",
        "O(log(N)+M) for M of N members",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        string("start"),
        string("stop"),
        token("REV").since("6.2.0").optional(),
        token("WITHSCORES").optional(),
    ]);
