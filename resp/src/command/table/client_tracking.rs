//! CLIENT's subcommands for clients that keep copies.

use super::super::CommandId as Id;
use super::super::arg::{integer, oneof, string, token};
use super::super::flags::{Category, Flag};
use super::super::spec::{CommandSpec, Group};

const FLAGS: &[Flag] = &[Flag::Noscript, Flag::Loading, Flag::Stale];

pub(crate) static CLIENT_CACHING: CommandSpec =
    CommandSpec::new(Id::ClientCaching, "client|caching", 3, Group::Connection, "6.0.0")
        .about(
            "Says whether what the next command reads is kept by the client.",
            "O(1)",
        )
        .with_flags(FLAGS)
        .with_categories(&[Category::Connection])
        .with_args(&[oneof("mode", &[token("YES"), token("NO")])]);

pub(crate) static CLIENT_GETREDIR: CommandSpec =
    CommandSpec::new(Id::ClientGetredir, "client|getredir", 2, Group::Connection, "6.0.0")
        .about("Answers which client is told of what this one has read.", "O(1)")
        .with_flags(FLAGS)
        .with_categories(&[Category::Connection]);

pub(crate) static CLIENT_TRACKING: CommandSpec =
    CommandSpec::new(Id::ClientTracking, "client|tracking", -3, Group::Connection, "6.0.0")
        .about(
            "Has the client told when what it has read changes, or what has certain prefixes.",
            "O(1). Some options may introduce additional complexity.",
        )
        .with_flags(FLAGS)
        .with_categories(&[Category::Connection])
        .with_args(&[
            oneof("status", &[token("ON"), token("OFF")]),
            integer("client-id").after("REDIRECT").optional(),
            string("prefix").after("PREFIX").optional().multiple_with_token(),
            token("BCAST").optional(),
            token("OPTIN").optional(),
            token("OPTOUT").optional(),
            token("NOLOOP").optional(),
            token("NUMBERED").optional(),
        ]);

pub(crate) static CLIENT_TRACKINGINFO: CommandSpec = CommandSpec::new(
    Id::ClientTrackinginfo,
    "client|trackinginfo",
    2,
    Group::Connection,
    "6.2.0",
)
.about("Describes what the client is told of what it has read.", "O(1)")
.with_flags(FLAGS)
.with_categories(&[Category::Connection]);
