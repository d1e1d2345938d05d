//! `CLUSTER JOIN entry [REPLACE node-id] | LEAVE node-id | STAY node-id | REMOVE node-id [FORCE] | WEIGHT node-id weight | MOVES`: changes of the
//! cluster, Circlet's own, on both ports.
//!
//! A change is answered once the voters have agreed on it; the arcs follow by themselves. MOVES shows how far they are:
//!
//! | field | what it is |
//! |---|---|
//! | `epoch` | of the topology in force on this node |
//! | `arcs_waiting` | arcs that are to move, and do not yet |
//! | `arcs_moving` | arcs whose data goes to other owners |
//! | `arcs_draining` | arcs that have moved, whose former owners look whether all of it has arrived |
//! | `entries_moved` | entries that this node has got from others since its counters were reset |
//! | `bytes_moved` | their bytes, keys and values as they travel |

use crate::command::CommandError;
use crate::metrics::Count;
use crate::node::{ChangeFailed, Node};
use circlet_core::moves::{Change, ChangeError, Target};
use circlet_core::topology::{MemberEntry, MemberStage, Topology};
use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};
use circlet_ring::{ArcId, NodeId};
use std::sync::Arc;

/// Runs one of them.
pub(super) async fn change(
    node: &Arc<Node>,
    id: CommandId,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    if id == CommandId::ClusterMoves {
        moves(node, replies);
        return Ok(());
    }
    let change = read(id, args)?;
    match node.change_topology(change.clone()).await {
        Ok(topology) => answer(&change, &topology, replies),
        Err(ChangeFailed::Refused(ChangeError::KnownId {
            stage: MemberStage::Joining,
            ..
        })) if id == CommandId::ClusterJoin => {
            // It asks again: the answer to its first question was lost.
            answer(&change, &node.topology(), replies);
        }
        Err(error) => replies.error_display(&error),
    }
    Ok(())
}

fn answer(change: &Change, topology: &Topology, replies: &mut ReplyBuf) {
    match change {
        Change::Join(_) | Change::Replace { .. } => replies.bulk(&topology.to_bytes()),
        _ => replies.ok(),
    }
}

fn read(id: CommandId, args: Args<'_>) -> Result<Change, CommandError> {
    let node_id = |at: usize| -> Result<NodeId, CommandError> {
        let text = args.get(at).and_then(|id| std::str::from_utf8(id).ok());
        text.and_then(|text| text.parse().ok()).ok_or(CommandError::Syntax)
    };
    let is_word = |at: usize, word: &str| {
        args.get(at)
            .is_some_and(|arg| arg.eq_ignore_ascii_case(word.as_bytes()))
    };
    Ok(match (id, args.len()) {
        (CommandId::ClusterJoin, 3) => Change::Join(entry(&args[2])?),
        (CommandId::ClusterJoin, 5) if is_word(3, "replace") => Change::Replace {
            old: node_id(4)?,
            new: entry(&args[2])?,
        },
        (CommandId::ClusterLeave, 3) => Change::Leave(node_id(2)?),
        (CommandId::ClusterStay, 3) => Change::Stay(node_id(2)?),
        (CommandId::ClusterRemove, 3) => Change::Remove {
            id: node_id(2)?,
            force: false,
        },
        (CommandId::ClusterRemove, 4) if is_word(3, "force") => Change::Remove {
            id: node_id(2)?,
            force: true,
        },
        (CommandId::ClusterWeight, 4) => {
            let weight = std::str::from_utf8(&args[3]).ok().and_then(|text| text.parse().ok());
            Change::Weight(node_id(2)?, weight.ok_or(CommandError::Syntax)?)
        }
        _ => return Err(CommandError::Syntax),
    })
}

fn entry(bytes: &[u8]) -> Result<MemberEntry, CommandError> {
    MemberEntry::from_bytes(bytes).map_err(|_| CommandError::Syntax)
}

/// Arcs that the present members and settings want elsewhere.
fn waiting(topology: &Topology) -> u64 {
    let Ok(target) = Target::of(topology) else { return 0 };
    let arcs = topology.settings().arcs.arcs();
    let is_waiting = |arc: &ArcId| topology.arc(*arc).goal() != target.owners(*arc);
    arcs.filter(is_waiting).count() as u64
}

fn moves(node: &Node, replies: &mut ReplyBuf) {
    let routes = node.routes.load();
    let topology = routes.view.topology();
    let arcs = || topology.settings().arcs.arcs().map(|arc| topology.arc(arc));
    let figures = [
        ("epoch", topology.epoch().get()),
        ("arcs_waiting", waiting(topology)),
        ("arcs_moving", arcs().filter(|arc| arc.moving.is_some()).count() as u64),
        (
            "arcs_draining",
            arcs().filter(|arc| !arc.draining.is_empty()).count() as u64,
        ),
        ("entries_moved", node.metrics.since_reset(Count::EntriesPulled)),
        ("bytes_moved", node.metrics.since_reset(Count::ExchangeBytes)),
    ];
    replies.map(figures.len());
    for (name, figure) in figures {
        replies.bulk(name.as_bytes());
        // Far below 2^63.
        replies.integer(figure as i64);
    }
}
