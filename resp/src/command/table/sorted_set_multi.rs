//! Commands on several sorted sets of one slot.

use super::super::CommandId as Id;
use super::super::arg::{ArgSpec, double, integer, key, oneof, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

const WEIGHTS: ArgSpec = integer("weight").after("WEIGHTS").optional().multiple();
const AGGREGATE: ArgSpec = oneof("aggregate", &[token("SUM"), token("MIN"), token("MAX")])
    .after("AGGREGATE")
    .optional();

/// A sorted set that members are removed from.
const POPPED: &[KeyFlag] = &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete];

pub(crate) static ZMPOP: CommandSpec = CommandSpec::new(Id::Zmpop, "zmpop", -4, Group::SortedSet, "7.0.0")
    .about(
        "Removes and answers members of the first of several sorted sets that has some.",
        "O(K)+O(M*log(N)) for K keys and M of N members",
    )
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::counted(1, POPPED)])
    .with_args(&[
        integer("numkeys"),
        key("key", 0).multiple(),
        oneof("where", &[token("MIN"), token("MAX")]),
        integer("count").after("COUNT").optional(),
    ]);

pub(crate) static BZPOPMIN: CommandSpec = CommandSpec::new(Id::Bzpopmin, "bzpopmin", -3, Group::SortedSet, "5.0.0")
    .about(
        "Removes and answers the member with the least score of the first of several sorted sets that has any; waits for one.",
        "O(log(N)) for N members",
    )
    .with_flags(&[Flag::Write, Flag::Noscript, Flag::Blocking, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::range(1, -2, 1, POPPED)])
    .with_args(&[key("key", 0).multiple(), double("timeout")]);

pub(crate) static BZPOPMAX: CommandSpec = CommandSpec::new(Id::Bzpopmax, "bzpopmax", -3, Group::SortedSet, "5.0.0")
    .about(
        "Removes and answers the member with the greatest score of the first of several sorted sets that has any; waits for one.",
        "O(log(N)) for N members",
    )
    .with_flags(&[Flag::Write, Flag::Noscript, Flag::Blocking, Flag::Fast])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::range(1, -2, 1, POPPED)])
    .with_args(&[key("key", 0).multiple(), double("timeout")]);

pub(crate) static BZMPOP: CommandSpec = CommandSpec::new(Id::Bzmpop, "bzmpop", -5, Group::SortedSet, "7.0.0")
    .about(
        "Removes and answers members of the first of several sorted sets that has some; waits for one.",
        "O(K)+O(M*log(N)) for K keys and M of N members",
    )
    .with_flags(&[Flag::Write, Flag::Blocking])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::counted(2, POPPED)])
    .with_args(&[
        double("timeout"),
        integer("numkeys"),
        key("key", 0).multiple(),
        oneof("where", &[token("MIN"), token("MAX")]),
        integer("count").after("COUNT").optional(),
    ]);

pub(crate) static ZUNION: CommandSpec = CommandSpec::new(Id::Zunion, "zunion", -3, Group::SortedSet, "6.2.0")
    .about(
        "Answers the union of sorted sets.",
        "O(N)+O(M*log(M)), N: members of all sets, M: of the result",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::counted(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        integer("numkeys"),
        key("key", 0).multiple(),
        WEIGHTS,
        AGGREGATE,
        token("WITHSCORES").optional(),
    ]);

pub(crate) static ZUNIONSTORE: CommandSpec =
    CommandSpec::new(Id::Zunionstore, "zunionstore", -4, Group::SortedSet, "2.0.0")
        .about(
            "Writes the union of sorted sets to another key.",
            "O(N)+O(M*log(M)), N: members of all sets, M: of the result",
        )
        .with_flags(&[Flag::Write, Flag::Denyoom])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[
            KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
            KeySpec::counted(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        ])
        .with_args(&[
            key("destination", 0),
            integer("numkeys"),
            key("key", 1).multiple(),
            WEIGHTS,
            AGGREGATE,
        ]);

pub(crate) static ZINTER: CommandSpec = CommandSpec::new(Id::Zinter, "zinter", -3, Group::SortedSet, "6.2.0")
    .about(
        "Answers the members that are in all of several sorted sets.",
        "O(N*K)+O(M*log(M)), N: members of the smallest of K sets, M: of the result",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::counted(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        integer("numkeys"),
        key("key", 0).multiple(),
        WEIGHTS,
        AGGREGATE,
        token("WITHSCORES").optional(),
    ]);

pub(crate) static ZINTERSTORE: CommandSpec =
    CommandSpec::new(Id::Zinterstore, "zinterstore", -4, Group::SortedSet, "2.0.0")
        .about(
            "Writes the members that are in all of several sorted sets to another key.",
            "O(N*K)+O(M*log(M)), N: members of the smallest of K sets, M: of the result",
        )
        .with_flags(&[Flag::Write, Flag::Denyoom])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[
            KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
            KeySpec::counted(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        ])
        .with_args(&[
            key("destination", 0),
            integer("numkeys"),
            key("key", 1).multiple(),
            WEIGHTS,
            AGGREGATE,
        ]);

pub(crate) static ZINTERCARD: CommandSpec =
    CommandSpec::new(Id::Zintercard, "zintercard", -3, Group::SortedSet, "7.0.0")
        .about(
            "Counts the members that are in all of several sorted sets.",
            "O(N*K), N: members of the smallest of K sets",
        )
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[KeySpec::counted(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[
            integer("numkeys"),
            key("key", 0).multiple(),
            integer("limit").after("LIMIT").optional(),
        ]);

pub(crate) static ZDIFF: CommandSpec = CommandSpec::new(Id::Zdiff, "zdiff", -3, Group::SortedSet, "6.2.0")
    .about(
        "Answers the members of a sorted set that are in none of several others.",
        "O(N*K)+O(M*log(M)), N: members of the first of K sets, M: of the result",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::SortedSet])
    .with_keys(&[KeySpec::counted(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[
        integer("numkeys"),
        key("key", 0).multiple(),
        token("WITHSCORES").optional(),
    ]);

pub(crate) static ZDIFFSTORE: CommandSpec =
    CommandSpec::new(Id::Zdiffstore, "zdiffstore", -4, Group::SortedSet, "6.2.0")
        .about(
            "Writes the members of a sorted set that are in none of several others to another key.",
            "O(N*K)+O(M*log(M)), N: members of the first of K sets, M: of the result",
        )
        .with_flags(&[Flag::Write, Flag::Denyoom])
        .with_categories(&[Category::SortedSet])
        .with_keys(&[
            KeySpec::one(1, &[KeyFlag::Overwrite, KeyFlag::Update]),
            KeySpec::counted(2, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        ])
        .with_args(&[key("destination", 0), integer("numkeys"), key("key", 1).multiple()]);
