//! Commands about the time to live of a hash's fields, which Redis has since 7.4.

use super::super::CommandId as Id;
use super::super::arg::{ArgSpec, block, integer, key, oneof, string, token, unix_time};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

/// Under which condition a field's time to live is set.
const CONDITION: ArgSpec = oneof("condition", &[token("NX"), token("XX"), token("GT"), token("LT")]).optional();

/// Which fields a command is about.
const FIELDS: ArgSpec = block("fields", &[integer("numfields"), string("field").multiple()]).after("FIELDS");

pub(crate) static HEXPIRE: CommandSpec = CommandSpec::new(Id::Hexpire, "hexpire", -6, Group::Hash, "7.4.0")
    .about("Lets fields of a hash expire after some seconds.", "O(N) for N fields")
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("seconds"), CONDITION, FIELDS]);

pub(crate) static HPEXPIRE: CommandSpec = CommandSpec::new(Id::Hpexpire, "hpexpire", -6, Group::Hash, "7.4.0")
    .about(
        "Lets fields of a hash expire after some milliseconds.",
        "O(N) for N fields",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), integer("milliseconds"), CONDITION, FIELDS]);

pub(crate) static HEXPIREAT: CommandSpec = CommandSpec::new(Id::Hexpireat, "hexpireat", -6, Group::Hash, "7.4.0")
    .about(
        "Lets fields of a hash expire at a Unix time in seconds.",
        "O(N) for N fields",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), unix_time("unix-time-seconds"), CONDITION, FIELDS]);

pub(crate) static HPEXPIREAT: CommandSpec = CommandSpec::new(Id::Hpexpireat, "hpexpireat", -6, Group::Hash, "7.4.0")
    .about(
        "Lets fields of a hash expire at a Unix time in milliseconds.",
        "O(N) for N fields",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), unix_time("unix-time-milliseconds"), CONDITION, FIELDS]);

pub(crate) static HPERSIST: CommandSpec = CommandSpec::new(Id::Hpersist, "hpersist", -5, Group::Hash, "7.4.0")
    .about("Takes away the time to live of fields of a hash.", "O(N) for N fields")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0), FIELDS]);

pub(crate) static HTTL: CommandSpec = CommandSpec::new(Id::Httl, "httl", -5, Group::Hash, "7.4.0")
    .about(
        "Answers how many seconds fields of a hash have left.",
        "O(N) for N fields",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), FIELDS]);

pub(crate) static HPTTL: CommandSpec = CommandSpec::new(Id::Hpttl, "hpttl", -5, Group::Hash, "7.4.0")
    .about(
        "Answers how many milliseconds fields of a hash have left.",
        "O(N) for N fields",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), FIELDS]);

pub(crate) static HEXPIRETIME: CommandSpec = CommandSpec::new(Id::Hexpiretime, "hexpiretime", -5, Group::Hash, "7.4.0")
    .about(
        "Answers the Unix time in seconds at which fields of a hash expire.",
        "O(N) for N fields",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Hash])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0), FIELDS]);

pub(crate) static HPEXPIRETIME: CommandSpec =
    CommandSpec::new(Id::Hpexpiretime, "hpexpiretime", -5, Group::Hash, "7.4.0")
        .about(
            "Answers the Unix time in milliseconds at which fields of a hash expire.",
            "O(N) for N fields",
        )
        .with_flags(&[Flag::Readonly, Flag::Fast])
        .with_categories(&[Category::Hash])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[key("key", 0), FIELDS]);
