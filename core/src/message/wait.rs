//! A command that waits at its key's coordinator, for a client of another node.
//!
//! | frame | body |
//! |---|---|
//! | wait | `id u32, epoch u64, command`, the command as a `run` item of a batch |
//! | wait end | `id u32` |
//! | wait reply | `id u32, outcome u8, reply` |
//!
//! The asker numbers its waits for each link, and the answer comes whenever it is there. A wait lives as long as the link that it was asked
//! on: when that breaks, the asker tells its client, and the coordinator forgets the wait. So neither side can be left waiting for
//! the other.
//!
//! Refused: commands that wait as items of batches. Those have a deadline, and their numbers stand in a ring that does not move past
//! one that is not answered.

use super::batch::{self, Arguments, RunHow};
use super::frame::{self, FrameKind};
use super::reader::{Malformed, Reader, put_long_bytes};

/// Asks the receiver to have a command wait.
#[derive(Debug, Clone, Copy)]
pub struct Wait<'a> {
    /// The asker's number for it.
    pub id: u32,
    /// The topology's epoch that the asker acted in.
    pub epoch: u64,
    /// How the command is to be run.
    pub how: RunHow,
    /// Its arguments, the command's name first.
    pub arguments: Arguments<'a>,
}

/// What became of a wait. Except with a reply, nothing was changed for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WaitOutcome<'a> {
    /// The command was run: this is its reply, in RESP.
    Reply(&'a [u8]),
    /// It was ended by its asker.
    Ended,
    /// There may be something for it now, or the receiver sees the cluster differently: the asker has to begin anew.
    Again,
    /// The receiver no longer coordinates the key.
    Moved,
    /// As many commands wait there as may.
    Busy,
}

/// The answer to a wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WaitReply<'a> {
    /// The wait.
    pub id: u32,
    /// What became of it.
    pub outcome: WaitOutcome<'a>,
}

impl<'a> Wait<'a> {
    /// Appends the frame, with a command that [`batch::put_run`] encoded.
    pub fn put(out: &mut Vec<u8>, id: u32, epoch: u64, command: &[u8]) {
        let start = frame::begin(out, FrameKind::Wait);
        out.extend_from_slice(&id.to_le_bytes());
        out.extend_from_slice(&epoch.to_le_bytes());
        out.extend_from_slice(command);
        frame::finish(out, start);
    }

    /// Reads the frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short, too long, or holds no command.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let (id, epoch) = (reader.u32()?, reader.u64()?);
        let (how, arguments) = batch::read_command(&mut reader)?;
        reader.finish()?;
        Ok(Wait {
            id,
            epoch,
            how,
            arguments,
        })
    }
}

/// Appends the frame that ends a wait.
pub fn put_end(out: &mut Vec<u8>, id: u32) {
    let start = frame::begin(out, FrameKind::WaitEnd);
    out.extend_from_slice(&id.to_le_bytes());
    frame::finish(out, start);
}

/// Reads that frame's body.
///
/// # Errors
/// [`Malformed`] when it is not one number.
pub fn read_end(body: &[u8]) -> Result<u32, Malformed> {
    let mut reader = Reader::new(body);
    let id = reader.u32()?;
    reader.finish()?;
    Ok(id)
}

impl<'a> WaitReply<'a> {
    /// Appends the frame.
    pub fn put(&self, out: &mut Vec<u8>) {
        let start = frame::begin(out, FrameKind::WaitReply);
        out.extend_from_slice(&self.id.to_le_bytes());
        let (outcome, reply) = match self.outcome {
            WaitOutcome::Reply(reply) => (0, reply),
            WaitOutcome::Ended => (1, &[][..]),
            WaitOutcome::Again => (2, &[][..]),
            WaitOutcome::Moved => (3, &[][..]),
            WaitOutcome::Busy => (4, &[][..]),
        };
        out.push(outcome);
        put_long_bytes(out, reply);
        frame::finish(out, start);
    }

    /// Reads the frame's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short, too long, or has an unknown outcome.
    pub fn read(body: &'a [u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(body);
        let (id, outcome, reply) = (reader.u32()?, reader.u8()?, reader.long_bytes()?);
        reader.finish()?;
        let outcome = match outcome {
            0 => WaitOutcome::Reply(reply),
            1 => WaitOutcome::Ended,
            2 => WaitOutcome::Again,
            3 => WaitOutcome::Moved,
            4 => WaitOutcome::Busy,
            _ => return Err(Malformed("unknown outcome of a wait")),
        };
        Ok(WaitReply { id, outcome })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_a_wait() {
        let (mut command, mut out) = (Vec::new(), Vec::new());
        let words: [&[u8]; 3] = [b"BLPOP", b"k", b"0"];
        assert!(batch::put_run(&mut command, RunHow::PLAIN, words.into_iter()));
        Wait::put(&mut out, 7, 0x0102, &command);
        let head = [38, 0, 0, 0, 12, 7, 0, 0, 0, 2, 1, 0, 0, 0, 0, 0, 0, 4, 0, 0, 0, 3, 0];
        let arguments = b"\x05\0\0\0BLPOP\x01\0\0\0k\x01\0\0\x000";
        assert_eq!(out, [&head[..], &arguments[..]].concat());
        let read = Wait::read(&out[frame::HEADER_BYTES..]).unwrap();
        assert_eq!((read.id, read.epoch, read.how), (7, 0x0102, RunHow::PLAIN));
        assert_eq!(read.arguments.iter().collect::<Vec<_>>(), words);
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(Wait::read(&out[frame::HEADER_BYTES..cut]).is_err());
        }
        out.push(0);
        assert!(Wait::read(&out[frame::HEADER_BYTES..]).is_err(), "too long");
    }

    #[test]
    fn golden_bytes_of_its_end_and_its_reply() {
        let mut out = Vec::new();
        put_end(&mut out, 7);
        assert_eq!(out, [5, 0, 0, 0, 13, 7, 0, 0, 0]);
        assert_eq!(read_end(&out[frame::HEADER_BYTES..]), Ok(7));
        assert!(read_end(&out[frame::HEADER_BYTES..8]).is_err());
        let outcomes = [
            (WaitOutcome::Reply(b":1"), &[0, 2, 0, 0, 0, b':', b'1'][..]),
            (WaitOutcome::Ended, &[1, 0, 0, 0, 0]),
            (WaitOutcome::Again, &[2, 0, 0, 0, 0]),
            (WaitOutcome::Moved, &[3, 0, 0, 0, 0]),
            (WaitOutcome::Busy, &[4, 0, 0, 0, 0]),
        ];
        for (outcome, bytes) in outcomes {
            let reply = WaitReply { id: 9, outcome };
            out.clear();
            reply.put(&mut out);
            assert_eq!(out[frame::HEADER_BYTES - 1..], [&[14, 9, 0, 0, 0], bytes].concat());
            assert_eq!(WaitReply::read(&out[frame::HEADER_BYTES..]), Ok(reply));
            for cut in frame::HEADER_BYTES..out.len() {
                assert!(WaitReply::read(&out[frame::HEADER_BYTES..cut]).is_err());
            }
        }
        out[frame::HEADER_BYTES + 4] = 5;
        assert!(WaitReply::read(&out[frame::HEADER_BYTES..]).is_err());
    }
}
