//! The long way of a call: attempts until one is the end.
//!
//! ```text
//!   attempt --> answer -------------------------------------------> done
//!      ^   \--> not executed for sure (unsent, NOQUORUM, BUSY ..) --> again, any command
//!      |   \--> fate unknown (lost, no answer, WRITETIMEOUT) -------> again, if repeatable; else that is the error
//!      |   \--> any other error reply ------------------------------> that is the error
//!      '------ on a node not tried yet, at once; when all were, or when a node asks for patience, after a jittered pause
//! ```
//!
//! Bounds: the call's time and its number of retries, whichever ends first.

use crate::call::Tried;
use crate::client::Client;
use crate::cmd::Cmd;
use crate::connection::{Answer, Fault, Replies};
use crate::error::{Error, ErrorKind};
use crate::node::{Node, lane_of};
use crate::observer::{CallReport, Event};
use crate::plan::Plan;
use crate::topology::{Order, Topology};
use crate::{breaker, fan_out, hedge};
use circlet_resp::Value;
use std::sync::Arc;
use tokio::time::{Instant, sleep, timeout_at};
use tracing::Instrument;

/// What one attempt came to.
pub(crate) type Outcome = Result<Value, Fault>;

/// Makes a call; `tried` is what the common way came to.
///
/// # Errors
/// The last attempt's, when there is no other.
pub(crate) async fn call(client: &Client, cmd: Cmd, plan: Plan, tried: Option<Tried>) -> Result<Value, Error> {
    let span = tracing::debug_span!(target: "circlet_client", "call", command = plan.name, slot = plan.slot.map(|slot| slot.get()));
    let made = async {
        if plan.fans_out
            && tried.is_none()
            && let Some(done) = fan_out::call(client, &cmd, plan).await
        {
            return done;
        }
        to_one_node(client, &cmd, plan, tried).await
    };
    made.instrument(span).await
}

/// Makes a call that one node is to answer.
///
/// # Errors
/// As [`call`].
pub(crate) async fn to_one_node(client: &Client, cmd: &Cmd, plan: Plan, tried: Option<Tried>) -> Result<Value, Error> {
    let started = tried.as_ref().map_or_else(Instant::now, |tried| tried.sent.started);
    let mut attempts = Attempts {
        client,
        cmd,
        plan,
        deadline: started + plan.timeout,
        topology: client.inner.topology.load_full(),
        made: 0,
        pauses: 0,
        tried: Order::new(),
    };
    let done = attempts.run(tried).await;
    if let Some(observer) = &client.options().observer {
        let error = done.as_ref().err().map(Error::kind);
        observer.on_call(&CallReport::new(plan.name, started.elapsed(), attempts.made, error));
    }
    done
}

struct Attempts<'a> {
    client: &'a Client,
    cmd: &'a Cmd,
    plan: Plan,
    deadline: Instant,
    topology: Arc<Topology>,
    made: u32,
    pauses: u32,
    /// Nodes of this topology that were tried since the last pause.
    tried: Order,
}

/// What follows an attempt.
enum Verdict {
    Done(Value),
    Failed(Error),
    /// On another node.
    Elsewhere(Error),
    /// After a pause.
    Later(Error),
}

impl Attempts<'_> {
    async fn run(&mut self, tried: Option<Tried>) -> Result<Value, Error> {
        let mut verdict = match tried {
            Some(tried) => {
                self.made = 1;
                self.tried.push(tried.sent.place);
                self.judge(&tried.sent.node, tried.failure)
            }
            None => self.attempt().await,
        };
        loop {
            let (error, pause) = match verdict {
                Verdict::Done(value) => return Ok(value),
                Verdict::Failed(error) => return Err(error),
                Verdict::Elsewhere(error) => (error, self.tried.len() >= self.topology.nodes.len()),
                Verdict::Later(error) => (error, true),
            };
            if self.made > self.plan.retries || Instant::now() >= self.deadline {
                return Err(error);
            }
            if pause && !self.pause().await {
                return Err(error);
            }
            let kind = error.kind();
            self.client.inner.around.tell(Event::Retried {
                command: self.plan.name,
                error: kind,
            });
            verdict = self.attempt().await;
        }
    }

    /// False if the call's time is over before the pause is.
    async fn pause(&mut self) -> bool {
        let retry = &self.client.options().retry;
        let pause = breaker::jittered(retry.pause, self.pauses, retry.pause_max, rand::random());
        self.pauses += 1;
        self.tried.clear();
        if Instant::now() + pause >= self.deadline {
            return false;
        }
        sleep(pause).await;
        true
    }

    async fn attempt(&mut self) -> Verdict {
        self.made += 1;
        let newest = self.client.inner.topology.load();
        if !Arc::ptr_eq(&newest, &self.topology) {
            // Places mean other nodes now.
            self.tried.clear();
            self.topology = Arc::clone(&newest);
        }
        drop(newest);
        let choose = |tried: &[u16]| self.topology.choose(self.plan.slot, tried, self.plan.spread);
        let Some(place) = choose(&self.tried).or_else(|| choose(&[])) else {
            return Verdict::Failed(Error::new(ErrorKind::Unreachable, "no nodes were given"));
        };
        self.tried.push(place);
        let node = Arc::clone(&self.topology.nodes[usize::from(place)]);
        let deadline = self.plan.attempt_deadline(self.client, Instant::now(), self.deadline);
        let attempt = Attempt {
            cmd: self.cmd,
            plan: self.plan,
            deadline,
        };
        let outcome = if self.plan.hedged {
            hedge::attempt(self.client, &self.topology, place, &attempt).await
        } else {
            attempt.on(&node, lane_of(self.plan.level)).await
        };
        self.judge(&node, outcome)
    }

    fn judge(&self, node: &Arc<Node>, outcome: Outcome) -> Verdict {
        let error = match outcome {
            Ok(Value::Error(text)) => Error::answered(text),
            Ok(value) => {
                node.on_answer();
                return Verdict::Done(value);
            }
            Err(fault) => return self.judge_fault(node, fault),
        };
        node.on_answer();
        match error.kind() {
            ErrorKind::NoQuorum | ErrorKind::Busy | ErrorKind::NotNow => Verdict::Later(error),
            ErrorKind::ReadTimeout | ErrorKind::WriteTimeout if self.plan.repeatable => Verdict::Later(error),
            _ => Verdict::Failed(error),
        }
    }

    fn judge_fault(&self, node: &Arc<Node>, fault: Fault) -> Verdict {
        let error = |kind, what: &str| Error::new(kind, format!("{what} {}", node.address));
        match fault {
            Fault::Unsent => Verdict::Elsewhere(error(ErrorKind::Unreachable, "no connection to")),
            Fault::Refused(error) if error.kind() == ErrorKind::Unreachable => Verdict::Elsewhere(error),
            Fault::Refused(error) => Verdict::Failed(error),
            Fault::Protocol(text) => Verdict::Failed(Error::new(ErrorKind::Protocol, text)),
            Fault::Lost | Fault::TimedOut => {
                let error = if fault == Fault::TimedOut {
                    node.on_silence();
                    error(ErrorKind::TimedOut, "no answer in time from")
                } else {
                    error(ErrorKind::Lost, "the connection was lost to")
                };
                if self.plan.may_repeat_after(error.kind()) {
                    Verdict::Elsewhere(error)
                } else {
                    Verdict::Failed(error)
                }
            }
        }
    }
}

/// One attempt, whichever node it is made on.
pub(crate) struct Attempt<'a> {
    pub(crate) cmd: &'a Cmd,
    pub(crate) plan: Plan,
    pub(crate) deadline: Instant,
}

impl Attempt<'_> {
    /// Makes it on this node.
    pub(crate) async fn on(&self, node: &Arc<Node>, lane: usize) -> Outcome {
        let started = Instant::now();
        if self.plan.blocks {
            return self.alone_on(node).await;
        }
        let sent = async {
            let connection = node.connection(lane, self.plan.spread).await.map_err(Fault::Refused)?;
            connection.send(std::iter::once(self.cmd), self.deadline).await
        };
        // What was not sent by then is not.
        let answered = timeout_at(self.deadline, sent).await.unwrap_or(Err(Fault::Unsent))?;
        let outcome = one(answered.await.unwrap_or(Err(Fault::Lost)));
        if self.plan.is_read && outcome.is_ok() {
            node.reads.record(started.elapsed());
        }
        outcome
    }

    /// On a connection of its own, which nobody waits behind. Dropped before the answer, it ends, and the server takes the command back.
    async fn alone_on(&self, node: &Arc<Node>) -> Outcome {
        let connection = timeout_at(self.deadline, node.dedicated(self.plan.level)).await;
        let connection = connection.map_err(|_| Fault::Unsent)?.map_err(Fault::Refused)?;
        let answered = connection.send(std::iter::once(self.cmd), self.deadline).await?;
        let outcome = one(answered.await.unwrap_or(Err(Fault::Lost)));
        if self.plan.level.is_none() && outcome.is_ok() {
            node.keep(connection);
        }
        outcome
    }
}

fn one(answer: Answer) -> Outcome {
    match answer? {
        Replies::One(value) => Ok(value),
        Replies::Many(mut values) => values.pop().ok_or(Fault::Lost),
    }
}
