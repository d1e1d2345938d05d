//! What owners that differ in what they dropped make of each other's states, over random states.

mod support;

use circlet_core::stamp::Stamp;
use circlet_core::state::{Base, Merged, State, Swept, Synced, receive};
use circlet_core::time::WallMs;
use proptest::prelude::*;
use support::{encoded, merged, models, view};

fn cuts() -> impl Strategy<Value = Stamp> {
    (0_u64..12).prop_map(Stamp::from_bits)
}

fn swept(state: &[u8], synced: Stamp) -> Vec<u8> {
    let mut out = Vec::new();
    match view(state).swept(synced, Stamp::ZERO, &mut out) {
        Swept::Kept => state.to_vec(),
        Swept::Shrunk => out,
        Swept::Dropped => encoded(State::ABSENT),
    }
}

fn received(local: &[u8], arrived: &[u8], synced: Synced) -> (Vec<u8>, bool) {
    let mut out = Vec::new();
    let received = receive(view(local), view(arrived), synced, &mut out);
    let left = match received.merged {
        Merged::Same | Merged::Left => local.to_vec(),
        Merged::Right => arrived.to_vec(),
        Merged::Both => out,
    };
    (left, received.is_ignored)
}

/// What `local` becomes in an exchange with a sender that has `sent`.
fn exchanged(local: &[u8], sent: &[u8], synced: Synced) -> Vec<u8> {
    if synced.theirs <= synced.mine {
        return received(local, sent, synced).0;
    }
    let mut out = Vec::new();
    let left = match view(local).without_dropped(view(sent), synced.theirs, &mut out) {
        None => local.to_vec(),
        Some(()) if out.is_empty() => encoded(State::ABSENT),
        Some(()) => out,
    };
    merged(&left, sent)
}

/// Everything that `state` says above `synced`.
fn parts_above(state: &[u8], synced: Stamp) -> Vec<u64> {
    let mut parts = Vec::new();
    view(state).for_each_digest(7, |part| {
        if part.stamp > synced {
            parts.push(part.digest);
        }
    });
    parts
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_000))]

    #[test]
    fn a_sweep_changes_no_value_and_needs_no_second_one(state in models(), cut in cuts()) {
        let state = state.bytes();
        let once = swept(&state, cut);
        prop_assert_eq!(swept(&once, cut), once.clone());
        prop_assert_eq!(parts_above(&once, cut), parts_above(&state, cut));
        let now = cut.ms().max(WallMs::new(1));
        // Of a copy that is not whole, what keeps parts dead may have been all.
        if view(&state).base != Base::Unknown {
            prop_assert_eq!(view(&once).value(now), view(&state).value(now));
        }
    }

    #[test]
    fn owners_that_have_not_dropped_more_than_the_other_merge(a in models(), b in models(), cut in cuts()) {
        let (a, b) = (a.bytes(), b.bytes());
        let (left, is_ignored) = received(&a, &b, Synced { mine: cut, theirs: cut });
        prop_assert_eq!((left, is_ignored), (merged(&a, &b), false));
    }

    #[test]
    fn nothing_from_below_is_believed_that_is_not_held(local in models(), arrived in models(), cut in cuts()) {
        let (local, arrived) = (local.bytes(), arrived.bytes());
        let local = swept(&local, cut);
        // What is not whole here may be completed.
        if view(&local).base == Base::Unknown && view(&local) != State::ABSENT {
            return Ok(());
        }
        let (left, is_ignored) = received(&local, &arrived, Synced { mine: cut, theirs: Stamp::ZERO });
        let mut known = Vec::new();
        view(&local).for_each_digest(7, |part| known.push(part.digest));
        view(&left).for_each_digest(7, |part| {
            let is_known = known.contains(&part.digest) || part.stamp > cut || part.stamp == Stamp::ZERO;
            assert!(is_known || part.is_grave, "{part:?} of {left:?} came back");
        });
        if is_ignored {
            prop_assert_eq!(left, local);
        } else {
            let merged = merged(&local, &arrived);
            // At time zero nothing has expired.
            prop_assert_eq!(view(&left).value(WallMs::ZERO), view(&merged).value(WallMs::ZERO), "nothing else was left out");
        }
    }

    #[test]
    fn a_state_that_both_hold_is_never_ignored(state in models(), more in models(), cut in cuts()) {
        let state = state.bytes();
        let local = swept(&merged(&state, &more.bytes()), cut);
        if local == merged(&state, &more.bytes()) {
            let (left, is_ignored) = received(&local, &state, Synced { mine: cut, theirs: Stamp::ZERO });
            prop_assert_eq!((left, is_ignored), (local, false));
        }
    }

    #[test]
    fn an_exchange_with_one_that_dropped_more_leaves_what_it_has_and_what_is_newer(
        local in models(), sent in models(), cut in cuts(),
    ) {
        let synced = Synced { mine: Stamp::ZERO, theirs: cut };
        let (local, sent) = (local.bytes(), swept(&sent.bytes(), cut));
        let once = exchanged(&local, &sent, synced);
        prop_assert_eq!(exchanged(&once, &sent, synced), once.clone(), "a second time changes nothing");
        let mut held = Vec::new();
        if view(&sent).base == Base::Unknown {
            // A copy that is itself not whole says nothing about the base.
            view(&local).for_each_digest(7, |part| held.push(part.digest));
        }
        view(&sent).for_each_digest(7, |part| held.push(part.digest));
        view(&swept(&once, cut)).for_each_digest(7, |part| {
            assert!(
                part.stamp > cut || part.is_grave || held.contains(&part.digest) || part.stamp == Stamp::ZERO,
                "{part:?} should have gone"
            );
        });
        prop_assert_eq!(exchanged(&sent, &sent, synced), sent, "equal ones stay equal");
    }
}
