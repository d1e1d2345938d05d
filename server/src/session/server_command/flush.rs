//! `FLUSHALL [ASYNC|SYNC]`, `FLUSHDB [ASYNC|SYNC]`
//!
//! ```text
//!   1 FLUSH    each coordinator stamps its arcs and empties them         -> arcs with stamps
//!   2 FLUSHED  every member empties the arcs that it owns at these stamps -> acknowledgements
//!   3 MISSED   owners that did not answer get the arcs again when they are back
//! ```
//!
//! A flush is a stamp of an arc: what is older loses to it, also what arrives late. So it can be repeated, needs no lock over
//! arcs, and a write that is stamped after it survives. It is acknowledged when W owners of every arc have it, of each side while the arc
//! moves; if there are not so many it is refused before anything is flushed. All steps are of one epoch, and nodes of another one refuse them; if another
//! one came into force meanwhile, the whole is done again. ASYNC and SYNC are the same: an arc is dropped as one piece, after its lock.

use super::super::client::Client;
use super::super::everyone::{Round, Share, ask, ask_coordinators};
use super::super::local::Flushed;
use super::scan::serves;
use crate::command::CommandError;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use circlet_core::coordinator::Shortfall;
use circlet_core::quorum::Level;
use circlet_core::view::OwnerSet;
use circlet_resp::{Args, ReplyBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// Runs FLUSHALL or FLUSHDB: there is one database.
pub(super) async fn flush(node: &Arc<Node>, client: &Client, args: Args<'_>, replies: &mut ReplyBuf) {
    let how_known = args
        .get(1)
        .is_none_or(|how| how.eq_ignore_ascii_case(b"async") || how.eq_ignore_ascii_case(b"sync"));
    if !how_known || args.len() > 2 {
        return replies.error_display(&CommandError::Syntax);
    }
    match flush_all(node, client).await {
        Ok(()) => replies.ok(),
        Err(shortfall) => replies.error_display(&shortfall),
    }
}

/// How long a flush that too few acknowledged waits for a newer epoch: mostly there is none, and an owner is gone.
const FOLLOW: Duration = Duration::from_millis(50);

async fn flush_all(node: &Arc<Node>, client: &Client) -> Result<(), Shortfall> {
    let deadline = Instant::now() + node.config.current().timeouts.request.duration();
    loop {
        let epoch = node.routes.load().epoch;
        let Err(shortfall) = flush_once(node, client).await else {
            return Ok(());
        };
        let may_be_late = matches!(shortfall, Shortfall::WriteTimeout { .. });
        if may_be_late && node.routes.load().epoch == epoch {
            node.routes_changed(FOLLOW).await;
        }
        if !may_be_late || node.routes.load().epoch == epoch || Instant::now() >= deadline {
            return Err(shortfall);
        }
    }
}

async fn flush_once(node: &Arc<Node>, client: &Client) -> Result<(), Shortfall> {
    let door = client.caller.door;
    let default = node.config.current().cluster.write_level;
    let level = client.caller.write.unwrap_or(default);
    let routes = node.routes.load_full();
    let need = level.needed(routes.n);
    for arc in routes.arcs().arcs().filter(|arc| serves(door, &routes, *arc)) {
        let view = routes.view.arc(arc);
        view.check_write(level, view.reachable())?;
    }
    let wanted = |routes: &Routes, arc| serves(door, routes, arc);
    let round = ask_coordinators(node, b"FLUSH", &[], wanted).await;
    let Round { routes, shares } = round.map_err(|_| Shortfall::WriteTimeout { acked: 0, need })?;
    let flushed: Vec<_> = shares.iter().filter_map(|share| read(&routes, share)).collect();
    if flushed.len() < shares.len() {
        return Err(Shortfall::WriteTimeout { acked: 0, need });
    }
    tell_members(node, &routes, flushed, level).await
}

fn read(routes: &Routes, share: &Share) -> Option<(NodeIndex, Flushed)> {
    let flushed = Flushed::read(routes.arcs(), share.reply.as_bytes()?)?;
    (flushed.0.len() == share.arcs.len()).then_some((share.member, flushed))
}

/// Has all owners flush as the coordinators did.
///
/// # Errors
/// When of some arc fewer than the level needs have.
async fn tell_members(
    node: &Arc<Node>,
    routes: &Arc<Routes>,
    flushed: Vec<(NodeIndex, Flushed)>,
    level: Level,
) -> Result<(), Shortfall> {
    let all = Flushed(
        flushed
            .iter()
            .flat_map(|(_, flushed)| flushed.0.iter().copied())
            .collect(),
    );
    let bytes = all.to_bytes();
    let members = 0..node.links.len() as NodeIndex;
    let asked = members.map(|member| (member, vec![&b"FLUSHED"[..], &bytes]));
    let answers = ask(node, routes, asked.collect()).await;
    let has_it: Vec<bool> = answers
        .iter()
        .map(|answer| answer.as_ref().is_some_and(|answer| answer.as_integer().is_some()))
        .collect();
    let missed = has_it.iter().enumerate().filter(|(_, has_it)| !**has_it);
    let missed: Vec<u8> = missed
        .flat_map(|(member, _)| (member as NodeIndex).to_le_bytes())
        .collect();
    if !missed.is_empty() {
        let parts: Vec<_> = flushed
            .iter()
            .map(|(member, part)| (*member, part.to_bytes()))
            .collect();
        let asked = parts
            .iter()
            .map(|(member, part)| (*member, vec![&b"MISSED"[..], part, &missed]));
        ask(node, routes, asked.collect()).await;
    }
    // No arc at all: a node that coordinates nothing has nothing to flush.
    for (arc, _) in all.0 {
        let view = routes.view.arc(arc);
        let owners = (0..).zip(view.owners());
        let with_it = owners.filter(|(_, owner)| has_it.get(owner.get()).is_some_and(|has_it| *has_it));
        let with_it = with_it.fold(OwnerSet::EMPTY, |all, (position, _)| all.with(position));
        view.check_write(level, with_it).map_err(into_timeout)?;
    }
    Ok(())
}

/// Some owners have flushed: what is not known is whether all will.
fn into_timeout(shortfall: Shortfall) -> Shortfall {
    match shortfall {
        Shortfall::NoQuorum { need, alive, .. } => Shortfall::WriteTimeout { acked: alive, need },
        other => other,
    }
}
