//! What stands before SWIM's own bytes in every datagram.
//!
//! `"Cg" | version u8 | cluster u64 | epoch u64 | payload`, little endian. The cluster's fingerprint keeps two clusters that share
//! addresses apart and random bytes away from SWIM's decoder. The epoch is how nodes hear that the topology changed: it rides on traffic that
//! flows anyway.

/// The bytes before the payload.
pub(crate) const HEADER_BYTES: usize = 19;

/// What fits into a datagram that no usual network fragments.
const DATAGRAM_BYTES_MAX: usize = 1400;

/// What is left for SWIM.
pub(crate) const PAYLOAD_BYTES_MAX: usize = DATAGRAM_BYTES_MAX - HEADER_BYTES;

const MAGIC: [u8; 2] = *b"Cg";
const VERSION: u8 = 1;

/// A datagram without its payload.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Envelope {
    /// Fingerprint of the cluster.
    pub(crate) cluster: u64,
    /// The sender's epoch.
    pub(crate) epoch: u64,
}

/// Why a datagram is dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Foreign {
    /// It is too short, or does not begin as ours do.
    Bytes,
    /// Another cluster's.
    Cluster,
}

impl Envelope {
    /// The datagram that carries `payload`.
    pub(crate) fn seal(self, payload: &[u8]) -> Vec<u8> {
        let mut datagram = Vec::with_capacity(HEADER_BYTES + payload.len());
        datagram.extend_from_slice(&MAGIC);
        datagram.push(VERSION);
        datagram.extend_from_slice(&self.cluster.to_le_bytes());
        datagram.extend_from_slice(&self.epoch.to_le_bytes());
        datagram.extend_from_slice(payload);
        datagram
    }

    /// The epoch and the payload of a datagram of `cluster`.
    pub(crate) fn open(cluster: u64, datagram: &[u8]) -> Result<(u64, &[u8]), Foreign> {
        let (header, payload) = datagram.split_first_chunk::<HEADER_BYTES>().ok_or(Foreign::Bytes)?;
        let [m0, m1, version, rest @ ..] = *header;
        if [m0, m1] != MAGIC || version != VERSION {
            return Err(Foreign::Bytes);
        }
        let [c0, c1, c2, c3, c4, c5, c6, c7, epoch @ ..] = rest;
        if u64::from_le_bytes([c0, c1, c2, c3, c4, c5, c6, c7]) != cluster {
            return Err(Foreign::Cluster);
        }
        Ok((u64::from_le_bytes(epoch), payload))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_an_envelope() {
        let sealed = Envelope {
            cluster: 0x0102_0304_0506_0708,
            epoch: 9,
        }
        .seal(b"xy");
        assert_eq!(
            sealed,
            [
                b'C', b'g', 1, 8, 7, 6, 5, 4, 3, 2, 1, 9, 0, 0, 0, 0, 0, 0, 0, b'x', b'y'
            ]
        );
        assert_eq!(Envelope::open(0x0102_0304_0506_0708, &sealed), Ok((9, &b"xy"[..])));
    }

    #[test]
    fn what_is_not_of_this_cluster_is_dropped() {
        let sealed = Envelope { cluster: 1, epoch: 9 }.seal(b"");
        assert_eq!(Envelope::open(2, &sealed), Err(Foreign::Cluster));
        for cut in 0..sealed.len() {
            assert_eq!(
                Envelope::open(1, &sealed[..cut]),
                Err(Foreign::Bytes),
                "cut to {cut} bytes"
            );
        }
        assert_eq!(Envelope::open(1, &[0; 100]), Err(Foreign::Bytes));
    }
}
