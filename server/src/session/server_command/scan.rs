//! `SCAN cursor [MATCH pattern] [COUNT count] [TYPE type]`
//!
//! A cursor is a position in the order of all keys: by slot, then by hash. It is the same on every node and survives growing
//! tables and moving arcs, so a scan can go on at another node. A key that is there during the whole scan is returned.
//!
//! ```text
//!   window of arcs   | arc 7 (A) | arc 8 (C) | arc 9 (A) | arc 10 (B) |
//!   A stopped at                       ^ its COUNT was reached
//!   B, C stopped at                                              end  ^
//!   returned: all keys before the least stop; the cursor is that stop
//! ```
//!
//! Neighbouring arcs are coordinated by different nodes, so all of them are asked at once for a window of arcs. Keys beyond the
//! least stop are thrown away and found again by the next step. The window grows while little is found: an empty keyspace of 1024
//! arcs is scanned in five rounds.

use super::super::caller::Door;
use super::super::everyone::ask_coordinators;
use super::super::local::position;
use crate::command::CommandError;
use crate::command::scan::{ScanOptions, Scanned, cursor, write_head};
use crate::node::Node;
use crate::routes::Routes;
use crate::store::Position;
use circlet_core::coordinator::Shortfall;
use circlet_resp::{Args, ReplyBuf, Value};
use circlet_ring::{ArcId, SLOT_COUNT, Slot};
use std::sync::Arc;

/// A greater COUNT is served in steps of this many: it bounds what a step holds in memory.
const COUNT_MAX: u64 = 10_000;

/// Arcs of the first window.
const WINDOW_ARCS: u16 = 8;

/// How much larger the next window is when the last one held too little.
const WINDOW_GROWTH: u16 = 4;

/// Windows of one step: past them the client gets what there is, and a cursor to go on.
const WINDOWS_MAX: usize = 6;

/// Where a SCAN goes on, and what it wants.
fn parse<'a>(args: Args<'a>) -> Result<(Position, ScanOptions<'a>), CommandError> {
    let from = Position::from_bits(cursor(&args[1])?);
    Ok((from, ScanOptions::parse(args.skip(2), Scanned::Keys)?))
}

/// Runs SCAN.
pub(super) async fn scan(node: &Arc<Node>, door: Door, args: Args<'_>, replies: &mut ReplyBuf) {
    let (from, options) = match parse(args) {
        Ok(parsed) => parsed,
        Err(error) => return replies.error_display(&error),
    };
    let count = options.count.min(COUNT_MAX);
    match step(node, door, from, count, options.pattern(), options.kind).await {
        Err(shortfall) => replies.error_display(&shortfall),
        Ok(Step { next, keys }) => {
            write_head(replies, next.map_or(0, Position::to_bits), keys.len());
            keys.iter().for_each(|key| replies.bulk(key));
        }
    }
}

/// What one step found, and where to go on; `None` at the end.
pub(super) struct Step {
    pub(super) next: Option<Position>,
    pub(super) keys: Vec<Vec<u8>>,
}

/// Walks over at least `count` keys, if there are so many before the windows are over; returns those that match the pattern and, if a
/// type is named, hold a value of that type.
///
/// # Errors
/// When the coordinator of some arc does not answer.
pub(super) async fn step(
    node: &Arc<Node>,
    door: Door,
    from: Position,
    count: u64,
    pattern: &[u8],
    kind: Option<&[u8]>,
) -> Result<Step, Shortfall> {
    let arcs = node.store.arcs();
    let (mut at, mut keys, mut visited, mut window) = (from, Vec::new(), 0, WINDOW_ARCS);
    for _ in 0..WINDOWS_MAX {
        let Some(slot) = Slot::new(at.slot_number()) else { break };
        let first = arcs.arc_of(slot).get();
        let last = first.saturating_add(window - 1).min(arcs.get() - 1);
        let end = arcs.arc(last).map_or(SLOT_COUNT, |arc| *arcs.slots_of(arc).end() + 1);
        let end = Position::first_of_slot(end);
        let wanted = |routes: &Routes, arc: ArcId| (first..=last).contains(&arc.get()) && serves(door, routes, arc);
        let (from_text, count_text) = (at.to_bits().to_string(), (count - visited).to_string());
        let args = [
            from_text.as_bytes(),
            count_text.as_bytes(),
            pattern,
            kind.unwrap_or_default(),
        ];
        // Without its last argument if all types are wanted.
        let args = &args[..if kind.is_some() { 4 } else { 3 }];
        let round = ask_coordinators(node, b"SCAN", args, wanted).await?;
        let shares: Vec<Found> = round
            .shares
            .into_iter()
            .filter_map(|share| Found::read(share.reply))
            .collect();
        let stop = shares.iter().map(|found| found.stop).fold(end, Ord::min);
        visited += shares.iter().map(|found| found.visited).sum::<u64>();
        let found = shares.into_iter().flat_map(|found| found.keys);
        keys.extend(found.filter(|key| position(key) < stop));
        at = stop;
        if stop < end || visited >= count {
            break;
        }
        window = window.saturating_mul(WINDOW_GROWTH);
    }
    let next = (at < Position::first_of_slot(SLOT_COUNT)).then_some(at);
    Ok(Step { next, keys })
}

/// Whether a door's keyspace has this arc: the big one has all, the cluster's those that this node is the acting primary of.
pub(super) fn serves(door: Door, routes: &Routes, arc: ArcId) -> bool {
    door != Door::Cluster || routes.arc(arc).coordinator == Some(routes.me)
}

/// One member's share.
struct Found {
    stop: Position,
    visited: u64,
    keys: Vec<Vec<u8>>,
}

impl Found {
    fn read(reply: Value) -> Option<Self> {
        let Value::Array(parts) = reply else { return None };
        let [stop, visited, Value::Array(keys)] = <[Value; 3]>::try_from(parts).ok()? else {
            return None;
        };
        let keys = keys.into_iter().filter_map(|key| match key {
            Value::Bulk(key) => Some(key),
            _ => None,
        });
        Some(Found {
            stop: Position::from_bits(stop.as_integer()?.unsigned_abs()),
            visited: visited.as_integer()?.unsigned_abs(),
            keys: keys.collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::test_request::Line;
    use super::*;

    #[test]
    fn what_is_wrong_is_said_in_the_words_of_redis() {
        for (line, expected) in [
            ("SCAN x", "ERR invalid cursor"),
            ("SCAN 0 COUNT", "ERR syntax error"),
            ("SCAN 0 COUNT 0", "ERR syntax error"),
            ("SCAN 0 COUNT x", "ERR value is not an integer or out of range"),
            ("SCAN 0 FOO 1", "ERR syntax error"),
        ] {
            let error = parse(Line::new(line).args()).unwrap_err();
            assert_eq!(error.to_string(), expected, "{line}");
        }
    }
}
