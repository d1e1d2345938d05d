//! How two nodes meet on a link.
//!
//! Hello and its reply have one layout: `version u16 | cluster u64 | settings u64 | node 20 bytes | life u64 | epoch u64 |
//! refusal u8`. The one who dials sends refusal 0. A node that answers with a refusal closes the link after it.

use super::Malformed;
use super::frame::{self, FrameKind};
use super::reader::Reader;
use circlet_ring::NodeId;

/// The version of the peer protocol that this program speaks. Nodes of two versions do not talk.
pub const PROTOCOL_VERSION: u16 = 1;

/// Why a node does not talk with one that dialled it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum HelloRefusal {
    /// Another version of the protocol.
    #[error("it speaks another version of the peer protocol")]
    Version,
    /// Another cluster.
    #[error("it belongs to another cluster")]
    Cluster,
    /// Settings that all nodes must share differ.
    #[error("its cluster settings (replicas, arcs) differ")]
    Settings,
    /// The topology does not list the node.
    #[error("it does not know this node")]
    Stranger,
}

impl HelloRefusal {
    fn byte(this: Option<Self>) -> u8 {
        match this {
            None => 0,
            Some(HelloRefusal::Version) => 1,
            Some(HelloRefusal::Cluster) => 2,
            Some(HelloRefusal::Settings) => 3,
            Some(HelloRefusal::Stranger) => 4,
        }
    }

    fn from_byte(byte: u8) -> Result<Option<Self>, Malformed> {
        Ok(match byte {
            0 => None,
            1 => Some(HelloRefusal::Version),
            2 => Some(HelloRefusal::Cluster),
            3 => Some(HelloRefusal::Settings),
            4 => Some(HelloRefusal::Stranger),
            _ => return Err(Malformed("unknown refusal of a hello")),
        })
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Hello {
    /// The protocol's version.
    pub version: u16,
    /// Fingerprint of the cluster: its name and first members.
    pub cluster: u64,
    /// Fingerprint of the settings that all nodes share.
    pub settings: u64,
    /// The node.
    pub node: NodeId,
    /// Its life.
    pub life: u64,
    /// Its topology's epoch.
    pub epoch: u64,
    /// Set by a node that answers and does not want to talk.
    pub refusal: Option<HelloRefusal>,
}

impl Hello {
    /// Appends the frame: the dialler's with `reply` false, the answer with true.
    pub fn put(&self, out: &mut Vec<u8>, reply: bool) {
        let start = frame::begin(out, if reply { FrameKind::HelloReply } else { FrameKind::Hello });
        out.extend_from_slice(&self.version.to_le_bytes());
        out.extend_from_slice(&self.cluster.to_le_bytes());
        out.extend_from_slice(&self.settings.to_le_bytes());
        out.extend_from_slice(self.node.as_bytes());
        out.extend_from_slice(&self.life.to_le_bytes());
        out.extend_from_slice(&self.epoch.to_le_bytes());
        out.push(HelloRefusal::byte(self.refusal));
        frame::finish(out, start);
    }

    /// Reads a hello's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or has an unknown refusal. Bytes after it are allowed: a later version may add some.
    pub fn read(body: &[u8]) -> Result<Hello, Malformed> {
        let mut reader = Reader::new(body);
        Ok(Hello {
            version: reader.u16()?,
            cluster: reader.u64()?,
            settings: reader.u64()?,
            node: reader.node_id()?,
            life: reader.u64()?,
            epoch: reader.u64()?,
            refusal: HelloRefusal::from_byte(reader.u8()?)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn golden_bytes_of_a_hello() {
        let hello = Hello {
            version: 1,
            cluster: 2,
            settings: 3,
            node: NodeId::from_bytes([9; 20]),
            life: 4,
            epoch: 5,
            refusal: Some(HelloRefusal::Settings),
        };
        let mut out = Vec::new();
        hello.put(&mut out, true);
        let mut expected = vec![56, 0, 0, 0, 4, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0];
        expected.extend([9; 20]);
        expected.extend([4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3]);
        assert_eq!(out, expected);
        assert_eq!(Hello::read(&out[frame::HEADER_BYTES..]), Ok(hello));
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(Hello::read(&out[frame::HEADER_BYTES..cut]).is_err());
        }
    }
}
