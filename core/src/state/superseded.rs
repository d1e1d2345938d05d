//! Whether a replica holds something that a delta arriving now would lose to.
//!
//! A coordinator with a slow clock, or cut off for a while, may stamp a write below one that a replica already
//! acknowledged. Merged as it is, the later write would lose silently (schedule 9). So the replica's ack names the
//! greater stamp, and the coordinator stamps anew, above it, before it answers its client.

use super::State;
use crate::stamp::Stamp;

impl State<'_> {
    /// The stamp to write above if `local` outranks what this delta changed; `None` if the change takes effect in
    /// `local`, or has done so already.
    ///
    /// What a delta changed is what carries its greatest stamp: the base, the expiry, or a run. What else it carries is
    /// for completeness, and may be outranked.
    ///
    /// To the delta's own coordinator such a stamp is news only if its own entry lacks it: otherwise a later command of
    /// its own came first (this delta was a duplicate, or overtaken), and the ack counts.
    #[must_use]
    pub fn superseded_by(&self, local: State<'_>) -> Option<Stamp> {
        let stamp = self.max_stamp();
        let outranked = if !self.parts.is_empty() && self.has_parts_of(stamp) {
            // A whole new collection is stamped right above the generation that it begins.
            let outlived = self.generation.next() == stamp && local.outlives(stamp);
            outlived || self.has_part_outranked(stamp, local) || self.missed_expired(local)
        } else if self.generation == stamp {
            local.generation > stamp || local.generation == stamp && local.base > self.base || local.outlives(stamp)
        } else if let Some(run) = self.runs.iter().find(|run| run.stamp == stamp) {
            run.birth <= local.generation || self.missed_expired(local)
        } else {
            local.generation > self.generation
                || local.generation == self.generation && local.expiry.rank() > self.expiry.rank()
                || self.missed_expired(local)
        };
        outranked.then(|| local.max_stamp())
    }

    /// Whether something stands beside the base that a generation of `stamp` would not end: added later, or by a clock that is ahead, and maybe
    /// acknowledged before the overwrite began. Should that have been concurrent, the overwrite may as well come second.
    fn outlives(&self, stamp: Stamp) -> bool {
        self.runs.iter().any(|run| run.birth > stamp) || self.parts.max_stamp() > stamp
    }

    fn has_parts_of(&self, stamp: Stamp) -> bool {
        self.parts.iter().any(|part| part.state.max_stamp() == stamp)
    }

    /// Whether one of the parts that this delta changed at `stamp` is dead above `local`'s generation, or outranked by
    /// `local`'s copy of it.
    fn has_part_outranked(&self, stamp: Stamp, local: State<'_>) -> bool {
        let mut changed = self.parts.iter().filter(|part| part.state.max_stamp() == stamp);
        changed.any(|part| {
            let generation = State::tombstone(local.generation);
            let is_dead = part.state.superseded_by(generation).is_some();
            let copy = local.parts.find(part.kind, part.name);
            is_dead || copy.is_some_and(|copy| part.state.superseded_by(copy.state).is_some())
        })
    }

    /// Whether this delta's command came when `local` had expired, and yet did not start a generation above it, as it
    /// would have if it had found it.
    fn missed_expired(&self, local: State<'_>) -> bool {
        let was_expired = local.is_expired(self.max_stamp().ms());
        was_expired && self.generation < local.max_stamp()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Base, Expiry, Kind, Part, PartsBuf, Run, Runs};
    use crate::time::WallMs;

    fn stamp(bits: u64) -> Stamp {
        Stamp::from_bits(bits)
    }

    fn run_bytes(birth: u64, at: u64, total: i64) -> Vec<u8> {
        let mut bytes = Vec::new();
        Run {
            node: 1,
            birth: stamp(birth),
            stamp: stamp(at),
            total,
        }
        .encode(&mut bytes);
        bytes
    }

    fn expiry(at: u64, said: u64) -> Expiry {
        Expiry {
            at: Some(WallMs::new(at)),
            stamp: stamp(said),
        }
    }

    #[test]
    fn a_set_loses_to_a_later_generation_and_to_the_greater_of_two_equal_ones() {
        let set = State::plain(stamp(5), None, b"b");
        for local in [
            State::ABSENT,
            State::plain(stamp(4), None, b"z"),
            State::plain(stamp(5), None, b"a"),
            set,
        ] {
            assert_eq!(set.superseded_by(local), None, "{local:?}");
        }
        assert_eq!(
            set.superseded_by(State {
                expiry: expiry(9, 8),
                ..set
            }),
            None,
            "an EXPIRE of it came after it"
        );
        assert_eq!(set.superseded_by(State::tombstone(stamp(6))), Some(stamp(6)));
        assert_eq!(set.superseded_by(State::plain(stamp(5), None, b"c")), Some(stamp(5)));
        let local = State {
            expiry: expiry(9, 8),
            ..State::plain(stamp(6), None, b"a")
        };
        assert_eq!(
            set.superseded_by(local),
            Some(stamp(8)),
            "the stamp to write above is the greatest there"
        );
    }

    #[test]
    fn a_delete_is_told_of_what_would_outlive_it() {
        let mut members = PartsBuf::new();
        members.push(Part::written(Kind::Set, b"m", stamp(8), b"", None));
        let set = State {
            parts: members.as_parts(),
            ..State::tombstone(Stamp::ZERO)
        };
        let runs = run_bytes(8, 9, 3);
        let counter = State {
            runs: Runs::new(&runs).unwrap(),
            ..State::tombstone(Stamp::ZERO)
        };
        for (local, newest) in [(set, 8), (counter, 9)] {
            assert_eq!(
                State::tombstone(stamp(7)).superseded_by(local),
                Some(stamp(newest)),
                "an acknowledged DEL that came after it must end it"
            );
            assert_eq!(
                State::plain(stamp(7), None, b"v").superseded_by(local),
                Some(stamp(newest))
            );
            assert_eq!(State::tombstone(stamp(8)).superseded_by(local), None, "it ends it");
        }
    }

    #[test]
    fn an_increment_loses_to_a_generation_from_its_runs_birth_on() {
        let runs = run_bytes(5, 9, 3);
        let incr = State {
            runs: Runs::new(&runs).unwrap(),
            ..State::plain(stamp(2), None, b"1")
        };
        assert_eq!(
            incr.superseded_by(State::plain(stamp(4), None, b"7")),
            None,
            "it counts on top of the other value"
        );
        assert_eq!(incr.superseded_by(State::plain(stamp(5), None, b"7")), Some(stamp(5)));
        let newer = run_bytes(5, 11, 4);
        assert_eq!(
            incr.superseded_by(State {
                runs: Runs::new(&newer).unwrap(),
                ..incr
            }),
            None,
            "its own later total"
        );
    }

    #[test]
    fn an_expire_loses_to_another_generation_and_to_a_later_expire() {
        let expire = State {
            base: Base::Unknown,
            expiry: expiry(50, 7),
            ..State::tombstone(stamp(2))
        };
        assert_eq!(
            expire.superseded_by(State {
                expiry: expiry(90, 6),
                ..State::plain(stamp(2), None, b"v")
            }),
            None
        );
        let later = State {
            expiry: expiry(40, 8),
            ..State::plain(stamp(2), None, b"v")
        };
        assert_eq!(expire.superseded_by(later), Some(stamp(8)));
        assert_eq!(expire.superseded_by(State::plain(stamp(3), None, b"v")), Some(stamp(3)));
        assert_eq!(
            expire.superseded_by(State::plain(stamp(1), None, b"v")),
            None,
            "its own value is on the way"
        );
    }

    #[test]
    fn who_found_nothing_is_told_of_what_expired() {
        let at = |ms| Stamp::new(WallMs::new(ms), 0);
        let expired = State {
            expiry: Expiry {
                at: Some(WallMs::new(50)),
                stamp: at(11),
            },
            ..State::plain(at(10), None, b"9")
        };
        let mut runs = Vec::new();
        Run {
            node: 1,
            birth: at(61),
            stamp: at(61),
            total: 1,
        }
        .encode(&mut runs);
        let incr = |generation| State {
            runs: Runs::new(&runs).unwrap(),
            ..State::tombstone(generation)
        };
        assert_eq!(
            incr(Stamp::ZERO).superseded_by(expired),
            Some(at(11)),
            "it found nothing"
        );
        assert_eq!(
            incr(at(10)).superseded_by(expired),
            Some(at(11)),
            "it did not know of the EXPIRE"
        );
        assert_eq!(incr(at(11)).superseded_by(expired), None, "it found just this");

        let later = State {
            expiry: Expiry {
                at: Some(WallMs::new(70)),
                ..expired.expiry
            },
            ..expired
        };
        assert_eq!(
            incr(Stamp::ZERO).superseded_by(later),
            None,
            "it was alive then: both count"
        );
        let expire = State {
            expiry: Expiry {
                at: None,
                stamp: at(62),
            },
            ..State::tombstone(Stamp::ZERO)
        };
        let counter = State {
            generation: Stamp::ZERO,
            base: Base::None,
            ..expired
        };
        assert_eq!(
            expire.superseded_by(counter),
            Some(at(11)),
            "it did not mean this counter"
        );
    }
}
