//! From bytes to a view. Bytes come from peers and from snapshots: any of them may be anything, and nothing here
//! panics, allocates or believes a length before checking it.

use super::encode::{
    BASE_BYTES, BASE_MASK, BASE_NONE, BASE_UNKNOWN, F_EXPIRY, F_EXPIRY_STAMPED, F_PARTS, F_RUNS, FLAGS_KNOWN,
};
use super::reader::Reader;
use super::{Base, Expiry, Parts, PartsIndex, Run, Runs, State};
use crate::stamp::Stamp;
use crate::time::WallMs;

/// The bytes are not a state that this version writes. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// They end before a field that the flags or a count announce.
    #[error("entry state ends too early")]
    TooShort,
    /// Bytes follow although there is no base.
    #[error("entry state has bytes after its end")]
    TooLong,
    /// A bit is set that this version does not know.
    #[error("entry state has unknown flags {flags:#04x}")]
    UnknownFlags {
        /// The flags as they stand there.
        flags: u8,
    },
    /// An invariant of the state does not hold: an expiry or a run older than the generation, runs out of order, or one
    /// state written in two ways.
    #[error("entry state breaks its invariants")]
    NotCanonical,
}

impl<'a> State<'a> {
    /// A view of the state that all of `bytes` hold.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if they are not exactly what [`State::encode`] writes.
    #[inline]
    pub fn decode(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        // Nearly all that arrives: there is nothing in it that could be wrong but a generation of zero.
        if let [BASE_BYTES, rest @ ..] = bytes
            && let Some((generation, value)) = rest.split_first_chunk()
            && *generation != [0; size_of::<Stamp>()]
        {
            let generation = Stamp::from_bits(u64::from_le_bytes(*generation));
            return Ok(Self::plain(generation, None, value));
        }
        Self::decode_any(bytes)
    }

    fn decode_any(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let state = Self::decode_trusted(bytes)?;
        let is_dead = |run: Run| run.birth <= state.generation;
        if Runs::new(state.runs.as_bytes()).is_none_or(|runs| runs.iter().any(is_dead)) {
            return Err(DecodeError::NotCanonical);
        }
        state.parts.check(state.generation)?;
        Ok(state)
    }

    /// As [`State::decode`], for bytes that this node encoded itself or has decoded before: does not look at runs and
    /// parts, so that it costs the same however many there are.
    ///
    /// # Errors
    ///
    /// [`DecodeError`] if the rest of it is not what [`State::encode`] writes.
    #[inline]
    pub fn decode_trusted(bytes: &'a [u8]) -> Result<Self, DecodeError> {
        let mut rest = Reader(bytes);
        let [flags] = rest.array()?;
        if flags & !FLAGS_KNOWN != 0 {
            return Err(DecodeError::UnknownFlags { flags });
        }
        let generation = rest.stamp()?;
        let at = if flags & F_EXPIRY != 0 {
            Some(WallMs::new(rest.word()?))
        } else {
            None
        };
        let stamp = if flags & F_EXPIRY_STAMPED != 0 {
            later(rest.stamp()?, generation)?
        } else {
            generation
        };
        let runs = if flags & F_RUNS != 0 {
            read_runs(&mut rest)?
        } else {
            Runs::EMPTY
        };
        let parts = if flags & F_PARTS != 0 {
            read_parts(&mut rest)?
        } else {
            Parts::EMPTY
        };
        let base = match flags & BASE_MASK {
            BASE_BYTES => Base::Bytes(rest.0),
            BASE_UNKNOWN | BASE_NONE if !rest.0.is_empty() => return Err(DecodeError::TooLong),
            BASE_UNKNOWN => Base::Unknown,
            BASE_NONE => Base::None,
            _ => return Err(DecodeError::UnknownFlags { flags }),
        };
        let state = Self {
            generation,
            base,
            expiry: Expiry { at, stamp },
            runs,
            parts,
        };
        if state.is_possible() {
            Ok(state)
        } else {
            Err(DecodeError::NotCanonical)
        }
    }
}

impl<'a> State<'a> {
    /// The same state, whose parts are known to be uniform ([`Parts::is_uniform`]), and may have this index.
    #[must_use]
    #[inline]
    pub fn with_uniform_parts(self, index: Option<PartsIndex<'a>>) -> Self {
        Self {
            parts: self.parts.known_to_be_uniform(index),
            ..self
        }
    }
}

/// `stamp`, which must be above `generation`: an equal one is written without the flag.
fn later(stamp: Stamp, generation: Stamp) -> Result<Stamp, DecodeError> {
    if stamp > generation {
        Ok(stamp)
    } else {
        Err(DecodeError::NotCanonical)
    }
}

/// The runs of an entry, at least one, not checked yet.
fn read_runs<'a>(rest: &mut Reader<'a>) -> Result<Runs<'a>, DecodeError> {
    let count = u32::from_le_bytes(rest.array()?);
    let bytes = rest.runs(usize::try_from(count).map_err(|_| DecodeError::TooShort)?)?;
    if bytes.is_empty() {
        return Err(DecodeError::NotCanonical);
    }
    Ok(Runs::trusted(bytes))
}

/// The parts of an entry, not checked yet.
#[inline]
fn read_parts<'a>(rest: &mut Reader<'a>) -> Result<Parts<'a>, DecodeError> {
    let count = u32::from_le_bytes(rest.array()?);
    let len = u32::from_le_bytes(rest.array()?);
    let bytes = rest.take(usize::try_from(len).map_err(|_| DecodeError::TooShort)?)?;
    if count == 0 {
        return Err(DecodeError::NotCanonical);
    }
    Ok(Parts::trusted(bytes, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Run;

    const GENERATION: Stamp = Stamp::from_bits(100);

    fn run(node: u64, birth: u64, stamp: u64) -> Run {
        Run {
            node,
            birth: Stamp::from_bits(birth),
            stamp: Stamp::from_bits(stamp),
            total: 7,
        }
    }

    /// A state without base, flagged `flags`, with these runs, however wrong they are.
    fn with_runs(flags: u8, runs: &[Run]) -> Vec<u8> {
        let mut bytes = vec![flags];
        bytes.extend_from_slice(&GENERATION.to_bits().to_le_bytes());
        bytes.extend_from_slice(&u32::try_from(runs.len()).unwrap().to_le_bytes());
        for run in runs {
            run.encode(&mut bytes);
        }
        bytes
    }

    #[test]
    fn every_proper_prefix_of_a_state_without_base_is_too_short() {
        let whole = with_runs(BASE_NONE | F_RUNS, &[run(1, 101, 101), run(2, 101, 105)]);
        assert!(State::decode(&whole).is_ok());
        for len in 0..whole.len() {
            assert_eq!(State::decode(&whole[..len]), Err(DecodeError::TooShort), "at {len}");
        }
    }

    #[test]
    fn a_count_of_runs_is_not_believed() {
        let mut bytes = with_runs(BASE_NONE | F_RUNS, &[]);
        let count = bytes.len() - 4;
        bytes[count..].fill(0xff);
        assert_eq!(State::decode(&bytes), Err(DecodeError::TooShort));
    }

    #[test]
    fn reserved_flags_and_bytes_after_the_end_are_refused() {
        let bytes = |flags: u8| [&[flags][..], &[0; 8]].concat();
        for flags in [3, 1 << 5, 1 << 7] {
            assert_eq!(State::decode(&bytes(flags)), Err(DecodeError::UnknownFlags { flags }));
        }
        for flags in [BASE_UNKNOWN, BASE_NONE] {
            assert!(State::decode(&bytes(flags)).is_ok());
            assert_eq!(
                State::decode(&[&bytes(flags)[..], b"x"].concat()),
                Err(DecodeError::TooLong)
            );
        }
    }

    #[test]
    fn a_state_written_in_a_second_way_is_refused() {
        let refused = Err(DecodeError::NotCanonical);
        let flags = BASE_NONE | F_RUNS;
        assert_eq!(
            State::decode(&with_runs(flags, &[])),
            refused,
            "no runs, but their flag"
        );
        assert_eq!(
            State::decode(&with_runs(flags, &[run(1, 100, 105)])),
            refused,
            "a dead run"
        );
        assert_eq!(
            State::decode(&with_runs(flags, &[run(1, 102, 101)])),
            refused,
            "raised before its birth"
        );
        assert_eq!(
            State::decode(&with_runs(flags, &[run(2, 101, 101), run(1, 101, 101)])),
            refused,
            "out of order"
        );
        assert_eq!(
            State::decode(&with_runs(flags, &[run(1, 101, 101), run(1, 101, 101)])),
            refused,
            "twice"
        );

        let mut stamped = vec![BASE_NONE | F_EXPIRY_STAMPED];
        stamped.extend_from_slice(&GENERATION.to_bits().to_le_bytes());
        stamped.extend_from_slice(&GENERATION.to_bits().to_le_bytes());
        assert_eq!(
            State::decode(&stamped),
            refused,
            "an expiry stamp that is the generation"
        );
    }

    #[test]
    fn nothing_is_written_with_generation_zero() {
        assert_eq!(
            State::decode(&[&[BASE_BYTES][..], &[0; 8]].concat()),
            Err(DecodeError::NotCanonical)
        );
        assert_eq!(
            State::decode(&[&[BASE_NONE | F_EXPIRY][..], &[0; 16]].concat()),
            Err(DecodeError::NotCanonical)
        );
    }
}
