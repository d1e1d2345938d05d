//! Reads whose quorum the client counts: Circlet's own.

use super::super::CommandId as Id;
use super::super::arg::{key, string};
use super::super::flags::Flag;
use super::super::keys::{KeyFlag, KeySpec};
use super::super::spec::{CommandSpec, Group};

pub(crate) static VOTE: CommandSpec = CommandSpec::new(Id::Vote, "vote", 2, Group::Cluster, "0.1.0")
    .about(
        "Answers an owner's vote on a key: owners that hold the same in the same epoch answer the same number.",
        "O(1)",
    )
    .with_flags(&[Flag::Readonly, Flag::Fast])
    .with_keys(&[KeySpec::one(1, &[KeyFlag::ReadOnly])])
    .with_args(&[key("key", 0)]);

pub(crate) static VOTED: CommandSpec = CommandSpec::new(Id::Voted, "voted", -3, Group::Cluster, "0.1.0")
    .about(
        "Runs a command that reads one key on the key's coordinator alone, and answers its reply, the coordinator's vote, and how many equal votes make it count.",
        "the command's",
    )
    .with_flags(&[Flag::Readonly])
    .with_args(&[string("command"), string("arg").multiple()]);
