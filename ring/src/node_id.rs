//! The name of a node, for ever.

use std::fmt;
use std::str::FromStr;

/// A node's id: 160 random bits, drawn once, written to the node's data directory, never used again.
///
/// As text it is 40 hex digits, the form that Redis Cluster's clients expect in `CLUSTER NODES`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId([u8; NodeId::BYTES]);

impl NodeId {
    /// Its length.
    pub const BYTES: usize = 20;

    /// The id of these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; Self::BYTES] {
        &self.0
    }

    /// Its first 8 bytes as a big-endian number: enough to tell apart the nodes of one cluster, and their order is that of
    /// the ids unless they are equal. 1000 random ids share one with a probability below 10^-13.
    #[must_use]
    #[inline]
    pub const fn short(&self) -> u64 {
        let [a, b, c, d, e, f, g, h, ..] = self.0;
        u64::from_be_bytes([a, b, c, d, e, f, g, h])
    }
}

impl fmt::Display for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(formatter, "{byte:02x}"))
    }
}

/// The first 8 digits: enough for a log line.
impl fmt::Debug for NodeId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "node {:08x}", self.short() >> 32)
    }
}

/// Why a text is not a node's id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a node id is 40 hex digits")]
pub struct NodeIdError;

impl FromStr for NodeId {
    type Err = NodeIdError;

    fn from_str(text: &str) -> Result<Self, NodeIdError> {
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return Err(NodeIdError);
        };
        if pairs.len() != Self::BYTES {
            return Err(NodeIdError);
        }
        let mut bytes = [0; Self::BYTES];
        for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = hex_digit(high)? << 4 | hex_digit(low)?;
        }
        Ok(Self(bytes))
    }
}

fn hex_digit(digit: u8) -> Result<u8, NodeIdError> {
    match digit {
        b'0'..=b'9' => Ok(digit - b'0'),
        b'a'..=b'f' => Ok(digit - b'a' + 10),
        b'A'..=b'F' => Ok(digit - b'A' + 10),
        _ => Err(NodeIdError),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_short_form_is_the_first_eight_bytes() {
        let id: NodeId = "0123456789abcdef0123456789abcdef01234567".parse().unwrap();
        assert_eq!(id.short(), 0x0123_4567_89ab_cdef);
        assert_eq!(format!("{id:?}"), "node 01234567");
    }

    #[test]
    fn what_is_not_forty_hex_digits_is_refused() {
        let digits = "0".repeat(40);
        for text in [
            "",
            &digits[1..],
            &format!("{digits}0"),
            &format!("{}g", &digits[1..]),
            &"é".repeat(20),
        ] {
            assert_eq!(text.parse::<NodeId>(), Err(NodeIdError), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn text_and_back_is_the_same_id(bytes in any::<[u8; 20]>()) {
            let id = NodeId::from_bytes(bytes);
            prop_assert_eq!(id.to_string().len(), 40);
            prop_assert_eq!(id.to_string().parse::<NodeId>(), Ok(id));
            prop_assert_eq!(id.to_string().to_uppercase().parse::<NodeId>(), Ok(id), "capitals are digits too");
        }
    }
}
