//! What a peer answers to a batch.
//!
//! `turn u32 | count u32 | synced u64 | results`. `count` 0 is the common answer, "all of it": every delta is merged, every digest the same; it
//! ends there. Otherwise `synced` is the least synced-up-to of the sender's arcs, and there is one result an item, in their order:
//!
//! | tag | result | fields |
//! |---|---|---|
//! | 0 | fine: merged, or the same | |
//! | 1 | state: the newer state that a delta met, the state behind another digest, the state asked for | `slot u16, hash u64, key, state` |
//! | 2 | reply: what the command answered | `reply` |
//! | 3 | refused | `reason u8` |
//! | 4 | absent: nothing is stored under the key | |
//! | 5 | ignored: the delta has parts that were dropped here; nothing of it was merged | `slot u16` |

use super::batch::{WireKey, read_slot};
use super::frame::{self, FrameKind};
use super::reader::{Malformed, Reader, put_long_bytes};
use crate::stamp::Stamp;

/// Why a peer refuses an item. Nothing has changed there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Refusal {
    /// Its topology is of another epoch.
    OtherEpoch = 1,
    /// It does not own the arc.
    NotOwner = 2,
    /// It has not caught up on the arc: it does not count toward R and does not coordinate.
    NotCaughtUp = 3,
    /// The stamp is too far ahead of its clock.
    StampAhead = 4,
    /// It is at a limit.
    Busy = 5,
    /// The state's bytes are none of its version.
    Unreadable = 6,
}

impl Refusal {
    fn from_byte(byte: u8) -> Option<Refusal> {
        Some(match byte {
            1 => Refusal::OtherEpoch,
            2 => Refusal::NotOwner,
            3 => Refusal::NotCaughtUp,
            4 => Refusal::StampAhead,
            5 => Refusal::Busy,
            6 => Refusal::Unreadable,
            _ => return None,
        })
    }
}

/// The result of one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemResult<'a> {
    /// Merged, or the same.
    Fine,
    /// The peer's state of the key; the key stands with it, so that whoever reads the answer can merge it at once.
    State {
        /// Whose state.
        key: WireKey<'a>,
        /// The encoded state.
        state: &'a [u8],
    },
    /// The command's reply, in RESP.
    Reply(&'a [u8]),
    /// Refused; nothing has changed.
    Refused(Refusal),
    /// The peer has nothing under the key.
    Absent,
    /// The delta has parts that every owner had dropped: the asker did not hear of that. It must be stamped anew, on what is there then.
    Ignored {
        /// The key's slot.
        slot: u16,
    },
}

/// Appends one result.
pub fn put_result(out: &mut Vec<u8>, result: ItemResult<'_>) {
    match result {
        ItemResult::Fine => out.push(0),
        ItemResult::State { key, state } => {
            out.push(1);
            key.put(out);
            put_long_bytes(out, state);
        }
        ItemResult::Reply(reply) => {
            out.push(2);
            put_long_bytes(out, reply);
        }
        ItemResult::Refused(reason) => out.extend_from_slice(&[3, reason as u8]),
        ItemResult::Absent => out.push(4),
        ItemResult::Ignored { slot } => {
            out.push(5);
            out.extend_from_slice(&slot.to_le_bytes());
        }
    }
}

/// Appends an [`ItemResult::Reply`] that is in pieces, `bytes` in all.
pub fn put_reply<'a>(out: &mut Vec<u8>, bytes: usize, pieces: impl Iterator<Item = &'a [u8]>) {
    out.push(2);
    // A frame, and what is in it, is shorter than 4 GiB.
    out.extend_from_slice(&(bytes as u32).to_le_bytes());
    pieces.for_each(|piece| out.extend_from_slice(piece));
}

/// Appends the answer "all of it".
pub fn put_all_fine(out: &mut Vec<u8>, turn: u32) {
    put_results(out, turn, 0, Stamp::ZERO, &[]);
}

/// Appends an answer with `count` results that [`put_result`] encoded.
pub fn put_results(out: &mut Vec<u8>, turn: u32, count: u32, synced: Stamp, encoded: &[u8]) {
    put_answer(out, turn, count, synced, |out| out.extend_from_slice(encoded));
}

/// Appends an answer whose `count` results `put` appends with [`put_result`], straight to where they leave from.
pub fn put_answer(out: &mut Vec<u8>, turn: u32, count: u32, synced: Stamp, put: impl FnOnce(&mut Vec<u8>)) {
    let start = frame::begin(out, FrameKind::BatchReply);
    out.extend_from_slice(&turn.to_le_bytes());
    out.extend_from_slice(&count.to_le_bytes());
    if count > 0 {
        out.extend_from_slice(&synced.to_bits().to_le_bytes());
        put(out);
    }
    frame::finish(out, start);
}

/// An answer as received.
#[derive(Debug, Clone, Copy)]
pub struct BatchReply<'a> {
    /// The turn it answers.
    pub turn: u32,
    /// How many results follow; none means that every item is fine.
    pub count: u32,
    /// No arc of the peer is synced up to less; zero if no results follow.
    pub synced: Stamp,
    results: Reader<'a>,
}

impl<'a> BatchReply<'a> {
    /// Reads the head of an answer frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when the head is cut short.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut results = Reader::new(body);
        let (turn, count) = (results.u32()?, results.u32()?);
        let synced = if count == 0 {
            results.finish()?;
            Stamp::ZERO
        } else {
            Stamp::from_bits(results.u64()?)
        };
        Ok(BatchReply {
            turn,
            count,
            synced,
            results,
        })
    }

    /// Whether every item is fine.
    #[must_use]
    pub fn all_fine(&self) -> bool {
        self.count == 0
    }

    /// The results in the items' order; after an error the iterator ends.
    pub fn results(&self) -> impl Iterator<Item = Result<ItemResult<'a>, Malformed>> + use<'a> {
        self.results.counted(self.count, read_result)
    }
}

fn read_result<'a>(reader: &mut Reader<'a>) -> Result<ItemResult<'a>, Malformed> {
    Ok(match reader.u8()? {
        0 => ItemResult::Fine,
        1 => ItemResult::State {
            key: WireKey::read(reader)?,
            state: reader.long_bytes()?,
        },
        2 => ItemResult::Reply(reader.long_bytes()?),
        3 => ItemResult::Refused(Refusal::from_byte(reader.u8()?).ok_or(Malformed("unknown refusal"))?),
        4 => ItemResult::Absent,
        5 => ItemResult::Ignored {
            slot: read_slot(reader)?,
        },
        _ => return Err(Malformed("unknown result")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: WireKey<'static> = WireKey {
        slot: 1,
        hash: 2,
        key: b"k",
    };

    #[test]
    fn golden_bytes_of_answers() {
        let mut out = Vec::new();
        put_all_fine(&mut out, 7);
        assert_eq!(out, [9, 0, 0, 0, 2, 7, 0, 0, 0, 0, 0, 0, 0]);

        let mut results = Vec::new();
        put_result(&mut results, ItemResult::Fine);
        put_result(&mut results, ItemResult::State { key: KEY, state: b"s" });
        put_result(&mut results, ItemResult::Reply(b"+OK\r\n"));
        let mut pieces = results.clone();
        pieces.truncate(results.len() - 10);
        put_reply(&mut pieces, 5, [&b"+O"[..], b"K\r\n"].into_iter());
        assert_eq!(pieces, results, "in pieces or as a whole");
        put_result(&mut results, ItemResult::Refused(Refusal::NotCaughtUp));
        put_result(&mut results, ItemResult::Absent);
        put_result(&mut results, ItemResult::Ignored { slot: 7 });
        out.clear();
        put_results(&mut out, 8, 6, Stamp::from_bits(9), &results);
        let mut expected = vec![0, 0, 0, 0, 2, 8, 0, 0, 0, 6, 0, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0, 1];
        expected.extend([1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, b'k', 1, 0, 0, 0, b's']);
        expected.extend([2, 5, 0, 0, 0, b'+', b'O', b'K', 13, 10, 3, 3, 4, 5, 7, 0]);
        expected[0] = (expected.len() - 4) as u8;
        assert_eq!(out, expected);

        let reply = BatchReply::read(&out[frame::HEADER_BYTES..]).unwrap();
        let read: Vec<_> = reply.results().collect::<Result<_, _>>().unwrap();
        assert_eq!(read[1], ItemResult::State { key: KEY, state: b"s" });
        assert_eq!(read[3], ItemResult::Refused(Refusal::NotCaughtUp));
    }

    #[test]
    fn an_answer_cut_anywhere_is_an_error_and_never_a_panic() {
        let mut results = Vec::new();
        put_result(
            &mut results,
            ItemResult::State {
                key: KEY,
                state: b"state",
            },
        );
        put_result(&mut results, ItemResult::Refused(Refusal::Busy));
        let mut out = Vec::new();
        put_results(&mut out, 1, 2, Stamp::ZERO, &results);
        let body = &out[frame::HEADER_BYTES..];
        for cut in 0..body.len() {
            let whole = BatchReply::read(&body[..cut]).and_then(|reply| reply.results().collect::<Result<Vec<_>, _>>());
            assert!(whole.is_err(), "an answer cut to {cut} bytes was read");
        }
    }
}
