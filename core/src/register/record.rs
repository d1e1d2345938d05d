//! The acceptor on disk.
//!
//! ```text
//! "CgRG" | version u8 | length u32 | document | promised ballot | accepted u8 (0 none, 1) [ ballot | document ] | checksum u64
//! document: length u32, bytes; length 0 for none        ballot: round u64 | proposer u64 | life u64
//! ```
//!
//! Little endian; `length` is that of the whole record, the checksum is xxh3 of all before it. A vote that was given must never be forgotten, so a record that is
//! not exactly what was written is refused rather than guessed at: the node stays out until an operator replaces it.

use xxhash_rust::xxh3::xxh3_64;

use super::acceptor::Acceptor;
use super::ballot::Ballot;
use super::document::{Document, next, put_long, read_long};
use crate::message::{Malformed, Reader};

const MAGIC: &[u8; 4] = b"CgRG";
const VERSION: u8 = 1;
const HEADER_BYTES: usize = 9;
const CHECKSUM_BYTES: usize = 8;

/// Why bytes are no record of this program. Each is a reason not to vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RecordError {
    /// They do not begin as a record does.
    #[error("not a register file")]
    Foreign,
    /// A write did not reach its end.
    #[error("the register file is torn: {present} bytes of {expected}")]
    Torn {
        /// Bytes that are there.
        present: usize,
        /// Bytes that the record announces.
        expected: usize,
    },
    /// The bytes are not those that were written.
    #[error("the register file is damaged: its checksum does not match")]
    Damaged,
    /// Written by another version of the program.
    #[error("the register file is of version {0}, this program reads version {VERSION}")]
    Version(u8),
    /// The checksum matches and the content cannot be: written by a program with a fault.
    #[error("the register file makes no sense: {0}")]
    Malformed(&'static str),
}

impl From<Malformed> for RecordError {
    fn from(Malformed(what): Malformed) -> Self {
        Self::Malformed(what)
    }
}

/// The record of `acceptor`.
pub fn encode<D: Document>(acceptor: &Acceptor<D>) -> Vec<u8> {
    let mut out = Vec::new();
    out.extend_from_slice(MAGIC);
    out.push(VERSION);
    out.extend_from_slice(&[0; 4]);
    put_long(acceptor.chosen(), &mut out);
    acceptor.promised().put(&mut out);
    match acceptor.accepted() {
        None => out.push(0),
        Some((ballot, document)) => {
            out.push(1);
            ballot.put(&mut out);
            put_long(Some(document), &mut out);
        }
    }
    // Two documents, each of less than a megabyte.
    let length = (out.len() + CHECKSUM_BYTES) as u32;
    out[5..HEADER_BYTES].copy_from_slice(&length.to_le_bytes());
    let checksum = xxh3_64(&out);
    out.extend_from_slice(&checksum.to_le_bytes());
    out
}

/// The acceptor whose record this is.
///
/// # Errors
/// See [`RecordError`].
pub fn decode<D: Document>(record: &[u8]) -> Result<Acceptor<D>, RecordError> {
    let mut reader = Reader::new(checked(record)?);
    let chosen = read_long(&mut reader)?;
    let promised = Ballot::read(&mut reader)?;
    let accepted = match reader.u8()? {
        0 => None,
        1 => {
            let ballot = Ballot::read(&mut reader)?;
            let document = read_long(&mut reader)?.ok_or(Malformed("nothing was accepted"))?;
            Some((ballot, document))
        }
        _ => return Err(RecordError::Malformed("unknown flag")),
    };
    reader.finish()?;
    check(chosen.as_ref(), promised, accepted.as_ref())?;
    Ok(Acceptor::from_parts(chosen, promised, accepted))
}

/// What stands between header and checksum of a record that is whole and of this version.
fn checked(record: &[u8]) -> Result<&[u8], RecordError> {
    let (header, _) = record.split_first_chunk::<HEADER_BYTES>().ok_or(RecordError::Torn {
        present: record.len(),
        expected: HEADER_BYTES,
    })?;
    let [m0, m1, m2, m3, version, length @ ..] = *header;
    if [m0, m1, m2, m3] != *MAGIC {
        return Err(RecordError::Foreign);
    }
    let expected = u32::from_le_bytes(length) as usize;
    if record.len() < expected {
        let present = record.len();
        return Err(RecordError::Torn { present, expected });
    }
    let (content, checksum) = record.split_last_chunk().ok_or(RecordError::Damaged)?;
    if record.len() != expected || u64::from_le_bytes(*checksum) != xxh3_64(content) {
        return Err(RecordError::Damaged);
    }
    if version != VERSION {
        return Err(RecordError::Version(version));
    }
    content.get(HEADER_BYTES..).ok_or(RecordError::Damaged)
}

fn check<D: Document>(chosen: Option<&D>, promised: Ballot, accepted: Option<&(Ballot, D)>) -> Result<(), RecordError> {
    let is_sound = match (chosen, accepted) {
        (None, None) => promised == Ballot::ZERO,
        (None, Some(_)) => false,
        (Some(_), None) => true,
        (Some(chosen), Some((ballot, document))) => *ballot <= promised && document.epoch() == next(chosen.epoch()),
    };
    if is_sound {
        Ok(())
    } else {
        Err(RecordError::Malformed("a vote that no acceptor gives"))
    }
}

#[cfg(test)]
mod tests {
    use super::super::ballot::tests::ballot;
    use super::super::toy::Toy;
    use super::*;

    fn voted() -> Acceptor<Toy> {
        let first = Toy::first([8, 9]);
        let mut acceptor = Acceptor::formed(first);
        let _ = acceptor.on_accept(ballot(5, 8), first.followed_by(3));
        let _ = acceptor.on_prepare(first.followed_by(3).epoch(), ballot(6, 9));
        acceptor
    }

    #[test]
    fn golden_bytes_of_a_record() {
        let numbers = |numbers: &[u64]| -> Vec<u8> { numbers.iter().flat_map(|number| number.to_le_bytes()).collect() };
        let expected = [
            &b"CgRG\x01\x9a\0\0\0"[..],
            // The formed document: epoch, tag, parent, voters before, voters.
            &[40, 0, 0, 0],
            &numbers(&[1, 0, 0, 0x300, 0x300]),
            &numbers(&[6, 9, 1]),
            &[1],
            &numbers(&[5, 8, 1]),
            &[40, 0, 0, 0],
            &numbers(&[2, 3, 0, 0x300, 0x300]),
        ]
        .concat();
        let record = encode(&voted());
        let (content, checksum) = record.split_last_chunk::<8>().unwrap();
        assert_eq!(content, expected);
        assert_eq!(u64::from_le_bytes(*checksum), xxh3_64(&expected));
        assert_eq!(decode(&record), Ok(voted()));
    }

    #[test]
    fn every_acceptor_comes_back_as_it_was() {
        let empty = Acceptor::<Toy>::empty();
        assert_eq!(decode(&encode(&empty)), Ok(empty));
        let mut acceptor = voted();
        assert_eq!(decode(&encode(&acceptor)), Ok(acceptor.clone()));
        acceptor.on_chosen(Toy::first([8, 9]).followed_by(4));
        assert_eq!(decode(&encode(&acceptor)), Ok(acceptor));
    }

    #[test]
    fn a_torn_record_is_refused_wherever_it_was_cut() {
        let record = encode(&voted());
        for present in 0..record.len() {
            let expected = if present < HEADER_BYTES {
                HEADER_BYTES
            } else {
                record.len()
            };
            let torn = RecordError::Torn { present, expected };
            assert_eq!(decode::<Toy>(&record[..present]), Err(torn));
        }
        let longer = [&record[..], &[0]].concat();
        assert_eq!(decode::<Toy>(&longer), Err(RecordError::Damaged));
    }

    #[test]
    fn every_flipped_bit_is_found() {
        let record = encode(&voted());
        for bit in 0..record.len() * 8 {
            let mut damaged = record.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(decode::<Toy>(&damaged).is_err(), "bit {bit}");
        }
    }

    #[test]
    fn a_whole_record_of_another_version_or_without_sense_says_so() {
        let sealed = |mut record: Vec<u8>| {
            let end = record.len() - CHECKSUM_BYTES;
            let checksum = xxh3_64(&record[..end]).to_le_bytes();
            record[end..].copy_from_slice(&checksum);
            record
        };
        let mut later = encode(&voted());
        later[4] = 2;
        assert_eq!(decode::<Toy>(&sealed(later)), Err(RecordError::Version(2)));
        let mut promised_too_little = encode(&voted());
        promised_too_little[HEADER_BYTES + 44] = 1;
        let malformed = RecordError::Malformed("a vote that no acceptor gives");
        assert_eq!(decode::<Toy>(&sealed(promised_too_little)), Err(malformed));
        assert_eq!(decode::<Toy>(b"something else"), Err(RecordError::Foreign));
    }
}
