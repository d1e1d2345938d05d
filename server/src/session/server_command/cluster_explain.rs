//! `CLUSTER EXPLAIN key`: where a key belongs, what each node that may have it holds, and what is on its way. Circlet's own, on both ports.
//!
//! | field | what it is |
//! |---|---|
//! | `key`, `slot`, `arc`, `epoch` | the key, and where it belongs in the topology in force on this node |
//! | `coordinator` | the id of the node that its commands run on now; null if no owner can |
//! | `stage` | `at rest`, or the stage of the arc's move |
//! | `from`, `to`, `draining` | ids: the owners in preference order; those to be (the same at rest); former ones that still give away what they have |
//! | `planned` | ids of the owners that the arc is to have in the end: others than `to` if its move waits |
//! | `answered` | how many of the owners did |
//! | `agree` | 1 if all owners that answered hold the same, and all answered; 0 if they differ, null if it cannot be said |
//! | `nodes` | a map for each node that may hold the key, see below |
//! | `hints` | a map for each owner that missed writes in the arc, and each node that remembers it: `for`, `by`, `keys` (in the arc), `this-key` and `whole-arc` (0 or 1) |
//!
//! A node's map has `node`, `address`, `role` (`owner`, `coming` or `draining`), `state` (as SWIM sees it) and, null if it did not answer, `holds` (the type, or
//! `nothing`, `tombstone`, `expired`, `delta`), `stamp`, `generation`, `expires-at-ms` (-1: it does not), `bytes`, `parts`, `digest` and `caught-up`.
//!
//! All members are asked at the same time, since any may have hints; each within the time that a command may take. Two owners of which one has dropped
//! what every owner is known to have agreed on hold the same: digests that differ are asked for once more, as seen by the one that is synced the furthest.

use super::super::everyone::ask;
use super::super::held::Held;
use crate::node::Node;
use crate::routes::{NodeIndex, Routes, index};
use circlet_core::moves::Target;
use circlet_core::stamp::Stamp;
use circlet_core::topology::{ArcOwners, OwnerList};
use circlet_resp::ReplyBuf;
use circlet_ring::{ArcId, Slot};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::time::Instant;

/// What members answered.
type Answers = BTreeMap<NodeIndex, Held>;

/// Writes the answer.
pub(super) async fn write(node: &Arc<Node>, key: &[u8], replies: &mut ReplyBuf) {
    let (routes, mut answers) = ask_all(node, key).await;
    let owners = owners(&routes, key);
    if digests(&owners, &answers).len() > 1 {
        let furthest = owners.iter().filter_map(|owner| Some(answers.get(owner)?.synced)).max();
        let again = ask_once(node, &routes, key, furthest.unwrap_or_default()).await;
        if owners
            .iter()
            .all(|owner| again.contains_key(owner) == answers.contains_key(owner))
        {
            answers = again;
        }
    }
    Explained {
        node,
        routes: &routes,
        key,
        answers: &answers,
    }
    .write(replies);
}

/// Asks again while a member that can be reached refuses, because it has installed another epoch: while arcs move, there are some in a second.
async fn ask_all(node: &Arc<Node>, key: &[u8]) -> (Arc<Routes>, Answers) {
    let deadline = Instant::now() + node.config.current().timeouts.request.duration();
    loop {
        let routes = node.routes.load_full();
        let answers = ask_once(node, &routes, key, Stamp::ZERO).await;
        let is_there = |member: &NodeIndex| *member == routes.me || node.links[*member].is_up();
        let is_whole = members(&routes)
            .iter()
            .all(|member| answers.contains_key(member) || !is_there(member));
        let left = deadline.saturating_duration_since(Instant::now());
        if is_whole || left.is_zero() {
            return (routes, answers);
        }
        node.routes_changed(left.min(std::time::Duration::from_millis(50)))
            .await;
    }
}

async fn ask_once(node: &Arc<Node>, routes: &Arc<Routes>, key: &[u8], seen_by: Stamp) -> Answers {
    let seen_by = seen_by.to_bits().to_string();
    let members = members(routes);
    let question = vec![&b"EXPLAIN"[..], key, seen_by.as_bytes()];
    let asked = members.iter().map(|member| (*member, question.clone())).collect();
    let answers = ask(node, routes, asked).await;
    let told = members.into_iter().zip(answers);
    told.filter_map(|(member, answer)| Some((member, Held::read(&answer?)?)))
        .collect()
}

fn members(routes: &Routes) -> Vec<NodeIndex> {
    routes.view.topology().present().map(index).collect()
}

fn arc_of(routes: &Routes, key: &[u8]) -> ArcId {
    routes.arc_of(Slot::of_key(key))
}

/// Those who take the key's writes: the owners, and those to come.
fn owners(routes: &Routes, key: &[u8]) -> Vec<NodeIndex> {
    let topology = routes.view.topology();
    topology.arc(arc_of(routes, key)).union().map(index).collect()
}

fn digests<'a>(owners: &[NodeIndex], answers: &'a Answers) -> BTreeSet<&'a str> {
    let answered = owners.iter().filter_map(|owner| answers.get(owner));
    answered.map(|held| held.digest.as_str()).collect()
}

struct Explained<'a> {
    node: &'a Node,
    routes: &'a Routes,
    key: &'a [u8],
    answers: &'a Answers,
}

impl Explained<'_> {
    fn arc(&self) -> &ArcOwners {
        self.routes.view.topology().arc(arc_of(self.routes, self.key))
    }

    fn write(&self, replies: &mut ReplyBuf) {
        let arc_id = arc_of(self.routes, self.key);
        let (arc, owners) = (self.arc(), owners(self.routes, self.key));
        let answered = owners.iter().filter(|owner| self.answers.contains_key(owner)).count();
        replies.map(14);
        field(replies, b"key", |replies| replies.bulk(self.key));
        number(replies, b"slot", Slot::of_key(self.key).get().into());
        number(replies, b"arc", arc_id.get().into());
        number(replies, b"epoch", self.routes.epoch.cast_signed());
        field(replies, b"coordinator", |replies| {
            match self.routes.arc(arc_id).coordinator {
                Some(coordinator) => replies.bulk(self.id(coordinator).as_bytes()),
                None => replies.null(),
            }
        });
        let stage = arc
            .moving
            .map_or("at rest".to_owned(), |moving| moving.stage.to_string());
        field(replies, b"stage", |replies| replies.bulk(stage.as_bytes()));
        self.ids(replies, b"from", &arc.owners);
        self.ids(replies, b"to", arc.goal());
        self.ids(replies, b"draining", &arc.draining);
        let planned = Target::of(self.routes.view.topology()).map(|target| *target.owners(arc_id));
        self.ids(replies, b"planned", &planned.unwrap_or(*arc.goal()));
        number(replies, b"answered", answered as i64);
        field(replies, b"agree", |replies| {
            match digests(&owners, self.answers).len() {
                0 | 1 if answered < owners.len() => replies.null(),
                differ => replies.integer(i64::from(differ <= 1)),
            }
        });
        self.nodes(replies);
        self.hints(replies);
    }

    fn id(&self, member: NodeIndex) -> String {
        self.routes.member(member).id.to_string()
    }

    fn ids(&self, replies: &mut ReplyBuf, name: &[u8], members: &OwnerList) {
        replies.bulk(name);
        replies.array(members.len());
        for member in members.iter() {
            replies.bulk(self.id(index(*member)).as_bytes());
        }
    }

    fn nodes(&self, replies: &mut ReplyBuf) {
        let arc = self.arc();
        replies.bulk(b"nodes");
        replies.array(arc.holders().count());
        for member in arc.holders() {
            let role = if arc.owners.contains(&member) {
                "owner"
            } else if arc.draining.contains(&member) {
                "draining"
            } else {
                "coming"
            };
            let state = if index(member) == self.routes.me {
                "alive".to_owned()
            } else {
                self.routes.view.member(member).state.to_string()
            };
            let held = self.answers.get(&index(member));
            replies.map(12);
            text(replies, b"node", Some(&self.id(index(member))));
            let address = self.node.member(index(member)).addresses.client.to_string();
            text(replies, b"address", Some(&address));
            text(replies, b"role", Some(role));
            text(replies, b"state", Some(&state));
            text(replies, b"holds", held.map(|held| held.kind.as_str()));
            text(replies, b"stamp", held.map(|held| held.stamp.as_str()));
            text(replies, b"generation", held.map(|held| held.generation.as_str()));
            figure(
                replies,
                b"expires-at-ms",
                held.map(|held| held.expires_at_ms.unwrap_or(-1)),
            );
            figure(replies, b"bytes", held.map(|held| held.bytes));
            figure(replies, b"parts", held.map(|held| held.parts));
            text(replies, b"digest", held.map(|held| held.digest.as_str()));
            figure(replies, b"caught-up", held.map(|held| i64::from(held.caught_up)));
        }
    }

    fn hints(&self, replies: &mut ReplyBuf) {
        let all: Vec<_> = (self.answers.iter())
            .flat_map(|(member, held)| held.hints.iter().map(move |hint| (*member, hint)))
            .collect();
        replies.bulk(b"hints");
        replies.array(all.len());
        for (holder, hint) in all {
            replies.map(5);
            text(replies, b"for", Some(&hint.owner.to_string()));
            text(replies, b"by", Some(&self.id(holder)));
            number(replies, b"keys", hint.arc.keys as i64);
            number(replies, b"this-key", hint.arc.names_key.into());
            number(replies, b"whole-arc", hint.arc.is_whole.into());
        }
    }
}

fn field(replies: &mut ReplyBuf, name: &[u8], value: impl FnOnce(&mut ReplyBuf)) {
    replies.bulk(name);
    value(replies);
}

fn number(replies: &mut ReplyBuf, name: &[u8], figure: i64) {
    field(replies, name, |replies| replies.integer(figure));
}

fn figure(replies: &mut ReplyBuf, name: &[u8], figure: Option<i64>) {
    field(replies, name, |replies| match figure {
        Some(figure) => replies.integer(figure),
        None => replies.null(),
    });
}

fn text(replies: &mut ReplyBuf, name: &[u8], text: Option<&str>) {
    field(replies, name, |replies| match text {
        Some(text) => replies.bulk(text.as_bytes()),
        None => replies.null(),
    });
}
