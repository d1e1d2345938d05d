//! `CLUSTER JOIN entry [REPLACE node-id] | LEAVE node-id | STAY node-id | REMOVE node-id [FORCE] | WEIGHT node-id weight | ZONE node-id zone |
//! SETTINGS [REPLICAS n] [READ level] [WRITE level] | MOVES`: changes of the cluster, Circlet's own, on both ports.
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
//! | `entries_left`, `bytes_left` | what others have still to get of the arcs that this node coordinates, about; bytes in memory |
//! | `change_entries`, `change_bytes` | what this node has got in the change under way, or in the last one |
//! | `entries_per_second`, `bytes_per_second` | what this node got a second, over the last five seconds of a change |
//! | `left_ms` | milliseconds until this node has given what is left; -1 if nothing goes on, or nothing is given |

use crate::command::CommandError;
use crate::metrics::Count;
use crate::node::{ChangeFailed, Node};
use circlet_core::moves::{Change, ChangeError};
use circlet_core::quorum::Level;
use circlet_core::topology::{MemberEntry, MemberStage, Topology};
use circlet_resp::command::CommandId;
use circlet_resp::{Args, ReplyBuf};
use circlet_ring::NodeId;
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
    let text = |at: usize| args.get(at).and_then(|word| std::str::from_utf8(word).ok());
    let node_id = |at: usize| -> Result<NodeId, CommandError> {
        text(at).and_then(|text| text.parse().ok()).ok_or(CommandError::Syntax)
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
            let weight = text(3).and_then(|text| text.parse().ok());
            Change::Weight(node_id(2)?, weight.ok_or(CommandError::Syntax)?)
        }
        (CommandId::ClusterZone, 4) => {
            let zone = text(3).and_then(|text| text.parse().ok());
            Change::Zone(node_id(2)?, zone.ok_or(CommandError::Syntax)?)
        }
        (CommandId::ClusterSettings, _) => settings(args)?,
        _ => return Err(CommandError::Syntax),
    })
}

/// Pairs of a name and a value, each name once at most.
fn settings(args: Args<'_>) -> Result<Change, CommandError> {
    let (mut replicas, mut read, mut write) = (None, None, None);
    let words: Vec<String> = (args.skip(2).iter())
        .map(|word| String::from_utf8_lossy(word).to_ascii_lowercase())
        .collect();
    let (pairs, []) = words.as_chunks::<2>() else {
        return Err(CommandError::Syntax);
    };
    for [name, value] in pairs {
        let level = || Level::ALL.into_iter().find(|level| level.word() == value);
        let was_named = match name.as_str() {
            "replicas" => replicas
                .replace(value.parse().map_err(|_| CommandError::Syntax)?)
                .is_some(),
            "read" => read.replace(level().ok_or(CommandError::Syntax)?).is_some(),
            "write" => write.replace(level().ok_or(CommandError::Syntax)?).is_some(),
            _ => return Err(CommandError::Syntax),
        };
        if was_named {
            return Err(CommandError::Syntax);
        }
    }
    Ok(Change::Settings { replicas, read, write })
}

fn entry(bytes: &[u8]) -> Result<MemberEntry, CommandError> {
    MemberEntry::from_bytes(bytes).map_err(|_| CommandError::Syntax)
}

fn moves(node: &Node, replies: &mut ReplyBuf) {
    let progress = node.move_progress();
    let moved = |count| node.metrics.since_reset(count).cast_signed();
    let own = [
        ("epoch", node.topology().epoch().get().cast_signed()),
        ("entries_moved", moved(Count::EntriesPulled)),
        ("bytes_moved", moved(Count::ExchangeBytes)),
    ];
    let figures = progress.figures();
    replies.map(own.len() + figures.len());
    for (name, figure) in own.into_iter().chain(figures) {
        replies.bulk(name.as_bytes());
        replies.integer(figure);
    }
}
