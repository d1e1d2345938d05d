//! The bytes of the register's messages: how members agree on the next topology document.
//!
//! ```text
//! 15 prepare   epoch u64 | ballot
//! 16 promise   epoch u64 | ballot | accepted u8 (0 none, 1) [ ballot | document ]
//! 17 accept    ballot | document
//! 18 accepted  epoch u64 | ballot
//! 19 nack      epoch u64 | ballot | promised ballot | holds u64
//! 20 learn     holds u64
//! 21 chosen    document
//! ballot: round u64 | proposer u64 | life u64        document: length u32, bytes
//! ```
//!
//! These frames are exempt from the rule that nodes of two epochs refuse each other: they are how such nodes come to hold the same.

use super::Malformed;
use super::frame::{self, FrameKind};
use super::reader::Reader;
use crate::register::document::{Document, put_long};
use crate::register::{Ballot, Message};
use crate::topology::Epoch;

/// Appends the frame of `message`.
pub fn put<D: Document>(message: &Message<D>, out: &mut Vec<u8>) {
    let start = frame::begin(out, kind(message));
    match message {
        Message::Prepare { epoch, ballot } | Message::Accepted { epoch, ballot } => {
            put_question(*epoch, *ballot, out);
        }
        Message::Promise {
            epoch,
            ballot,
            accepted,
        } => {
            put_question(*epoch, *ballot, out);
            out.push(u8::from(accepted.is_some()));
            if let Some((ballot, document)) = accepted {
                ballot.put(out);
                put_long(Some(document), out);
            }
        }
        Message::Accept { ballot, document } => {
            ballot.put(out);
            put_long(Some(document), out);
        }
        Message::Nack {
            epoch,
            ballot,
            promised,
            holds,
        } => {
            put_question(*epoch, *ballot, out);
            promised.put(out);
            out.extend_from_slice(&holds.get().to_le_bytes());
        }
        Message::Learn { holds } => out.extend_from_slice(&holds.get().to_le_bytes()),
        Message::Chosen { document } => put_long(Some(document), out),
    }
    frame::finish(out, start);
}

/// Reads the body of a frame of `kind`, or says `None` if that is no message of the register.
///
/// # Errors
/// [`Malformed`] when it is cut short or too long, or holds no document of this version.
pub fn read<D: Document>(kind: FrameKind, body: &[u8]) -> Result<Option<Message<D>>, Malformed> {
    read_with(kind, body, |bytes| D::read(bytes).map_err(Malformed))
}

/// As [`read`], with another way to get at the document of these bytes: a node is told of each one several times, and may remember what it has read.
///
/// # Errors
/// Those of `read`, and what `document` finds wrong.
pub fn read_with<D: Document>(
    kind: FrameKind,
    body: &[u8],
    mut document: impl FnMut(&[u8]) -> Result<D, Malformed>,
) -> Result<Option<Message<D>>, Malformed> {
    let mut reader = Reader::new(body);
    let mut read_document = |reader: &mut Reader<'_>| match reader.long_bytes()? {
        [] => Err(Malformed("no document")),
        bytes => document(bytes),
    };
    let message = match kind {
        FrameKind::Prepare => Message::Prepare {
            epoch: read_epoch(&mut reader)?,
            ballot: Ballot::read(&mut reader)?,
        },
        FrameKind::Promise => Message::Promise {
            epoch: read_epoch(&mut reader)?,
            ballot: Ballot::read(&mut reader)?,
            accepted: match reader.u8()? {
                0 => None,
                1 => Some((Ballot::read(&mut reader)?, read_document(&mut reader)?)),
                _ => return Err(Malformed("unknown flag of a promise")),
            },
        },
        FrameKind::Accept => Message::Accept {
            ballot: Ballot::read(&mut reader)?,
            document: read_document(&mut reader)?,
        },
        FrameKind::Accepted => Message::Accepted {
            epoch: read_epoch(&mut reader)?,
            ballot: Ballot::read(&mut reader)?,
        },
        FrameKind::Nack => Message::Nack {
            epoch: read_epoch(&mut reader)?,
            ballot: Ballot::read(&mut reader)?,
            promised: Ballot::read(&mut reader)?,
            holds: read_epoch(&mut reader)?,
        },
        FrameKind::Learn => Message::Learn {
            holds: read_epoch(&mut reader)?,
        },
        FrameKind::Chosen => Message::Chosen {
            document: read_document(&mut reader)?,
        },
        _ => return Ok(None),
    };
    reader.finish()?;
    Ok(Some(message))
}

fn kind<D>(message: &Message<D>) -> FrameKind {
    match message {
        Message::Prepare { .. } => FrameKind::Prepare,
        Message::Promise { .. } => FrameKind::Promise,
        Message::Accept { .. } => FrameKind::Accept,
        Message::Accepted { .. } => FrameKind::Accepted,
        Message::Nack { .. } => FrameKind::Nack,
        Message::Learn { .. } => FrameKind::Learn,
        Message::Chosen { .. } => FrameKind::Chosen,
    }
}

fn put_question(epoch: Epoch, ballot: Ballot, out: &mut Vec<u8>) {
    out.extend_from_slice(&epoch.get().to_le_bytes());
    ballot.put(out);
}

fn read_epoch(reader: &mut Reader<'_>) -> Result<Epoch, Malformed> {
    reader.u64().map(Epoch::new)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::register::ballot::tests::ballot;
    use crate::register::toy::Toy;

    /// The numbers of a frame's body, 8 bytes each, little endian.
    fn numbers(numbers: &[u64]) -> Vec<u8> {
        numbers.iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    fn pins(message: &Message<Toy>, kind: u8, body: &[u8]) {
        let mut out = Vec::new();
        put(message, &mut out);
        let mut expected = ((body.len() + 1) as u32).to_le_bytes().to_vec();
        expected.push(kind);
        expected.extend_from_slice(body);
        assert_eq!(out, expected, "{message:?}");
        let frame = frame::split(&out).unwrap().unwrap();
        assert_eq!(read(frame.kind, frame.body), Ok(Some(message.clone())));
        for cut in 0..body.len() {
            assert!(
                read::<Toy>(frame.kind, &body[..cut]).is_err(),
                "{cut} bytes of {message:?}"
            );
        }
        let longer = [body, &[0]].concat();
        assert!(read::<Toy>(frame.kind, &longer).is_err(), "bytes after {message:?}");
    }

    #[test]
    fn golden_bytes_of_each_message() {
        let document = Toy::first([8, 9]).followed_by(3);
        let mut bytes = Vec::new();
        document.put(&mut bytes);
        let long = [&(bytes.len() as u32).to_le_bytes(), &bytes[..]].concat();
        let (epoch, asked, other) = (Epoch::new(2), ballot(5, 6), ballot(4, 8));
        let question = numbers(&[2, 5, 6, 1]);
        pins(&Message::Prepare { epoch, ballot: asked }, 15, &question);
        let promise = |accepted| Message::Promise {
            epoch,
            ballot: asked,
            accepted,
        };
        pins(&promise(None), 16, &[&question[..], &[0]].concat());
        let accepted = [&question[..], &[1], &numbers(&[4, 8, 1]), &long].concat();
        pins(&promise(Some((other, document))), 16, &accepted);
        let accept = Message::Accept {
            ballot: asked,
            document,
        };
        pins(&accept, 17, &[&numbers(&[5, 6, 1])[..], &long].concat());
        pins(&Message::Accepted { epoch, ballot: asked }, 18, &question);
        let nack = Message::Nack {
            epoch,
            ballot: asked,
            promised: other,
            holds: Epoch::new(1),
        };
        pins(&nack, 19, &numbers(&[2, 5, 6, 1, 4, 8, 1, 1]));
        pins(&Message::Learn { holds: Epoch::new(1) }, 20, &numbers(&[1]));
        pins(&Message::Chosen { document }, 21, &long);
    }

    #[test]
    fn what_is_no_message_of_the_register_is_none_and_what_holds_no_document_is_malformed() {
        assert_eq!(read::<Toy>(FrameKind::Batch, &[]), Ok(None));
        assert_eq!(read::<Toy>(FrameKind::Chosen, &[0; 4]), Err(Malformed("no document")));
        assert!(read::<Toy>(FrameKind::Chosen, &[1, 0, 0, 0, 7]).is_err());
    }
}
