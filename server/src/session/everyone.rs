//! Commands that need every node: each arc's coordinator answers for its arcs.
//!
//! ```text
//!   routes --> arcs by coordinator --> one frame a peer: VERB arcs args... --> local::share there
//!                                 \--> local::share here                  \-> replies, one a member
//! ```
//!
//! The asker says which arcs each node is to answer for, so that no arc is answered for twice or never though two nodes may see
//! the cluster differently for a moment. A node that is not ready to coordinate one of them refuses, and the whole round is asked
//! again a little later, until the deadline: a round is right as a whole or not at all.
//!
//! Refused: asking all nodes for "their" keys. While a node is being taken over, an arc would be counted twice, or by nobody.

use super::local;
use crate::link::peer::AskedTurn;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes};
use crate::turn::{ItemKind, Loss, NO_GROUP, PartIndex, Sent, SentItem, Turn, Waits};
use circlet_core::ArcBitmap;
use circlet_core::coordinator::Shortfall;
use circlet_core::message::batch::{self, RunHow};
use circlet_resp::{Progress, ReplyParser, Value};
use circlet_ring::ArcId;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::Instant;

/// How long a round that failed waits before it is asked again. Not until the routes change: while a node takes over hundreds of
/// arcs they change for each of them, and so many rounds would hold up what they wait for.
const ASK_AGAIN: Duration = Duration::from_millis(50);

/// A round may take this many times as long as a command on a key: if a node has just been lost, all its arcs have to be taken over.
const DEADLINE_TIMES: u32 = 5;

/// A member's part of a round.
pub(crate) struct Share {
    pub(crate) member: NodeIndex,
    /// What it was asked for.
    pub(crate) arcs: ArcBitmap,
    pub(crate) reply: Value,
}

/// What all coordinators answered.
pub(crate) struct Round {
    /// By which they were asked: all of them go by this epoch.
    pub(crate) routes: Arc<Routes>,
    pub(crate) shares: Vec<Share>,
}

/// Asks the coordinators of the arcs that `wanted` accepts.
///
/// # Errors
/// When some arc has no coordinator that answers in time. What the others did, they did.
pub(crate) async fn ask_coordinators(
    node: &Arc<Node>,
    verb: &[u8],
    args: &[&[u8]],
    wanted: impl Fn(&Routes, ArcId) -> bool,
) -> Result<Round, Shortfall> {
    let deadline = Instant::now() + node.config.current().timeouts.request.duration() * DEADLINE_TIMES;
    loop {
        let routes = node.routes.load_full();
        if let Some(groups) = by_coordinator(&routes, |arc| wanted(&routes, arc)) {
            let bitmaps: Vec<Vec<u8>> = groups.iter().map(|(_, arcs)| bitmap_bytes(arcs)).collect();
            let asked = groups.iter().zip(&bitmaps).map(|((member, _), arcs)| {
                let mut command = vec![verb, arcs];
                command.extend_from_slice(args);
                (*member, command)
            });
            let replies = ask(node, &routes, asked.collect()).await;
            if let Some(shares) = whole_round(groups, replies) {
                return Ok(Round { routes, shares });
            }
        }
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            let (answered, need) = (0, 1);
            return Err(Shortfall::ReadTimeout { answered, need });
        }
        tokio::time::sleep(ASK_AGAIN.min(left)).await;
    }
}

/// The arcs wanted by who coordinates them; `None` while one of them has no coordinator.
fn by_coordinator(routes: &Routes, wanted: impl Fn(ArcId) -> bool) -> Option<Vec<(NodeIndex, ArcBitmap)>> {
    let mut groups: Vec<(NodeIndex, ArcBitmap)> = Vec::new();
    for arc in routes.arcs().arcs().filter(|arc| wanted(*arc)) {
        let coordinator = routes.arc(arc).coordinator?;
        let at = groups.iter().position(|(member, _)| *member == coordinator);
        let at = at.unwrap_or_else(|| {
            groups.push((coordinator, ArcBitmap::empty(routes.arcs())));
            groups.len() - 1
        });
        groups[at].1.insert(arc);
    }
    Some(groups)
}

fn whole_round(groups: Vec<(NodeIndex, ArcBitmap)>, replies: Vec<Option<Value>>) -> Option<Vec<Share>> {
    let shares = groups.into_iter().zip(replies).map(|((member, arcs), reply)| {
        let reply = reply.filter(|reply| reply.as_error().is_none())?;
        Some(Share { member, arcs, reply })
    });
    shares.collect()
}

/// Has each of these members run its share of a command, at the same time; `None` for one that did not answer.
pub(crate) async fn ask(
    node: &Arc<Node>,
    routes: &Arc<Routes>,
    asked: Vec<(NodeIndex, Vec<&[u8]>)>,
) -> Vec<Option<Value>> {
    let mut waits = Waits::default();
    let mut frames = Vec::new();
    // There are as many indices as members.
    for (part, (member, command)) in (0..=PartIndex::MAX).zip(&asked) {
        waits.part_groups.push(NO_GROUP);
        let mut encoded = Vec::new();
        if *member == routes.me || !batch::put_run(&mut encoded, LOCAL, command.iter().copied()) {
            continue;
        }
        waits.run_elsewhere(part);
        let item = waits.items.len();
        waits.items.push(SentItem {
            part,
            // Not asked again elsewhere when it takes long: no other node could answer.
            kind: ItemKind::Run { repeatable: false },
        });
        waits.sent.push(Sent::new(*member, item..item + 1));
        frames.push((*member, encoded));
    }
    let turn = Arc::new(Turn::new(&mut waits));
    for (sent, (member, encoded)) in frames.iter().enumerate() {
        let link = &node.links[*member];
        if link.ask(AskedTurn::new(&turn, sent, routes.epoch), encoded, 1).is_err() {
            turn.on_loss(sent, Loss::NotSent);
        }
    }
    let mut replies: Vec<Option<Value>> = Vec::new();
    for (member, command) in &asked {
        let here = (*member == routes.me).then(|| local::share(node, routes, routes.epoch, command));
        replies.push(here.and_then(|reply| read(&reply)));
    }
    turn.done().await;
    turn.with(|waits| {
        for (part, range) in &waits.replied {
            let bytes = &waits.replies[range.clone()];
            replies[usize::from(*part)] = read(bytes);
        }
    });
    replies
}

/// On this node's own entries only, in RESP2.
const LOCAL: RunHow = RunHow {
    local: true,
    ..RunHow::PLAIN
};

fn read(reply: &[u8]) -> Option<Value> {
    match ReplyParser::default().parse(reply) {
        Ok(Progress { value, .. }) => value,
        Err(_) => None,
    }
}

/// The arcs as they travel: their words, least first.
pub(crate) fn bitmap_bytes(arcs: &ArcBitmap) -> Vec<u8> {
    arcs.words().iter().flat_map(|word| word.to_le_bytes()).collect()
}
