//! Several commands, sent together.

use crate::call::{Call, CallOptions};
use crate::client::Client;
use crate::cmd::Cmd;
use crate::connection::{Fault, Replies};
use crate::error::{Error, ErrorKind};
use crate::from_value::FromValue;
use crate::join::join_all;
use crate::node::{Node, lane_of};
use crate::observer::CallReport;
use crate::plan::Plan;
use crate::route;
use circlet_resp::Value;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout_at};

/// Several commands that are sent together: each node gets those on its keys in one go, and all replies come back in the order in which the
/// commands were added. Commands on one key are executed in that order. It is no transaction: others may come between.
///
/// ```no_run
/// # async fn example(client: circlet_client::Client) -> Result<(), circlet_client::Error> {
/// use circlet_client::prelude::*;
///
/// let mut pipeline = client.pipeline();
/// let name = pipeline.add(client.get::<Option<String>>("name"));
/// let visits = pipeline.add(client.incr("visits"));
/// let mut replies = pipeline.run().await?;
/// let (name, visits) = (replies.take(&name)?, replies.take(&visits)?);
/// # let _: (Option<String>, i64) = (name, visits);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
#[must_use = "a pipeline is sent by `run`"]
pub struct Pipeline<'a> {
    client: &'a Client,
    cmds: Vec<Cmd>,
    options: CallOptions,
}

/// The place of a reply that is to be read as `T`.
#[derive(Debug)]
pub struct Place<T> {
    number: usize,
    read_as: PhantomData<fn() -> T>,
}

/// The replies of a pipeline.
#[derive(Debug)]
pub struct PipelineReplies {
    replies: Vec<Option<Result<Value, Error>>>,
}

impl PipelineReplies {
    /// Takes one reply.
    ///
    /// # Errors
    /// That command's own error; [`ErrorKind::Conversion`] if the reply is no `T`.
    pub fn take<T: FromValue>(&mut self, place: &Place<T>) -> Result<T, Error> {
        let reply = self.replies.get_mut(place.number).and_then(Option::take);
        reply
            .unwrap_or_else(|| Err(Error::new(ErrorKind::Usage, "a place of another pipeline")))
            .and_then(T::from_value)
    }

    /// The replies that were not taken, each with its error, in order.
    #[must_use]
    pub fn into_vec(self) -> Vec<Result<Value, Error>> {
        self.replies.into_iter().flatten().collect()
    }

    /// All replies, read alike.
    ///
    /// # Errors
    /// The first command's that failed.
    pub fn all<T: FromValue>(self) -> Result<Vec<T>, Error> {
        self.into_vec()
            .into_iter()
            .map(|reply| reply.and_then(T::from_value))
            .collect()
    }
}

impl<'a> Pipeline<'a> {
    pub(crate) fn new(client: &'a Client) -> Self {
        Pipeline {
            client,
            cmds: Vec::new(),
            options: CallOptions::default(),
        }
    }

    /// Adds a call that was not made; returns where its reply will be. What the call says of levels and times does not count: the pipeline's does.
    pub fn add<T: FromValue>(&mut self, call: Call<'_, T>) -> Place<T> {
        self.add_cmd(call.into_cmd());
        Place {
            number: self.cmds.len() - 1,
            read_as: PhantomData,
        }
    }

    /// Adds any command.
    pub fn add_cmd(&mut self, cmd: Cmd) -> &mut Self {
        self.cmds.push(cmd);
        self
    }

    /// How many commands there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.cmds.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.cmds.is_empty()
    }

    /// At this level instead of the client's or the cluster's.
    pub fn consistency(mut self, level: crate::Consistency) -> Self {
        self.options.consistency = Some(level);
        self
    }

    /// With so much time for all of it, retries included.
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.options.timeout = Some(timeout);
        self
    }

    /// Sends it, and waits for all replies. Commands that failed are made again as single calls are, one after the other, where that is safe.
    ///
    /// # Errors
    /// [`ErrorKind::Usage`] for blocking commands, before anything is sent. What a single command fails with is in its place.
    pub async fn run(self) -> Result<PipelineReplies, Error> {
        let started = Instant::now();
        let plans: Vec<Plan> = self
            .cmds
            .iter()
            .map(|cmd| Plan::of(self.client, cmd, self.options))
            .collect();
        if plans.iter().any(|plan| plan.blocks) {
            return Err(Error::new(
                ErrorKind::Usage,
                "a blocking command in a pipeline would make all others wait",
            ));
        }
        let timeout = self.options.timeout.unwrap_or(self.client.options().call_timeout);
        let deadline = started + timeout;
        let groups = self.groups(&plans);
        let sent = groups.iter().map(|group| self.send(group, deadline));
        let answers = join_all(sent).await;
        let mut outcomes: Vec<Result<Value, Fault>> = plans.iter().map(|_| Err(Fault::Unsent)).collect();
        for (group, answer) in groups.iter().zip(answers) {
            match answer {
                Ok(replies) => group
                    .places
                    .iter()
                    .zip(replies)
                    .for_each(|(place, reply)| outcomes[*place] = Ok(reply)),
                Err(fault) => group
                    .places
                    .iter()
                    .for_each(|place| outcomes[*place] = Err(fault.clone())),
            }
        }
        let mut replies = Vec::with_capacity(outcomes.len());
        for ((cmd, plan), outcome) in self.cmds.iter().zip(plans).zip(outcomes) {
            replies.push(Some(self.settle(cmd, plan, outcome, deadline).await));
        }
        if let Some(observer) = &self.client.options().observer {
            observer.on_call(&CallReport::new("pipeline", started.elapsed(), 1, None));
        }
        Ok(PipelineReplies { replies })
    }

    fn groups(&self, plans: &[Plan]) -> Vec<Group> {
        let topology = self.client.inner.topology.load();
        let mut groups: Vec<Group> = Vec::new();
        for (place, plan) in plans.iter().enumerate() {
            let Some(number) = topology.choose(plan.slot, &[], 0) else {
                continue;
            };
            let node = &topology.nodes[usize::from(number)];
            let lane = lane_of(plan.level);
            // A key's commands go by one connection, also those that are made one by one.
            let spread = plan.spread % self.client.options().connections_per_node.max(1);
            let is_its =
                |group: &&mut Group| Arc::ptr_eq(&group.node, node) && (group.lane, group.spread) == (lane, spread);
            let found = groups.iter_mut().find(is_its);
            match found {
                Some(group) => group.places.push(place),
                None => groups.push(Group {
                    node: Arc::clone(node),
                    lane,
                    spread,
                    places: vec![place],
                }),
            }
        }
        groups
    }

    async fn send(&self, group: &Group, deadline: Instant) -> Result<Vec<Value>, Fault> {
        let sent = async {
            let connection = group
                .node
                .connection(group.lane, group.spread)
                .await
                .map_err(Fault::Refused)?;
            let cmds = group.places.iter().map(|place| &self.cmds[*place]);
            connection.send(cmds, deadline).await
        };
        let answered = timeout_at(deadline, sent).await.unwrap_or(Err(Fault::Unsent))?;
        match answered.await.unwrap_or(Err(Fault::Lost))? {
            Replies::One(value) => Ok(vec![value]),
            Replies::Many(values) => Ok(values),
        }
    }

    /// The end of one command: its reply, or what another attempt gives.
    async fn settle(
        &self,
        cmd: &Cmd,
        plan: Plan,
        outcome: Result<Value, Fault>,
        deadline: Instant,
    ) -> Result<Value, Error> {
        let error = match outcome {
            Ok(Value::Error(text)) => Error::answered(text),
            Ok(value) => return Ok(value),
            Err(Fault::Refused(error)) => error,
            Err(Fault::Unsent) => Error::new(ErrorKind::Unreachable, "the node of the key cannot be reached"),
            Err(Fault::Lost) => Error::new(ErrorKind::Lost, "the connection was lost"),
            Err(Fault::TimedOut) => Error::new(ErrorKind::TimedOut, "no answer in time"),
            Err(Fault::Protocol(text)) => Error::new(ErrorKind::Protocol, text),
        };
        let again = error.is_retryable() || (error.may_have_happened() && plan.may_repeat_after(error.kind()));
        let left = deadline.saturating_duration_since(Instant::now());
        if !again || plan.retries == 0 || left.is_zero() {
            return Err(error);
        }
        let plan = Plan { timeout: left, ..plan };
        route::to_one_node(self.client, cmd, plan, None).await
    }
}

/// The commands that one node gets.
struct Group {
    node: Arc<Node>,
    lane: usize,
    spread: usize,
    places: Vec<usize>,
}
