//! Reads over owners that hold random states, answer in random order, refuse, fail and are slow.
//!
//! A state is a set of bits here, and merging is union: enough to tell older, newer and neither.

use circlet_core::coordinator::{Party, ReadAck, ReadOp, ReadStep, Shortfall};
use circlet_core::owners::{OwnerIndex, Owners};
use circlet_core::quorum::Level;
use circlet_core::state::Merged;
use proptest::prelude::*;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Nature {
    Answers,
    Refuses,
    /// Answers the question, and is gone when the repair comes.
    DiesBeforeRepair,
    Silent,
}

/// A message on its way to an owner, and back.
#[derive(Clone, Copy, Debug)]
enum Message {
    /// The state whose digest is to be compared.
    Question(u8),
    /// The state to merge.
    Repair(u8),
}

struct Cluster {
    states: Vec<u8>,
    natures: Vec<Nature>,
    me: OwnerIndex,
    op: ReadOp,
    /// What this node read last.
    read: u8,
    on_the_way: Vec<(OwnerIndex, Message)>,
    /// Owners that answered a question, and this node.
    answered: Owners,
    end: Option<Result<u8, Shortfall>>,
}

impl Cluster {
    fn begin(states: &[u8], natures: &[Nature], me: OwnerIndex, level: Level) -> Self {
        let n = u8::try_from(states.len()).unwrap();
        let op = ReadOp::begin(Party::of(n, Owners::first(n), me), level).unwrap();
        let read = states[me.index()];
        let mut cluster = Self {
            states: states.to_vec(),
            natures: natures.to_vec(),
            me,
            op,
            read,
            on_the_way: op
                .targets()
                .iter()
                .map(|owner| (owner, Message::Question(read)))
                .collect(),
            answered: Owners::only(me),
            end: None,
        };
        if op.is_answered() {
            cluster.end = Some(Ok(read));
        }
        cluster
    }

    fn step(&mut self, step: ReadStep) {
        let mine = self.states[self.me.index()];
        match step {
            ReadStep::Wait => {}
            ReadStep::Ask(owner) => self.on_the_way.push((owner, Message::Question(mine))),
            ReadStep::Repair(owners) => self
                .on_the_way
                .extend(owners.iter().map(|owner| (owner, Message::Repair(mine)))),
            ReadStep::Reply => self.reply(Ok(self.read)),
            ReadStep::Fail(shortfall) => self.reply(Err(shortfall)),
        }
    }

    fn reply(&mut self, end: Result<u8, Shortfall>) {
        assert_eq!(self.end, None, "one reply");
        self.end = Some(end);
    }

    /// One message reaches its owner, and its answer comes back. A silent owner's stays on the way.
    fn deliver(&mut self, pick: prop::sample::Index) {
        let deliverable: Vec<usize> = (0..self.on_the_way.len())
            .filter(|at| self.natures[self.on_the_way[*at].0.index()] != Nature::Silent)
            .collect();
        if deliverable.is_empty() {
            return;
        }
        let (owner, message) = self.on_the_way.remove(deliverable[pick.index(deliverable.len())]);
        let theirs = self.states[owner.index()];
        let step = match (self.natures[owner.index()], message) {
            (Nature::Refuses, _) | (Nature::DiesBeforeRepair, Message::Repair(_)) => {
                self.answered.remove(owner);
                self.op.on_failure(owner)
            }
            (_, Message::Repair(state)) => {
                self.states[owner.index()] |= state;
                self.op.on_ack(owner, ReadAck::Repaired)
            }
            (_, Message::Question(compared)) => {
                self.answered.insert(owner);
                let ack = if theirs == compared {
                    ReadAck::Equal
                } else {
                    ReadAck::State(self.merge_here(theirs))
                };
                self.op.on_ack(owner, ack)
            }
        };
        self.step(step);
    }

    fn merge_here(&mut self, theirs: u8) -> Merged {
        let mine = self.states[self.me.index()];
        let both = mine | theirs;
        self.states[self.me.index()] = both;
        let merged = match (both == mine, both == theirs) {
            (true, true) => Merged::Same,
            (true, false) => Merged::Left,
            (false, true) => Merged::Right,
            (false, false) => Merged::Both,
        };
        if merged.changed() {
            self.read = both;
        }
        merged
    }
}

#[derive(Clone, Debug)]
enum Happening {
    Delivery(prop::sample::Index),
    Slow,
    /// A write reaches an owner while the read is under way.
    Write(prop::sample::Index, u8),
}

fn happenings() -> impl Strategy<Value = Vec<Happening>> {
    let one = prop_oneof![
        6 => any::<prop::sample::Index>().prop_map(Happening::Delivery),
        1 => Just(Happening::Slow),
        1 => (any::<prop::sample::Index>(), 4..6_u32).prop_map(|(who, bit)| Happening::Write(who, 1 << bit)),
    ];
    prop::collection::vec(one, 60)
}

fn natures() -> impl Strategy<Value = Nature> {
    prop_oneof![
        5 => Just(Nature::Answers),
        1 => Just(Nature::Refuses),
        1 => Just(Nature::DiesBeforeRepair),
        1 => Just(Nature::Silent),
    ]
}

fn levels() -> impl Strategy<Value = Level> {
    prop_oneof![1 => Just(Level::One), 4 => Just(Level::Quorum), 2 => Just(Level::All)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3_000))]

    #[test]
    fn a_reply_is_on_a_quorum_and_has_all_that_a_quorum_had(
        owners in prop::collection::vec((0..4_u8, natures()), 1..6),
        me: prop::sample::Index,
        level in levels(),
        happenings in happenings(),
    ) {
        let (before, mut natures): (Vec<u8>, Vec<Nature>) = owners.into_iter().unzip();
        let me = OwnerIndex::new(u8::try_from(me.index(before.len())).unwrap()).unwrap();
        natures[me.index()] = Nature::Answers;
        let need = level.needed(u8::try_from(before.len()).unwrap());
        let mut cluster = Cluster::begin(&before, &natures, me, level);
        for happening in happenings {
            match happening {
                Happening::Delivery(pick) => cluster.deliver(pick),
                Happening::Slow => {
                    let step = cluster.op.on_slow();
                    cluster.step(step);
                }
                Happening::Write(who, bit) => {
                    let who = who.index(before.len());
                    cluster.states[who] |= bit;
                }
            }
        }
        match cluster.end {
            Some(Ok(reply)) => {
                let holders = cluster.states.iter().filter(|state| **state & reply == reply).count();
                prop_assert!(holders >= usize::from(need), "{reply:#b} is on {holders} of {:?}", cluster.states);
                let heard = before.iter().filter(|state| **state & reply == **state).count();
                prop_assert!(heard >= usize::from(need), "{reply:#b} lacks what others had: {before:?}");
            }
            Some(Err(shortfall)) => {
                let good = natures.iter().filter(|nature| **nature == Nature::Answers).count();
                prop_assert!(good < usize::from(need), "{shortfall}, although {good} answer");
            }
            None => {
                prop_assert!(natures.contains(&Nature::Silent), "only silence can hold up a read");
                let step = cluster.op.on_deadline();
                let timed_out = matches!(step, ReadStep::Fail(Shortfall::ReadTimeout { .. }));
                prop_assert!(timed_out, "{step:?}");
            }
        }
        prop_assert_eq!(cluster.op.on_deadline(), ReadStep::Wait, "nothing after the reply");
    }

    #[test]
    fn after_the_reply_all_who_answered_and_are_older_get_repaired(
        before in prop::collection::vec(0..4_u8, 1..6),
        level in levels(),
        happenings in happenings(),
    ) {
        let natures = vec![Nature::Answers; before.len()];
        let mut cluster = Cluster::begin(&before, &natures, OwnerIndex::new(0).unwrap(), level);
        for happening in happenings {
            match happening {
                Happening::Delivery(pick) => cluster.deliver(pick),
                Happening::Slow => {
                    let step = cluster.op.on_slow();
                    cluster.step(step);
                }
                Happening::Write(..) => {}
            }
            if cluster.end.is_some() {
                let targets = cluster.op.settle();
                cluster.step(ReadStep::Repair(targets));
            }
        }
        prop_assert!(cluster.end.is_some() && cluster.on_the_way.is_empty() && !cluster.op.is_waiting());
        prop_assert_eq!(cluster.op.settle(), Owners::EMPTY);
        for owner in cluster.answered.iter() {
            prop_assert_eq!(cluster.states[owner.index()], cluster.states[0], "owner {}", owner.get());
        }
    }
}

fn owner(index: u8) -> OwnerIndex {
    OwnerIndex::new(index).unwrap()
}

fn read_of_three(level: Level) -> ReadOp {
    ReadOp::begin(Party::of(3, Owners::first(3), owner(0)), level).unwrap()
}

#[test]
fn the_usual_read_asks_one_owner_and_replies() {
    let mut op = read_of_three(Level::Quorum);
    assert_eq!(op.targets(), Owners::only(owner(1)));
    assert_eq!(op.on_ack(owner(1), ReadAck::Equal), ReadStep::Reply);
    assert_eq!((op.settle(), op.is_waiting()), (Owners::EMPTY, false));
}

#[test]
fn a_read_at_one_is_answered_at_once() {
    let op = read_of_three(Level::One);
    assert!(op.is_answered() && op.targets().is_empty());
}

#[test]
fn a_stale_owner_is_repaired_before_the_reply() {
    let mut op = read_of_three(Level::Quorum);
    assert_eq!(
        op.on_ack(owner(1), ReadAck::State(Merged::Left)),
        ReadStep::Repair(Owners::only(owner(1)))
    );
    assert_eq!(op.on_ack(owner(1), ReadAck::Repaired), ReadStep::Reply);
}

#[test]
fn nobody_waits_for_a_repair_when_this_node_was_the_stale_one() {
    let mut op = read_of_three(Level::Quorum);
    assert_eq!(op.on_ack(owner(1), ReadAck::State(Merged::Right)), ReadStep::Reply);
}

#[test]
fn an_equal_digest_from_before_this_node_changed_is_stale() {
    let mut op = read_of_three(Level::All);
    assert_eq!(op.on_ack(owner(1), ReadAck::State(Merged::Right)), ReadStep::Wait);
    assert_eq!(
        op.on_ack(owner(2), ReadAck::Equal),
        ReadStep::Repair(Owners::only(owner(2)))
    );
    assert_eq!(op.on_ack(owner(2), ReadAck::Repaired), ReadStep::Reply);
}

#[test]
fn who_fails_or_refuses_is_replaced_by_the_next_and_when_none_is_left_the_read_fails_at_once() {
    let mut op = read_of_three(Level::Quorum);
    assert_eq!(op.on_failure(owner(1)), ReadStep::Ask(owner(2)));
    assert_eq!(op.on_ack(owner(1), ReadAck::Equal), ReadStep::Wait, "it was given up");
    assert_eq!(
        op.on_failure(owner(2)),
        ReadStep::Fail(Shortfall::ReadTimeout { answered: 1, need: 2 })
    );
    assert_eq!(op.on_deadline(), ReadStep::Wait);
}

#[test]
fn a_slow_owner_is_not_given_up_when_another_is_asked() {
    let mut op = read_of_three(Level::Quorum);
    assert_eq!(op.on_slow(), ReadStep::Ask(owner(2)));
    assert_eq!(op.on_slow(), ReadStep::Wait, "nobody is left to ask");
    assert_eq!(op.on_failure(owner(2)), ReadStep::Wait);
    assert_eq!(op.on_ack(owner(1), ReadAck::Equal), ReadStep::Reply);
}

#[test]
fn a_slow_repair_is_not_waited_for_when_another_owner_is_fresh_and_what_it_lacks_is_sent_again() {
    let mut op = read_of_three(Level::Quorum);
    let stale = Owners::only(owner(1));
    assert_eq!(
        op.on_ack(owner(1), ReadAck::State(Merged::Left)),
        ReadStep::Repair(stale)
    );
    assert_eq!(op.on_slow(), ReadStep::Ask(owner(2)));

    let mut unchanged = op;
    assert_eq!(unchanged.on_ack(owner(2), ReadAck::Equal), ReadStep::Reply);
    assert_eq!(unchanged.settle(), Owners::EMPTY, "its repair is on the way");

    assert_eq!(op.on_ack(owner(2), ReadAck::State(Merged::Right)), ReadStep::Reply);
    assert_eq!(op.settle(), stale, "the repair on the way is too old");
    assert_eq!(op.settle(), Owners::EMPTY, "once");
}

#[test]
fn a_read_is_refused_when_too_few_are_alive() {
    let party = Party::of(3, Owners::only(owner(2)), owner(2));
    let refused = Shortfall::NoQuorum {
        need: 2,
        total: 3,
        alive: 1,
    };
    assert_eq!(ReadOp::begin(party, Level::Quorum), Err(refused));
    assert!(ReadOp::begin(party, Level::One).is_ok());
}

#[test]
fn an_op_stays_small_enough_to_copy_for_each_command() {
    assert!(size_of::<ReadOp>() <= 16);
}
