//! An arc compared with a peer's, and what differs sent in chunks.
//!
//! The asker names its own digest; a peer with the same digest says so and sends nothing. Otherwise the two descend:
//!
//! ```text
//!   digest, no buckets        --> same | 64 sums, of the entries by the upper bits of their keys' hashes
//!   buckets that differ, and  --> states of those buckets that are not among them; which of them the peer lacks
//!     what the asker has there
//! ```
//!
//! so that the cost is in proportion to what differs. An asker that has nothing, or little, asks for all buckets at once. States are sent from
//! `cursor` on, at most [`CHUNK_BYTES`] and one state more, and with them the cursor to go on from. The asker merges each chunk as it
//! comes, so a pull that breaks off has lost nothing and can begin anew.
//!
//! Ask: `id u32 | epoch u64 | arc u16 | digest u64 | buckets u64 | cursor u64 | count u32 | count x (slot u16, hash u64, digest u64)`.
//! Answer: `id u32 | outcome u8 | flags u8 (1 caught up, 2 contested) | clock u64 | flushed u64 | synced u64 | cursor u64`, and then nothing,
//! or `64 x sum u64`, or `count u32 | count x (slot u16, hash u64, key, state) | count u32 | count x (slot u16, hash u64)`.

use super::HeldArc;
use super::batch::WireKey;
use super::frame::{self, FrameKind};
use super::reader::{Malformed, Reader};
use crate::state::State;

/// How much of an arc one answer carries, in bytes, give or take one state.
pub const CHUNK_BYTES: usize = 64 << 10;

/// The cursor of an answer that was the last.
pub const CURSOR_END: u64 = u64::MAX;

/// Into how many buckets the entries of an arc are put.
pub const BUCKETS: usize = 64;

/// The bucket of a key with this hash.
#[must_use]
pub const fn bucket_of(hash: u64) -> usize {
    (hash >> 58) as usize
}

/// An entry that the asker has.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct KnownEntry {
    /// Its slot.
    pub slot: u16,
    /// The hash of its key.
    pub hash: u64,
    /// Its digest there.
    pub digest: u64,
}

/// Asks for an arc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pull {
    /// The asker's number for this question.
    pub id: u32,
    /// The epoch that the asker acts in.
    pub epoch: u64,
    /// The arc.
    pub arc: u16,
    /// The asker's digest of it.
    pub digest: u64,
    /// The buckets whose states are wanted, a bit for each; none asks for their sums.
    pub buckets: u64,
    /// Where to go on: 0 to begin.
    pub cursor: u64,
    /// What the asker has in these buckets.
    pub known: Vec<KnownEntry>,
}

impl Pull {
    /// Appends the frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        let start = frame::begin(out, FrameKind::Pull);
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.epoch.to_le_bytes());
        out.extend_from_slice(&self.arc.to_le_bytes());
        for word in [self.digest, self.buckets, self.cursor] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        // A frame of 2^32 of them would be 72 GiB.
        out.extend_from_slice(&(self.known.len() as u32).to_le_bytes());
        for known in &self.known {
            out.extend_from_slice(&known.slot.to_le_bytes());
            out.extend_from_slice(&known.hash.to_le_bytes());
            out.extend_from_slice(&known.digest.to_le_bytes());
        }
        frame::finish(out, start);
    }

    /// Reads a pull frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or too long.
    pub fn read(body: &[u8]) -> Result<Pull, Malformed> {
        let mut reader = Reader::new(body);
        let mut pull = Pull {
            id: reader.u32()?,
            epoch: reader.u64()?,
            arc: reader.u16()?,
            digest: reader.u64()?,
            buckets: reader.u64()?,
            cursor: reader.u64()?,
            known: Vec::new(),
        };
        let known = |reader: &mut Reader<'_>| {
            Ok(KnownEntry {
                slot: reader.u16()?,
                hash: reader.u64()?,
                digest: reader.u64()?,
            })
        };
        let count = reader.u32()?;
        pull.known = reader.counted(count, known).collect::<Result<_, _>>()?;
        Ok(pull)
    }
}

/// What the answer to a pull is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum PullOutcome {
    /// The digests are the same: nothing follows.
    Same = 0,
    /// States follow.
    States = 1,
    /// The peer is of another epoch or no owner: nothing follows.
    Refused = 2,
    /// The sums of the buckets follow.
    Buckets = 3,
}

/// The head of an answer; the states follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullReply {
    /// The question's number.
    pub id: u32,
    /// What this is.
    pub outcome: PullOutcome,
    /// What the peer says of the arc.
    pub held: HeldArc,
    /// Where to go on, or [`CURSOR_END`].
    pub cursor: u64,
}

/// Appends one state of an answer.
pub fn put_state(out: &mut Vec<u8>, key: WireKey<'_>, state: State<'_>) {
    key.put(out);
    // States are at most some hundred MiB each, far below u32::MAX.
    out.extend_from_slice(&(state.encoded_len() as u32).to_le_bytes());
    state.encode(out);
}

/// What follows an answer's head.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PullBody<'a> {
    /// Nothing.
    Nothing,
    /// The sum of each bucket.
    Buckets(Box<[u64; BUCKETS]>),
    /// States, and which of the asker's entries the peer lacks, up to the cursor.
    States {
        /// The states.
        states: PulledStates<'a>,
        /// Slot and hash of what is lacking.
        lacking: Vec<(u16, u64)>,
    },
}

impl PullReply {
    /// Appends the frame of an answer that is its head alone.
    pub fn put(&self, out: &mut Vec<u8>) {
        let start = self.begin(out);
        frame::finish(out, start);
    }

    /// Appends the frame with the sums of the buckets.
    pub fn put_buckets(&self, out: &mut Vec<u8>, sums: &[u64; BUCKETS]) {
        let start = self.begin(out);
        for sum in sums {
            out.extend_from_slice(&sum.to_le_bytes());
        }
        frame::finish(out, start);
    }

    /// Appends the frame with `count` states that [`put_state`] encoded, and what the peer lacks.
    pub fn put_states(&self, out: &mut Vec<u8>, count: u32, encoded: &[u8], lacking: &[(u16, u64)]) {
        let start = self.begin(out);
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(encoded);
        out.extend_from_slice(&(lacking.len() as u32).to_le_bytes());
        for (slot, hash) in lacking {
            out.extend_from_slice(&slot.to_le_bytes());
            out.extend_from_slice(&hash.to_le_bytes());
        }
        frame::finish(out, start);
    }

    fn begin(&self, out: &mut Vec<u8>) -> usize {
        let start = frame::begin(out, FrameKind::PullReply);
        out.extend_from_slice(&self.id.to_le_bytes());
        out.push(self.outcome as u8);
        self.held.put(out);
        out.extend_from_slice(&self.cursor.to_le_bytes());
        start
    }

    /// Reads an answer's head and gives what follows.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or of unknown values.
    pub fn read(body: &[u8]) -> Result<(PullReply, PullBody<'_>), Malformed> {
        let mut reader = Reader::new(body);
        let id = reader.u32()?;
        let outcome = match reader.u8()? {
            0 => PullOutcome::Same,
            1 => PullOutcome::States,
            2 => PullOutcome::Refused,
            3 => PullOutcome::Buckets,
            _ => return Err(Malformed("unknown outcome of a pull")),
        };
        let head = PullReply {
            id,
            outcome,
            held: HeldArc::read(&mut reader)?,
            cursor: reader.u64()?,
        };
        let body = match outcome {
            PullOutcome::Same | PullOutcome::Refused => {
                reader.finish()?;
                PullBody::Nothing
            }
            PullOutcome::Buckets => {
                let mut sums = Box::new([0; BUCKETS]);
                for sum in sums.iter_mut() {
                    *sum = reader.u64()?;
                }
                reader.finish()?;
                PullBody::Buckets(sums)
            }
            PullOutcome::States => {
                let states = PulledStates::read(&mut reader)?;
                let lacking = |reader: &mut Reader<'_>| Ok((reader.u16()?, reader.u64()?));
                let count = reader.u32()?;
                let lacking = reader.counted(count, lacking).collect::<Result<_, _>>()?;
                PullBody::States { states, lacking }
            }
        };
        Ok((head, body))
    }
}

/// The states of an answer, read one by one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PulledStates<'a> {
    left: u32,
    reader: Reader<'a>,
}

impl<'a> PulledStates<'a> {
    /// Walks over all of them, so that none can be malformed later.
    fn read(reader: &mut Reader<'a>) -> Result<Self, Malformed> {
        let left = reader.u32()?;
        let states = PulledStates { left, reader: *reader };
        for _ in 0..left {
            read_state(reader)?;
        }
        Ok(states)
    }
}

impl<'a> Iterator for PulledStates<'a> {
    type Item = (WireKey<'a>, &'a [u8]);

    fn next(&mut self) -> Option<Self::Item> {
        self.left = self.left.checked_sub(1)?;
        read_state(&mut self.reader).ok()
    }
}

fn read_state<'a>(reader: &mut Reader<'a>) -> Result<(WireKey<'a>, &'a [u8]), Malformed> {
    Ok((WireKey::read(reader)?, reader.long_bytes()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;

    const HEAD: PullReply = PullReply {
        id: 9,
        outcome: PullOutcome::States,
        held: HeldArc {
            caught_up: true,
            contested: true,
            clock: 8,
            flushed: 6,
            synced: 4,
        },
        cursor: CURSOR_END,
    };

    fn expect_no_cut_is_read(frame: &[u8]) {
        for cut in frame::HEADER_BYTES..frame.len() {
            let body = &frame[frame::HEADER_BYTES..cut];
            assert!(PullReply::read(body).is_err(), "an answer cut to {cut} bytes was read");
        }
        let longer = [&frame[frame::HEADER_BYTES..], &[0]].concat();
        assert!(PullReply::read(&longer).is_err(), "bytes left over");
    }

    #[test]
    fn golden_bytes_of_a_pull() {
        let known = KnownEntry {
            slot: 7,
            hash: 8,
            digest: 9,
        };
        let pull = Pull {
            id: 1,
            epoch: 2,
            arc: 3,
            digest: 4,
            buckets: 6,
            cursor: 5,
            known: vec![known],
        };
        let mut out = Vec::new();
        pull.put(&mut out);
        let mut expected = vec![61, 0, 0, 0, 6, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0];
        for word in [4, 6, 5] {
            expected.extend([word, 0, 0, 0, 0, 0, 0, 0]);
        }
        expected.extend([1, 0, 0, 0, 7, 0, 8, 0, 0, 0, 0, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0]);
        expected[0] = (expected.len() - 4) as u8;
        assert_eq!(out, expected);
        assert_eq!(Pull::read(&out[frame::HEADER_BYTES..]), Ok(pull));
    }

    #[test]
    fn golden_bytes_of_a_chunk() {
        let mut states = Vec::new();
        let key = WireKey {
            slot: 1,
            hash: 2,
            key: b"k",
        };
        let state = State::tombstone(Stamp::from_bits(7));
        put_state(&mut states, key, state);
        let mut encoded = Vec::new();
        state.encode(&mut encoded);
        let mut out = Vec::new();
        HEAD.put_states(&mut out, 1, &states, &[(3, 5)]);
        let mut expected = vec![0, 0, 0, 0, 7, 9, 0, 0, 0, 1, 3];
        for word in [8, 6, 4] {
            expected.extend([word, 0, 0, 0, 0, 0, 0, 0]);
        }
        expected.extend([255; 8]);
        expected.extend([1, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'k']);
        expected.extend([encoded.len() as u8, 0, 0, 0]);
        expected.extend(&encoded);
        expected.extend([1, 0, 0, 0, 3, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        expected[0] = (expected.len() - 4) as u8;
        assert_eq!(out, expected);

        let (read, body) = PullReply::read(&out[frame::HEADER_BYTES..]).unwrap();
        assert_eq!(read, HEAD);
        let PullBody::States { states, lacking } = body else {
            panic!("{body:?}")
        };
        assert_eq!(states.collect::<Vec<_>>(), [(key, &encoded[..])]);
        assert_eq!(lacking, [(3, 5)]);
        expect_no_cut_is_read(&out);
    }

    #[test]
    fn sums_of_buckets_and_bare_heads_are_read_as_written() {
        let mut sums = [0; BUCKETS];
        sums[63] = 7;
        let mut out = Vec::new();
        let head = PullReply {
            outcome: PullOutcome::Buckets,
            ..HEAD
        };
        head.put_buckets(&mut out, &sums);
        assert_eq!(out[frame::HEADER_BYTES + 4], 3);
        let read = PullReply::read(&out[frame::HEADER_BYTES..]);
        assert_eq!(read, Ok((head, PullBody::Buckets(Box::new(sums)))));
        expect_no_cut_is_read(&out);

        out.clear();
        let head = PullReply {
            outcome: PullOutcome::Same,
            ..HEAD
        };
        head.put(&mut out);
        assert_eq!(
            PullReply::read(&out[frame::HEADER_BYTES..]),
            Ok((head, PullBody::Nothing))
        );
        expect_no_cut_is_read(&out);
        assert_eq!((bucket_of(0), bucket_of(u64::MAX)), (0, BUCKETS - 1));
    }
}
