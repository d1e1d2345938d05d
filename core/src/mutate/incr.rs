//! INCR, DECR, INCRBY, DECRBY: additions that add up whatever side of a partition they are made on.
//!
//! Each node adds into its own **run** and nobody else's, so that a run's copies are ordered: the newest has all that
//! the older ones had. That holds only as long as the node remembers its own total. Whenever it may not, its old runs
//! are left as they are, and a new one is born:
//!
//! - after a start, also from a snapshot: [`Author::name`] is another one in each life;
//! - after the arc arrived, or this node dropped the entry (schedule 14): no run born before [`Author::run_epoch`] is
//!   raised;
//! - after a SET or DEL: a run born at or before the generation is dead;
//! - when the total would leave 64 bits.
//!
//! Refused: a total a node without births. A node that lost 5 of 15 and adds 1 would say 11, under a newer stamp than
//! the 15, and four increments would be gone. Refused too: sending the sum as a SET, which is what loses increments in
//! every last-writer-wins store.

use xxhash_rust::xxh3::xxh3_64;

use super::{MutateError, RUNS_MAX, WHOLE_RUNS_MAX, found, kept_expiry, partial};
use crate::stamp::Stamp;
use crate::state::{Base, Patch, RUN_BYTES, Run, Runs, State, Value, parse_integer};
use crate::time::WallMs;

/// Whose run an increment goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Author {
    /// This node in this life: see [`Author::name`].
    pub node: u64,
    /// No run born before this stamp is raised: this node may have forgotten a part of it. The arc's
    /// [`crate::clock::ArcClock::run_epoch`].
    pub run_epoch: Stamp,
}

impl Author {
    /// The name under which a node adds to counters in one of its lives.
    ///
    /// Another one in each life, so that no clock decides whether a run is from before a restart: a node that ran fast,
    /// restarts on the right time and gets its old run back would take it for one of this life.
    #[must_use]
    pub fn name(node: u64, life: u64) -> u64 {
        let mut both = [0; 16];
        both[..8].copy_from_slice(&node.to_le_bytes());
        both[8..].copy_from_slice(&life.to_le_bytes());
        xxh3_64(&both)
    }
}

/// Adds `by` to the counter that `current` is (0 if it is missing), appends the encoded delta to `delta`, and returns
/// the new value.
///
/// # Errors
///
/// See [`MutateError`]; nothing is appended then.
pub fn incr(
    current: State<'_>,
    now: WallMs,
    stamp: Stamp,
    author: Author,
    by: i64,
    delta: &mut Vec<u8>,
) -> Result<i64, MutateError> {
    debug_assert!(stamp > current.max_stamp(), "the clock did not observe this entry");
    let found = found(current, now);
    if let Value::Collection(_) = found.value(now) {
        return Err(MutateError::WrongType);
    }
    let found = if found == State::ABSENT {
        State {
            base: Base::None,
            ..found
        }
    } else {
        found
    };
    let (value, run) = add(found, number(found.base)?, stamp, author, by)?;
    let found = State {
        expiry: kept_expiry(found, now, stamp),
        ..found
    };
    if found.runs.len() <= WHOLE_RUNS_MAX && found.parts.is_empty() {
        encode_with(found, run, delta);
    } else {
        encode_with(partial(found), run, delta);
    }
    Ok(value)
}

/// Adds `by` to a counter to which `author` has added before: appends what [`incr`] would, answers the new value and what changes where. None, and
/// nothing is appended, if more changes than the author's run, or nothing; `incr` does it then, or says why not.
#[must_use]
pub fn raise<'l, 'd>(
    current: State<'l>,
    now: WallMs,
    stamp: Stamp,
    author: Author,
    by: i64,
    delta: &'d mut Vec<u8>,
) -> Option<(i64, Patch<'l, 'd>)> {
    if current.runs.len() > WHOLE_RUNS_MAX || !current.parts.is_empty() || current.is_expired(now) {
        return None;
    }
    let base = number(current.base).ok()?;
    let (value, run) = add(current, base, stamp, author, by).ok()?;
    let place = current.runs.iter().position(|other| other.id() == run.id())?;
    let begin = encode_with(current, run, delta) + place * RUN_BYTES;
    Some((value, current.with_runs(place, &delta[begin..begin + RUN_BYTES])))
}

/// The number that is added to.
fn number(base: Base<'_>) -> Result<i64, MutateError> {
    match base {
        Base::Unknown => Err(MutateError::Unreadable),
        Base::None => Ok(0),
        Base::Bytes(text) => parse_integer(text).ok_or(MutateError::NotAnInteger),
    }
}

/// Adds `by` to the number that `found` is, whose base is `base`: the sum, and the run to be written.
pub(super) fn add(
    found: State<'_>,
    base: i64,
    stamp: Stamp,
    author: Author,
    by: i64,
) -> Result<(i64, Run), MutateError> {
    let value = i64::try_from(found.sum_onto(base) + i128::from(by)).map_err(|_| MutateError::Overflow)?;
    let run = raised(found.runs, author, stamp, by).unwrap_or(Run {
        node: author.node,
        birth: stamp,
        stamp,
        total: by,
    });
    if run.birth == stamp && found.runs.len() >= RUNS_MAX {
        return Err(MutateError::TooManyRuns);
    }
    Ok((value, run))
}

/// The author's newest run, raised, if there is one to raise.
fn raised(runs: Runs<'_>, author: Author, stamp: Stamp, by: i64) -> Option<Run> {
    let own = runs
        .iter()
        .filter(|run| run.node == author.node && run.birth >= author.run_epoch)
        .last()?;
    Some(Run {
        stamp,
        total: own.total.checked_add(by)?,
        ..own
    })
}

/// Appends `state`, which has no parts, with `run` in its place among the runs; gives where the runs begin.
fn encode_with(state: State<'_>, run: Run, out: &mut Vec<u8>) -> usize {
    let is_new = state.runs.iter().all(|other| other.id() != run.id());
    state.encode_head(state.runs.len() + usize::from(is_new), false, out);
    let begin = out.len();
    put_among(state.runs, run, out);
    state.encode_base(out);
    begin
}

/// Appends `runs` with `run` in its place among them, instead of the older copy if there is one.
pub(super) fn put_among(runs: Runs<'_>, run: Run, out: &mut Vec<u8>) {
    let before = runs.iter().take_while(|other| other.id() < run.id());
    let after = runs.iter().skip_while(|other| other.id() <= run.id());
    before.chain([run]).chain(after).for_each(|run| run.encode(out));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Merged;

    const NOW: WallMs = WallMs::new(1_000);
    const AUTHOR: Author = Author {
        node: 7,
        run_epoch: Stamp::ZERO,
    };

    fn stamp(counter: u16) -> Stamp {
        Stamp::new(NOW, counter)
    }

    /// The reply and the delta.
    fn incr_by(found: State<'_>, at: u16, author: Author, by: i64) -> (i64, Vec<u8>) {
        let mut delta = Vec::new();
        let reply = incr(found, NOW, stamp(at), author, by, &mut delta).unwrap();
        (reply, delta)
    }

    fn runs(delta: &[u8]) -> Vec<(u64, u16, i64)> {
        let runs = State::decode(delta).unwrap().runs;
        runs.iter()
            .map(|run| (run.node, run.birth.counter(), run.total))
            .collect()
    }

    #[test]
    fn a_first_increment_leaves_the_generation_that_it_found() {
        for found in [State::ABSENT, State::tombstone(stamp(1))] {
            let (reply, delta) = incr_by(found, 2, AUTHOR, 5);
            let delta = State::decode(&delta).unwrap();
            assert_eq!((reply, delta.generation, delta.base), (5, found.generation, Base::None));
        }
    }

    #[test]
    fn later_increments_raise_the_same_run() {
        let (_, first) = incr_by(State::plain(stamp(1), None, b"10"), 2, AUTHOR, 5);
        let (reply, second) = incr_by(State::decode(&first).unwrap(), 3, AUTHOR, -1);
        assert_eq!((reply, runs(&second)), (14, vec![(7, 2, 4)]));
        let (_, other) = incr_by(State::decode(&second).unwrap(), 4, Author { node: 3, ..AUTHOR }, 1);
        assert_eq!(
            runs(&other),
            [(3, 4, 1), (7, 2, 4)],
            "another node's run stands beside it, in order"
        );
    }

    #[test]
    fn a_run_from_before_the_epoch_is_left_as_it_is() {
        let (_, old) = incr_by(State::ABSENT, 2, AUTHOR, 5);
        let reborn = Author {
            run_epoch: stamp(3),
            ..AUTHOR
        };
        let (reply, delta) = incr_by(State::decode(&old).unwrap(), 4, reborn, 1);
        assert_eq!((reply, runs(&delta)), (6, vec![(7, 2, 5), (7, 4, 1)]));
    }

    #[test]
    fn an_author_has_another_name_in_each_life() {
        assert_ne!(Author::name(7, 1), Author::name(7, 2));
        assert_ne!(Author::name(1, 7), Author::name(7, 1));
    }

    #[test]
    fn a_total_that_would_overflow_starts_another_run() {
        let found = State::plain(stamp(1), None, b"-9223372036854775808");
        let (_, first) = incr_by(found, 2, AUTHOR, i64::MAX);
        let (reply, second) = incr_by(State::decode(&first).unwrap(), 3, AUTHOR, i64::MAX);
        assert_eq!(
            (reply, runs(&second)),
            (i64::MAX - 1, vec![(7, 2, i64::MAX), (7, 3, i64::MAX)])
        );
    }

    #[test]
    fn an_expired_counter_starts_from_nothing_and_stays_dead_everywhere() {
        let at = Some(WallMs::new(NOW.get() - 1));
        let expired = State::plain(stamp(1), at, b"10");
        let (reply, delta) = incr_by(expired, 2, AUTHOR, 1);
        let delta = State::decode(&delta).unwrap();
        assert_eq!((reply, delta.value(NOW)), (1, Value::Counter(1)));
        assert_eq!(
            crate::state::merge(expired, delta, &mut Vec::new()),
            Merged::Right,
            "the old value does not come back"
        );
    }

    #[test]
    fn what_cannot_be_added_is_refused_and_writes_nothing() {
        let mut delta = Vec::new();
        let mut refused = |found, by| incr(found, NOW, stamp(9), AUTHOR, by, &mut delta).unwrap_err();
        assert_eq!(
            refused(State::plain(stamp(1), None, b"ten"), 1),
            MutateError::NotAnInteger
        );
        assert_eq!(
            refused(State::plain(stamp(1), None, b"9223372036854775807"), 1),
            MutateError::Overflow
        );
        assert_eq!(
            refused(State::plain(stamp(1), None, b"-9223372036854775808"), -1),
            MutateError::Overflow
        );
        let unknown = State {
            base: Base::Unknown,
            ..State::tombstone(stamp(1))
        };
        assert_eq!(refused(unknown, 1), MutateError::Unreadable);
        assert!(delta.is_empty());
    }

    /// What an increment by node 0 makes of a counter with one run by each of `count` other nodes.
    fn incr_beside(count: usize) -> Result<usize, MutateError> {
        let mut others = Vec::new();
        for node in (1..).take(count) {
            Run {
                node,
                birth: stamp(2),
                stamp: stamp(2),
                total: 1,
            }
            .encode(&mut others);
        }
        let found = State {
            runs: Runs::new(&others).unwrap(),
            ..State::tombstone(stamp(1))
        };
        let mut delta = Vec::new();
        incr(found, NOW, stamp(3), Author { node: 0, ..AUTHOR }, 1, &mut delta)?;
        let delta = State::decode(&delta).unwrap();
        assert_eq!(
            delta.base == Base::Unknown,
            delta.runs.len() == 1,
            "it is whole or says that it is not"
        );
        Ok(delta.runs.len())
    }

    #[test]
    fn few_runs_travel_whole_many_do_not_and_too_many_are_refused() {
        assert_eq!(incr_beside(WHOLE_RUNS_MAX), Ok(WHOLE_RUNS_MAX + 1));
        assert_eq!(incr_beside(WHOLE_RUNS_MAX + 1), Ok(1));
        assert_eq!(incr_beside(RUNS_MAX - 1), Ok(1));
        assert_eq!(incr_beside(RUNS_MAX), Err(MutateError::TooManyRuns));
    }
}
