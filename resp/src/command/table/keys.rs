//! Commands on keys, whatever they hold.

use super::super::CommandId as Id;
use super::super::arg::{integer, key, token};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static DEL: CommandSpec = CommandSpec::new(Id::Del, "del", -2, Group::Generic, "1.0.0")
    .about("Deletes keys.", "O(N), N: number of keys")
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::Remove, KeyFlag::Delete])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static UNLINK: CommandSpec = CommandSpec::new(Id::Unlink, "unlink", -2, Group::Generic, "4.0.0")
    .about(
        "Deletes keys; what is large is freed in the background.",
        "O(N), N: number of keys",
    )
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::Remove, KeyFlag::Delete])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static EXISTS: CommandSpec = CommandSpec::new(Id::Exists, "exists", -2, Group::Generic, "1.0.0")
    .about(
        "Counts how many of the keys exist; a key named twice counts twice.",
        "O(N), N: number of keys",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static TYPE: CommandSpec = CommandSpec::new(Id::Type, "type", 2, Group::Generic, "1.0.0")
    .about("Answers what kind of value a key holds.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0)]);

pub(crate) static TOUCH: CommandSpec = CommandSpec::new(Id::Touch, "touch", -2, Group::Generic, "3.2.1")
    .about(
        "Counts how many of the keys exist, and marks them as used.",
        "O(N), N: number of keys",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["request_policy:multi_shard", "response_policy:agg_sum"])
    .with_keys(&[KeySpec::range(1, -1, 1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0).multiple()]);

pub(crate) static RENAME: CommandSpec = CommandSpec::new(Id::Rename, "rename", 3, Group::Generic, "1.0.0")
    .about(
        "Gives a key another name; what has that name already is overwritten.",
        "O(1)",
    )
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        KeySpec::one(2, &[KeyFlag::Overwrite, KeyFlag::Update]),
    ])
    .with_args(&[key("key", 0), key("newkey", 1)]);

pub(crate) static RENAMENX: CommandSpec = CommandSpec::new(Id::Renamenx, "renamenx", 3, Group::Generic, "1.0.0")
    .about("Gives a key another name if nothing has that name.", "O(1)")
    .with_flags(&[Flag::Write, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::ReadWrite, KeyFlag::Access, KeyFlag::Delete]),
        KeySpec::one(2, &[KeyFlag::Overwrite, KeyFlag::Insert]),
    ])
    .with_args(&[key("key", 0), key("newkey", 1)]);

pub(crate) static COPY: CommandSpec = CommandSpec::new(Id::Copy, "copy", -3, Group::Generic, "6.2.0")
    .about(
        "Copies a key's value and time to live to another key.",
        "O(N), N: size of the value",
    )
    .with_flags(&[Flag::Write, Flag::Denyoom])
    .with_categories(&[Category::Keyspace])
    .with_keys(&[
        KeySpec::one(1, &[KeyFlag::ReadOnly, KeyFlag::Access]),
        KeySpec::one(2, &[KeyFlag::Overwrite, KeyFlag::Update]),
    ])
    .with_args(&[
        key("source", 0),
        key("destination", 1),
        integer("destination-db").after("DB").optional(),
        token("REPLACE").optional(),
    ]);

pub(crate) static OBJECT: CommandSpec = CommandSpec::new(Id::Object, "object", -2, Group::Generic, "2.2.3")
    .about("Looks into how a value is kept.", "Depends on the subcommand.")
    .with_subcommands(&[
        &OBJECT_ENCODING,
        &OBJECT_FREQ,
        &OBJECT_HELP,
        &OBJECT_IDLETIME,
        &OBJECT_REFCOUNT,
    ]);

pub(crate) static OBJECT_ENCODING: CommandSpec =
    CommandSpec::new(Id::ObjectEncoding, "object|encoding", 3, Group::Generic, "2.2.3")
        .about("Answers in which form a value is kept.", "O(1)")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::Keyspace])
        .with_tips(&["nondeterministic_output"])
        .with_keys(&[KeySpec::one(2, &[KeyFlag::ReadOnly])])
        .with_args(&[key("key", 0)]);

pub(crate) static OBJECT_FREQ: CommandSpec =
    CommandSpec::new(Id::ObjectFreq, "object|freq", 3, Group::Generic, "4.0.0")
        .about("Answers how often a key is used, as the LFU policy counts it.", "O(1)")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::Keyspace])
        .with_tips(&["nondeterministic_output"])
        .with_keys(&[KeySpec::one(2, &[KeyFlag::ReadOnly])])
        .with_args(&[key("key", 0)]);

pub(crate) static OBJECT_HELP: CommandSpec =
    CommandSpec::new(Id::ObjectHelp, "object|help", 2, Group::Generic, "6.2.0")
        .about("Shows what the subcommands do.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Keyspace]);

pub(crate) static OBJECT_IDLETIME: CommandSpec =
    CommandSpec::new(Id::ObjectIdletime, "object|idletime", 3, Group::Generic, "2.2.3")
        .about("Answers for how many seconds a key has not been used.", "O(1)")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::Keyspace])
        .with_tips(&["nondeterministic_output"])
        .with_keys(&[KeySpec::one(2, &[KeyFlag::ReadOnly])])
        .with_args(&[key("key", 0)]);

pub(crate) static OBJECT_REFCOUNT: CommandSpec =
    CommandSpec::new(Id::ObjectRefcount, "object|refcount", 3, Group::Generic, "2.2.3")
        .about("Answers how many references a value has.", "O(1)")
        .with_flags(&[Flag::Readonly])
        .with_categories(&[Category::Keyspace])
        .with_tips(&["nondeterministic_output"])
        .with_keys(&[KeySpec::one(2, &[KeyFlag::ReadOnly])])
        .with_args(&[key("key", 0)]);
