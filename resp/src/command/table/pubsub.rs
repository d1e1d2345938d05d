//! SUBSCRIBE and UNSUBSCRIBE.

use super::super::CommandId as Id;
use super::super::arg::string;
use super::super::flags::{Category, Flag};
use super::super::spec::{CommandSpec, Group};

const FLAGS: &[Flag] = &[Flag::Pubsub, Flag::Noscript, Flag::Loading, Flag::Stale];

pub(crate) static SUBSCRIBE: CommandSpec = CommandSpec::new(Id::Subscribe, "subscribe", -2, Group::Pubsub, "2.0.0")
    .about(
        "Has the client sent the invalidations that others redirect to it.",
        "O(N), N: number of channels",
    )
    .with_flags(FLAGS)
    .with_categories(&[Category::Pubsub])
    .with_args(&[string("channel").multiple()]);

pub(crate) static UNSUBSCRIBE: CommandSpec =
    CommandSpec::new(Id::Unsubscribe, "unsubscribe", -1, Group::Pubsub, "2.0.0")
        .about("Ends what SUBSCRIBE began.", "O(N), N: number of channels")
        .with_flags(FLAGS)
        .with_categories(&[Category::Pubsub])
        .with_args(&[string("channel").optional().multiple()]);
