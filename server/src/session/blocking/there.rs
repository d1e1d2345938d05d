//! Waiting at another node, over the link to it.

use crate::link::waits::Ended;
use crate::node::Node;
use crate::routes::NodeIndex;
use crate::session::caller::Caller;
use crate::session::plan::Part;
use circlet_core::message::wait::{self, Wait};
use circlet_resp::Args;
use std::pin::pin;

/// Waits until the coordinator answers, or until `over`.
pub(super) async fn wait(
    node: &Node,
    coordinator: NodeIndex,
    caller: &Caller,
    part: &Part,
    args: Args<'_>,
    over: impl Future<Output = ()>,
) -> Ended {
    let link = &node.links[coordinator];
    let mut command = Vec::new();
    if !part.put_run(&mut command, caller.run_how(), args) {
        return Ended::Busy;
    }
    let (id, mut ended) = link.waits.begin(part.arc);
    let epoch = node.routes.load().epoch;
    if link.outbox.append(|out| Wait::put(out, id, epoch, &command)).is_err() {
        link.waits.forget(id);
        return Ended::Again;
    }
    node.end_moved_waits();
    let mut over = pin!(over);
    tokio::select! {
        biased;
        ended = &mut ended => return ended.unwrap_or(Ended::Moved),
        () = &mut over => {}
    }
    if link.outbox.append(|out| wait::put_end(out, id)).is_err() {
        link.waits.forget(id);
        return Ended::Left;
    }
    // What was served just now is on its way; the coordinator answers at once, or the link is lost.
    let patience = node.config.current().timeouts.request.duration();
    match tokio::time::timeout(patience, ended).await {
        Ok(Ok(ended)) => ended,
        Ok(Err(_)) | Err(_) => {
            link.waits.forget(id);
            Ended::Left
        }
    }
}
