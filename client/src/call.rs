//! One call: a command, how to make it, and what its reply is read as.
//!
//! Awaiting it takes one of two ways. The **common way** polls without allocating: choose the owner, copy the request into its connection's
//! buffer, wait for the reply. Whatever is not common (no connection yet, no room, an error, a hedge, several nodes) goes the **long way**,
//! [`route`], which is told of what was tried already.

use crate::client::Client;
use crate::cmd::Cmd;
use crate::connection::{Answer, Fault, Replies};
use crate::error::{Error, ErrorKind};
use crate::from_value::FromValue;
use crate::node::{Node, lane_of};
use crate::observer::CallReport;
use crate::options::Consistency;
use crate::plan::Plan;
use crate::route;
use crate::votes::{self, Count, Voting};
use circlet_resp::Value;
use std::fmt;
use std::future::{Future, IntoFuture};
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// What a call says differently from the client's [`Options`](crate::Options).
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct CallOptions {
    pub(crate) timeout: Option<Duration>,
    pub(crate) consistency: Option<Consistency>,
    pub(crate) retries: Option<u32>,
    pub(crate) repeatable: Option<bool>,
    pub(crate) hedge: Option<bool>,
}

/// A call that has not been made: it is when it is awaited. Its reply is read as `T`.
#[must_use = "a call is made when it is awaited"]
pub struct Call<'a, T = Value> {
    client: &'a Client,
    cmd: Cmd,
    options: CallOptions,
    read_as: PhantomData<fn() -> T>,
}

impl<T> fmt::Debug for Call<'_, T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Call({})", self.cmd)
    }
}

impl<'a, T: FromValue> Call<'a, T> {
    pub(crate) fn new(client: &'a Client, cmd: Cmd, options: CallOptions) -> Self {
        Call {
            client,
            cmd,
            options,
            read_as: PhantomData,
        }
    }

    /// At this level instead of the client's or the cluster's.
    pub fn consistency(mut self, level: Consistency) -> Self {
        self.options.consistency = Some(level);
        self
    }

    /// With so much time, retries included, instead of [`Options::call_timeout`](crate::Options::call_timeout).
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// With at most so many retries.
    pub fn retries(mut self, max: u32) -> Self {
        self.options.retries = Some(max);
        self
    }

    /// Says whether the command may be sent again when its fate is unknown, whatever [`Repeat`](crate::Repeat) says.
    pub fn repeatable(mut self, yes: bool) -> Self {
        self.options.repeatable = Some(yes);
        self
    }

    /// Has this read hedged, or not, whatever the client's options say. No effect on writes.
    pub fn hedged(mut self, yes: bool) -> Self {
        self.options.hedge = Some(yes);
        self
    }

    /// Reads the reply as something else.
    pub fn read_as<U: FromValue>(self) -> Call<'a, U> {
        Call::new(self.client, self.cmd, self.options)
    }

    /// The command, and what the call says of how it is to be made.
    pub(crate) fn parts(&self) -> (&Cmd, CallOptions) {
        (&self.cmd, self.options)
    }

    /// The command, not made: to be looked at, or for a [`Pipeline`](crate::Pipeline).
    #[must_use]
    pub fn into_cmd(self) -> Cmd {
        self.cmd
    }
}

impl<'a, T: FromValue> IntoFuture for Call<'a, T> {
    type Output = Result<T, Error>;
    type IntoFuture = Calling<'a, T>;

    fn into_future(self) -> Calling<'a, T> {
        Calling {
            client: self.client,
            cmd: Some(self.cmd),
            options: self.options,
            stage: Stage::New,
            read_as: PhantomData,
        }
    }
}

/// A call that is being made. Dropping it gives the answer up; the command may be executed all the same.
#[must_use = "futures do nothing unless polled"]
pub struct Calling<'a, T> {
    client: &'a Client,
    cmd: Option<Cmd>,
    options: CallOptions,
    stage: Stage<'a>,
    read_as: PhantomData<fn() -> T>,
}

enum Stage<'a> {
    New,
    Sent(Sent),
    Voting(Voting),
    Long(Pin<Box<dyn Future<Output = Result<Value, Error>> + Send + 'a>>),
}

/// A first attempt on the common way.
pub(crate) struct Sent {
    pub(crate) plan: Plan,
    pub(crate) node: Arc<Node>,
    pub(crate) place: u16,
    pub(crate) started: Instant,
    pub(crate) answered: oneshot::Receiver<Answer>,
}

/// What a first attempt came to that was not the end.
pub(crate) struct Tried {
    pub(crate) sent: Sent,
    pub(crate) failure: Result<Value, Fault>,
}

impl<T> Unpin for Calling<'_, T> {}

impl<T: FromValue> Future for Calling<'_, T> {
    type Output = Result<T, Error>;

    fn poll(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        let this = self.get_mut();
        loop {
            match &mut this.stage {
                Stage::New => this.stage = this.begin(),
                Stage::Sent(sent) => {
                    let answer = ready!(Pin::new(&mut sent.answered).poll(cx));
                    match answer.unwrap_or(Err(Fault::Lost)) {
                        Ok(Replies::One(value)) if !matches!(value, Value::Error(_)) => {
                            sent.succeeded(this.client);
                            return Poll::Ready(T::from_value(value));
                        }
                        Ok(Replies::One(value)) => this.go_on(Ok(value)),
                        Ok(Replies::Many(_)) => this.go_on(Err(Fault::Lost)),
                        Err(fault) => this.go_on(Err(fault)),
                    }
                }
                Stage::Voting(voting) => match ready!(voting.poll(this.client, cx)) {
                    Count::Counts(value) => {
                        voting.sent.succeeded(this.client);
                        return Poll::Ready(T::from_value(value));
                    }
                    Count::Failed(failure) => this.go_on(failure),
                    Count::Differs => this.by_coordinator(),
                },
                Stage::Long(long) => {
                    let value = ready!(long.as_mut().poll(cx));
                    return Poll::Ready(value.and_then(T::from_value));
                }
            }
        }
    }
}

impl<'a, T> Calling<'a, T> {
    /// Sends the command if nothing stands in the way.
    fn begin(&mut self) -> Stage<'a> {
        let Some(cmd) = &self.cmd else {
            // Polled after it was ready.
            return Stage::Long(Box::pin(async {
                Err(Error::new(ErrorKind::Usage, "the call is over"))
            }));
        };
        let plan = Plan::of(self.client, cmd, self.options);
        match self.try_common(cmd, plan) {
            Some(stage) => stage,
            None => self.long(plan, None),
        }
    }

    fn try_common(&self, cmd: &Cmd, plan: Plan) -> Option<Stage<'a>> {
        if !plan.is_common || tracing::enabled!(target: "circlet_client", tracing::Level::DEBUG) {
            return None;
        }
        let topology = self.client.inner.topology.load();
        let place = topology.choose(plan.slot, &[], plan.spread)?;
        let node = &topology.nodes[usize::from(place)];
        let connection = node.ready(lane_of(plan.level), plan.spread)?;
        let started = Instant::now();
        let deadline = plan.attempt_deadline(self.client, started, started + plan.timeout);
        let sent = |answered| Sent {
            plan,
            node: Arc::clone(node),
            place,
            started,
            answered,
        };
        let connection = connection.as_ref()?;
        let vote = votes::ask(self.client, &topology, (place, connection), plan, cmd, started);
        let Some(vote) = vote else {
            let answered = connection.try_send(cmd, deadline)?.ok()?;
            return Some(Stage::Sent(sent(answered)));
        };
        let answered = votes::send_voted(connection, cmd, deadline)?.ok()?;
        Some(Stage::Voting(Voting::new(sent(answered), vote)))
    }

    /// Owners did not agree, or one did not say: as if nothing had been sent, in what is left of the time.
    fn by_coordinator(&mut self) {
        if let Stage::Voting(Voting { sent, .. }) = std::mem::replace(&mut self.stage, Stage::New) {
            let plan = sent.plan.after(sent.started.elapsed());
            self.stage = self.long(plan, None);
        }
    }

    fn go_on(&mut self, failure: Result<Value, Fault>) {
        let stage = std::mem::replace(&mut self.stage, Stage::New);
        if let Stage::Sent(sent) | Stage::Voting(Voting { sent, .. }) = stage {
            self.stage = self.long(sent.plan, Some(Tried { sent, failure }));
        }
    }

    fn long(&mut self, plan: Plan, tried: Option<Tried>) -> Stage<'a> {
        let (client, cmd) = (self.client, self.cmd.take());
        Stage::Long(Box::pin(async move {
            match cmd {
                Some(cmd) => route::call(client, cmd, plan, tried).await,
                None => Err(Error::new(ErrorKind::Usage, "the call is over")),
            }
        }))
    }
}

impl Sent {
    fn succeeded(&self, client: &Client) {
        let took = self.started.elapsed();
        self.node.on_answer();
        if self.plan.is_read {
            self.node.reads.record(took);
        }
        if let Some(observer) = &client.options().observer {
            observer.on_call(&CallReport::new(self.plan.name, took, 1, None));
        }
    }
}
