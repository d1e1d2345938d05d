//! A client that goes on to the next node when one fails it, and knows what each of its commands came to.

use crate::connection::Connection;
use circlet_resp::Value;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

/// What became of a command.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// It was answered.
    Answered(Value),
    /// It was refused, and nothing was changed.
    Refused,
    /// It may have been done, or may be done later.
    Unknown,
}

/// Beginnings of error replies that promise that nothing was changed.
const REFUSALS: [&str; 4] = ["NOQUORUM", "BUSY", "OOM", "LOADING"];

/// Beginnings of error replies after which a write may have happened.
const UNKNOWNS: [&str; 3] = ["WRITETIMEOUT", "READTIMEOUT", "UNBLOCKED"];

/// A client of all nodes.
pub(crate) struct Client {
    nodes: Vec<SocketAddr>,
    home: usize,
    connection: Option<Connection>,
    pub(crate) tally: Tally,
}

/// Shorter times without an answer are nothing to write down: twenty a second and client at most are left.
const GAP_NOTED: Duration = Duration::from_millis(50);

/// A time in which a client had no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Gap {
    pub(crate) began: Instant,
    pub(crate) ended: Instant,
}

impl Gap {
    pub(crate) fn length(&self) -> Duration {
        self.ended - self.began
    }
}

/// What a client went through.
#[derive(Debug, Clone)]
pub(crate) struct Tally {
    pub(crate) answered: u64,
    pub(crate) refused: u64,
    pub(crate) unknown: u64,
    /// The times without an answer that were longer than [`GAP_NOTED`].
    pub(crate) gaps: Vec<Gap>,
    answered_at: Instant,
    /// Error replies that no command of ours should get.
    pub(crate) strange: Vec<String>,
}

impl Client {
    pub(crate) fn new(nodes: &[SocketAddr], home: usize) -> Self {
        let now = Instant::now();
        Client {
            nodes: nodes.to_vec(),
            home: home % nodes.len(),
            connection: None,
            tally: Tally {
                answered: 0,
                refused: 0,
                unknown: 0,
                gaps: Vec::new(),
                answered_at: now,
                strange: Vec::new(),
            },
        }
    }

    /// Goes on to the next node.
    pub(crate) fn move_on(&mut self) {
        self.home = (self.home + 1) % self.nodes.len();
        self.connection = None;
    }

    /// Asks the node that it is at; after anything but an answer the next command goes to the next one.
    pub(crate) fn call(&mut self, args: &[String]) -> Outcome {
        let outcome = self.ask(args);
        match &outcome {
            Outcome::Answered(_) => self.tally.on_answer(),
            Outcome::Refused => self.tally.refused += 1,
            Outcome::Unknown => self.tally.unknown += 1,
        }
        if !matches!(outcome, Outcome::Answered(_)) {
            self.move_on();
        }
        outcome
    }

    /// Asks until there is an answer: for reads and for the last checks. `None` when there is none for as long as `at_most`.
    pub(crate) fn insist(&mut self, args: &[String], at_most: Duration) -> Option<Value> {
        let start = Instant::now();
        while start.elapsed() < at_most {
            if let Outcome::Answered(value) = self.call(args) {
                return Some(value);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        None
    }

    fn ask(&mut self, args: &[String]) -> Outcome {
        let connection = match &mut self.connection {
            Some(connection) => connection,
            None => match Connection::open(self.nodes[self.home]) {
                Ok(connection) => self.connection.insert(connection),
                Err(_) => return Outcome::Refused,
            },
        };
        match connection.call(args) {
            Ok(Value::Error(text)) => {
                let begins = |known: &[&str]| known.iter().any(|known| text.starts_with(known));
                if begins(&REFUSALS) {
                    return Outcome::Refused;
                }
                if !begins(&UNKNOWNS) {
                    self.tally.strange.push(format!("{args:?}: {text}"));
                }
                Outcome::Unknown
            }
            Ok(value) => Outcome::Answered(value),
            Err(_) => {
                self.connection = None;
                Outcome::Unknown
            }
        }
    }
}

impl Tally {
    fn on_answer(&mut self) {
        let now = Instant::now();
        let gap = Gap {
            began: self.answered_at,
            ended: now,
        };
        if gap.length() > GAP_NOTED {
            self.gaps.push(gap);
        }
        self.answered += 1;
        self.answered_at = now;
    }

    /// Waiting on purpose is no gap.
    pub(crate) fn rested(&mut self) {
        self.answered_at = Instant::now();
    }
}
