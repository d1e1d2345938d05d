//! Zones: what fails together.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

/// The name of a zone: a rack, a room, a data centre; whatever tends to fail as a whole.
///
/// Copies of an arc go to distinct zones first. Nodes that name no zone are all in [`Zone::default`], and a cluster with one
/// zone is one without zones. Cheap to clone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
// Invariant: 1 to BYTES_MAX bytes, each a letter, a digit or one of `-_.`, so that it needs no quoting anywhere.
pub struct Zone(Arc<str>);

impl Zone {
    /// The longest name, in bytes.
    pub const BYTES_MAX: usize = 64;

    /// Its name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for Zone {
    fn default() -> Self {
        Self(Arc::from("default"))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

impl fmt::Debug for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "zone {}", self.0)
    }
}

/// Why a text does not name a zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a zone's name is 1 to {} letters, digits, '-', '_' or '.'", Zone::BYTES_MAX)]
pub struct ZoneError;

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Self, ZoneError> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
        if name.is_empty() || name.len() > Self::BYTES_MAX || !name.bytes().all(plain) {
            return Err(ZoneError);
        }
        Ok(Self(Arc::from(name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_would_need_quoting_are_refused() {
        let longest = "z".repeat(Zone::BYTES_MAX);
        for name in ["a", "eu-west-1.rack_7", "default", &longest] {
            assert_eq!(name.parse::<Zone>().unwrap().as_str(), name);
        }
        for name in ["", "a b", "a\n", "é", "a,b", &format!("{longest}z")] {
            assert_eq!(name.parse::<Zone>(), Err(ZoneError), "{name:?}");
        }
    }
}
