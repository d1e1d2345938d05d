//! Commands on the connection itself.

use super::super::CommandId as Id;
use super::super::arg::{block, integer, string};
use super::super::flags::{Category, Flag};
use super::super::spec::{CommandSpec, Group};

pub(crate) static PING: CommandSpec = CommandSpec::new(Id::Ping, "ping", -1, Group::Connection, "1.0.0")
    .about("Answers PONG, or the message given.", "O(1)")
    .with_flags(&[Flag::Fast])
    .with_categories(&[Category::Connection])
    .with_tips(&["request_policy:all_shards", "response_policy:all_succeeded"])
    .with_args(&[string("message").optional()]);

pub(crate) static ECHO: CommandSpec = CommandSpec::new(Id::Echo, "echo", 2, Group::Connection, "1.0.0")
    .about("Answers the message given.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .with_categories(&[Category::Connection])
    .with_args(&[string("message")]);

pub(crate) static QUIT: CommandSpec = CommandSpec::new(Id::Quit, "quit", -1, Group::Connection, "1.0.0")
    .about("Closes the connection after the reply.", "O(1)")
    .deprecated_since("7.2.0", "just closing the connection")
    .with_flags(&[
        Flag::Noscript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ])
    .with_categories(&[Category::Connection]);

pub(crate) static RESET: CommandSpec = CommandSpec::new(Id::Reset, "reset", 1, Group::Connection, "6.2.0")
    .about(
        "Puts the connection back into the state it had when it was opened.",
        "O(1)",
    )
    .with_flags(&[
        Flag::Noscript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ])
    .with_categories(&[Category::Connection]);

pub(crate) static HELLO: CommandSpec = CommandSpec::new(Id::Hello, "hello", -1, Group::Connection, "6.0.0")
    .about(
        "Describes the server, and chooses the protocol, the user and the name of the connection.",
        "O(1)",
    )
    .with_flags(&[
        Flag::Noscript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ])
    .with_categories(&[Category::Connection])
    .with_args(&[block(
        "arguments",
        &[
            integer("protover"),
            block("auth", &[string("username"), string("password")])
                .after("AUTH")
                .optional(),
            string("clientname").after("SETNAME").optional(),
        ],
    )
    .optional()]);

pub(crate) static AUTH: CommandSpec = CommandSpec::new(Id::Auth, "auth", -2, Group::Connection, "1.0.0")
    .about("Tells who the client is.", "O(N), N: number of passwords of the user")
    .with_flags(&[
        Flag::Noscript,
        Flag::Loading,
        Flag::Stale,
        Flag::Fast,
        Flag::NoAuth,
        Flag::AllowBusy,
    ])
    .with_categories(&[Category::Connection])
    .with_args(&[string("username").optional().since("6.0.0"), string("password")]);

pub(crate) static SELECT: CommandSpec = CommandSpec::new(Id::Select, "select", 2, Group::Connection, "1.0.0")
    .about("Chooses the database of the connection.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .with_categories(&[Category::Connection])
    .with_args(&[integer("index")]);

pub(crate) static READONLY: CommandSpec = CommandSpec::new(Id::Readonly, "readonly", 1, Group::Cluster, "3.0.0")
    .about("Lets a cluster connection read from replicas.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .with_categories(&[Category::Connection]);

pub(crate) static READWRITE: CommandSpec = CommandSpec::new(Id::Readwrite, "readwrite", 1, Group::Cluster, "3.0.0")
    .about("Lets a cluster connection read from primaries only.", "O(1)")
    .with_flags(&[Flag::Loading, Flag::Stale, Flag::Fast])
    .with_categories(&[Category::Connection]);
