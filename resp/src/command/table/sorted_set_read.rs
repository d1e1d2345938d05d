//! Commands that read one sorted set.

use super::super::CommandId as Id;
use super::super::arg::{block, double, integer, key, pattern, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static ZCARD: CommandSpec = CommandSpec::new(Id::Zcard, "zcard", 2, Group::SortedSet, "1.2.0")
    .about("Counts the members of a sorted set.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0)]);

pub(crate) static ZSCORE: CommandSpec = CommandSpec::new(Id::Zscore, "zscore", 3, Group::SortedSet, "1.2.0")
    .about("Answers the score of a member of a sorted set.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("member")]);

pub(crate) static ZMSCORE: CommandSpec = CommandSpec::new(Id::Zmscore, "zmscore", -3, Group::SortedSet, "6.2.0")
    .about(
        "Answers the scores of members of a sorted set.",
        "O(M), M: number of members asked about",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("member").multiple()]);

pub(crate) static ZCOUNT: CommandSpec = CommandSpec::new(Id::Zcount, "zcount", 4, Group::SortedSet, "2.0.0")
    .about(
        "Counts the members of a sorted set between two scores.",
        "O(log(N)), N: number of members",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), double("min"), double("max")]);

pub(crate) static ZLEXCOUNT: CommandSpec = CommandSpec::new(Id::Zlexcount, "zlexcount", 4, Group::SortedSet, "2.8.9")
    .about(
        "Counts the members of a sorted set between two names, if all have one score.",
        "O(log(N)), N: number of members",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), string("min"), string("max")]);

pub(crate) static ZRANK: CommandSpec = CommandSpec::new(Id::Zrank, "zrank", -3, Group::SortedSet, "2.0.0")
    .about(
        "Answers the rank of a member of a sorted set, the least score first.",
        "O(log(N)), N: number of members",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        string("member"),
        token("WITHSCORE").since("7.2.0").optional(),
    ]);

pub(crate) static ZREVRANK: CommandSpec = CommandSpec::new(Id::Zrevrank, "zrevrank", -3, Group::SortedSet, "2.0.0")
    .about(
        "Answers the rank of a member of a sorted set, the greatest score first.",
        "O(log(N)), N: number of members",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        string("member"),
        token("WITHSCORE").since("7.2.0").optional(),
    ]);

pub(crate) static ZRANDMEMBER: CommandSpec =
    CommandSpec::new(Id::Zrandmember, "zrandmember", -2, Group::SortedSet, "6.2.0")
        .about(
            "Answers members of a sorted set, chosen at random.",
            "O(M), M: number of members answered",
        )
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::SortedSet])
        .with_tips(&["nondeterministic_output"])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            key("key", 0),
            block("options", &[integer("count"), token("WITHSCORES").optional()]).optional(),
        ]);

pub(crate) static ZSCAN: CommandSpec = CommandSpec::new(Id::Zscan, "zscan", -3, Group::SortedSet, "2.8.0")
    .about(
        "Walks over the members of a sorted set, a few at a time.",
        "O(1) for a step, O(N) for a whole walk over N members",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::SortedSet])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        integer("cursor"),
        pattern("pattern").after("MATCH").optional(),
        integer("count").after("COUNT").optional(),
    ]);
