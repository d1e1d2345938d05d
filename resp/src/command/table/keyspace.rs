//! Commands on all keys at once.

use super::super::CommandId as Id;
use super::super::arg::{integer, oneof, pattern, string, token};
use super::super::flags::{Category, Flag};
use super::super::spec::{CommandSpec, Group};

pub(crate) static RANDOMKEY: CommandSpec = CommandSpec::new(Id::Randomkey, "randomkey", 1, Group::Generic, "1.0.0")
    .about("Answers some key.", "O(1)")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["request_policy:all_shards", "nondeterministic_output"]);

pub(crate) static SCAN: CommandSpec = CommandSpec::new(Id::Scan, "scan", -2, Group::Generic, "2.8.0")
    .about(
        "Goes through all keys in steps, by a cursor.",
        "O(1) a step, O(N) for all, N: number of keys",
    )
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["nondeterministic_output", "request_policy:special"])
    .with_args(&[
        integer("cursor"),
        pattern("pattern").after("MATCH").optional(),
        integer("count").after("COUNT").optional(),
        string("type").after("TYPE").since("6.0.0").optional(),
    ]);

pub(crate) static KEYS: CommandSpec = CommandSpec::new(Id::Keys, "keys", 2, Group::Generic, "1.0.0")
    .about("Lists all keys that match a pattern.", "O(N), N: number of keys")
    .with_flags(&[Flag::Readonly])
    .with_categories(&[Category::Keyspace, Category::Dangerous])
    .with_tips(&["request_policy:all_shards", "nondeterministic_output_order"])
    .with_args(&[pattern("pattern")]);

pub(crate) static DBSIZE: CommandSpec = CommandSpec::new(Id::Dbsize, "dbsize", 1, Group::Server, "1.0.0")
    .about("Counts the keys.", "O(1)")
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_categories(&[Category::Keyspace])
    .with_tips(&["request_policy:all_shards", "response_policy:agg_sum"]);

pub(crate) static FLUSHALL: CommandSpec = CommandSpec::new(Id::Flushall, "flushall", -1, Group::Server, "1.0.0")
    .about("Deletes all keys of all databases.", "O(N), N: number of keys")
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::Keyspace, Category::Dangerous])
    .with_tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
    .with_args(&[oneof(
        "flush-type",
        &[token("ASYNC").since("4.0.0"), token("SYNC").since("6.2.0")],
    )
    .optional()]);

pub(crate) static FLUSHDB: CommandSpec = CommandSpec::new(Id::Flushdb, "flushdb", -1, Group::Server, "1.0.0")
    .about("Deletes all keys of the database.", "O(N), N: number of keys")
    .with_flags(&[Flag::Write])
    .with_categories(&[Category::Keyspace, Category::Dangerous])
    .with_tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
    .with_args(&[oneof(
        "flush-type",
        &[token("ASYNC").since("4.0.0"), token("SYNC").since("6.2.0")],
    )
    .optional()]);

pub(crate) static WAIT: CommandSpec = CommandSpec::new(Id::Wait, "wait", 3, Group::Generic, "3.0.0")
    .about("Waits until enough replicas have what this connection wrote.", "O(1)")
    .with_flags(&[Flag::Blocking])
    .with_categories(&[Category::Connection])
    .with_tips(&["request_policy:all_shards", "response_policy:agg_min"])
    .with_args(&[integer("numreplicas"), integer("timeout")]);
