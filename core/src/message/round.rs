//! Comparing many arcs with another owner, and telling it what came of it.
//!
//! Ask: `id u32 | epoch u64 | life u64 | cut u64 | count u16 | count x (arc u16, synced u64, sum u64)`: `life` is the one that is asked, `synced` the cut of
//! the last round that it was in, or zero, `sum` that of the asker.
//! Answer: `id u32 | life u64 | count u16 | count x verdict u8 (0 same, 1 different, 2 refused)`, in the order of the question; none at all when it is refused as
//! a whole.
//! Synced, which has no answer: `life u64 | cut u64 | count u16 | count x arc u16`: the arcs are synced up to the cut, and that life was in the round.

use super::frame::{self, FrameKind};
use super::reader::{Malformed, Reader};
use crate::antientropy::RoundVerdict;

/// One arc of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundArc {
    /// The arc.
    pub arc: u16,
    /// The cut of the last round that the receiver's life was in, as a stamp's bits.
    pub synced: u64,
    /// The asker's sum up to the cut.
    pub sum: u64,
}

/// A question. The arcs follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RoundAsk {
    /// The asker's number for this question.
    pub id: u32,
    /// The epoch that the asker acts in.
    pub epoch: u64,
    /// The life that is asked.
    pub life: u64,
    /// The cut, as a stamp's bits.
    pub cut: u64,
}

impl RoundAsk {
    /// Appends the frame. At most 65535 arcs, of which there are at most 16384.
    pub fn put(&self, arcs: &[RoundArc], out: &mut Vec<u8>) {
        let start = frame::begin(out, FrameKind::Round);
        out.extend_from_slice(&self.id.to_le_bytes());
        for word in [self.epoch, self.life, self.cut] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        out.extend_from_slice(&(arcs.len() as u16).to_le_bytes());
        for arc in arcs {
            out.extend_from_slice(&arc.arc.to_le_bytes());
            out.extend_from_slice(&arc.synced.to_le_bytes());
            out.extend_from_slice(&arc.sum.to_le_bytes());
        }
        frame::finish(out, start);
    }

    /// Reads the frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or too long.
    pub fn read(body: &[u8]) -> Result<(Self, Vec<RoundArc>), Malformed> {
        let mut reader = Reader::new(body);
        let ask = Self {
            id: reader.u32()?,
            epoch: reader.u64()?,
            life: reader.u64()?,
            cut: reader.u64()?,
        };
        let arc = |reader: &mut Reader<'_>| {
            Ok(RoundArc {
                arc: reader.u16()?,
                synced: reader.u64()?,
                sum: reader.u64()?,
            })
        };
        let count = reader.u16()?;
        let arcs = reader.counted(count.into(), arc).collect::<Result<_, _>>()?;
        Ok((ask, arcs))
    }
}

/// Appends an answer.
pub fn put_answer(id: u32, life: u64, verdicts: &[RoundVerdict], out: &mut Vec<u8>) {
    let start = frame::begin(out, FrameKind::RoundReply);
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&life.to_le_bytes());
    out.extend_from_slice(&(verdicts.len() as u16).to_le_bytes());
    out.extend(verdicts.iter().map(|&verdict| verdict as u8));
    frame::finish(out, start);
}

/// Reads an answer's body: number, life, verdicts.
///
/// # Errors
/// [`Malformed`] when it is cut short, too long or of unknown values.
pub fn read_answer(body: &[u8]) -> Result<(u32, u64, Vec<RoundVerdict>), Malformed> {
    let mut reader = Reader::new(body);
    let (id, life, count) = (reader.u32()?, reader.u64()?, reader.u16()?);
    let verdict = |reader: &mut Reader<'_>| {
        Ok(match reader.u8()? {
            0 => RoundVerdict::Same,
            1 => RoundVerdict::Different,
            2 => RoundVerdict::Refused,
            _ => return Err(Malformed("unknown verdict of a round")),
        })
    };
    let verdicts = reader.counted(count.into(), verdict).collect::<Result<_, _>>()?;
    Ok((id, life, verdicts))
}

/// Appends the word that arcs are synced.
pub fn put_synced(life: u64, cut: u64, arcs: &[u16], out: &mut Vec<u8>) {
    let start = frame::begin(out, FrameKind::Synced);
    out.extend_from_slice(&life.to_le_bytes());
    out.extend_from_slice(&cut.to_le_bytes());
    out.extend_from_slice(&(arcs.len() as u16).to_le_bytes());
    for arc in arcs {
        out.extend_from_slice(&arc.to_le_bytes());
    }
    frame::finish(out, start);
}

/// Reads that word's body: life, cut, arcs.
///
/// # Errors
/// [`Malformed`] when it is cut short or too long.
pub fn read_synced(body: &[u8]) -> Result<(u64, u64, Vec<u16>), Malformed> {
    let mut reader = Reader::new(body);
    let (life, cut, count) = (reader.u64()?, reader.u64()?, reader.u16()?);
    let arcs = reader.counted(count.into(), Reader::u16).collect::<Result<_, _>>()?;
    Ok((life, cut, arcs))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_a_round() {
        let ask = RoundAsk {
            id: 1,
            epoch: 2,
            life: 3,
            cut: 4,
        };
        let arcs = [RoundArc {
            arc: 0x0506,
            synced: 7,
            sum: 8,
        }];
        let mut out = Vec::new();
        ask.put(&arcs, &mut out);
        let mut expected = vec![49, 0, 0, 0, 9, 1, 0, 0, 0];
        for word in [2, 3, 4] {
            expected.extend([word, 0, 0, 0, 0, 0, 0, 0]);
        }
        expected.extend([1, 0, 6, 5, 7, 0, 0, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0]);
        expected[0] = (expected.len() - 4) as u8;
        assert_eq!(out, expected);
        assert_eq!(RoundAsk::read(&out[frame::HEADER_BYTES..]), Ok((ask, arcs.to_vec())));
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(RoundAsk::read(&out[frame::HEADER_BYTES..cut]).is_err());
        }
    }

    #[test]
    fn golden_bytes_of_an_answer() {
        use RoundVerdict::{Different, Refused, Same};
        let mut out = Vec::new();
        put_answer(1, 2, &[Same, Different, Refused], &mut out);
        assert_eq!(
            out,
            [18, 0, 0, 0, 10, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 1, 2]
        );
        let body = &out[frame::HEADER_BYTES..];
        assert_eq!(read_answer(body), Ok((1, 2, vec![Same, Different, Refused])));
        for cut in 0..body.len() {
            assert!(read_answer(&body[..cut]).is_err());
        }
    }

    #[test]
    fn golden_bytes_of_synced_arcs() {
        let mut out = Vec::new();
        put_synced(1, 2, &[3, 0x0405], &mut out);
        let mut expected = vec![23, 0, 0, 0, 11];
        expected.extend([1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 2, 0, 3, 0, 5, 4]);
        assert_eq!(out, expected);
        let body = &out[frame::HEADER_BYTES..];
        assert_eq!(read_synced(body), Ok((1, 2, vec![3, 0x0405])));
        for cut in 0..body.len() {
            assert!(read_synced(&body[..cut]).is_err());
        }
    }
}
