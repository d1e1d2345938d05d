//! When the next document is proposed.

use std::time::Duration;

use super::{Facts, Target, next};
use crate::time::Instant;
use crate::topology::{Epoch, Topology};

/// The least time between two documents: clients feel each one for about a round trip.
const EPOCH_GAP: Duration = Duration::from_millis(100);

/// When a document that was not chosen is proposed again.
const RETRY: Duration = Duration::from_millis(500);

/// How long arcs that could go on wait for those that cannot yet, so that they go in one document: clients feel each one. What waits stays safe
/// where it is, and is only written to more owners than it needs to be.
const GATHER_MAX: Duration = Duration::from_secs(1);

/// How often it is looked, meanwhile, whether all can go on.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// Proposes documents at a pace. Every member has one; the one that drives uses it.
#[derive(Debug, Clone)]
pub struct Driver {
    moving_max: usize,
    plan: Option<Plan>,
    not_before: Instant,
    gather_until: Instant,
}

/// What is planned for the document of one epoch.
#[derive(Debug, Clone)]
struct Plan {
    of: Epoch,
    /// None if there is nobody to plan for.
    target: Option<Target>,
    is_settled: bool,
}

impl Driver {
    /// A driver that has at most `moving_max` arcs move at a time.
    #[must_use]
    pub fn new(moving_max: usize) -> Self {
        Self {
            moving_max,
            plan: None,
            not_before: Instant::ZERO,
            gather_until: Instant::ZERO,
        }
    }

    /// A newer document is in force.
    pub fn on_chosen(&mut self, now: Instant) {
        self.not_before = now + EPOCH_GAP;
        self.gather_until = now + GATHER_MAX;
    }

    /// Whether `topology` is all that was asked for: nothing is to be done whatever the facts are.
    pub fn is_settled(&mut self, topology: &Topology) -> bool {
        self.plan(topology).is_settled
    }

    /// The document to propose, if it is time and there is one.
    pub fn propose(&mut self, now: Instant, topology: &Topology, facts: &Facts<'_>) -> Option<Topology> {
        if now < self.not_before {
            return None;
        }
        let moving_max = self.moving_max;
        let next = next(topology, self.plan(topology).target.as_ref()?, facts, moving_max);
        let is_to_gather = |waiting| waiting > 0 && now < self.gather_until;
        let proposal = next.filter(|next| !is_to_gather(next.waiting));
        let pause = if proposal.is_some() { RETRY } else { LOOK_AGAIN };
        self.not_before = now + pause;
        proposal.map(|next| next.topology)
    }

    /// When [`propose`](Self::propose) is worth calling, while there is something to do.
    #[must_use]
    pub fn next_deadline(&self) -> Instant {
        self.not_before
    }

    fn plan(&mut self, topology: &Topology) -> &Plan {
        let epoch = topology.epoch();
        let plan = match self.plan.take() {
            Some(plan) if plan.of == epoch => plan,
            former => {
                let former = former.and_then(|plan| plan.target);
                let target = former.filter(|target| target.is_for(topology));
                let target = target.or_else(|| Target::of(topology).ok());
                Plan {
                    of: epoch,
                    is_settled: target.as_ref().is_none_or(|target| is_settled(topology, target)),
                    target,
                }
            }
        };
        self.plan.insert(plan)
    }
}

fn is_settled(topology: &Topology, target: &Target) -> bool {
    use crate::topology::MemberStage::{Active, Left};
    let mut arcs = topology.settings().arcs.arcs();
    topology.is_at_rest()
        && topology
            .members()
            .iter()
            .all(|member| matches!(member.stage, Active | Left))
        && arcs.all(|arc| *target.owners(arc) == topology.arc(arc).owners)
        && crate::topology::one_voter_nearer(topology.members(), topology.voters(), |_| true).is_none()
}
