//! COMMAND and its subcommands.

use super::super::CommandId as Id;
use super::super::arg::{oneof, pattern, string};
use super::super::flags::{Category, Flag};
use super::super::spec::{CommandSpec, Group};

pub(crate) static COMMAND: CommandSpec = CommandSpec::new(Id::Command, "command", -1, Group::Server, "2.8.13")
    .about("Describes all commands.", "O(N), N: number of commands")
    .with_flags(&[Flag::Loading, Flag::Stale])
    .with_categories(&[Category::Connection])
    .with_tips(&["nondeterministic_output_order"])
    .with_subcommands(&[
        &COMMAND_COUNT,
        &COMMAND_DOCS,
        &COMMAND_GETKEYS,
        &COMMAND_GETKEYSANDFLAGS,
        &COMMAND_HELP,
        &COMMAND_INFO,
        &COMMAND_LIST,
    ]);

pub(crate) static COMMAND_COUNT: CommandSpec =
    CommandSpec::new(Id::CommandCount, "command|count", 2, Group::Server, "2.8.13")
        .about("Counts the commands.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection]);

pub(crate) static COMMAND_DOCS: CommandSpec =
    CommandSpec::new(Id::CommandDocs, "command|docs", -2, Group::Server, "7.0.0")
        .about(
            "Documents commands for people.",
            "O(N), N: number of commands asked for",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_tips(&["nondeterministic_output_order"])
        .with_args(&[string("command-name").optional().multiple()]);

pub(crate) static COMMAND_GETKEYS: CommandSpec =
    CommandSpec::new(Id::CommandGetkeys, "command|getkeys", -3, Group::Server, "2.8.13")
        .about(
            "Answers which arguments of a command are keys.",
            "O(N), N: number of arguments",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[string("command"), string("arg").optional().multiple()]);

pub(crate) static COMMAND_GETKEYSANDFLAGS: CommandSpec = CommandSpec::new(
    Id::CommandGetkeysandflags,
    "command|getkeysandflags",
    -3,
    Group::Server,
    "7.0.0",
)
.about(
    "Answers which arguments of a command are keys, and what it does with them.",
    "O(N), N: number of arguments",
)
.with_flags(&[Flag::Loading, Flag::Stale])
.with_categories(&[Category::Connection])
.with_args(&[string("command"), string("arg").optional().multiple()]);

pub(crate) static COMMAND_HELP: CommandSpec =
    CommandSpec::new(Id::CommandHelp, "command|help", 2, Group::Server, "5.0.0")
        .about("Shows what the subcommands do.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection]);

pub(crate) static COMMAND_INFO: CommandSpec =
    CommandSpec::new(Id::CommandInfo, "command|info", -2, Group::Server, "2.8.13")
        .about(
            "Describes commands for programs.",
            "O(N), N: number of commands asked for",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_tips(&["nondeterministic_output_order"])
        .with_args(&[string("command-name").optional().multiple()]);

pub(crate) static COMMAND_LIST: CommandSpec =
    CommandSpec::new(Id::CommandList, "command|list", -2, Group::Server, "7.0.0")
        .about("Lists the names of commands.", "O(N), N: number of commands")
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_tips(&["nondeterministic_output_order"])
        .with_args(&[oneof(
            "filterby",
            &[
                string("module-name").after("MODULE"),
                string("category").after("ACLCAT"),
                pattern("pattern").after("PATTERN"),
            ],
        )
        .after("FILTERBY")
        .optional()]);
