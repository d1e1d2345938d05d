//! Commands on a part of a sorted set.

use super::super::CommandId as Id;
use super::super::arg::{block, double, integer, key, oneof, string, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static ZRANGE: CommandSpec = CommandSpec::new(Id::Zrange, "zrange", -4, Group::SortedSet, "1.2.0")
    .about(
        "Answers the members of a sorted set between two ranks, scores or names.",
        "O(log(N)+M) for M of N members",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        string("start"),
        string("stop"),
        oneof("sortby", &[token("BYSCORE"), token("BYLEX")])
            .since("6.2.0")
            .optional(),
        token("REV").since("6.2.0").optional(),
        block("offset-count", &[integer("offset"), integer("count")])
            .after("LIMIT")
            .since("6.2.0")
            .optional(),
        token("WITHSCORES").optional(),
    ]);

pub(crate) static ZREVRANGE: CommandSpec = CommandSpec::new(Id::Zrevrange, "zrevrange", -4, Group::SortedSet, "1.2.0")
    .about(
        "Answers the members of a sorted set between two ranks, the greatest score first.",
        "O(log(N)+M) for M of N members",
    )
    .deprecated_since("6.2.0", "`ZRANGE` with the `REV` argument")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        key("key", 0),
        integer("start"),
        integer("stop"),
        token("WITHSCORES").optional(),
    ]);

pub(crate) static ZRANGEBYSCORE: CommandSpec =
    CommandSpec::new(Id::Zrangebyscore, "zrangebyscore", -4, Group::SortedSet, "1.0.5")
        .about(
            "Answers the members of a sorted set between two scores.",
            "O(log(N)+M) for M of N members",
        )
        .deprecated_since("6.2.0", "`ZRANGE` with the `BYSCORE` argument")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            key("key", 0),
            double("min"),
            double("max"),
            token("WITHSCORES").since("2.0.0").optional(),
            block("offset-count", &[integer("offset"), integer("count")])
                .after("LIMIT")
                .optional(),
        ]);

pub(crate) static ZREVRANGEBYSCORE: CommandSpec =
    CommandSpec::new(Id::Zrevrangebyscore, "zrevrangebyscore", -4, Group::SortedSet, "2.2.0")
        .about(
            "Answers the members of a sorted set between two scores, the greatest first.",
            "O(log(N)+M) for M of N members",
        )
        .deprecated_since("6.2.0", "`ZRANGE` with the `REV` and `BYSCORE` arguments")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            key("key", 0),
            double("max"),
            double("min"),
            token("WITHSCORES").optional(),
            block("offset-count", &[integer("offset"), integer("count")])
                .after("LIMIT")
                .optional(),
        ]);

pub(crate) static ZRANGEBYLEX: CommandSpec =
    CommandSpec::new(Id::Zrangebylex, "zrangebylex", -4, Group::SortedSet, "2.8.9")
        .about(
            "Answers the members of a sorted set between two names, if all have one score.",
            "O(log(N)+M) for M of N members",
        )
        .deprecated_since("6.2.0", "`ZRANGE` with the `BYLEX` argument")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            key("key", 0),
            string("min"),
            string("max"),
            block("offset-count", &[integer("offset"), integer("count")])
                .after("LIMIT")
                .optional(),
        ]);

pub(crate) static ZREVRANGEBYLEX: CommandSpec =
    CommandSpec::new(Id::Zrevrangebylex, "zrevrangebylex", -4, Group::SortedSet, "2.8.9")
        .about(
            "Answers the members of a sorted set between two names, the last first, if all have one score.",
            "O(log(N)+M) for M of N members",
        )
        .deprecated_since("6.2.0", "`ZRANGE` with the `REV` and `BYLEX` arguments")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            key("key", 0),
            string("max"),
            string("min"),
            block("offset-count", &[integer("offset"), integer("count")])
                .after("LIMIT")
                .optional(),
        ]);

pub(crate) static ZRANGESTORE: CommandSpec =
    CommandSpec::new(Id::Zrangestore, "zrangestore", -5, Group::SortedSet, "6.2.0")
        .about(
            "Writes a part of a sorted set to another key.",
            "O(log(N)+M) for M of N members",
        )
        .with_flags(&[Flag::Write, Flag::Denyoom])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[
            KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
            KeySpec::one(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        ])
        .with_args(&[
            key("dst", 0),
            key("src", 1),
            string("min"),
            string("max"),
            oneof("sortby", &[token("BYSCORE"), token("BYLEX")]).optional(),
            token("REV").optional(),
            block("offset-count", &[integer("offset"), integer("count")])
                .after("LIMIT")
                .optional(),
        ]);
