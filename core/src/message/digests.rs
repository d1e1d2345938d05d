//! Many arcs compared with a peer's in one question.
//!
//! When a document comes into force, whoever is to coordinate an arc compares it with others that hold it, and nearly always finds it the same there: a few
//! bytes an arc, where a [`pull`](super::pull) of each would be a frame, an answer and a task. What differs is pulled afterwards, arc by arc.
//!
//! Ask: `id u32 | epoch u64 | count u16 | count x (arc u16, digest u64)`.
//! Answer: `id u32 | count u16 | count x (verdict u8 (0 same, 1 different, 2 refused), a [`HeldArc`])`, in the order of the question; none at all when it is refused as
//! a whole. What is not the same has zeros behind its verdict.

use super::HeldArc;
use super::frame::{self, FrameKind};
use super::reader::{Malformed, Reader};
use crate::antientropy::RoundVerdict;

/// One arc of a question.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AskedDigest {
    /// The arc.
    pub arc: u16,
    /// The asker's digest of it.
    pub digest: u64,
}

/// What the peer says of one arc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DigestAnswer {
    /// Whether it has the same; refused: it is of another epoch or no owner.
    pub verdict: RoundVerdict,
    /// What it has, if it is the same.
    pub held: HeldArc,
}

impl DigestAnswer {
    /// Of an arc that is not the same there.
    #[must_use]
    pub fn bare(verdict: RoundVerdict) -> Self {
        let held = HeldArc::default();
        Self { verdict, held }
    }
}

/// Appends the question number `id` of somebody who acts in `epoch`. At most 65535 arcs, of which there are at most 16384.
pub fn put(id: u32, epoch: u64, arcs: &[AskedDigest], out: &mut Vec<u8>) {
    let start = frame::begin(out, FrameKind::Digests);
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&epoch.to_le_bytes());
    out.extend_from_slice(&(arcs.len() as u16).to_le_bytes());
    for arc in arcs {
        out.extend_from_slice(&arc.arc.to_le_bytes());
        out.extend_from_slice(&arc.digest.to_le_bytes());
    }
    frame::finish(out, start);
}

/// Reads a question's body: number, epoch, arcs.
///
/// # Errors
/// [`Malformed`] when it is cut short or too long.
pub fn read(body: &[u8]) -> Result<(u32, u64, Vec<AskedDigest>), Malformed> {
    let mut reader = Reader::new(body);
    let (id, epoch, count) = (reader.u32()?, reader.u64()?, reader.u16()?);
    let arc = |reader: &mut Reader<'_>| {
        Ok(AskedDigest {
            arc: reader.u16()?,
            digest: reader.u64()?,
        })
    };
    let arcs = reader.counted(count.into(), arc).collect::<Result<_, _>>()?;
    Ok((id, epoch, arcs))
}

/// Appends the answer to question `id`.
pub fn put_answer(id: u32, answers: &[DigestAnswer], out: &mut Vec<u8>) {
    let start = frame::begin(out, FrameKind::DigestsReply);
    out.extend_from_slice(&id.to_le_bytes());
    out.extend_from_slice(&(answers.len() as u16).to_le_bytes());
    for answer in answers {
        out.push(answer.verdict as u8);
        answer.held.put(out);
    }
    frame::finish(out, start);
}

/// Reads an answer's body: number, and what is said of each arc.
///
/// # Errors
/// [`Malformed`] when it is cut short, too long or of unknown values.
pub fn read_answer(body: &[u8]) -> Result<(u32, Vec<DigestAnswer>), Malformed> {
    let mut reader = Reader::new(body);
    let (id, count) = (reader.u32()?, reader.u16()?);
    let answers = reader.counted(count.into(), read_one).collect::<Result<_, _>>()?;
    Ok((id, answers))
}

fn read_one(reader: &mut Reader<'_>) -> Result<DigestAnswer, Malformed> {
    let verdict = match reader.u8()? {
        0 => RoundVerdict::Same,
        1 => RoundVerdict::Different,
        2 => RoundVerdict::Refused,
        _ => return Err(Malformed("unknown verdict about a digest")),
    };
    let held = HeldArc::read(reader)?;
    Ok(DigestAnswer { verdict, held })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_a_question_about_digests() {
        let arcs = [AskedDigest { arc: 0x0506, digest: 7 }];
        let mut out = Vec::new();
        put(1, 2, &arcs, &mut out);
        let mut expected = vec![25, 0, 0, 0, 22, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 6, 5];
        expected.extend([7, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out, expected);
        assert_eq!(read(&out[frame::HEADER_BYTES..]), Ok((1, 2, arcs.to_vec())));
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(
                read(&out[frame::HEADER_BYTES..cut]).is_err(),
                "a question cut to {cut} bytes was read"
            );
        }
        out.push(0);
        assert!(read(&out[frame::HEADER_BYTES..]).is_err(), "bytes left over");
    }

    #[test]
    fn golden_bytes_of_an_answer_about_digests() {
        let answers = [
            DigestAnswer {
                verdict: RoundVerdict::Same,
                held: HeldArc {
                    caught_up: true,
                    contested: false,
                    clock: 3,
                    flushed: 4,
                    synced: 5,
                },
            },
            DigestAnswer {
                verdict: RoundVerdict::Refused,
                held: HeldArc {
                    contested: true,
                    ..HeldArc::default()
                },
            },
        ];
        let mut out = Vec::new();
        put_answer(9, &answers, &mut out);
        let mut expected = vec![59, 0, 0, 0, 23, 9, 0, 0, 0, 2, 0, 0, 1];
        for word in [3, 4, 5] {
            expected.extend([word, 0, 0, 0, 0, 0, 0, 0]);
        }
        expected.extend([2, 2]);
        expected.extend([0; 24]);
        assert_eq!(out, expected);
        let body = &out[frame::HEADER_BYTES..];
        assert_eq!(read_answer(body), Ok((9, answers.to_vec())));
        for cut in 0..body.len() {
            assert!(
                read_answer(&body[..cut]).is_err(),
                "an answer cut to {cut} bytes was read"
            );
        }
        for (at, byte) in [(6, 3), (7, 4)] {
            let mut unknown = body.to_vec();
            unknown[at] = byte;
            assert!(
                read_answer(&unknown).is_err(),
                "byte {at} is {byte}, which means nothing"
            );
        }
    }
}
