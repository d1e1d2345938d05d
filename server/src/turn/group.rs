//! Commands of one turn that wait for the same owners at the same level: one count for all of them. Two counts while their arcs move, one for
//! each side.

use super::Problem;
use crate::routes::NodeIndex;
use circlet_core::coordinator::{
    Party, ReadAck, ReadOp, ReadStep, Shortfall, Side, Sides, WriteAck, WriteOp, WriteStep,
};
use circlet_core::owners::{OwnerIndex, Owners};
use circlet_core::quorum::{Level, Verdict};
use circlet_core::state::Merged;
use smallvec::SmallVec;

/// What a group waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum GroupKind {
    /// Acknowledgements of deltas.
    Write,
    /// One peer to take states that are here, in the place of newer ones or not.
    Delivery,
    /// The word that others hold the same.
    Read,
    /// An answer, whatever it is, from everyone asked.
    Fetch,
}

#[derive(Debug, Clone, Copy)]
enum Op {
    Write(WriteOp),
    Read(ReadOp),
    Fetch(Owners),
}

/// See the module's header.
///
/// Owners are numbered within the group: this node is 0, the peers follow in the order of `peers`. So commands of different arcs
/// can share a group, whatever place their owners have in each arc's preference list.
#[derive(Debug, Clone)]
pub(crate) struct Group {
    pub(crate) kind: GroupKind,
    level: Level,
    peers: SmallVec<[NodeIndex; 4]>,
    /// Whom its owners count for.
    sides: Sides,
    op: Op,
    verdict: Verdict,
    /// Whether a peer refused because it goes by another epoch.
    is_outdated: bool,
    /// What the clients are told if the verdict is "unreachable".
    shortfall: Option<Shortfall>,
}

/// This node's place in a group.
const ME: OwnerIndex = match OwnerIndex::new(0) {
    Some(first) => first,
    None => unreachable!(),
};

impl Group {
    /// A group that waits until a delta, which this node has merged, is on as many owners as `level` needs of each side.
    ///
    /// # Errors
    /// The shortfall when fewer are in `peers`.
    pub(crate) fn write(sides: Sides, level: Level, peers: &[NodeIndex]) -> Result<Self, Shortfall> {
        let mut op = WriteOp::begin(party(sides, peers), level)?;
        let step = op.on_ack(ME, WriteAck::Merged);
        let mut group = Self::new(GroupKind::Write, level, peers, sides, Op::Write(op));
        group.after_write(step);
        Ok(group)
    }

    /// A group that waits until as many owners as `level` needs of `n` hold what this node holds. [`Group::asked`] says whom to ask.
    ///
    /// # Errors
    /// The shortfall when there are fewer in `readers`.
    pub(crate) fn read(n: u8, level: Level, readers: &[NodeIndex]) -> Result<Self, Shortfall> {
        let sides = Sides::one(Side::first(n));
        let op = ReadOp::begin(party(sides, readers), level)?;
        let mut group = Self::new(GroupKind::Read, level, readers, sides, Op::Read(op));
        if op.is_answered() {
            group.verdict = Verdict::Met;
        }
        Ok(group)
    }

    /// A group that waits until everyone asked has answered or is lost.
    pub(crate) fn fetch(peers: &[NodeIndex]) -> Self {
        let op = Op::Fetch(all(peers));
        let mut group = Self::new(GroupKind::Fetch, Level::All, peers, Sides::default(), op);
        group.after_fetch();
        group
    }

    /// A group that waits until one peer has taken what it is sent.
    ///
    /// # Errors
    /// Never: there are two owners, this node and the peer, and both must have it.
    pub(crate) fn delivery(peer: NodeIndex) -> Result<Self, Shortfall> {
        let group = Self::write(Sides::one(Side::first(2)), Level::All, &[peer])?;
        Ok(Group {
            kind: GroupKind::Delivery,
            ..group
        })
    }

    fn new(kind: GroupKind, level: Level, peers: &[NodeIndex], sides: Sides, op: Op) -> Self {
        Group {
            kind,
            level,
            peers: peers.into(),
            sides,
            op,
            verdict: Verdict::Pending,
            is_outdated: false,
            shortfall: None,
        }
    }

    /// The peers to ask first.
    pub(crate) fn asked(&self) -> impl Iterator<Item = NodeIndex> {
        let targets = match self.op {
            Op::Write(op) => op.targets(),
            Op::Read(op) => op.targets(),
            Op::Fetch(open) => open,
        };
        targets.iter().map(|owner| self.peer(owner))
    }

    /// Whether a part that would begin a write at `level` with these peers, counted for these sides, can join this group instead.
    pub(crate) fn takes_write(&self, level: Level, peers: &[NodeIndex], sides: Sides) -> bool {
        self.takes(GroupKind::Write, level, peers, sides)
    }

    /// The same for a read of `n` owners.
    pub(crate) fn takes_read(&self, level: Level, readers: &[NodeIndex], n: u8) -> bool {
        self.takes(GroupKind::Read, level, readers, Sides::one(Side::first(n)))
    }

    fn takes(&self, kind: GroupKind, level: Level, peers: &[NodeIndex], sides: Sides) -> bool {
        self.kind == kind && self.level == level && self.peers.as_slice() == peers && self.sides == sides
    }

    /// Whether enough has come, may still come, or cannot come.
    pub(crate) fn verdict(&self) -> Verdict {
        self.verdict
    }

    /// What a part of a group that failed has to settle.
    pub(crate) fn problem(&self) -> Problem {
        match self.shortfall {
            Some(Shortfall::WriteTimeout { acked, need }) if self.is_outdated => Problem::Outdated { acked, need },
            Some(Shortfall::WriteTimeout { acked, need }) => Problem::WriteTimeout { acked, need },
            _ if self.kind == GroupKind::Write => Problem::Superseded,
            _ => Problem::ReadAgain,
        }
    }

    /// A peer has merged the deltas, or holds the same.
    pub(crate) fn on_ack(&mut self, peer: NodeIndex) {
        let Some(owner) = self.owner(peer) else { return };
        match &mut self.op {
            Op::Write(op) => {
                let step = op.on_ack(owner, WriteAck::Merged);
                self.after_write(step);
            }
            Op::Read(op) => {
                let step = op.on_ack(owner, ReadAck::Equal);
                self.after_read(step);
            }
            Op::Fetch(open) => {
                open.remove(owner);
                self.after_fetch();
            }
        }
    }

    /// Who is asked next if one of those asked is late with a read.
    pub(crate) fn spare(&self) -> Option<NodeIndex> {
        self.with_spare().map(|(_, spare)| spare)
    }

    /// Asks that one from now on, beside the others, if there is one.
    pub(crate) fn ask_spare(&mut self) {
        if let Some((op, _)) = self.with_spare() {
            self.op = Op::Read(op);
        }
    }

    /// The read with one owner more, and who that is.
    fn with_spare(&self) -> Option<(ReadOp, NodeIndex)> {
        let Op::Read(mut op) = self.op else { return None };
        if self.verdict != Verdict::Pending {
            return None;
        }
        match op.on_slow() {
            ReadStep::Ask(owner) => Some((op, self.peer(owner))),
            ReadStep::Wait | ReadStep::Repair(_) | ReadStep::Reply | ReadStep::Fail(_) => None,
        }
    }

    /// A peer answers a read that has had its reply, and holds something else: who may be behind what is here by now, where both are merged.
    pub(crate) fn settle_late(&mut self, peer: NodeIndex) -> impl Iterator<Item = NodeIndex> {
        let stale = match (self.owner(peer), &mut self.op) {
            (Some(owner), Op::Read(op)) => {
                // Whose is the newer one is not known here: each may have something that the other lacks.
                op.on_ack(owner, ReadAck::State(Merged::Both));
                op.settle()
            }
            _ => Owners::EMPTY,
        };
        stale.iter().map(|owner| self.peer(owner))
    }

    /// A peer holds what outranks the delta of this group's only part.
    pub(crate) fn on_superseded(&mut self, peer: NodeIndex) {
        let Some(owner) = self.owner(peer) else { return };
        if let Op::Write(op) = &mut self.op {
            let step = op.on_ack(owner, WriteAck::Superseded);
            self.after_write(step);
        }
    }

    /// A peer goes by another epoch than the group began in.
    pub(crate) fn become_outdated(&mut self) {
        self.is_outdated = true;
    }

    /// A peer will not acknowledge.
    pub(crate) fn on_failure(&mut self, peer: NodeIndex) {
        let Some(owner) = self.owner(peer) else { return };
        match &mut self.op {
            Op::Write(op) => {
                let step = op.on_failure(owner);
                self.after_write(step);
            }
            Op::Read(op) => {
                let step = op.on_failure(owner);
                self.after_read(step);
            }
            Op::Fetch(open) => {
                open.remove(owner);
                self.after_fetch();
            }
        }
    }

    fn after_write(&mut self, step: WriteStep) {
        match step {
            WriteStep::Acknowledge => self.verdict = Verdict::Met,
            WriteStep::Fail(shortfall) => {
                self.verdict = Verdict::Unreachable;
                self.shortfall = Some(shortfall);
            }
            WriteStep::Restamp => self.verdict = Verdict::Unreachable,
            WriteStep::Wait => {}
        }
    }

    /// Anything but an answer at once is for the slow path, which begins anew with whoever is there then.
    fn after_read(&mut self, step: ReadStep) {
        match step {
            ReadStep::Wait => {}
            ReadStep::Reply => self.verdict = Verdict::Met,
            ReadStep::Ask(_) | ReadStep::Repair(_) | ReadStep::Fail(_) => self.verdict = Verdict::Unreachable,
        }
    }

    fn after_fetch(&mut self) {
        if matches!(self.op, Op::Fetch(open) if open.is_empty()) {
            self.verdict = Verdict::Met;
        }
    }

    fn peer(&self, owner: OwnerIndex) -> NodeIndex {
        self.peers[owner.index() - 1]
    }

    fn owner(&self, peer: NodeIndex) -> Option<OwnerIndex> {
        let at = self.peers.iter().position(|known| *known == peer)?;
        // At most 16 owners an arc.
        OwnerIndex::new(at as u8 + 1)
    }
}

fn all(peers: &[NodeIndex]) -> Owners {
    Owners::first(peers.len() as u8 + 1).without(Owners::only(ME))
}

fn party(sides: Sides, peers: &[NodeIndex]) -> Party {
    Party {
        sides,
        alive: all(peers).and(Owners::only(ME)),
        me: ME,
    }
}
