//! `CLUSTER RECOVER FORCE cluster-name node-id [node-id ...]`: goes on without the majority of the voters, which are gone for good. Circlet's own, on both
//! ports. **Unsafe**: docs/design/agreement.md.
//!
//! The answer is a map: `epoch` (its upper 32 bits count such recoveries), `arcs-left-to-too-few` and `arcs-lost` (of which nobody is left).
//!
//! It is refused where the cluster is called otherwise, one of the nodes answers this one, or the rest is a majority.

use crate::command::CommandError;
use crate::node::Node;
use crate::routes::Routes;
use circlet_core::topology::Topology;
use circlet_resp::{Args, ReplyBuf};
use circlet_ring::NodeId;
use std::sync::Arc;

/// Runs it.
pub(super) async fn recover(node: &Arc<Node>, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    if !args.get(2).is_some_and(|word| word.eq_ignore_ascii_case(b"force")) || args.len() < 5 {
        return Err(CommandError::Syntax);
    }
    let name = node.config.current().cluster.name.clone();
    if &args[3] != name.as_bytes() {
        replies.error(&format!("ERR this is the cluster {name:?}"));
        return Ok(());
    }
    let id = |word: &[u8]| std::str::from_utf8(word).ok()?.parse().ok();
    let gone: Option<Vec<NodeId>> = args.skip(4).iter().map(id).collect();
    let gone = gone.ok_or(CommandError::Syntax)?;
    let answers = gone.iter().find(|id| is_there(node, &node.routes.load(), id));
    if let Some(id) = answers {
        replies.error(&format!("ERR {id} is not gone: it answers this node"));
        return Ok(());
    }
    match node.force_recovery(gone).await {
        Ok(recovered) => {
            replies.map(3);
            for (name, figure) in [
                ("epoch", recovered.topology.epoch().get().cast_signed()),
                ("arcs-left-to-too-few", recovered.losses.weak as i64),
                ("arcs-lost", recovered.losses.lost as i64),
            ] {
                replies.bulk(name.as_bytes());
                replies.integer(figure);
            }
        }
        Err(error) => replies.error_display(&error),
    }
    Ok(())
}

fn is_there(node: &Node, routes: &Routes, id: &NodeId) -> bool {
    let topology: &Topology = routes.view.topology();
    topology.index_of(id).is_some_and(|member| {
        let index = crate::routes::index(member);
        index == routes.me || routes.view.member(member).reachable || node.links[index].is_up()
    })
}
