//! The slow path: what did not go the common way, one part at a time, until it has an answer or its deadline.
//!
//! The common way leaves a [`Problem`], and everything that answers brought is merged here already, so each problem has a short way
//! on: wait, fetch, write back, or run again. Running again is right because a command that lost to something newer left nothing
//! behind: the newer generation beats its delta on every owner.

use super::caller::{Caller, Door};
use super::detour;
use super::executor::Executor;
use super::plan::{Part, Plan};
use super::scene::{Reads, Scene};
use super::timing::LONG;
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::NodeIndex;
use crate::turn::{MaybeRan, Problem, Turn};
use circlet_core::coordinator::Shortfall;
use circlet_resp::{Args, ReplyBuf};
use smallvec::SmallVec;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a part waits at first for the routes to change before it tries again by itself: mostly it is a peer that has to follow, within a
/// millisecond or two, and nothing tells this node when it has.
const TRY_AGAIN_MIN: Duration = Duration::from_millis(1);

/// The longest; each wait is twice as long as the one before.
const TRY_AGAIN_MAX: Duration = Duration::from_millis(20);

/// How long a part whose owners go by another epoch waits for the routes to change: the owners may be those that have to follow.
const FOLLOW: Duration = Duration::from_millis(2);

/// Where a part's reply is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(crate) enum Settled {
    /// It was appended.
    Appended,
    /// The one that was written when the part ran holds.
    AsWritten,
    /// What was appended is an error; the peer that forwarded the part is not to be given it, but to look again who coordinates the arc.
    GivenBack,
}

/// Settles one part, and appends its reply if it is another one than was written.
pub(crate) async fn settle(
    node: &Arc<Node>,
    caller: &Caller,
    part: &Part,
    args: Args<'_>,
    problem: Problem,
    replies: &mut ReplyBuf,
) -> Settled {
    let mut settling = Settling {
        node,
        caller,
        part,
        args,
        deadline: Instant::now() + node.config.current().timeouts.request.duration(),
        executor: Executor::default(),
        reads: Reads::Check,
        has_asked: false,
        detour: None,
        tries: 0,
        story: Story::new(),
    };
    let start = replies.len();
    let (mut problem, mut done) = (problem, Settled::AsWritten);
    loop {
        if let Some(error) = settling.hopeless(problem) {
            replies.truncate(start);
            replies.error_display(&error);
            settling.tell_story();
            return Settled::Appended;
        }
        if settling.is_to_be_given_back(problem) {
            replies.truncate(start);
            replies.error_display(&SettleError::NoOwner);
            return Settled::GivenBack;
        }
        settling.story.add(problem);
        node.metrics.inc(Count::SlowPath);
        settling.prepare(problem).await;
        let next = if matches!(problem, Problem::Outdated { .. }) {
            // It ran; only the owners have to hear of it again.
            settling.spread_again().await
        } else {
            replies.truncate(start);
            done = Settled::Appended;
            settling.try_again(replies).await
        };
        match next {
            None => {
                settling.tell_story();
                return done;
            }
            Some(next) => problem = next,
        }
    }
}

/// What a client is told when its command could not be settled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
enum SettleError {
    #[error(transparent)]
    Shortfall(#[from] Shortfall),
    #[error("WRITETIMEOUT acked 0, the node that ran the command was lost and may have run it")]
    Unknown,
    #[error("NOQUORUM no owner of the key that has caught up can be reached")]
    NoOwner,
}

struct Settling<'a> {
    node: &'a Arc<Node>,
    caller: &'a Caller,
    part: &'a Part,
    args: Args<'a>,
    deadline: Instant,
    executor: Executor,
    reads: Reads,
    has_asked: bool,
    detour: Option<NodeIndex>,
    tries: u32,
    story: Story,
}

/// What a part met with on its way, to be logged if that took long: each problem with the milliseconds since the part came to the slow path, the first ones.
struct Story {
    began: Instant,
    problems: SmallVec<[(u64, Problem); 8]>,
}

impl Story {
    fn new() -> Self {
        Story {
            began: Instant::now(),
            problems: SmallVec::new(),
        }
    }

    fn add(&mut self, problem: Problem) {
        if self.problems.len() < self.problems.inline_size() {
            self.problems.push((self.began.elapsed().as_millis() as u64, problem));
        }
    }
}

impl Settling<'_> {
    /// What the client is told if nothing more can be done about the problem, or the deadline has passed.
    fn hopeless(&self, problem: Problem) -> Option<SettleError> {
        let late = Instant::now() >= self.deadline;
        match problem {
            Problem::WriteTimeout { acked, need } => Some(Shortfall::WriteTimeout { acked, need }.into()),
            Problem::Outdated { acked, need } if late => Some(Shortfall::WriteTimeout { acked, need }.into()),
            Problem::RunElsewhere { maybe_ran } if !self.part.may_run_again(self.args, maybe_ran) => {
                Some(SettleError::Unknown)
            }
            Problem::NotReady
            | Problem::RunElsewhere {
                maybe_ran: MaybeRan::No,
            } if late => Some(SettleError::NoOwner),
            _ if late => Some(self.timeout().into()),
            _ => None,
        }
    }

    /// Whether a forwarded part is somebody else's to run: it was forwarded by a view that is over, and the others will not let this node take the arc
    /// over as long as they hold that one for its coordinator. Nothing of it is left behind, so whoever forwarded it may run it or forward it again.
    ///
    /// Not at once: if the asker alone is right, this node has taken over by the next time that it is asked.
    fn is_to_be_given_back(&self, problem: Problem) -> bool {
        let is_others = || {
            let routes = self.node.routes.load();
            routes.arc(self.part.arc).coordinator != Some(routes.me)
        };
        self.caller.door == Door::Peer && problem == Problem::NotReady && self.tries > 0 && is_others()
    }

    fn tell_story(&self) {
        let took = self.story.began.elapsed();
        if took > LONG {
            tracing::debug!(
                command = self.part.spec.name(),
                arc = self.part.arc.get(),
                tries = self.tries,
                took_ms = took.as_millis(),
                met = ?self.story.problems,
                epoch = self.node.routes.load().epoch,
                "a command had to wait"
            );
        }
    }

    fn timeout(&self) -> Shortfall {
        let n = self.node.routes.load().n;
        let settings = self.node.config.current();
        let levels = self.caller.levels(&settings.cluster, self.part.key(self.args).key);
        if self.part.spec.is_write() {
            Shortfall::WriteTimeout {
                acked: 1,
                need: levels.write.needed(n),
            }
        } else {
            Shortfall::ReadTimeout {
                answered: 1,
                need: levels.read.needed(n),
            }
        }
    }

    /// Does what has to come before the part is run again.
    async fn prepare(&mut self, problem: Problem) {
        self.tries += 1;
        self.detour = self.next_detour(problem);
        match problem {
            _ if self.detour.is_some() => {}
            Problem::NotReady => {
                self.node.want(self.part.arc);
                self.wait().await;
            }
            // The first try goes at once: the routes may be right by now, or another peer the quicker one.
            Problem::RunElsewhere { .. } | Problem::ReadAgain if self.tries > 1 => self.wait().await,
            Problem::NeedFullState => {
                if self.tries > 1 {
                    self.wait().await;
                }
                let turn = {
                    let (config, routes) = (self.node.config.current(), self.node.routes.load());
                    self.executor.fetch(&self.scene(&config, &routes), self.part, self.args)
                };
                if let Some(turn) = turn {
                    turn.done().await;
                }
            }
            Problem::ExpiredHere => {
                if self.tries > 1 {
                    self.wait().await;
                }
                match self.ask().await {
                    None => self.has_asked = true,
                    Some(Problem::Differs) => self.write_back(),
                    Some(_) => {}
                }
            }
            Problem::Differs => self.write_back(),
            Problem::Superseded if self.part.spec.is_write() => self.node.metrics.inc(Count::WritesRestamped),
            // Whoever is behind hears of the newer epoch within a millisecond or two.
            Problem::Outdated { .. } => self.wait_at_most(FOLLOW).await,
            Problem::RunElsewhere { .. } | Problem::ReadAgain | Problem::Superseded | Problem::WriteTimeout { .. } => {}
        }
    }

    /// Where the part is to run next, if that is not for the routes to say.
    fn next_detour(&self, problem: Problem) -> Option<NodeIndex> {
        if !matches!(problem, Problem::NotReady | Problem::RunElsewhere { .. }) {
            return None;
        }
        let routes = self.node.routes.load();
        detour::next(self.node, &routes, self.caller, self.part.arc, self.tries)
    }

    async fn wait(&self) {
        let longer = TRY_AGAIN_MIN.saturating_mul(1 << self.tries.saturating_sub(2).min(10));
        self.wait_at_most(longer.min(TRY_AGAIN_MAX)).await;
    }

    async fn wait_at_most(&self, at_most: Duration) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        self.node.routes_changed(at_most.min(left)).await;
    }

    /// Sends what is held here under the part's keys to their owners of now; gives the next problem, if there is one.
    async fn spread_again(&mut self) -> Option<Problem> {
        let turn = {
            let (config, routes) = (self.node.config.current(), self.node.routes.load());
            let scene = self.scene(&config, &routes);
            self.executor.spread(&scene, self.part, self.args)
        };
        let turn = match turn {
            Ok(turn) => turn?,
            Err(Shortfall::NoQuorum { need, alive, .. }) => return Some(Problem::Outdated { acked: alive, need }),
            Err(Shortfall::WriteTimeout { acked, need }) => return Some(Problem::Outdated { acked, need }),
            Err(Shortfall::ReadTimeout { .. }) => return None,
        };
        turn.done().await;
        first_problem(&turn)
    }

    /// Has other owners vouch for what is here; gives the problem with that, if there is one.
    async fn ask(&mut self) -> Option<Problem> {
        let turn = {
            let (config, routes) = (self.node.config.current(), self.node.routes.load());
            let scene = self.scene(&config, &routes);
            self.executor.ask(&scene, self.part, self.args)
        };
        let Ok(turn) = turn else {
            return Some(Problem::ReadAgain);
        };
        let turn = turn?;
        turn.done().await;
        first_problem(&turn)
    }

    fn write_back(&mut self) {
        self.node.metrics.inc(Count::DigestMismatches);
        self.reads = Reads::WriteBack;
    }

    /// Runs the part once more; gives the next problem, if there is one.
    async fn try_again(&mut self, replies: &mut ReplyBuf) -> Option<Problem> {
        let mut plan = Plan::solo(self.part);
        let turn = {
            let (config, routes) = (self.node.config.current(), self.node.routes.load());
            let scene = self.scene(&config, &routes);
            let args = self.args;
            self.executor.run(&scene, &mut plan, &|_| args, replies).turn
        };
        let turn = turn?;
        turn.done().await;
        take_outcome(&turn, replies)
    }

    fn scene<'b>(&self, config: &'b crate::config::Config, routes: &'b crate::routes::Routes) -> Scene<'b>
    where
        Self: 'b,
    {
        Scene {
            node: self.node,
            config,
            routes,
            caller: self.caller,
            now: self.node.clock.now(),
            reads: self.reads,
            has_asked: self.has_asked,
            detour: self.detour,
        }
    }
}

/// The problem of a turn of one part; or the reply that it got elsewhere, appended.
fn take_outcome(turn: &Turn, replies: &mut ReplyBuf) -> Option<Problem> {
    let problem = first_problem(turn);
    if problem.is_none() {
        turn.with(|waits| replies.raw(&waits.replies));
    }
    problem
}

fn first_problem(turn: &Turn) -> Option<Problem> {
    turn.with(|waits| waits.problems.first().map(|(_, problem)| *problem))
}
