//! `FLUSHALL [ASYNC|SYNC]`, `FLUSHDB [ASYNC|SYNC]`
//!
//! ```text
//!   1 FLUSH    each coordinator stamps its arcs and empties them         -> arcs with stamps
//!   2 FLUSHED  every member empties the arcs that it owns at these stamps -> acknowledgements
//!   3 MISSED   owners that did not answer get the arcs again when they are back
//! ```
//!
//! A flush is a stamp of an arc: what is older loses to it, also what arrives late. So it can be repeated, needs no lock over
//! arcs, and a write that is stamped after it survives. It is acknowledged when W owners of every arc have it; if there are not so
//! many it is refused before anything is flushed. ASYNC and SYNC are the same: an arc is dropped as one piece, after its lock.

use super::super::client::Client;
use super::super::everyone::{Share, ask, ask_coordinators};
use super::super::local::Flushed;
use super::scan::serves;
use crate::command::CommandError;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use circlet_core::coordinator::Shortfall;
use circlet_core::quorum::Level;
use circlet_resp::{Args, ReplyBuf};
use circlet_ring::ArcId;
use std::sync::Arc;

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

async fn flush_all(node: &Arc<Node>, client: &Client) -> Result<(), Shortfall> {
    let door = client.caller.door;
    let default = node.config.current().cluster.write_level;
    let level = client.caller.write.unwrap_or(default);
    let routes = node.routes.load_full();
    let need = level.needed(routes.n);
    admit(&routes, level, |arc| serves(door, &routes, arc))?;
    let wanted = |routes: &Routes, arc| serves(door, routes, arc);
    let shares = ask_coordinators(node, b"FLUSH", &[], wanted).await;
    let shares = shares.map_err(|_| Shortfall::WriteTimeout { acked: 0, need })?;
    let flushed = shares.iter().filter_map(|share| read(&routes, share)).collect();
    let acked = tell_members(node, &routes, &shares, flushed).await;
    if acked < need {
        return Err(Shortfall::WriteTimeout { acked, need });
    }
    Ok(())
}

/// Whether every arc has enough owners, before anything is flushed.
fn admit(routes: &Routes, level: Level, wanted: impl Fn(ArcId) -> bool) -> Result<(), Shortfall> {
    let (need, total) = (level.needed(routes.n), routes.n);
    let alive_of = |arc| {
        let route = routes.arc(arc);
        // The owners of an arc are at most 16.
        routes.owners(route).reachable.len() as u8 + u8::from(route.owned)
    };
    match routes.arcs().arcs().filter(|arc| wanted(*arc)).map(alive_of).min() {
        Some(alive) if alive < need => Err(Shortfall::NoQuorum { need, total, alive }),
        _ => Ok(()),
    }
}

fn read(routes: &Routes, share: &Share) -> Option<(NodeIndex, Flushed)> {
    let flushed = Flushed::read(routes.arcs(), share.reply.as_bytes()?)?;
    (flushed.0.len() == share.arcs.len()).then_some((share.member, flushed))
}

/// Has all owners flush as the coordinators did; gives the least number of owners of any arc that have.
async fn tell_members(
    node: &Arc<Node>,
    routes: &Arc<Routes>,
    shares: &[Share],
    flushed: Vec<(NodeIndex, Flushed)>,
) -> u8 {
    if flushed.len() < shares.len() {
        return 0;
    }
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
    let topology = node.topology();
    let owners_with_it = |(arc, _): &(ArcId, _)| {
        let owners = topology.owners(*arc).iter();
        owners.filter(|owner| has_it[owner.get()]).count() as u8
    };
    // No arc at all: a node that coordinates nothing has nothing to flush.
    all.0.iter().map(owners_with_it).min().unwrap_or(u8::MAX)
}
