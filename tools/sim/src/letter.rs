//! What nodes and clients send each other.
//!
//! The frames of `circlet_core::message` as values: their bytes have golden files and fuzzing of their own, and a simulation is about
//! what happens to messages, not about how they look.

use circlet_core::control::PeerStatus;
use circlet_core::life::Life;
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
    /// The connection is gone.
    Closed,
}

#[derive(Debug, Clone)]
pub(crate) enum Question {
    /// Merge this state.
    Apply { key: Vec<u8>, state: Vec<u8> },
    /// Have you the state with this digest?
    Check { key: Vec<u8>, digest: u64 },
    /// Run this command.
    Run(Command),
    /// What is your digest of the arc?
    ArcDigest(ArcId),
    /// Give me the states of the arc after this key.
    Pull { arc: ArcId, after: Option<Vec<u8>> },
    /// You missed these, and something in these arcs.
    Replay {
        states: Vec<(Vec<u8>, Vec<u8>)>,
        arcs: Vec<ArcId>,
    },
}

#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Fine,
    /// The state that a delta lost to, or that has another digest.
    State(Vec<u8>),
    Absent,
    /// Nothing was done.
    Refused(&'static str),
    Ran(Reply),
    ArcDigest {
        digest: u64,
        caught_up: bool,
        /// The asker is not the one that this node holds for the coordinator.
        contested: bool,
    },
    Chunk {
        states: Vec<(Vec<u8>, Vec<u8>)>,
        more: bool,
    },
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
            Self::Closed => "closed",
            Self::Ask { question, .. } => match question {
                Question::Apply { .. } => "apply?",
                Question::Check { .. } => "check?",
                Question::Run(_) => "run?",
                Question::ArcDigest(_) => "digest?",
                Question::Pull { .. } => "pull?",
                Question::Replay { .. } => "replay?",
            },
            Self::Answer { answer, .. } => match answer {
                Answer::Fine => "fine",
                Answer::State(_) => "state",
                Answer::Absent => "absent",
                Answer::Refused(why) => why,
                Answer::Ran(_) => "ran",
                Answer::ArcDigest { .. } => "digest",
                Answer::Chunk { .. } => "chunk",
            },
        }
    }
}
