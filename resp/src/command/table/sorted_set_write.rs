//! Commands that write one sorted set.

use super::super::CommandId as Id;
use super::super::arg::{block, double, integer, key, oneof, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static ZADD: CommandSpec = CommandSpec::new(Id::Zadd, "zadd", -4, Group::SortedSet, "1.2.0")
    .about(
        "Writes the scores of members of a sorted set; options make it conditional, or an addition.",
        "O(log(N)) for each member of N",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        oneof("condition", &[token("NX"), token("XX")])
            .since("3.0.2")
            .optional(),
        oneof("comparison", &[token("GT"), token("LT")])
            .since("6.2.0")
            .optional(),
        token("CH").since("3.0.2").optional(),
        token("INCR").since("3.0.2").optional(),
        block("data", &[double("score"), string("member")]).multiple(),
    ]);

pub(crate) static ZINCRBY: CommandSpec = CommandSpec::new(Id::Zincrby, "zincrby", 4, Group::SortedSet, "1.2.0")
    .about(
        "Adds to the score of a member of a sorted set; a missing one counts as 0.",
        "O(log(N)), N: number of members",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("increment"), string("member")]);

pub(crate) static ZREM: CommandSpec = CommandSpec::new(Id::Zrem, "zrem", -3, Group::SortedSet, "1.2.0")
    .about("Removes members of a sorted set.", "O(M*log(N)) for M of N members")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
    .with_args(&[key("key", 0), string("member").multiple()]);

pub(crate) static ZREMRANGEBYRANK: CommandSpec =
    CommandSpec::new(Id::Zremrangebyrank, "zremrangebyrank", 4, Group::SortedSet, "2.0.0")
        .about(
            "Removes the members of a sorted set between two ranks.",
            "O(log(N)+M) for M of N members",
        )
        .with_flags(&[Flag::Write])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
        .with_args(&[key("key", 0), integer("start"), integer("stop")]);

pub(crate) static ZREMRANGEBYSCORE: CommandSpec =
    CommandSpec::new(Id::Zremrangebyscore, "zremrangebyscore", 4, Group::SortedSet, "1.2.0")
        .about(
            "Removes the members of a sorted set between two scores.",
            "O(log(N)+M) for M of N members",
        )
        .with_flags(&[Flag::Write])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
        .with_args(&[key("key", 0), double("min"), double("max")]);

pub(crate) static ZREMRANGEBYLEX: CommandSpec =
    CommandSpec::new(Id::Zremrangebylex, "zremrangebylex", 4, Group::SortedSet, "2.8.9")
        .about(
            "Removes the members of a sorted set between two names, if all have one score.",
            "O(log(N)+M) for M of N members",
        )
        .with_flags(&[Flag::Write])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Delete])])
        .with_args(&[key("key", 0), string("min"), string("max")]);

pub(crate) static ZPOPMIN: CommandSpec = CommandSpec::new(Id::Zpopmin, "zpopmin", -2, Group::SortedSet, "5.0.0")
    .about(
        "Removes and answers the members with the least scores of a sorted set.",
        "O(M*log(N)) for M of N members",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .with_args(&[key("key", 0), integer("count").optional()]);

pub(crate) static ZPOPMAX: CommandSpec = CommandSpec::new(Id::Zpopmax, "zpopmax", -2, Group::SortedSet, "5.0.0")
    .about(
        "Removes and answers the members with the greatest scores of a sorted set.",
        "O(M*log(N)) for M of N members",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete])])
    .with_args(&[key("key", 0), integer("count").optional()]);
