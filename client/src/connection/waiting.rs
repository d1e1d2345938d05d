//! A call on its way, and how it ends.

use crate::error::Error;
use circlet_resp::Value;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Why a call has no answer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Fault {
    /// The connection ended before the request was sent: certainly not executed.
    Unsent,
    /// It ended afterwards: perhaps executed.
    Lost,
    /// The call's time was over first.
    TimedOut,
    /// What came is no reply.
    Protocol(String),
    /// There is no connection, for this reason: certainly not executed.
    Refused(Error),
}

/// The replies of a call, as many as it has commands; error replies are values here.
pub(crate) type Answer = Result<Replies, Fault>;

/// One reply, as is usual, or several.
#[derive(Debug)]
pub(crate) enum Replies {
    One(Value),
    Many(Vec<Value>),
}

/// See the module's header.
pub(super) struct Waiting {
    /// Commands whose replies have not come.
    left: usize,
    /// The replies so far of a call of several commands.
    got: Vec<Value>,
    single: bool,
    pub(super) permits: u32,
    pub(super) deadline: Instant,
    /// Gone when the call's time is over; the replies are still to come then.
    answer: Option<oneshot::Sender<Answer>>,
}

impl Waiting {
    pub(super) fn new(count: usize, permits: u32, deadline: Instant, answer: oneshot::Sender<Answer>) -> Self {
        Waiting {
            left: count.max(1),
            got: Vec::new(),
            single: count == 1,
            permits,
            deadline,
            answer: Some(answer),
        }
    }

    /// Takes a reply; true when it was the last.
    pub(super) fn take(&mut self, reply: Value) -> bool {
        self.left -= 1;
        if self.answer.is_some() {
            self.got.push(reply);
        }
        self.left == 0
    }

    /// Whether one reply ends it, so that it need not be kept.
    pub(super) fn is_single(&self) -> bool {
        self.single
    }

    /// Answers with one reply.
    pub(super) fn end_with(self, reply: Value) {
        if let Some(answer) = self.answer {
            // The caller may have given up.
            let _ = answer.send(Ok(Replies::One(reply)));
        }
    }

    /// Answers with what was taken.
    pub(super) fn end(self) {
        if let Some(answer) = self.answer {
            let _ = answer.send(Ok(Replies::Many(self.got)));
        }
    }

    /// Tells the caller that there is no answer, or no whole one.
    pub(super) fn fail(&mut self, fault: Fault) {
        if let Some(answer) = self.answer.take() {
            let _ = answer.send(Err(fault));
            self.got = Vec::new();
        }
    }

    /// Whether somebody still waits, and has waited long enough.
    pub(super) fn is_over(&self, now: Instant) -> bool {
        self.answer.is_some() && self.deadline <= now
    }
}
