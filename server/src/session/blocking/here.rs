//! Waiting at the node that coordinates the keys.

use super::in_scene;
use crate::link::waits::Ended;
use crate::node::Node;
use crate::session::caller::Caller;
use crate::session::executor::Executor;
use crate::session::plan::Part;
use crate::store::HashedKey;
use crate::turn::Problem;
use crate::waiting::{Served, Waiter};
use circlet_core::coordinator::Shortfall;
use circlet_core::state::Value;
use circlet_resp::{Args, ReplyBuf};
use std::pin::pin;
use std::sync::Arc;

/// Waits until a write serves the command, or until `over`.
pub(super) async fn wait(
    node: &Arc<Node>,
    caller: &Caller,
    part: &Part,
    args: Args<'_>,
    over: impl Future<Output = ()>,
) -> Ended {
    let (waiter, mut served) = Waiter::new(caller, part, args);
    if let Err(ended) = enter(node, &waiter) {
        return ended;
    }
    let place = Place { node, waiter: &waiter };
    let mut over = pin!(over);
    let served = tokio::select! {
        biased;
        served = &mut served => served,
        () = &mut over => {
            if place.leave() {
                return Ended::Left;
            }
            served.await
        }
    };
    match served {
        Ok(Served::Ran { reply, changed }) => replicate(node, &waiter, reply, &changed).await,
        Ok(Served::Again) => Ended::Again,
        Ok(Served::Moved) | Err(_) => Ended::Moved,
    }
}

/// Takes its place in the queues, if there is nothing for it yet and this node is the one to wait at.
fn enter(node: &Node, waiter: &Arc<Waiter>) -> Result<(), Ended> {
    let entered = in_scene(node, &waiter.caller, |scene| {
        let route = scene.routes.arc(waiter.part.arc);
        let levels = waiter
            .caller
            .levels(&scene.config.cluster, waiter.part.key(waiter.args()).key);
        let is_coordinator = route.coordinator == Some(scene.routes.me);
        if !is_coordinator || !route.is_ready(levels.read) || !node.holds_lease(scene.now.mono) {
            return Err(Ended::Again);
        }
        let shard = node.store.lock(waiter.part.arc);
        for key in waiter.keys() {
            match shard.state(&HashedKey::new(key)).value(scene.now.wall) {
                Value::Collection(kind) if kind == waiter.kind => return Err(Ended::Again),
                Value::Unreadable => return Err(Ended::Again),
                _ => {}
            }
        }
        if node.waiting.enter(waiter) {
            Ok(())
        } else {
            Err(Ended::Busy)
        }
    });
    if entered.is_ok() {
        node.end_moved_waits();
    }
    entered
}

/// Ends the wait when it is dropped.
struct Place<'a> {
    node: &'a Node,
    waiter: &'a Waiter,
}

impl Place<'_> {
    /// False if the wait has ended already.
    fn leave(&self) -> bool {
        self.node.waiting.leave(self.waiter)
    }
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Tells the other owners what the command changed, and gives its reply once enough of them have it.
async fn replicate(node: &Node, waiter: &Waiter, reply: Vec<u8>, changed: &crate::command::Deltas) -> Ended {
    let mut executor = Executor::default();
    let sent = in_scene(node, &waiter.caller, |scene| {
        executor.replicate_late(scene, &waiter.part, waiter.args(), changed)
    });
    let turn = match sent {
        Ok(turn) => turn,
        Err(shortfall) => return Ended::Reply(error_reply(&shortfall)),
    };
    let Some(turn) = turn else { return Ended::Reply(reply) };
    turn.done().await;
    let problem = turn.with(|waits| waits.problems.first().map(|(_, problem)| *problem));
    match problem {
        None => Ended::Reply(reply),
        Some(Problem::WriteTimeout { acked, need }) => {
            Ended::Reply(error_reply(&Shortfall::WriteTimeout { acked, need }))
        }
        // It lost to something newer, and left nothing behind.
        Some(_) => Ended::Again,
    }
}

fn error_reply(shortfall: &Shortfall) -> Vec<u8> {
    let mut reply = ReplyBuf::default();
    reply.error_display(shortfall);
    reply.take()
}
