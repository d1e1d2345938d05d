//! How two nodes meet on a link.
//!
//! Hello and its reply have one layout: `version u16 | cluster u64 | settings u64 | node 20 bytes | life u64 | epoch u64 |
//! refusal u8 | announced 16 bytes | purpose u8 (0 commands, 1 bulk)`. The one who dials sends refusal 0. A node that answers with a refusal closes the link after it.
//! An announced address is an IPv6 address, or an IPv4 address mapped into one; all zeros stand for none.

use super::Malformed;
use super::frame::{self, FrameKind};
use super::reader::Reader;
use circlet_ring::NodeId;
use std::net::{IpAddr, Ipv6Addr};

/// The version of the peer protocol that this program speaks. Nodes of two versions do not talk.
pub const PROTOCOL_VERSION: u16 = 6;

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
    /// The topology lists the node as one that has left, or was removed: it is to stop, and its data is to be forgotten.
    #[error("it is a member of the cluster no more")]
    Gone,
}

impl HelloRefusal {
    fn byte(this: Option<Self>) -> u8 {
        match this {
            None => 0,
            Some(HelloRefusal::Version) => 1,
            Some(HelloRefusal::Cluster) => 2,
            Some(HelloRefusal::Settings) => 3,
            Some(HelloRefusal::Stranger) => 4,
            Some(HelloRefusal::Gone) => 5,
        }
    }

    fn from_byte(byte: u8) -> Result<Option<Self>, Malformed> {
        Ok(match byte {
            0 => None,
            1 => Some(HelloRefusal::Version),
            2 => Some(HelloRefusal::Cluster),
            3 => Some(HelloRefusal::Settings),
            4 => Some(HelloRefusal::Stranger),
            5 => Some(HelloRefusal::Gone),
            _ => return Err(Malformed("unknown refusal of a hello")),
        })
    }
}

/// What a link is for. Whoever dials has two to each peer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Purpose {
    /// What clients wait for.
    Commands = 0,
    /// Whole arcs, which can wait: on a link of their own nothing stands behind them.
    Bulk = 1,
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
    /// The address that clients are to be told to reach the node at, if it is not the one in the topology.
    pub announced: Option<IpAddr>,
    /// What the link is for; an answer repeats it.
    pub purpose: Purpose,
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
        out.extend_from_slice(&announced_bytes(self.announced));
        out.push(self.purpose as u8);
        frame::finish(out, start);
    }

    /// Reads a hello's body.
    ///
    /// # Errors
    /// [`Malformed`] when it is cut short or has an unknown refusal or purpose. Bytes after it are allowed: a later version may add some.
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
            announced: announced_from_bytes(reader.array()?),
            purpose: match reader.u8()? {
                0 => Purpose::Commands,
                1 => Purpose::Bulk,
                _ => return Err(Malformed("unknown purpose of a link")),
            },
        })
    }
}

fn announced_bytes(announced: Option<IpAddr>) -> [u8; 16] {
    match announced {
        None => [0; 16],
        Some(IpAddr::V4(address)) => address.to_ipv6_mapped().octets(),
        Some(IpAddr::V6(address)) => address.octets(),
    }
}

/// Addresses that reach nothing are taken as "none".
fn announced_from_bytes(bytes: [u8; 16]) -> Option<IpAddr> {
    let address = Ipv6Addr::from(bytes).to_canonical();
    (!address.is_unspecified()).then_some(address)
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
            announced: "10.0.0.7".parse().ok(),
            purpose: Purpose::Bulk,
        };
        let mut out = Vec::new();
        hello.put(&mut out, true);
        let mut expected = vec![73, 0, 0, 0, 4, 1, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0];
        expected.extend([9; 20]);
        expected.extend([4, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0, 3]);
        expected.extend([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 0, 0, 7, 1]);
        assert_eq!(out, expected);
        assert_eq!(Hello::read(&out[frame::HEADER_BYTES..]), Ok(hello));
        for cut in frame::HEADER_BYTES..out.len() {
            assert!(Hello::read(&out[frame::HEADER_BYTES..cut]).is_err());
        }
    }

    #[test]
    fn an_announced_address_arrives_as_it_was_and_no_address_as_none() {
        for announced in [None, "192.168.3.4".parse().ok(), "2001:db8::7".parse().ok()] {
            assert_eq!(announced_from_bytes(announced_bytes(announced)), announced);
        }
        assert_eq!(announced_from_bytes(announced_bytes("0.0.0.0".parse().ok())), None);
        assert_eq!(announced_from_bytes(announced_bytes("::".parse().ok())), None);
    }
}
