//! Commands about a key's time to live.

use super::super::CommandId as Id;
use super::super::arg::{integer, key, oneof, token, unix_time};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static EXPIRE: CommandSpec = CommandSpec::new(Id::Expire, "expire", -3, Group::Generic, "1.0.0")
    .about("Lets a key expire after some seconds.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        integer("seconds"),
        oneof("condition", &[token("NX"), token("XX"), token("GT"), token("LT")])
            .since("7.0.0")
            .optional(),
    ]);

pub(crate) static PEXPIRE: CommandSpec = CommandSpec::new(Id::Pexpire, "pexpire", -3, Group::Generic, "2.6.0")
    .about("Lets a key expire after some milliseconds.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        integer("milliseconds"),
        oneof("condition", &[token("NX"), token("XX"), token("GT"), token("LT")])
            .since("7.0.0")
            .optional(),
    ]);

pub(crate) static EXPIREAT: CommandSpec = CommandSpec::new(Id::Expireat, "expireat", -3, Group::Generic, "1.2.0")
    .about("Lets a key expire at a Unix time in seconds.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        unix_time("unix-time-seconds"),
        oneof("condition", &[token("NX"), token("XX"), token("GT"), token("LT")])
            .since("7.0.0")
            .optional(),
    ]);

pub(crate) static PEXPIREAT: CommandSpec = CommandSpec::new(Id::Pexpireat, "pexpireat", -3, Group::Generic, "2.6.0")
    .about("Lets a key expire at a Unix time in milliseconds.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[
        key("key", 0),
        unix_time("unix-time-milliseconds"),
        oneof("condition", &[token("NX"), token("XX"), token("GT"), token("LT")])
            .since("7.0.0")
            .optional(),
    ]);

pub(crate) static TTL: CommandSpec = CommandSpec::new(Id::Ttl, "ttl", 2, Group::Generic, "1.0.0")
    .about("Answers how many seconds a key has left.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static PTTL: CommandSpec = CommandSpec::new(Id::Pttl, "pttl", 2, Group::Generic, "2.6.0")
    .about("Answers how many milliseconds a key has left.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["nondeterministic_output"])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static EXPIRETIME: CommandSpec = CommandSpec::new(Id::Expiretime, "expiretime", 2, Group::Generic, "7.0.0")
    .about("Answers the Unix time in seconds at which a key expires.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
    .with_args(&[key("key", 0)]);

pub(crate) static PEXPIRETIME: CommandSpec =
    CommandSpec::new(Id::Pexpiretime, "pexpiretime", 2, Group::Generic, "7.0.0")
        .about("Answers the Unix time in milliseconds at which a key expires.", "O(1)")
        .with_flags(&[Flag::Readonly, Flag::Fast])
        .with_categories(&[Category::Keyspace])
        .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access])])
        .with_args(&[key("key", 0)]);

pub(crate) static PERSIST: CommandSpec = CommandSpec::new(Id::Persist, "persist", 2, Group::Generic, "2.2.0")
    .about("Takes away a key's time to live.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Update])])
    .with_args(&[key("key", 0)]);
