//! Commands that wait here for clients of one peer.

use super::{here, plan_alone};
use crate::link::outbox::Outbox;
use crate::link::waits::Ended;
use crate::node::Node;
use crate::routes::Routes;
use crate::session::caller::Caller;
use crate::session::plan::Plan;
use crate::waiting::Command;
use circlet_core::message::wait::{Wait, WaitOutcome, WaitReply};
use circlet_resp::command::resolve;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::oneshot;

/// Those that came over one link. Each is a task; all of them end when this is dropped, with the link.
pub(crate) struct PeerWaits {
    node: Arc<Node>,
    outbox: Arc<Outbox>,
    /// By the peer's number; a wait ends when its sender is used or dropped.
    open: Arc<Mutex<Open>>,
}

type Open = HashMap<u32, oneshot::Sender<()>>;

impl PeerWaits {
    /// For a link whose answers leave by this outbox.
    pub(crate) fn new(node: &Arc<Node>, outbox: &Arc<Outbox>) -> Self {
        PeerWaits {
            node: Arc::clone(node),
            outbox: Arc::clone(outbox),
            open: Arc::default(),
        }
    }

    /// Lets a command wait, or appends the answer that it does not.
    pub(crate) fn begin(&self, routes: &Routes, wait: &Wait<'_>, answers: &mut Vec<u8>) {
        let id = wait.id;
        let caller = Caller::forwarded(wait.how);
        let command = Command::from_words(wait.arguments.iter());
        let planned = resolve(command.args())
            .ok()
            .and_then(|spec| plan_alone(&mut Plan::default(), &self.node, &caller, spec, command.args()).ok());
        let part = match planned {
            _ if wait.epoch != routes.epoch => Err(WaitOutcome::Again),
            // The peer has run it before: it is of another version.
            None => Err(WaitOutcome::Moved),
            Some(part) => Ok(part),
        };
        let part = match part {
            Ok(part) => part,
            Err(outcome) => return WaitReply { id, outcome }.put(answers),
        };
        let (end, ended) = oneshot::channel();
        self.open.lock().insert(id, end);
        let (node, outbox, open) = (
            Arc::clone(&self.node),
            Arc::clone(&self.outbox),
            Arc::downgrade(&self.open),
        );
        tokio::spawn(async move {
            let over = async {
                // An end that was said, and a link that is lost, are the same.
                let _ = ended.await;
            };
            let ended = here::wait(&node, &caller, &part, command.args(), over).await;
            if let Some(open) = open.upgrade() {
                open.lock().remove(&id);
            }
            let outcome = match &ended {
                Ended::Reply(reply) => WaitOutcome::Reply(reply),
                Ended::Left => WaitOutcome::Ended,
                Ended::Again => WaitOutcome::Again,
                Ended::Moved => WaitOutcome::Moved,
                Ended::Busy => WaitOutcome::Busy,
            };
            outbox.answer(|out| WaitReply { id, outcome }.put(out));
        });
    }

    /// The peer's client waits no more.
    pub(crate) fn end(&self, id: u32) {
        // One that has ended already was answered.
        if let Some(end) = self.open.lock().remove(&id) {
            let _ = end.send(());
        }
    }
}
