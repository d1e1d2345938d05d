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
