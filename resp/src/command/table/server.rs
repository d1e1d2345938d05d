//! Commands that tell about the server.

use super::super::CommandId as Id;
use super::super::arg::{integer, key, string};
use super::super::flags::{Category, Flag};
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static INFO: CommandSpec = CommandSpec::new(Id::Info, "info", -1, Group::Server, "1.0.0")
    .about("Answers facts and figures about the server.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale])
    .with_categories(&[Category::Dangerous])
    .with_tips(&[
        "nondeterministic_output",
        "request_policy:all_shards",
        "response_policy:special",
    ])
    .with_args(&[string("section").optional().multiple()]);

pub(crate) static ROLE: CommandSpec = CommandSpec::new(Id::Role, "role", 1, Group::Server, "2.8.12")
    .about("Answers the node's part in replication: that of a master.", "O(1)")
    .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale, Flag::Fast]);

pub(crate) static TIME: CommandSpec = CommandSpec::new(Id::Time, "time", 1, Group::Server, "2.6.0")
    .about("Answers the server's time: seconds and microseconds.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .with_tips(&["nondeterministic_output"]);

pub(crate) static MEMORY: CommandSpec = CommandSpec::new(Id::Memory, "memory", -2, Group::Server, "4.0.0")
    .about("Looks into the use of memory.", "Depends on the subcommand.")
    .with_subcommands(&[&MEMORY_DOCTOR, &MEMORY_HELP, &MEMORY_STATS, &MEMORY_USAGE]);

pub(crate) static MEMORY_HELP: CommandSpec = CommandSpec::new(Id::MemoryHelp, "memory|help", 2, Group::Server, "4.0.0")
    .about("Shows what the subcommands do.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale]);

pub(crate) static MEMORY_DOCTOR: CommandSpec =
    CommandSpec::new(Id::MemoryDoctor, "memory|doctor", 2, Group::Server, "4.0.0")
        .about("Says what is odd about the use of memory.", "O(1)")
        .with_tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ]);

pub(crate) static MEMORY_STATS: CommandSpec =
    CommandSpec::new(Id::MemoryStats, "memory|stats", 2, Group::Server, "4.0.0")
        .about("Answers figures of the use of memory.", "O(1)")
        .with_tips(&[
            "nondeterministic_output",
            "request_policy:all_shards",
            "response_policy:special",
        ]);

pub(crate) static MEMORY_USAGE: CommandSpec =
    CommandSpec::new(Id::MemoryUsage, "memory|usage", -3, Group::Server, "4.0.0")
        .about("Estimates how many bytes a key takes with its value.", "O(1)")
        .with_flags(&[Flag::Readonly])
        .with_keys(&[KeySpec::one(2, &[KeyFlag::ReadOnly])])
        .with_args(&[key("key", 0), integer("count").after("SAMPLES").optional()]);
