//! An arc asked of a peer, and sent in chunks.
//!
//! The asker names its own digest; a peer with the same digest says so and sends nothing. Otherwise it sends its states from
//! `cursor` on, at most [`CHUNK_BYTES`] and one state more, and the cursor to go on from. The asker merges each chunk as it comes,
//! so a pull that breaks off has lost nothing and can begin anew.
//!
//! Ask: `id u32 | epoch u64 | arc u16 | digest u64 | cursor u64`.
//! Answer: `id u32 | outcome u8 | flags u8 (1 caught up, 2 contested) | clock u64 | flushed u64 | cursor u64 | count u32 | count x (slot u16, hash u64, key, state)`.

use super::batch::WireKey;
use super::frame::{self, FrameKind};
use super::reader::{Malformed, Reader, put_long_bytes};

/// How much of an arc one answer carries, in bytes, give or take one state.
pub const CHUNK_BYTES: usize = 64 << 10;

/// The cursor of an answer that was the last.
pub const CURSOR_END: u64 = u64::MAX;

/// Asks for an arc.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pull {
    /// The asker's number for this question.
    pub id: u32,
    /// The epoch that the asker acts in.
    pub epoch: u64,
    /// The arc.
    pub arc: u16,
    /// The asker's digest of it.
    pub digest: u64,
    /// Where to go on: 0 to begin.
    pub cursor: u64,
}

impl Pull {
    /// Appends the frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        let start = frame::begin(out, FrameKind::Pull);
        out.extend_from_slice(&self.id.to_le_bytes());
        out.extend_from_slice(&self.epoch.to_le_bytes());
        out.extend_from_slice(&self.arc.to_le_bytes());
        out.extend_from_slice(&self.digest.to_le_bytes());
        out.extend_from_slice(&self.cursor.to_le_bytes());
        frame::finish(out, start);
    }

    /// Reads a pull frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or too long.
    pub fn read(body: &[u8]) -> Result<Pull, Malformed> {
        let mut reader = Reader::new(body);
        let pull = Pull {
            id: reader.u32()?,
            epoch: reader.u64()?,
            arc: reader.u16()?,
            digest: reader.u64()?,
            cursor: reader.u64()?,
        };
        reader.finish()?;
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
}

/// The head of an answer; the states follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PullReply {
    /// The question's number.
    pub id: u32,
    /// What this is.
    pub outcome: PullOutcome,
    /// Whether the peer has caught up on the arc itself: one that has not kept no memory that counts.
    pub caught_up: bool,
    /// Whether the peer holds somebody else than the asker for the arc's coordinator.
    pub contested: bool,
    /// The arc's clock there, as a stamp's bits: the asker must stamp above it.
    pub clock: u64,
    /// The arc's flush stamp there, as bits: every older part has been dropped.
    pub flushed: u64,
    /// Where to go on, or [`CURSOR_END`].
    pub cursor: u64,
}

/// Appends one state of an answer.
pub fn put_state(out: &mut Vec<u8>, key: WireKey<'_>, state: &[u8]) {
    key.put(out);
    put_long_bytes(out, state);
}

impl PullReply {
    /// Appends the frame with `count` states that [`put_state`] encoded.
    pub fn put(&self, out: &mut Vec<u8>, count: u32, encoded: &[u8]) {
        let start = frame::begin(out, FrameKind::PullReply);
        out.extend_from_slice(&self.id.to_le_bytes());
        let flags = u8::from(self.caught_up) | u8::from(self.contested) << 1;
        out.extend_from_slice(&[self.outcome as u8, flags]);
        out.extend_from_slice(&self.clock.to_le_bytes());
        out.extend_from_slice(&self.flushed.to_le_bytes());
        out.extend_from_slice(&self.cursor.to_le_bytes());
        out.extend_from_slice(&count.to_le_bytes());
        out.extend_from_slice(encoded);
        frame::finish(out, start);
    }

    /// Reads an answer's head and gives its states.
    ///
    /// # Errors
    /// [`Malformed`] when the head is cut short or of unknown values.
    pub fn read(body: &[u8]) -> Result<(PullReply, PulledStates<'_>), Malformed> {
        let mut reader = Reader::new(body);
        let id = reader.u32()?;
        let outcome = match reader.u8()? {
            0 => PullOutcome::Same,
            1 => PullOutcome::States,
            2 => PullOutcome::Refused,
            _ => return Err(Malformed("unknown outcome of a pull")),
        };
        let flags = reader.u8()?;
        if flags > 0b11 {
            return Err(Malformed("unknown flags of a pull"));
        }
        let (caught_up, contested) = (flags & 1 != 0, flags & 2 != 0);
        let (clock, flushed) = (reader.u64()?, reader.u64()?);
        let (cursor, left) = (reader.u64()?, reader.u32()?);
        Ok((
            PullReply {
                id,
                outcome,
                caught_up,
                contested,
                clock,
                flushed,
                cursor,
            },
            PulledStates { left, reader },
        ))
    }
}

/// The states of an answer, read one by one; after an error there are no more.
#[derive(Debug, Clone)]
pub struct PulledStates<'a> {
    left: u32,
    reader: Reader<'a>,
}

impl<'a> Iterator for PulledStates<'a> {
    type Item = Result<(WireKey<'a>, &'a [u8]), Malformed>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.left == 0 {
            return None;
        }
        self.left -= 1;
        let state = self.read_one();
        if state.is_err() {
            self.left = 0;
        }
        Some(state)
    }
}

impl<'a> PulledStates<'a> {
    fn read_one(&mut self) -> Result<(WireKey<'a>, &'a [u8]), Malformed> {
        let key = WireKey::read(&mut self.reader)?;
        let state = self.reader.long_bytes()?;
        if self.left == 0 && !self.reader.is_empty() {
            return Err(Malformed("bytes left over"));
        }
        Ok((key, state))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_a_pull() {
        let pull = Pull {
            id: 1,
            epoch: 2,
            arc: 3,
            digest: 4,
            cursor: 5,
        };
        let mut out = Vec::new();
        pull.put(&mut out);
        let mut expected = vec![31, 0, 0, 0, 6, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0];
        expected.extend([4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0]);
        assert_eq!(out, expected);
        assert_eq!(Pull::read(&out[frame::HEADER_BYTES..]), Ok(pull));
    }

    #[test]
    fn golden_bytes_of_a_chunk() {
        let mut states = Vec::new();
        put_state(
            &mut states,
            WireKey {
                slot: 1,
                hash: 2,
                key: b"k",
            },
            b"st",
        );
        let head = PullReply {
            id: 9,
            outcome: PullOutcome::States,
            caught_up: true,
            contested: true,
            clock: 8,
            flushed: 6,
            cursor: CURSOR_END,
        };
        let mut out = Vec::new();
        head.put(&mut out, 1, &states);
        let mut expected = vec![
            0, 0, 0, 0, 7, 9, 0, 0, 0, 1, 3, 8, 0, 0, 0, 0, 0, 0, 0, 6, 0, 0, 0, 0, 0, 0, 0,
        ];
        expected.extend([255; 8]);
        expected.extend([
            1, 0, 0, 0, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'k', 2, 0, 0, 0, b's', b't',
        ]);
        expected[0] = (expected.len() - 4) as u8;
        assert_eq!(out, expected);

        let (read, mut rest) = PullReply::read(&out[frame::HEADER_BYTES..]).unwrap();
        assert_eq!(read, head);
        assert_eq!(
            rest.next(),
            Some(Ok((
                WireKey {
                    slot: 1,
                    hash: 2,
                    key: b"k"
                },
                &b"st"[..]
            )))
        );
        assert_eq!(rest.next(), None);
        for cut in frame::HEADER_BYTES..out.len() {
            let whole = PullReply::read(&out[frame::HEADER_BYTES..cut])
                .and_then(|(_, states)| states.collect::<Result<Vec<_>, _>>());
            assert!(whole.is_err(), "a chunk cut to {cut} bytes was read");
        }
    }
}
