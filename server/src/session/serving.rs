//! Serves commands that wait, right after the write that they waited for and under the same lock.
//!
//! A waiter that cannot be served any more as it asked (too few owners can be reached, a key of another type) is answered with the
//! error, as if it came now: nothing was changed for it.

use super::gate::Gate;
use super::plan::Handler;
use super::scene::Scene;
use crate::command::{CommandError, Deltas, SlotCx};
use crate::routes::OwnerSet;
use crate::store::{HashedKey, Shard};
use crate::waiting::{Served, Waiter};
use circlet_core::state::Value;
use circlet_resp::ReplyBuf;
use std::collections::VecDeque;

/// Serves those who wait on keys that were written.
#[cold]
pub(super) fn serve<'k>(
    scene: &Scene<'_>,
    gate: &Gate<'_>,
    owners: &OwnerSet,
    shard: &mut Shard,
    written: impl Iterator<Item = &'k [u8]>,
) {
    let waiting = &scene.node.waiting;
    // One that is served may write what another waits for: BLMOVE.
    let mut written: VecDeque<Box<[u8]>> = written.map(Into::into).collect();
    while let Some(key) = written.pop_front() {
        let mut place = 0;
        while let Some(waiter) = waiting.at(&key, place) {
            match shard.state(&HashedKey::new(&key)).value(scene.now.wall) {
                Value::Collection(kind) if kind == waiter.kind => {}
                Value::Missing => break,
                _ => {
                    place += 1;
                    continue;
                }
            }
            let served = waiting.serve(&waiter, || {
                let served = run(scene, gate, owners, shard, &waiter);
                if let Some(Served::Ran { changed, .. }) = &served {
                    written.extend(changed.changed().map(|(key, _)| key.into()));
                }
                served
            });
            place += usize::from(!served);
        }
    }
}

/// Runs a waiter's command; `None` if there is nothing for it.
fn run(scene: &Scene<'_>, gate: &Gate<'_>, owners: &OwnerSet, shard: &mut Shard, waiter: &Waiter) -> Option<Served> {
    let args = waiter.args();
    let mut changed = if scene.routes.is_shared {
        Deltas::default()
    } else {
        Deltas::unwanted()
    };
    let mut reply = ReplyBuf::new(waiter.caller.proto);
    let levels = waiter.caller.levels(&scene.config.cluster, waiter.part.key(args).key);
    if let Err(refused) = gate.admit(waiter.part.spec, levels, owners) {
        reply.error_display(&refused);
    } else if let Handler::Slot(handler) = waiter.part.handler {
        let writer = scene.node.writer(shard, scene.now.wall, !owners.is_alone());
        match handler(&mut SlotCx::new(shard, writer, &mut changed), args, &mut reply) {
            Ok(()) if changed.changed().next().is_none() => return None,
            Ok(()) => {}
            Err(CommandError::NeedFullState | CommandError::ExpiredHere) => return Some(Served::Again),
            Err(error) => {
                reply.clear();
                error.write(&mut reply);
            }
        }
    }
    let reply = reply.take();
    Some(Served::Ran { reply, changed })
}
