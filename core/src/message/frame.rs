//! Where one frame ends and the next begins.

use super::Malformed;

/// Largest frame a node accepts, in bytes after the length: one value of 512 MiB, its key, and the rest of its turn.
///
/// A larger length closes the link. The receiver grows its buffer as bytes arrive, never by what a length announces.
pub const FRAME_BYTES_MAX: usize = (512 << 20) + (64 << 20);

/// Bytes before a frame's body: its length and its kind.
pub const HEADER_BYTES: usize = 5;

/// What a frame is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum FrameKind {
    /// The items of one turn.
    Batch = 1,
    /// The results of one batch.
    BatchReply = 2,
    /// Who dials.
    Hello = 3,
    /// Who answers.
    HelloReply = 4,
    /// What the sender has caught up on.
    Status = 5,
    /// Asks for an arc.
    Pull = 6,
    /// A part of an arc.
    PullReply = 7,
    /// Arcs that the receiver missed writes in.
    Stale = 8,
    /// Sums of arcs.
    Round = 9,
    /// Whether they are the same.
    RoundReply = 10,
    /// Arcs that are synced.
    Synced = 11,
    /// A command that is to wait.
    Wait = 12,
    /// Ends a wait.
    WaitEnd = 13,
    /// What became of a wait.
    WaitReply = 14,
    /// Asks an acceptor for its promise.
    Prepare = 15,
    /// A promise.
    Promise = 16,
    /// Asks an acceptor for its vote.
    Accept = 17,
    /// A vote.
    Accepted = 18,
    /// An acceptor refuses.
    Nack = 19,
    /// Asks for a newer topology document.
    Learn = 20,
    /// A chosen topology document.
    Chosen = 21,
    /// Digests of arcs.
    Digests = 22,
    /// Whether they are the same.
    DigestsReply = 23,
}

impl FrameKind {
    fn from_byte(byte: u8) -> Option<FrameKind> {
        Some(match byte {
            1 => FrameKind::Batch,
            2 => FrameKind::BatchReply,
            3 => FrameKind::Hello,
            4 => FrameKind::HelloReply,
            5 => FrameKind::Status,
            6 => FrameKind::Pull,
            7 => FrameKind::PullReply,
            8 => FrameKind::Stale,
            9 => FrameKind::Round,
            10 => FrameKind::RoundReply,
            11 => FrameKind::Synced,
            12 => FrameKind::Wait,
            13 => FrameKind::WaitEnd,
            14 => FrameKind::WaitReply,
            15 => FrameKind::Prepare,
            16 => FrameKind::Promise,
            17 => FrameKind::Accept,
            18 => FrameKind::Accepted,
            19 => FrameKind::Nack,
            20 => FrameKind::Learn,
            21 => FrameKind::Chosen,
            22 => FrameKind::Digests,
            23 => FrameKind::DigestsReply,
            _ => return None,
        })
    }
}

/// A complete frame inside a receive buffer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame<'a> {
    /// What it is.
    pub kind: FrameKind,
    /// Its body.
    pub body: &'a [u8],
    /// Bytes of the buffer it takes, header included.
    pub consumed: usize,
}

impl Frame<'_> {
    /// The epoch that the sender of a question about arcs acts in; none for what is said whatever the epoch is. These bodies begin alike: a number of
    /// four bytes, then the epoch.
    #[must_use]
    pub fn epoch(&self) -> Option<u64> {
        match self.kind {
            FrameKind::Batch | FrameKind::Pull | FrameKind::Digests => {
                let bytes = self.body.get(4..)?.first_chunk()?;
                Some(u64::from_le_bytes(*bytes))
            }
            _ => None,
        }
    }
}

/// The first frame of `buffer`, or `None` when more bytes are needed.
///
/// # Errors
/// [`Malformed`] when the length is over [`FRAME_BYTES_MAX`] or the kind is unknown.
pub fn split(buffer: &[u8]) -> Result<Option<Frame<'_>>, Malformed> {
    let Some((length, rest)) = buffer.split_first_chunk::<4>() else {
        return Ok(None);
    };
    let length = u32::from_le_bytes(*length) as usize;
    if length == 0 {
        return Err(Malformed("empty frame"));
    }
    if length > FRAME_BYTES_MAX {
        return Err(Malformed("frame over the size limit"));
    }
    let Some(&kind) = rest.first() else { return Ok(None) };
    let kind = FrameKind::from_byte(kind).ok_or(Malformed("unknown frame kind"))?;
    Ok(rest.get(1..length).map(|body| Frame {
        kind,
        body,
        consumed: 4 + length,
    }))
}

/// Starts a frame at the end of `out`; [`finish`] takes what this returns.
#[must_use]
pub fn begin(out: &mut Vec<u8>, kind: FrameKind) -> usize {
    let start = out.len();
    out.extend_from_slice(&[0, 0, 0, 0, kind as u8]);
    start
}

/// Writes the length of the frame begun at `start`.
pub fn finish(out: &mut [u8], start: usize) {
    let length = (out.len() - start - 4) as u32;
    out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_found_only_when_all_of_it_is_there() {
        let mut out = Vec::new();
        let start = begin(&mut out, FrameKind::Status);
        out.extend_from_slice(b"body");
        finish(&mut out, start);
        assert_eq!(out, [5, 0, 0, 0, 5, b'b', b'o', b'd', b'y']);
        for cut in 0..out.len() {
            assert_eq!(split(&out[..cut]), Ok(None), "{cut} bytes are not a frame");
        }
        let frame = split(&out).unwrap().unwrap();
        assert_eq!(
            (frame.kind, frame.body, frame.consumed),
            (FrameKind::Status, &b"body"[..], 9)
        );
    }

    #[test]
    fn a_question_about_arcs_names_the_epoch_that_its_sender_acts_in() {
        use crate::message::pull::Pull;
        use crate::message::{batch::BatchWriter, digests, stale};
        use crate::stamp::Stamp;

        let epoch = 0x0102_0304_0506_0708;
        let pull = Pull {
            id: 1,
            epoch,
            arc: 2,
            digest: 3,
            buckets: 4,
            cursor: 5,
            known: Vec::new(),
        };
        let [mut batch, mut pulls, mut asked, mut said] = [const { Vec::new() }; 4];
        BatchWriter::new(&mut batch, 9, epoch, Stamp::ZERO).finish();
        pull.put(&mut pulls);
        digests::put(7, epoch, &[], &mut asked);
        stale::put(&[8], &mut said);
        for question in [batch, pulls, asked] {
            assert_eq!(split(&question).unwrap().unwrap().epoch(), Some(epoch));
        }
        assert_eq!(split(&said).unwrap().unwrap().epoch(), None, "whatever the epoch is");
    }

    #[test]
    fn a_length_over_the_limit_is_refused_from_its_four_bytes() {
        assert!(split(&u32::MAX.to_le_bytes()).is_err());
        assert!(split(&[0, 0, 0, 0]).is_err());
        assert!(split(&[1, 0, 0, 0, 99]).is_err());
    }
}
