//! What a document that comes into force changes for arcs without memory, and for those that are taken over.

use super::tests::{Case, NOW, caught_up_case};
use super::*;
use crate::topology::MemberStage;
use crate::topology::testing::topology;

/// A node restarted, and before it had caught up an operator removed one of the two others: it waited for that one's answer for ever.
#[test]
fn one_that_was_removed_is_not_waited_for() {
    let before = topology(3, 3);
    let mut case = Case::new(3, 0);
    case.see(&[1], &[1], false, false);
    case.exchange(|_| true);
    assert!(
        !case.catchup.caught_up().contains(case.arc),
        "a write may be with the third alone"
    );
    let mut draft = before.draft();
    draft.members[case.owners[2].get()].stage = MemberStage::Removed;
    let after = draft.finish().unwrap();
    let arcs = after.settings().arcs.arcs();
    let changed: Vec<ArcId> = arcs.filter(|&arc| after.is_held_otherwise(&before, arc)).collect();
    case.catchup.install(NOW, &changed, &after, case.owners[0]);
    case.see(&[1], &[1], false, true);
    assert_eq!(
        case.begin_positions(),
        [],
        "not in bulk, as long as all are busy with it"
    );
    case.now = case.catchup.next_deadline().expect("it is put off");
    assert_eq!(case.now.since(NOW), BULK_AFTER);
    assert_eq!(
        case.exchange(|_| true),
        [1],
        "what was asked before the change is asked anew"
    );
    assert!(
        case.catchup.caught_up().contains(case.arc),
        "nobody is left who could know more"
    );
}

#[test]
fn what_commands_wait_for_begins_at_once_when_a_document_comes() {
    let topology = topology(3, 3);
    let mut case = caught_up_case(3);
    case.catchup.install(NOW, &[case.arc], &topology, case.owners[0]);
    case.see(&[1, 2], &[1, 2], true, true);
    assert_eq!(case.exchange(|_| true), [1], "taking over");
    case.catchup.on_stale(NOW, case.arc, case.owners[2]);
    assert_eq!(case.begin_positions(), [], "missed writes are sent in bulk");
    case.now = NOW + BULK_AFTER;
    assert_eq!(case.begin_positions(), [2]);
    assert_eq!(case.catchup.next_deadline(), None);
}

/// One question is about many arcs, and its answer says something else of each.
#[test]
fn of_mixed_outcomes_each_arc_gets_its_own() {
    let topology = topology(3, 3);
    let me = MemberIndex::new(0);
    let mut catchup = Catchup::new(&topology, me, None, NOW);
    let arcs: Vec<ArcId> = topology.settings().arcs.arcs().take(3).collect();
    // Of the two others one can be reached, the same for each arc.
    let two = MemberIndex::new(1);
    let see = |catchup: &mut Catchup, arc: ArcId, reachable: OwnerSet, coordinating| {
        catchup.set_owners(NOW, arc, reachable, reachable, coordinating, coordinating);
    };
    for &arc in &arcs {
        let owners = topology.owners(arc);
        let others = (0..owners.len()).filter(|&at| owners[at] != me);
        see(&mut catchup, arc, others.fold(OwnerSet::EMPTY, OwnerSet::with), false);
    }
    for begun in catchup.begin(NOW) {
        catchup.on_exchanged(NOW, begun.id, ExchangeOutcome::Merged { kept_memory: true });
    }
    assert_eq!(catchup.caught_up().len(), arcs.len());
    for &arc in &arcs {
        let at = topology.owners(arc).iter().position(|&owner| owner == two).unwrap();
        see(&mut catchup, arc, OwnerSet::only(at), true);
    }
    let begun = catchup.begin(NOW);
    assert!(begun.iter().all(|begin| begin.is_likely_same), "one question");
    let of = |arc: usize| begun.iter().find(|begin| begin.arc == arcs[arc]).expect("begun").id;
    // The first is the same there, the second is refused, and the third differs: it is under way on its own.
    catchup.on_exchanged(NOW, of(0), ExchangeOutcome::Merged { kept_memory: true });
    catchup.on_exchanged(NOW, of(1), ExchangeOutcome::Refused);
    let taken_over = |catchup: &Catchup| -> Vec<bool> {
        let is_so = |&arc: &ArcId| !catchup.taken_over(arc).is_empty();
        arcs.iter().map(is_so).collect()
    };
    assert_eq!(taken_over(&catchup), [true, false, false]);
    assert_eq!(catchup.begin(NOW), [], "the peer has to follow first");
    let again = catchup.begin(catchup.next_deadline().expect("a pause"));
    let again: Vec<_> = again.iter().map(|begin| (begin.arc, begin.member)).collect();
    assert_eq!(again, [(arcs[1], two)], "only what was refused");
    catchup.on_exchanged(NOW, of(2), ExchangeOutcome::Merged { kept_memory: true });
    assert_eq!(taken_over(&catchup), [true, false, true]);
}
