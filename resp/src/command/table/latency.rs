//! SLOWLOG and LATENCY with their subcommands.

use super::super::CommandId as Id;
use super::super::arg::{integer, string};
use super::super::flags::Flag;
use super::super::spec::{CommandSpec, Group};

pub(crate) static SLOWLOG: CommandSpec = CommandSpec::new(Id::Slowlog, "slowlog", -2, Group::Server, "2.2.12")
    .about("Looks at the log of slow commands.", "Depends on the subcommand.")
    .with_subcommands(&[&SLOWLOG_GET, &SLOWLOG_HELP, &SLOWLOG_LEN, &SLOWLOG_RESET]);

pub(crate) static SLOWLOG_GET: CommandSpec =
    CommandSpec::new(Id::SlowlogGet, "slowlog|get", -2, Group::Server, "2.2.12")
        .about(
            "Answers the latest entries of the slow log.",
            "O(N), N: number of entries answered",
        )
        .with_flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
        .with_tips(&["request_policy:all_nodes", "nondeterministic_output"])
        .with_args(&[integer("count").optional()]);

pub(crate) static SLOWLOG_HELP: CommandSpec =
    CommandSpec::new(Id::SlowlogHelp, "slowlog|help", 2, Group::Server, "6.2.0")
        .about("Shows what the subcommands do.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale]);

pub(crate) static SLOWLOG_LEN: CommandSpec =
    CommandSpec::new(Id::SlowlogLen, "slowlog|len", 2, Group::Server, "2.2.12")
        .about("Counts the entries of the slow log.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
        .with_tips(&[
            "request_policy:all_nodes",
            "response_policy:agg_sum",
            "nondeterministic_output",
        ]);

pub(crate) static SLOWLOG_RESET: CommandSpec =
    CommandSpec::new(Id::SlowlogReset, "slowlog|reset", 2, Group::Server, "2.2.12")
        .about("Empties the slow log.", "O(N), N: number of entries")
        .with_flags(&[Flag::Admin, Flag::Loading, Flag::Stale])
        .with_tips(&["request_policy:all_nodes", "response_policy:all_succeeded"]);

pub(crate) static LATENCY: CommandSpec = CommandSpec::new(Id::Latency, "latency", -2, Group::Server, "2.8.13")
    .about("Looks at what made the server slow.", "Depends on the subcommand.")
    .with_subcommands(&[
        &LATENCY_DOCTOR,
        &LATENCY_GRAPH,
        &LATENCY_HELP,
        &LATENCY_HISTOGRAM,
        &LATENCY_HISTORY,
        &LATENCY_LATEST,
        &LATENCY_RESET,
    ]);

pub(crate) static LATENCY_DOCTOR: CommandSpec =
    CommandSpec::new(Id::LatencyDoctor, "latency|doctor", 2, Group::Server, "2.8.13")
        .about("Explains the latency events in words.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ]);

pub(crate) static LATENCY_GRAPH: CommandSpec =
    CommandSpec::new(Id::LatencyGraph, "latency|graph", 3, Group::Server, "2.8.13")
        .about("Draws an event's latencies as characters.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .with_args(&[string("event")]);

pub(crate) static LATENCY_HELP: CommandSpec =
    CommandSpec::new(Id::LatencyHelp, "latency|help", 2, Group::Server, "2.8.13")
        .about("Shows what the subcommands do.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale]);

pub(crate) static LATENCY_HISTOGRAM: CommandSpec =
    CommandSpec::new(Id::LatencyHistogram, "latency|histogram", -2, Group::Server, "7.0.0")
        .about(
            "Answers how the latencies of commands are spread.",
            "O(N), N: number of commands asked for",
        )
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .with_args(&[string("command").optional().multiple()]);

pub(crate) static LATENCY_HISTORY: CommandSpec =
    CommandSpec::new(Id::LatencyHistory, "latency|history", 3, Group::Server, "2.8.13")
        .about("Answers the times and latencies of an event.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ])
        .with_args(&[string("event")]);

pub(crate) static LATENCY_LATEST: CommandSpec =
    CommandSpec::new(Id::LatencyLatest, "latency|latest", 2, Group::Server, "2.8.13")
        .about("Answers the latest latency of every event.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_tips(&[
            "nondeterministic_output",
            "request_policy:all_nodes",
            "response_policy:special",
        ]);

pub(crate) static LATENCY_RESET: CommandSpec =
    CommandSpec::new(Id::LatencyReset, "latency|reset", -2, Group::Server, "2.8.13")
        .about("Forgets the latencies of events.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .with_args(&[string("event").optional().multiple()]);
