//! How members find one another again when some of them, or all, are elsewhere than before.
//!
//! ```text
//!   a member that is elsewhere --CLUSTER ADDRESSES entry--> whoever takes clients where a member was, or is said to be
//!                              <-- where all members are said to be --
//!   links (by the new addresses) --> a majority of the voters --> the topology says where it is
//! ```
//!
//! For ever, with growing pauses, for as long as this node is listed elsewhere than it is, or is not linked with a majority of the members. Whoever is linked with
//! most others has nothing to ask. Clients' ports take everyone and are what an operator knows of a cluster: so `join` in the configuration helps here as well.

use super::join::ask_entries;
use super::{ChangeFailed, Node};
use crate::routes::index;
use circlet_core::control::Event;
use circlet_core::moves::Change;
use circlet_core::topology::{Addresses, MemberEntry, Topology};
use circlet_ring::NodeId;
use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// The pauses between two rounds of asking.
const PAUSE_MIN: Duration = Duration::from_millis(250);
const PAUSE_MAX: Duration = Duration::from_secs(5);

/// How long one that is asked may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(1);

/// How often it is looked at whether there is anything to do, if the routes do not change.
const LOOK: Duration = Duration::from_secs(5);

/// Runs until the node is gone.
pub(super) async fn keep_meeting(node: Arc<Node>) {
    let mut pause = PAUSE_MIN;
    loop {
        let is_elsewhere = node.is_elsewhere();
        if node.is_linked_with_most() && !is_elsewhere {
            pause = PAUSE_MIN;
            node.routes_changed(LOOK).await;
            continue;
        }
        tokio::time::sleep(pause).await;
        pause = (pause * 2).min(PAUSE_MAX);
        ask_around(&node).await;
        // The others can answer once they have linked with this node where it is.
        if is_elsewhere && node.is_linked_with_most() {
            say_where(&node).await;
        }
    }
}

/// Has the voters agree that this node is where it is.
async fn say_where(node: &Node) {
    match node
        .change_topology(Change::Addresses(node.identity.id, node.claimed))
        .await
    {
        Ok(_) => tracing::info!(at = %node.claimed.client, "the topology says where this node is"),
        // Another member may have been told meanwhile.
        Err(ChangeFailed::Refused(refused)) => {
            tracing::debug!(%refused, "the topology does not say where this node is");
        }
        Err(failed) => tracing::info!(%failed, "the topology does not say yet where this node is"),
    }
}

async fn ask_around(node: &Arc<Node>) {
    let Some(myself) = node.entry_as_claimed() else { return };
    for at in node.places_to_ask() {
        match tokio::time::timeout(ANSWER_TIMEOUT, ask_entries(&at, &myself)).await {
            Ok(Ok(entries)) => entries
                .iter()
                .for_each(|entry| node.learn_address(entry.id, entry.addresses)),
            Ok(Err(why)) => {
                // It has left, or was removed, in this epoch.
                if let Some(epoch) = why.strip_prefix("GONE ").and_then(|epoch| epoch.parse().ok()) {
                    node.on_gone(epoch);
                }
                tracing::debug!(at, why, "nobody to meet");
            }
            Err(_) => tracing::debug!(at, "nobody to meet: no answer"),
        }
    }
}

impl Node {
    /// Whether the topology says that this node is elsewhere.
    fn is_elsewhere(&self) -> bool {
        self.member(self.routes.load().me).addresses != self.claimed
    }

    fn entry_as_claimed(&self) -> Option<MemberEntry> {
        let routes = self.routes.load();
        routes.is_member().then(|| MemberEntry {
            addresses: self.claimed,
            ..routes.member(routes.me).clone()
        })
    }

    /// Whether links to more than half of the members are up, this node being one of them.
    fn is_linked_with_most(&self) -> bool {
        let topology = self.topology();
        let me = self.routes.load().me;
        let is_linked = |member: u16| member == me || self.links[member].is_up();
        let linked = topology.present().filter(|member| is_linked(index(*member))).count();
        linked * 2 > topology.present().count()
    }

    /// Where clients are taken by those that this node is not linked with, by all that says so, and where it once joined; of all members, if they look for this node
    /// elsewhere: that it reaches them does not mean that they reach it.
    fn places_to_ask(&self) -> BTreeSet<String> {
        let (topology, config) = (self.topology(), self.config.current());
        let mut places: BTreeSet<String> = config.node.join.split(',').map(|at| at.trim().to_owned()).collect();
        let (me, is_elsewhere) = (self.routes.load().me, self.is_elsewhere());
        let is_asked = |member: u16| member != me && (is_elsewhere || !self.links[member].is_up());
        for member in topology.present().filter(|member| is_asked(index(*member))) {
            let entry = topology.member(member);
            places.insert(entry.addresses.client.to_string());
            places.extend(self.known.said(entry.id).map(|said| said.client.to_string()));
            let listed = config.cluster.node(&entry.id);
            places.extend(listed.map(|listed| SocketAddr::new(listed.ip, listed.port).to_string()));
        }
        places.remove("");
        places
    }

    /// A member is said to be here. Notes it, unless the topology says the same.
    pub(crate) fn learn_address(self: &Arc<Self>, id: NodeId, addresses: Addresses) {
        let topology = self.topology();
        let entry = topology.index_of(&id).map(|member| topology.member(member));
        let is_news = |entry: &&MemberEntry| entry.stage.is_there() && entry.addresses != addresses;
        if id == self.identity.id || entry.filter(is_news).is_none() || !self.known.learn(id, addresses) {
            return;
        }
        tracing::info!(peer = %id, at = %addresses.peer, "a member is elsewhere than the topology says");
        self.tell(Event::Moved {
            peer: id,
            gossip: addresses.gossip,
        });
        let node = Arc::clone(self);
        tokio::task::spawn_blocking(move || node.known.save());
    }

    /// A newer topology is in force: what it says as well need not be known beside it. It may wait for a disk.
    pub(crate) fn forget_agreed_addresses(&self) {
        let topology = self.topology();
        let is_news = |id: NodeId, said: Addresses| {
            let member = topology.index_of(&id).map(|member| topology.member(member));
            member.is_some_and(|member| member.stage.is_there() && member.addresses != said)
        };
        if self.known.retain(is_news) {
            self.known.save();
        }
    }

    /// All members that take part, each where it has said that it is, else where the topology says.
    pub(crate) fn entries_as_known(&self, topology: &Topology) -> Vec<MemberEntry> {
        let entry = |member| {
            let entry: &MemberEntry = topology.member(member);
            let addresses = if entry.id == self.identity.id {
                self.claimed
            } else {
                self.known.said(entry.id).unwrap_or(entry.addresses)
            };
            MemberEntry {
                addresses,
                ..entry.clone()
            }
        };
        topology.present().map(entry).collect()
    }
}
