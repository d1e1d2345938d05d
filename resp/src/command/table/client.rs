//! CLIENT and its subcommands.

use super::super::CommandId as Id;
use super::super::arg::{integer, oneof, string, token};
use super::super::flags::{Category, Flag};
use super::super::spec::{CommandSpec, Group};
use super::client_tracking::{CLIENT_CACHING, CLIENT_GETREDIR, CLIENT_TRACKING, CLIENT_TRACKINGINFO};

pub(crate) static CLIENT: CommandSpec = CommandSpec::new(Id::Client, "client", -2, Group::Connection, "2.4.0")
    .about("Looks at connections and changes them.", "Depends on the subcommand.")
    .with_subcommands(&[
        &CLIENT_CACHING,
        &CLIENT_CONSISTENCY,
        &CLIENT_GETNAME,
        &CLIENT_GETREDIR,
        &CLIENT_HELP,
        &CLIENT_ID,
        &CLIENT_INFO,
        &CLIENT_KILL,
        &CLIENT_LIST,
        &CLIENT_NO_EVICT,
        &CLIENT_NO_TOUCH,
        &CLIENT_PAUSE,
        &CLIENT_REPLY,
        &CLIENT_SETINFO,
        &CLIENT_SETNAME,
        &CLIENT_TRACKING,
        &CLIENT_TRACKINGINFO,
        &CLIENT_UNBLOCK,
        &CLIENT_UNPAUSE,
    ]);

pub(crate) static CLIENT_CONSISTENCY: CommandSpec = CommandSpec::new(
    Id::ClientConsistency,
    "client|consistency",
    -2,
    Group::Connection,
    "0.1.0",
)
.about(
    "Shows, or chooses for this connection, how many replicas must answer a read and a write.",
    "O(1)",
)
.with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
.with_categories(&[Category::Connection])
.with_args(&[
    oneof("read", &[token("ONE"), token("QUORUM"), token("ALL"), token("DEFAULT")])
        .after("READ")
        .optional(),
    oneof(
        "write",
        &[token("ONE"), token("QUORUM"), token("ALL"), token("DEFAULT")],
    )
    .after("WRITE")
    .optional(),
    oneof("where", &[token("COORDINATOR"), token("OWNER")])
        .after("AT")
        .optional(),
]);

pub(crate) static CLIENT_GETNAME: CommandSpec =
    CommandSpec::new(Id::ClientGetname, "client|getname", 2, Group::Connection, "2.6.9")
        .about("Answers the name of the connection.", "O(1)")
        .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection]);

pub(crate) static CLIENT_HELP: CommandSpec =
    CommandSpec::new(Id::ClientHelp, "client|help", 2, Group::Connection, "5.0.0")
        .about("Shows what the subcommands do.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection]);

pub(crate) static CLIENT_ID: CommandSpec = CommandSpec::new(Id::ClientId, "client|id", 2, Group::Connection, "5.0.0")
    .about("Answers the id of the connection.", "O(1)")
    .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
    .with_categories(&[Category::Connection]);

pub(crate) static CLIENT_INFO: CommandSpec =
    CommandSpec::new(Id::ClientInfo, "client|info", 2, Group::Connection, "6.2.0")
        .about("Describes this connection.", "O(1)")
        .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLIENT_KILL: CommandSpec =
    CommandSpec::new(Id::ClientKill, "client|kill", -3, Group::Connection, "2.4.0")
        .about(
            "Closes connections, chosen by address, id, kind or user.",
            "O(N), N: number of connections",
        )
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[oneof(
            "filter",
            &[
                string("old-format").shown_as("ip:port"),
                oneof(
                    "new-format",
                    &[
                        integer("client-id").after("ID").since("2.8.12").optional(),
                        oneof(
                            "client-type",
                            &[
                                token("NORMAL"),
                                token("MASTER").since("3.2.0"),
                                token("SLAVE"),
                                token("REPLICA").since("5.0.0"),
                                token("PUBSUB"),
                            ],
                        )
                        .after("TYPE")
                        .since("2.8.12")
                        .optional(),
                        string("username").after("USER").optional(),
                        string("addr").after("ADDR").shown_as("ip:port").optional(),
                        string("laddr")
                            .after("LADDR")
                            .shown_as("ip:port")
                            .since("6.2.0")
                            .optional(),
                        oneof("skipme", &[token("YES"), token("NO")]).after("SKIPME").optional(),
                    ],
                )
                .multiple(),
            ],
        )]);

pub(crate) static CLIENT_LIST: CommandSpec =
    CommandSpec::new(Id::ClientList, "client|list", -2, Group::Connection, "2.4.0")
        .about("Describes all connections.", "O(N), N: number of connections")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_tips(&["nondeterministic_output"])
        .with_args(&[
            oneof(
                "client-type",
                &[token("NORMAL"), token("MASTER"), token("REPLICA"), token("PUBSUB")],
            )
            .after("TYPE")
            .since("5.0.0")
            .optional(),
            integer("client-id").after("ID").since("6.2.0").optional().multiple(),
        ]);

pub(crate) static CLIENT_NO_EVICT: CommandSpec =
    CommandSpec::new(Id::ClientNoEvict, "client|no-evict", 3, Group::Connection, "7.0.0")
        .about("Keeps the connection from being closed when memory is short.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[oneof("enabled", &[token("ON"), token("OFF")])]);

pub(crate) static CLIENT_NO_TOUCH: CommandSpec =
    CommandSpec::new(Id::ClientNoTouch, "client|no-touch", 3, Group::Connection, "7.2.0")
        .about("Keeps the connection's reads from counting as use of a key.", "O(1)")
        .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[oneof("enabled", &[token("ON"), token("OFF")])]);

pub(crate) static CLIENT_PAUSE: CommandSpec =
    CommandSpec::new(Id::ClientPause, "client|pause", -3, Group::Connection, "3.0.0")
        .about("Holds back the commands of all clients for a while.", "O(1)")
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[
            integer("timeout"),
            oneof("mode", &[token("WRITE"), token("ALL")]).since("6.2.0").optional(),
        ]);

pub(crate) static CLIENT_REPLY: CommandSpec =
    CommandSpec::new(Id::ClientReply, "client|reply", 3, Group::Connection, "3.2.0")
        .about(
            "Switches replies to this connection on or off, or leaves out the next one.",
            "O(1)",
        )
        .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[oneof("action", &[token("ON"), token("OFF"), token("SKIP")])]);

pub(crate) static CLIENT_SETINFO: CommandSpec =
    CommandSpec::new(Id::ClientSetinfo, "client|setinfo", 4, Group::Connection, "7.2.0")
        .about("Tells the server the client library's name or version.", "O(1)")
        .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_tips(&["request_policy:all_nodes", "response_policy:all_succeeded"])
        .with_args(&[oneof(
            "attr",
            &[string("libname").after("LIB-NAME"), string("libver").after("LIB-VER")],
        )]);

pub(crate) static CLIENT_SETNAME: CommandSpec =
    CommandSpec::new(Id::ClientSetname, "client|setname", 3, Group::Connection, "2.6.9")
        .about("Names the connection.", "O(1)")
        .with_flags(&[Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[string("connection-name")]);

pub(crate) static CLIENT_UNBLOCK: CommandSpec =
    CommandSpec::new(Id::ClientUnblock, "client|unblock", -3, Group::Connection, "5.0.0")
        .about(
            "Ends the wait of a client as if its time were over, or with an error.",
            "O(N), N: number of keys it waits on",
        )
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection])
        .with_args(&[
            integer("client-id"),
            oneof("timeout_error", &[token("TIMEOUT"), token("ERROR")]).optional(),
        ]);

pub(crate) static CLIENT_UNPAUSE: CommandSpec =
    CommandSpec::new(Id::ClientUnpause, "client|unpause", 2, Group::Connection, "6.2.0")
        .about(
            "Lets clients that were paused go on.",
            "O(N), N: number of paused clients",
        )
        .with_flags(&[Flag::Admin, Flag::Noscript, Flag::Loading, Flag::Stale])
        .with_categories(&[Category::Connection]);
