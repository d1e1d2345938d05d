//! CONFIG and its subcommands.

use super::super::CommandId as Id;
use super::super::arg::{block, string};
use super::super::flags::Flag;
use super::super::spec::{CommandSpec, Group};

pub(crate) static CONFIG: CommandSpec = CommandSpec::new(Id::Config, "config", -2, Group::Server, "2.0.0")
    .about("Reads and changes the configuration.", "Depends on the subcommand.")
    .with_subcommands(&[
        &CONFIG_GET,
        &CONFIG_HELP,
        &CONFIG_RESETSTAT,
        &CONFIG_REWRITE,
        &CONFIG_SET,
    ]);

pub(crate) static CONFIG_GET: CommandSpec = CommandSpec::new(Id::ConfigGet, "config|get", -3, Group::Server, "2.0.0")
    .about(
        "Reads the parameters whose names match patterns.",
        "O(N), N: number of patterns",
    )
    .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
    .with_args(&[string("parameter").multiple()]);

pub(crate) static CONFIG_HELP: CommandSpec = CommandSpec::new(Id::ConfigHelp, "config|help", 2, Group::Server, "5.0.0")
    .about("Shows what the subcommands do.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale]);

pub(crate) static CONFIG_RESETSTAT: CommandSpec =
    CommandSpec::new(Id::ConfigResetstat, "config|resetstat", 2, Group::Server, "2.0.0")
        .about("Sets the counters of INFO to zero.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale]);

pub(crate) static CONFIG_REWRITE: CommandSpec =
    CommandSpec::new(Id::ConfigRewrite, "config|rewrite", 2, Group::Server, "2.8.0")
        .about("Writes the configuration in force to its file.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale]);

pub(crate) static CONFIG_SET: CommandSpec = CommandSpec::new(Id::ConfigSet, "config|set", -4, Group::Server, "2.0.0")
    .about(
        "Changes parameters of the running server.",
        "O(N), N: number of parameters",
    )
    .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
    .with_tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
    .with_args(&[block("data", &[string("parameter"), string("value")]).multiple()]);
