//! A state arrives from elsewhere: merged here, ignored, or answered with something that outranks it.
//!
//! [`merge()`] knows nothing of what was dropped. So two owners whose *synced-up-to* S differ (docs/design/antientropy.md) read a state of
//! the other as follows:
//!
//! - **The sender's is the lower one**: it may send what was dropped here. A part at or below the receiver's S that the receiver does
//!   not hold is dead, or was never on enough owners to count: the state is *ignored*, and ignoring is never an ack. Generations without
//!   a value below S say nothing, and are left out.
//! - **The sender's is the higher one**: it may have dropped what is here. A command that found nothing there kept generation zero,
//!   which here must count as the generation that was dropped there, or the state would be told that it is outranked by what
//!   no longer exists.
//! - **Equal, or not told apart**: everything is merged.
//!
//! In an exchange, where the sender says all that it has, the receiver also drops its parts at or below the sender's S that the sender lacks:
//! [`State::without_dropped`].
//!
//! Refused: taking the parts of an ignored state that are above S. A run above S without the expiry below it would be a
//! counter that never ends.

use super::{Base, Expiry, Merged, Run, State, merge};
use crate::stamp::Stamp;

/// Up to where two owners of an arc are synced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Synced {
    /// The receiver's.
    pub mine: Stamp,
    /// The sender's, when it sent; a lower one is safe.
    pub theirs: Stamp,
}

impl Synced {
    /// The same on both sides, or not a matter of sides.
    pub const EQUAL: Self = Self {
        mine: Stamp::ZERO,
        theirs: Stamp::ZERO,
    };
}

/// How a state that arrived is to be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Admitted<'a> {
    /// Merge this.
    State(State<'a>),
    /// It said nothing that is not known here: as good as merged.
    Nothing,
    /// It contains what is not believed: nothing is merged, and it must not be acknowledged.
    Ignored,
}

/// What became of a state that arrived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Received {
    /// The relation of what is here now to what was here (left) and what arrived (right), as [`merge()`] has it.
    ///
    /// `Right` if what arrived was admitted as something else than it was: then that was appended to `out`.
    pub merged: Merged,
    /// If what arrived is a delta that something here outranks: the stamp to write above.
    pub superseded_by: Option<Stamp>,
    /// Whether it was ignored.
    pub is_ignored: bool,
}

impl Received {
    /// Whether the sender may be told that the state is here.
    #[must_use]
    pub fn is_ack(&self) -> bool {
        self.superseded_by.is_none() && !self.is_ignored
    }
}

/// How `arrived` is to be read where `local` ([`State::ABSENT`] if there is no entry) is.
#[must_use]
pub fn admit<'a>(local: State<'_>, arrived: State<'a>, synced: Synced) -> Admitted<'a> {
    if synced.theirs > synced.mine {
        return Admitted::State(arrived.lifted_over(local, synced.theirs));
    }
    if synced.theirs == synced.mine || arrived.generation > synced.mine {
        return Admitted::State(arrived);
    }
    if !arrived.is_held_by(local, synced.mine) {
        return Admitted::Ignored;
    }
    let kills = arrived.generation > local.generation && local.loses_to(arrived.generation);
    let arrived = if arrived.generation <= local.generation || kills {
        arrived
    } else {
        arrived.without_grave(synced.mine, Stamp::ZERO)
    };
    if arrived.says_nothing() || arrived.only_buries(local, synced.mine) {
        Admitted::Nothing
    } else {
        Admitted::State(arrived)
    }
}

/// Merges `arrived` into `local` ([`State::ABSENT`] if there is no entry), appending the result to `out` if it is neither of them, as
/// [`merge()`] does.
///
/// The caller has refused stamps too far ahead, and observes the others.
#[must_use]
pub fn receive(local: State<'_>, arrived: State<'_>, synced: Synced, out: &mut Vec<u8>) -> Received {
    let kept = |is_ignored| Received {
        merged: Merged::Left,
        superseded_by: None,
        is_ignored,
    };
    let admitted = match admit(local, arrived, synced) {
        Admitted::State(state) => state,
        Admitted::Nothing => return kept(false),
        Admitted::Ignored => return kept(true),
    };
    let merged = if local == State::ABSENT {
        Merged::Right
    } else {
        merge(local, admitted, out)
    };
    let is_other = merged == Merged::Right && admitted != arrived;
    if is_other {
        admitted.encode(out);
    }
    Received {
        merged: if is_other { Merged::Both } else { merged },
        superseded_by: admitted.superseded_by(local),
        is_ignored: false,
    }
}

impl<'a> State<'a> {
    /// Whether a generation without a value would kill something of this state.
    fn loses_to(&self, grave: Stamp) -> bool {
        let has_base = self.base != Base::None && self.generation > Stamp::ZERO && self.generation <= grave;
        has_base || !self.is_born_above(grave)
    }

    /// Whether all that stands beside the base lives above `generation`.
    fn is_born_above(&self, generation: Stamp) -> bool {
        self.runs.iter().all(|run| run.birth > generation) && self.parts.are_born_above(generation)
    }

    /// Whether this is what a command leaves that found `local` expired: such an entry counts as deleted at its greatest stamp, which may be
    /// an old one though the command is new.
    fn found_expired(&self, local: State<'_>, synced: Stamp) -> bool {
        let is_new = self.max_stamp() > synced
            && (self.expiry.stamp > synced || self.expiry.is_silent(self.generation))
            && self.is_born_above(synced);
        is_new && local.expiry.at.is_some() && local.max_stamp() == self.generation
    }

    /// Whether it is as good as no state.
    pub(super) fn says_nothing(&self) -> bool {
        *self == State::tombstone(Stamp::ZERO) || *self == State::ABSENT
    }

    /// Whether all that it says is that parts are dead, of a time up to `synced`: so it was dropped here. Were it merged where the whole entry was
    /// dropped, what a delta of it leaves could not be read: a base that is not known, and nothing beside it.
    fn only_buries(&self, local: State<'_>, synced: Stamp) -> bool {
        let is_grave =
            |state: State<'_>| state.base == Base::None && state.runs.is_empty() && state.max_stamp() <= synced;
        self.generation <= local.generation
            && !matches!(self.base, Base::Bytes(_))
            && self.runs.is_empty()
            && self.expiry.is_silent(self.generation)
            && self.parts.iter().all(|part| is_grave(part.state))
    }

    /// Without its generation, if that only keeps older values dead and all of them are below `synced`. `flushed` is what the
    /// arc was flushed at: no generation is below that.
    pub(super) fn without_grave(self, synced: Stamp, flushed: Stamp) -> Self {
        if self.base != Base::None || self.generation > synced || self.generation <= flushed {
            return self;
        }
        let expiry = if self.expiry.is_silent(self.generation) {
            Expiry::silent(flushed)
        } else {
            self.expiry
        };
        Self {
            generation: flushed,
            expiry,
            ..self
        }
    }

    /// As one whose generation is that of `local`, which the sender has dropped, if it has and kept none itself.
    fn lifted_over(self, local: State<'_>, theirs: Stamp) -> Self {
        let dropped = if local.is_over_at(theirs) {
            local.max_stamp()
        } else if local.base == Base::None && local.generation <= theirs {
            local.generation
        } else {
            return self;
        };
        if self.generation > Stamp::ZERO || !self.is_born_above(dropped) {
            return self;
        }
        let expiry = if self.expiry.stamp > dropped {
            self.expiry
        } else {
            Expiry::silent(dropped)
        };
        Self {
            generation: dropped,
            expiry,
            ..self
        }
    }

    /// Whether `local` has, or has outlived, every part of this state at or below `synced`; generations without a value count if they kill
    /// something there.
    fn is_held_by(&self, local: State<'_>, synced: Stamp) -> bool {
        let is_head_held = self.generation < local.generation
            || self.is_base_held(local, synced) && self.is_expiry_held(local, synced);
        let is_held = |run: Run| run.stamp > synced || run.birth <= local.generation || local.has_run(&run);
        is_head_held && self.runs.iter().all(is_held) && self.are_parts_held_by(local, synced)
    }

    fn is_base_held(&self, local: State<'_>, synced: Stamp) -> bool {
        let is_neutral = || {
            let is_grave = self.base == Base::None && self.generation > local.generation;
            is_grave && (!local.loses_to(self.generation) || self.found_expired(local, synced))
        };
        self.generation > synced
            || self.generation == Stamp::ZERO
            || self.generation == local.generation && (self.base <= local.base || local.base == Base::Unknown)
            || is_neutral()
    }

    fn is_expiry_held(&self, local: State<'_>, synced: Stamp) -> bool {
        self.expiry.stamp > synced
            || self.expiry.is_silent(self.generation)
            || self.generation == local.generation && self.expiry.rank() <= local.expiry.rank()
    }

    /// Whether it has this run, in a copy as new.
    pub(super) fn has_run(&self, run: &Run) -> bool {
        let same = self.runs.iter().find(|other| other.id() == run.id());
        same.is_some_and(|same| same.rank() >= run.rank())
    }

    fn are_parts_held_by(&self, local: State<'_>, synced: Stamp) -> bool {
        self.parts.iter().all(|part| {
            if part.state.generation > synced {
                return true;
            }
            let Some(alive) = part.above(local.generation) else {
                return true;
            };
            let copy = local.parts.find(alive.kind, alive.name);
            let copy = copy.map_or(State::tombstone(local.generation), |copy| State {
                // Runs from before the entry's generation are dead here.
                generation: copy.state.generation.max(local.generation),
                ..copy.state
            });
            alive.state.is_held_by(copy, synced)
        })
    }
}

impl Expiry {
    /// The register that every entry of this generation begins with.
    pub(super) const fn silent(generation: Stamp) -> Self {
        Self {
            at: None,
            stamp: generation,
        }
    }

    /// Whether it is that one.
    pub(super) fn is_silent(self, generation: Stamp) -> bool {
        self == Self::silent(generation)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::{Kind, Part, PartsBuf, Value};
    use crate::time::WallMs;

    #[test]
    fn a_late_word_of_a_deleted_field_makes_no_entry_where_all_was_dropped() {
        let at = |ms| Stamp::new(WallMs::new(ms), 0);
        let synced = Synced {
            mine: at(100),
            theirs: at(10),
        };
        let mut parts = PartsBuf::new();
        parts.push(Part::deleted(Kind::Hash, b"f", at(50)));
        let hdel = State {
            parts: parts.as_parts(),
            ..State::ABSENT
        };
        let received = receive(State::ABSENT, hdel, synced, &mut Vec::new());
        assert_eq!(
            (received.merged, received.is_ack()),
            (Merged::Left, true),
            "known to all, and dropped"
        );

        let later = Synced { mine: at(40), ..synced };
        let received = receive(State::ABSENT, hdel, later, &mut Vec::new());
        assert_eq!(received.merged, Merged::Right, "not dropped yet");

        let mut fields = PartsBuf::new();
        fields.push(Part::deleted(Kind::Hash, b"f", at(50)));
        fields.push(Part::deleted(Kind::Hash, b"g", at(120)));
        let two = State {
            parts: fields.as_parts(),
            ..State::ABSENT
        };
        assert!(
            receive(State::ABSENT, two, synced, &mut Vec::new()).merged.changed(),
            "one of them is news"
        );
        assert_eq!(hdel.value(WallMs::new(1)), Value::Unreadable, "which is why");
    }
}
