//! A state of another owner arrives: the one way into the store for deltas, for states that answers bring, and for those of an exchange.

use crate::metrics::Count;
use crate::node::Node;
use crate::store::{HashedKey, Merge, Shard};
use circlet_core::clock::ClockAhead;
use circlet_core::message::HeldArc;
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_core::time::WallMs;

/// What a state is, to its receiver. Each names up to where its sender is synced.
#[derive(Debug, Clone, Copy)]
pub(super) enum Sent {
    /// Something of what the sender has.
    Some(Stamp),
    /// All that the sender has under this key, in an exchange that goes through everything.
    All(Stamp),
}

/// Merges `state`, as far as it is believed.
///
/// # Errors
/// [`ClockAhead`] if its stamps are too far ahead: nothing was merged.
pub(super) fn receive(
    node: &Node,
    shard: &mut Shard,
    key: &HashedKey<'_>,
    state: State<'_>,
    sent: Sent,
    now: WallMs,
) -> Result<Merge, ClockAhead> {
    check_ahead(node, state.max_stamp(), now)?;
    let merge = match sent {
        Sent::Some(synced) => shard.receive(key, state, synced),
        Sent::All(synced) => shard.receive_whole(key, state, synced),
    };
    if merge.is_ignored {
        node.metrics.inc(Count::StatesIgnored);
    }
    if merge.changed {
        node.after_merge(shard, key, state.max_stamp(), now);
    }
    Ok(merge)
}

/// Whether a stamp may be observed.
///
/// # Errors
/// [`ClockAhead`], counted.
pub(super) fn check_ahead(node: &Node, stamp: Stamp, now: WallMs) -> Result<(), ClockAhead> {
    node.drift
        .check(now, stamp)
        .inspect_err(|_| node.metrics.inc(Count::DeltasAhead))
}

/// Whether what a peer says of an arc that it holds may be taken over.
///
/// # Errors
/// [`ClockAhead`], counted.
pub(super) fn check_held(node: &Node, held: &HeldArc, now: WallMs) -> Result<(), ClockAhead> {
    check_ahead(node, Stamp::from_bits(held.clock.max(held.flushed)), now)
}

/// Takes over clock and flush of an arc from a peer that holds it; gives what that drops, to be freed without the lock.
pub(super) fn take_over(shard: &mut Shard, held: &HeldArc) -> impl Sized + use<> {
    shard.clock.observe(Stamp::from_bits(held.clock));
    shard.flush(Stamp::from_bits(held.flushed))
}
