//! Counts by key what clients ask of this node: a sample of it (`core::hot_keys` has why and how).
//!
//! An access is counted where it comes in, by the node that the client is connected to; not where it is forwarded to, nor where it is replicated.

use super::plan::{Handler, Part};
use super::voting::Voting;
use crate::node::Node;
use circlet_core::hot_keys::Sampler;
use circlet_core::time::Instant;
use circlet_resp::Args;
use std::cell::Cell;
use xxhash_rust::xxh3::xxh3_64;

/// Keys of one command that are counted, of those that have to be in one slot: a sampled command of a million keys shall not hold up others.
const KEYS_MAX: usize = 64;

thread_local! {
    /// Shared by the connections of a thread. Without a destructor, so that reaching it is one instruction.
    static SAMPLER: Cell<Sampler> = const { Cell::new(Sampler::new()) };
}

/// These parts have run.
#[inline]
pub(super) fn note<'b>(node: &Node, parts: &[Part], args_of: &impl Fn(u32) -> Args<'b>, now: Instant) {
    let mut sampler = SAMPLER.get();
    // At most `PARTS_MAX`.
    let sampled = sampler.pass(parts.len() as u32);
    if let Some(passed) = sampled {
        look(node, &mut sampler, passed, parts, args_of, now);
    }
    SAMPLER.set(sampler);
}

#[cold]
fn look<'b>(
    node: &Node,
    sampler: &mut Sampler,
    passed: u32,
    mut parts: &[Part],
    args_of: &impl Fn(u32) -> Args<'b>,
    now: Instant,
) {
    let mut hot_keys = node.hot_keys.lock();
    let mut next = Some(passed);
    while let Some(passed) = next {
        let stands_for = sampler.take(now, rand::random());
        let [part, rest @ ..] = &parts[passed as usize..] else {
            break;
        };
        let args = args_of(part.command);
        match part.handler {
            // The read was counted by the owner that answers it.
            _ if part.voting == Voting::Vote => {}
            Handler::Key(_) => hot_keys.offer(part.key(args).key, part.hash, stands_for, now),
            Handler::Slot(_) => {
                let keys = part.spec.keys(args).filter_map(|(at, _)| args.get(at));
                keys.take(KEYS_MAX)
                    .for_each(|key| hot_keys.offer(key, xxh3_64(key), stands_for, now));
            }
        }
        parts = rest;
        next = sampler.pass(parts.len() as u32);
    }
}
