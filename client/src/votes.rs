//! Reads whose quorum this client counts.
//!
//! ```text
//!              VOTED GET k  -> coordinator:  [needed, vote, reply] \
//!   get(k) --<                                                      equal: the reply counts;   else: GET k by the coordinator, which repairs
//!              VOTE k       -> next owner:   vote                  /
//! ```
//!
//! Where two owners are a quorum. A coordinator would read, and then ask; here both are asked at once, so a read takes one way to the cluster and back. A vote is a digest of
//! the entry and the epoch: why equal ones make it safe is written in the server's `session/voting.rs`.
//!
//! What does not agree costs a way more, so there is a [`Budget`] for it: of reads that may be voted on, at most [`FAILED_PERCENT`] in a hundred fail at that; beyond, reads
//! go by their coordinators until more was earned. An owner that does not vote, or is late, is not asked for a while.

use crate::call::Sent;
use crate::client::Client;
use crate::cmd::Cmd;
use crate::connection::{Answer, Connection, Fault, Replies, TICK};
use crate::node::{Node, lane_of};
use crate::observer::Event;
use crate::plan::Plan;
use crate::topology::Topology;
use circlet_hedge::Budget;
use circlet_resp::{Value, encode_request};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// Of a hundred reads, so many may have to be made again because their votes differed.
const FAILED_PERCENT: u32 = 10;

/// Failures that may be saved up.
const FAILED_SAVED_MAX: u32 = 16;

/// How long an owner that did not vote is not asked; and how long nobody is where two owners are no quorum.
const REST: Duration = Duration::from_millis(200);

/// The same for a server that knows no votes.
const LONG_REST: Duration = Duration::from_secs(60);

/// The longest that a second owner's vote is waited for; looked at every [`TICK`].
const PATIENCE_MAX: Duration = Duration::from_millis(50);

/// While more calls were under way lately on the coordinator's connection, reads are the coordinator's: the more calls share a write, the less its question to the other owner costs
/// beside a request of our own.
const UNDER_WAY_MAX: u32 = 28;

/// How many equal votes this client can collect.
const VOTES: i64 = 2;

/// What the clones of a client share.
pub(crate) struct Votes {
    /// For votes that fail.
    failures: Budget,
    /// While reads need other numbers of owners than two.
    rest: Rest,
}

impl Default for Votes {
    fn default() -> Self {
        Votes {
            failures: Budget::new(FAILED_SAVED_MAX),
            rest: Rest::default(),
        }
    }
}

/// Until when something is left alone.
#[derive(Debug, Default)]
pub(crate) struct Rest {
    /// In milliseconds since [`EPOCH`].
    until: AtomicU64,
}

/// Where the times of all [`Rest`]s begin.
static EPOCH: LazyLock<Instant> = LazyLock::new(Instant::now);

impl Rest {
    fn is_over(&self, now: Instant) -> bool {
        let until = self.until.load(Ordering::Relaxed);
        until == 0 || now.duration_since(*EPOCH).as_millis() >= u128::from(until)
    }

    fn begin(&self, length: Duration) {
        let until = Instant::now().duration_since(*EPOCH) + length;
        // Milliseconds of a process's life.
        self.until.store(until.as_millis() as u64, Ordering::Relaxed);
    }
}

/// A second owner's vote, asked for.
pub(crate) struct Vote {
    node: Arc<Node>,
    answered: oneshot::Receiver<Answer>,
}

/// Asks a second owner for its vote on what the command reads; `None` if this read is the coordinator's.
pub(crate) fn ask(
    client: &Client,
    topology: &Topology,
    (first, connection): (u16, &Connection),
    plan: Plan,
    cmd: &Cmd,
    now: Instant,
) -> Option<Vote> {
    if !plan.may_vote || connection.under_way_lately() > UNDER_WAY_MAX {
        return None;
    }
    let votes = &client.inner.votes;
    votes.failures.on_questions(1, FAILED_PERCENT);
    let first_rests = !topology.nodes[usize::from(first)].no_votes.is_over(now);
    if first_rests || !votes.rest.is_over(now) || !votes.failures.has_one() {
        return None;
    }
    let owners = topology.owners(plan.slot?);
    // Who coordinates is known of owners only.
    if owners.first() != Some(&first) {
        return None;
    }
    let mut others = owners[1..].iter().map(|place| &topology.nodes[usize::from(*place)]);
    let node = others.find(|node| node.no_votes.is_over(now) && node.is_available())?;
    let connection = node.ready(lane_of(plan.level), plan.spread)?;
    let key = cmd.args().get(1)?;
    let patience = node.reads.late_after().clamp(TICK, PATIENCE_MAX);
    let answered = connection
        .as_ref()?
        .try_send_written(key.len(), now + patience, |out| {
            encode_request(&[b"VOTE", key], out);
        })?
        .ok()?;
    Some(Vote {
        node: Arc::clone(node),
        answered,
    })
}

/// Sends the command to the owner that is to run it, and to vote.
pub(crate) fn send_voted(
    connection: &Connection,
    cmd: &Cmd,
    deadline: Instant,
) -> Option<Result<oneshot::Receiver<Answer>, Fault>> {
    const VOTED: &[u8] = b"$5\r\nVOTED\r\n";
    connection.try_send_written(cmd.len_bytes() + VOTED.len(), deadline, |out| {
        cmd.write_behind(1, VOTED, out);
    })
}

/// A read on which two owners vote.
pub(crate) struct Voting {
    pub(crate) sent: Sent,
    /// The coordinator's vote and its reply, when they are there.
    reply: Option<(i64, Value)>,
    other: Vote,
    /// The other vote, when it is there.
    other_vote: Option<i64>,
}

/// What a vote came to.
pub(crate) enum Count {
    Counts(Value),
    /// The coordinator's answer is no reply.
    Failed(Result<Value, Fault>),
    Differs,
}

impl Voting {
    pub(crate) fn new(sent: Sent, other: Vote) -> Self {
        Voting {
            sent,
            reply: None,
            other,
            other_vote: None,
        }
    }

    pub(crate) fn poll(&mut self, client: &Client, cx: &mut Context<'_>) -> Poll<Count> {
        if self.reply.is_none()
            && let Poll::Ready(answer) = Pin::new(&mut self.sent.answered).poll(cx)
            && let Some(count) = self.on_reply(client, answer.unwrap_or(Err(Fault::Lost)))
        {
            return Poll::Ready(count);
        }
        if self.other_vote.is_none()
            && let Poll::Ready(answer) = Pin::new(&mut self.other.answered).poll(cx)
        {
            self.other_vote = vote_of(&answer.unwrap_or(Err(Fault::Lost)));
            if self.other_vote.is_none() {
                self.other.node.no_votes.begin(REST);
                return Poll::Ready(differs(client));
            }
        }
        let Some(other_vote) = self.other_vote else {
            return Poll::Pending;
        };
        match self.reply.take_if(|(vote, _)| *vote == other_vote) {
            Some((_, reply)) => {
                self.other.node.on_answer();
                client.inner.around.tell(Event::Voted);
                Poll::Ready(Count::Counts(reply))
            }
            None if self.reply.is_some() => Poll::Ready(differs(client)),
            None => Poll::Pending,
        }
    }

    /// The coordinator has answered; what comes of it, unless the other vote is needed.
    fn on_reply(&mut self, client: &Client, answer: Answer) -> Option<Count> {
        let value = match answer {
            Ok(Replies::One(value)) => value,
            Ok(Replies::Many(_)) => return Some(Count::Failed(Err(Fault::Lost))),
            Err(fault) => return Some(Count::Failed(Err(fault))),
        };
        let (needed, vote, reply) = match voted(value) {
            Some(Ok(voted)) => voted,
            Some(Err(text)) if text.starts_with("NOVOTE") => {
                self.sent.node.no_votes.begin(REST);
                return Some(differs(client));
            }
            Some(Err(text)) if text.starts_with("ERR unknown command") => {
                self.sent.node.no_votes.begin(LONG_REST);
                return Some(differs(client));
            }
            Some(Err(text)) => return Some(Count::Failed(Ok(Value::Error(text)))),
            None => return Some(Count::Failed(Err(Fault::Protocol("no answer to VOTED".into())))),
        };
        if needed != VOTES {
            client.inner.votes.rest.begin(REST);
        }
        if needed < VOTES {
            return Some(Count::Counts(reply));
        }
        if needed > VOTES {
            return Some(differs(client));
        }
        self.reply = Some((vote, reply));
        None
    }
}

fn differs(client: &Client) -> Count {
    // Whoever has none left is out of votes until then.
    let _ = client.inner.votes.failures.take(1);
    client.inner.around.tell(Event::VoteFailed);
    Count::Differs
}

/// `[needed, vote, reply]`, or an error; `None` for anything else.
fn voted(value: Value) -> Option<Result<(i64, i64, Value), String>> {
    match value {
        Value::Error(text) => Some(Err(text)),
        Value::Array(parts) => match <[Value; 3]>::try_from(parts) {
            Ok([Value::Integer(needed), Value::Integer(vote), reply]) => Some(Ok((needed, vote, reply))),
            _ => None,
        },
        _ => None,
    }
}

fn vote_of(answer: &Answer) -> Option<i64> {
    match answer {
        Ok(Replies::One(Value::Integer(vote))) => Some(*vote),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
