//! `CLUSTER MOVES`, as Circlet's nodes answer it.

use super::admin;
use crate::failure::Failure;
use circlet_resp::Value;
use std::net::SocketAddr;

/// How far a node says the cluster's moves are.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Moves {
    pub(super) epoch: u64,
    /// Arcs that are to move and do not yet; 0 where that is not told.
    pub(super) arcs_waiting: u64,
    pub(super) arcs_moving: u64,
    pub(super) arcs_draining: u64,
    pub(super) entries_moved: u64,
    pub(super) bytes_moved: u64,
}

pub(super) fn moves(at: SocketAddr) -> Result<Moves, Failure> {
    let reply = admin::call(at, &["CLUSTER", "MOVES"])?;
    parse_moves(&reply).ok_or_else(|| Failure::new(format!("CLUSTER MOVES at {at} answered something else: {reply:?}")))
}

/// A map, or its keys and values one after the other.
fn parse_moves(reply: &Value) -> Option<Moves> {
    let pairs: Vec<(&Value, &Value)> = match reply {
        Value::Map(pairs) => pairs.iter().map(|(key, value)| (key, value)).collect(),
        Value::Array(flat) => flat.chunks_exact(2).map(|pair| (&pair[0], &pair[1])).collect(),
        _ => return None,
    };
    let number = |name: &str| {
        let (_, value) = pairs.iter().find(|(key, _)| key.as_bytes() == Some(name.as_bytes()))?;
        match value {
            Value::Integer(number) => u64::try_from(*number).ok(),
            other => std::str::from_utf8(other.as_bytes()?).ok()?.parse().ok(),
        }
    };
    Some(Moves {
        epoch: number("epoch")?,
        arcs_waiting: number("arcs_waiting").unwrap_or_default(),
        arcs_moving: number("arcs_moving")?,
        arcs_draining: number("arcs_draining")?,
        entries_moved: number("entries_moved")?,
        bytes_moved: number("bytes_moved")?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_read_from_both_kinds_of_map() {
        let words = ["epoch", "arcs_moving", "arcs_draining", "entries_moved", "bytes_moved"];
        let pair = |(at, word): (usize, &&str)| (Value::Bulk(word.as_bytes().to_vec()), Value::Integer(at as i64 + 1));
        let map: Vec<(Value, Value)> = words.iter().enumerate().map(pair).collect();
        let flat = map.iter().cloned().flat_map(|(key, value)| [key, value]).collect();
        let moves = Moves {
            epoch: 1,
            arcs_waiting: 0,
            arcs_moving: 2,
            arcs_draining: 3,
            entries_moved: 4,
            bytes_moved: 5,
        };
        assert_eq!(parse_moves(&Value::Array(flat)).as_ref(), Some(&moves));
        assert_eq!(parse_moves(&Value::Map(map)).as_ref(), Some(&moves));
        assert_eq!(parse_moves(&Value::Array(Vec::new())), None);
    }
}
