//! Arcs that the receiver missed writes in, when they were too many to keep as hints.
//!
//! `count u16 | count x arc u16`. The receiver pulls them from the sender, at its own pace.

use super::Malformed;
use super::frame::{self, FrameKind};
use super::reader::Reader;

/// Appends the frame. At most 65535 arcs, of which there are at most 16384.
pub fn put(arcs: &[u16], out: &mut Vec<u8>) {
    let start = frame::begin(out, FrameKind::Stale);
    out.extend_from_slice(&(arcs.len() as u16).to_le_bytes());
    for arc in arcs {
        out.extend_from_slice(&arc.to_le_bytes());
    }
    frame::finish(out, start);
}

/// Reads the frame's body.
///
/// # Errors
/// [`Malformed`] when it is cut short or too long.
pub fn read(body: &[u8]) -> Result<Vec<u16>, Malformed> {
    let mut reader = Reader::new(body);
    let count = reader.u16()?;
    // 65535 arcs at most: nothing large is sized by the peer's word.
    let arcs = (0..count).map(|_| reader.u16()).collect::<Result<_, _>>()?;
    reader.finish()?;
    Ok(arcs)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_stale_arcs() {
        let mut out = Vec::new();
        put(&[1, 0x0203], &mut out);
        assert_eq!(out, [7, 0, 0, 0, 8, 2, 0, 1, 0, 3, 2]);
        assert_eq!(read(&out[frame::HEADER_BYTES..]), Ok(vec![1, 0x0203]));
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(read(&out[frame::HEADER_BYTES..cut]).is_err());
        }
    }
}
