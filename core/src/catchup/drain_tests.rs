use super::*;
use crate::topology::testing::topology;
use crate::topology::{MoveStage, Moving, OwnerList};

const NOW: Instant = Instant::from_millis(1);

/// A former owner whose disk took its time stayed in an older epoch, and refused. It was asked again and again, first of all, and the move stood still.
#[test]
fn an_old_owner_that_refuses_does_not_hold_up_draining() {
    let mut draft = topology(6, 3).draft();
    let arc = draft.settings.arcs.arc(0).unwrap();
    let old = draft.arcs[0].owners;
    let to = OwnerList::new((0..6).map(MemberIndex::new).filter(|member| !old.contains(member))).unwrap();
    let stage = MoveStage::WriteBothReadNew;
    draft.arcs[0].moving = Some(Moving { to, stage });
    let mut catchup = Catchup::new(&draft.finish().unwrap(), to[0], None, NOW);
    let all = OwnerSet::first(6);
    catchup.set_owners(NOW, arc, all, all, false, true);
    let merged = ExchangeOutcome::Merged { kept_memory: true };
    while !catchup.caught_up().contains(arc) {
        let begun = catchup.begin(NOW);
        assert!(!begun.is_empty(), "it catches up from the new owners");
        for begin in begun {
            catchup.on_exchanged(NOW, begin.id, merged);
        }
    }
    let begun = catchup.begin(NOW);
    let asked: Vec<MemberIndex> = begun.iter().map(|begin| begin.member).collect();
    assert_eq!(asked, old[..2], "two of the three have all that a quorum has");
    catchup.on_exchanged(NOW, begun[0].id, ExchangeOutcome::Refused);
    catchup.on_exchanged(NOW, begun[1].id, merged);
    let begun = catchup.begin(NOW);
    assert_eq!(begun[0].member, old[2], "the third is asked instead");
    catchup.on_exchanged(NOW, begun[0].id, merged);
    assert!(catchup.drained().contains(arc));
}

/// A command waited for a comparison until the pause after the fourth refusal was over, 30 ms after the peer had followed.
#[test]
fn a_peer_that_has_followed_is_asked_at_once_and_one_that_failed_is_not() {
    let topology = topology(3, 3);
    let arc = topology.settings().arcs.arc(0).unwrap();
    let owners = topology.owners(arc).to_vec();
    for outcome in [ExchangeOutcome::Refused, ExchangeOutcome::Failed] {
        let mut catchup = Catchup::new(&topology, owners[0], None, NOW);
        let one = OwnerSet::EMPTY.with(1);
        catchup.set_owners(NOW, arc, one, one, false, true);
        let mut now = NOW;
        for _ in 0..4 {
            let begun = catchup.begin(now);
            assert!(!begun.is_empty(), "it is asked again");
            for begin in begun {
                catchup.on_exchanged(now, begin.id, outcome);
            }
            now = catchup.next_deadline().expect("a pause");
        }
        now = NOW;
        assert!(catchup.begin(now).is_empty(), "it is left alone");
        catchup.on_followed(owners[1]);
        let is_asked = !catchup.begin(now).is_empty();
        assert_eq!(is_asked, outcome == ExchangeOutcome::Refused, "{outcome:?}");
    }
}
