//! EXPIRE and PERSIST: a new expiry for the value that was found, and only for that one.

use super::{MutateError, is_small, partial};
use crate::stamp::Stamp;
use crate::state::{Expiry, State, Value};
use crate::time::WallMs;

/// The delta that lets `current` expire at the end of millisecond `at`, or never. `None` if there is no value at `now`.
///
/// The register belongs to the generation that was found: a SET elsewhere wins, with the expiry that it was given,
/// whatever the stamps.
///
/// # Errors
///
/// [`MutateError::Unreadable`] if it is not known here whether there is a value.
pub fn expire(
    current: State<'_>,
    now: WallMs,
    stamp: Stamp,
    at: Option<WallMs>,
) -> Result<Option<State<'_>>, MutateError> {
    debug_assert!(stamp > current.max_stamp(), "the clock did not observe this entry");
    match current.value(now) {
        Value::Missing => return Ok(None),
        Value::Unreadable => return Err(MutateError::Unreadable),
        Value::Bytes(_) | Value::Counter(_) | Value::Collection(_) => {}
    }
    let base = if is_small(current) { current } else { partial(current) };
    Ok(Some(State {
        expiry: Expiry { at, stamp },
        ..base
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mutate::WHOLE_BASE_BYTES_MAX;
    use crate::state::{Base, Merged, merge};

    const NOW: WallMs = WallMs::new(1_000);
    const LATER: WallMs = WallMs::new(9_000);

    fn stamp(counter: u16) -> Stamp {
        Stamp::new(NOW, counter)
    }

    #[test]
    fn the_value_keeps_its_generation_and_gets_an_expiry_of_its_own_stamp() {
        let found = State::plain(stamp(1), None, b"v");
        let delta = expire(found, NOW, stamp(2), Some(LATER)).unwrap().unwrap();
        assert_eq!(
            (delta.generation, delta.expiry),
            (
                stamp(1),
                Expiry {
                    at: Some(LATER),
                    stamp: stamp(2)
                }
            )
        );
        let persisted = expire(delta, NOW, stamp(3), None).unwrap().unwrap();
        assert_eq!(
            persisted.expiry,
            Expiry {
                at: None,
                stamp: stamp(3)
            }
        );
        assert_eq!(merge(delta, persisted, &mut Vec::new()), Merged::Right);
    }

    #[test]
    fn a_large_value_does_not_travel_with_its_expiry() {
        let large = [b'x'; WHOLE_BASE_BYTES_MAX + 1];
        let found = State::plain(stamp(1), None, &large);
        let delta = expire(found, NOW, stamp(2), Some(LATER)).unwrap().unwrap();
        assert_eq!(delta.base, Base::Unknown);
        let mut out = Vec::new();
        assert_eq!(merge(found, delta, &mut out), Merged::Both);
        assert_eq!(
            State::decode(&out).unwrap(),
            State {
                expiry: delta.expiry,
                ..found
            }
        );

        assert_eq!(
            delta.value(NOW),
            Value::Unreadable,
            "a replica that has only the delta does not read nil"
        );
        assert_eq!(expire(delta, NOW, stamp(3), None), Err(MutateError::Unreadable));
    }

    #[test]
    fn what_is_missing_or_expired_gets_no_expiry() {
        let expired = State::plain(stamp(1), Some(WallMs::new(999)), b"v");
        for found in [State::ABSENT, State::tombstone(stamp(1)), expired] {
            assert_eq!(expire(found, NOW, stamp(2), Some(LATER)), Ok(None), "{found:?}");
        }
    }
}
