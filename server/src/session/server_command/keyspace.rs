//! Commands on all keys that only look: `DBSIZE`, `KEYS pattern`, `RANDOMKEY`.

use super::super::caller::Door;
use super::super::everyone::ask_coordinators;
use super::scan::{serves, step};
use crate::node::Node;
use crate::store::Position;
use circlet_core::coordinator::Shortfall;
use circlet_resp::ReplyBuf;
use std::sync::Arc;

/// Keys that KEYS walks over in one round: it bounds a round's frames and the time that arcs are locked.
const KEYS_STEP: u64 = 2_000;

/// `DBSIZE`
pub(super) async fn dbsize(node: &Arc<Node>, door: Door, replies: &mut ReplyBuf) {
    match ask_coordinators(node, b"DBSIZE", &[], |routes, arc| serves(door, routes, arc)).await {
        Ok(round) => replies.integer(round.shares.iter().filter_map(|share| share.reply.as_integer()).sum()),
        Err(shortfall) => replies.error_display(&shortfall),
    }
}

/// `KEYS pattern`: a SCAN of everything. Like it, not a picture of one moment.
pub(super) async fn keys(node: &Arc<Node>, door: Door, pattern: &[u8], replies: &mut ReplyBuf) {
    match all_keys(node, door, pattern).await {
        Ok(mut keys) => {
            // A step may find keys again that share their place with the last step's end.
            keys.sort_unstable();
            keys.dedup();
            replies.array(keys.len());
            keys.iter().for_each(|key| replies.bulk(key));
        }
        Err(shortfall) => replies.error_display(&shortfall),
    }
}

async fn all_keys(node: &Arc<Node>, door: Door, pattern: &[u8]) -> Result<Vec<Vec<u8>>, Shortfall> {
    let (mut keys, mut at) = (Vec::new(), Some(Position::from_bits(0)));
    while let Some(from) = at {
        let mut found = step(node, door, from, KEYS_STEP, pattern, None).await?;
        keys.append(&mut found.keys);
        at = found.next;
    }
    Ok(keys)
}

/// `RANDOMKEY`: a random key of a member that is chosen by how many it has.
pub(super) async fn random_key(node: &Arc<Node>, door: Door, replies: &mut ReplyBuf) {
    let shares = match ask_coordinators(node, b"RANDOMKEY", &[], |routes, arc| serves(door, routes, arc)).await {
        Ok(round) => round.shares,
        Err(shortfall) => return replies.error_display(&shortfall),
    };
    let found: Vec<(u64, &[u8])> = shares
        .iter()
        .filter_map(|share| match share.reply.as_slice()? {
            [count, key] => Some((count.as_integer()?.unsigned_abs().max(1), key.as_bytes()?)),
            _ => None,
        })
        .collect();
    match pick(&found, rand::random()) {
        Some(key) => replies.bulk(key),
        None => replies.null(),
    }
}

/// One of the keys, each as probable as its number is great.
fn pick<'a>(found: &[(u64, &'a [u8])], random: u64) -> Option<&'a [u8]> {
    let total: u64 = found.iter().map(|(count, _)| count).sum();
    let mut left = random.checked_rem(total)?;
    for (count, key) in found {
        match left.checked_sub(*count) {
            None => return Some(key),
            Some(less) => left = less,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_with_three_times_the_keys_is_picked_three_times_as_often() {
        let found = [(1, &b"a"[..]), (3, b"b")];
        let picked: Vec<_> = (0..4).map(|random| pick(&found, random).unwrap()).collect();
        assert_eq!(picked, [b"a", b"b", b"b", b"b"]);
        assert_eq!(pick(&[], 7), None, "no keys");
    }
}
