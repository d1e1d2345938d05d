//! What nodes and clients send each other.
//!
//! The frames of `circlet_core::message` as values: their bytes have golden files and fuzzing of their own, and a simulation is about
//! what happens to messages, not about how they look.

use std::sync::Arc;

use circlet_core::control::{PeerStatus, RoundAnswer};
use circlet_core::life::Life;
use circlet_core::moves::Change;
use circlet_core::register::Message;
use circlet_core::stamp::Stamp;
use circlet_core::topology::Topology;
use circlet_ring::ArcId;

use crate::command::{Command, Reply};

/// What arrives in one of a node's sockets.
#[derive(Debug, Clone)]
pub(crate) enum Parcel {
    /// On the gossip socket.
    Gossip(Vec<u8>),
    /// On a connection between two nodes.
    Letter { connection: u64, letter: Letter },
    /// From a client.
    Command(Command),
    /// From a client that counts the quorum of a read itself: the owner's vote, with its reply or without.
    Vote { command: Command, with_reply: bool },
    /// From an operator.
    Change(Box<Change>),
}

/// What is said on a connection. Connections keep their order and lose only what comes last.
#[derive(Debug, Clone)]
pub(crate) enum Letter {
    /// The first word of the one that dialled.
    Hello,
    /// The first word of the one that was dialled.
    Welcome {
        life: Life,
    },
    Ping,
    Pong,
    Status(PeerStatus),
    Ask {
        id: u64,
        epoch: u64,
        question: Question,
    },
    Answer {
        id: u64,
        answer: Answer,
    },
    /// These arcs are synced up to the cut, and that life of yours was in the round.
    Synced {
        life: Life,
        cut: Stamp,
        arcs: Vec<ArcId>,
    },
    /// You missed something in this arc.
    Stale(ArcId),
    /// Of the register in which members agree on the topology.
    Register(Message<Arc<Topology>>),
    /// The connection is gone.
    Closed,
}

#[derive(Debug, Clone)]
pub(crate) enum Question {
    /// Merge this state, of an owner synced so far.
    Apply {
        key: Vec<u8>,
        state: Vec<u8>,
        synced: Stamp,
    },
    /// Have you the state with this digest?
    Check { key: Vec<u8>, digest: u64, synced: Stamp },
    /// Run this command.
    Run(Command),
    /// What are your digests of these arcs?
    ArcDigests(Vec<ArcId>),
    /// Give me the states of the arc after this key.
    Pull { arc: ArcId, after: Option<Vec<u8>> },
    /// You missed these, and something in these arcs.
    Replay {
        states: Vec<(Vec<u8>, Vec<u8>, Stamp)>,
        arcs: Vec<ArcId>,
    },
    /// Are your sums up to the cut these? Each arc with the cut of the last round that this life of yours was in.
    Round {
        life: Life,
        cut: Stamp,
        arcs: Vec<(ArcId, Stamp, u64)>,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Fine,
    /// The state that a delta lost to, or that has another digest, of an owner synced so far.
    State(Vec<u8>, Stamp),
    Absent,
    /// The delta has parts that were dropped here.
    Ignored,
    /// Nothing was done.
    Refused(&'static str),
    Ran(Reply),
    /// Each in the order of the question; none of an arc that the peer does not hold.
    ArcDigests(Vec<Option<ArcDigest>>),
    Chunk {
        states: Vec<(Vec<u8>, Vec<u8>)>,
        more: bool,
        synced: Stamp,
    },
    Round(RoundAnswer),
}

/// What a node says of one arc.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ArcDigest {
    pub(crate) digest: u64,
    pub(crate) synced: Stamp,
    pub(crate) caught_up: bool,
    /// The asker is not the one that this node holds for the coordinator.
    pub(crate) contested: bool,
}

impl Letter {
    /// For the trace.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Hello => "hello",
            Self::Welcome { .. } => "welcome",
            Self::Ping => "ping",
            Self::Pong => "pong",
            Self::Status(_) => "status",
            Self::Synced { .. } => "synced",
            Self::Stale(_) => "stale",
            Self::Closed => "closed",
            Self::Register(message) => match message {
                Message::Prepare { .. } => "prepare?",
                Message::Promise { .. } => "promise",
                Message::Accept { .. } => "accept?",
                Message::Accepted { .. } => "accepted",
                Message::Nack { .. } => "nack",
                Message::Learn { .. } => "learn?",
                Message::Chosen { .. } => "chosen",
            },
            Self::Ask { question, .. } => match question {
                Question::Apply { .. } => "apply?",
                Question::Check { .. } => "check?",
                Question::Run(_) => "run?",
                Question::ArcDigests(_) => "digests?",
                Question::Pull { .. } => "pull?",
                Question::Replay { .. } => "replay?",
                Question::Round { .. } => "round?",
            },
            Self::Answer { answer, .. } => match answer {
                Answer::Fine => "fine",
                Answer::State(..) => "state",
                Answer::Ignored => "ignored",
                Answer::Round(_) => "round",
                Answer::Absent => "absent",
                Answer::Refused(why) => why,
                Answer::Ran(_) => "ran",
                Answer::ArcDigests(_) => "digests",
                Answer::Chunk { .. } => "chunk",
            },
        }
    }
}
