//! What a node knows of its peers, and what it tells the control plane about their links.

use super::Node;
use crate::link::links::Links;
use crate::link::peer::Link;
use crate::routes::{NodeIndex, index};
use circlet_core::ArcBitmap;
use circlet_core::control::{Event, PeerStatus};
use circlet_core::life::Life;
use circlet_core::message::Malformed;
use circlet_core::message::hello::{Hello, HelloRefusal, PROTOCOL_VERSION, Purpose};
use circlet_core::message::status::Status;
use circlet_core::time::WallMs;
use circlet_core::topology::{Addresses, Epoch, MemberEntry, Topology};
use circlet_ring::NodeId;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

impl Node {
    /// The topology in force.
    pub(crate) fn topology(&self) -> Arc<Topology> {
        Arc::clone(self.routes.load().view.topology())
    }

    /// A member of the topology.
    pub(crate) fn member(&self, member: NodeIndex) -> MemberEntry {
        self.routes.load().member(member).clone()
    }

    /// A member's name for logs: the first of its id.
    pub(crate) fn member_name(&self, member: NodeIndex) -> String {
        let mut name = self.member(member).id.to_string();
        name.truncate(8);
        name
    }

    /// Where a member stands in the topology.
    pub(crate) fn index_of(&self, id: NodeId) -> Option<NodeIndex> {
        self.topology().index_of(&id).map(index)
    }

    /// Where a peer takes links: where it has said, and where the topology says; to be tried in turn.
    pub(crate) fn peer_addresses(&self, peer: NodeIndex) -> Vec<SocketAddr> {
        let member = self.member(peer);
        let said = self.known.said(member.id).map(|said| said.peer);
        let listed = member.addresses.peer;
        said.into_iter()
            .filter(|said| *said != listed)
            .chain([listed])
            .collect()
    }

    /// Where clients reach a member's Redis Cluster port: at the address that it announces, if it does, else at the listed one.
    pub(crate) fn cluster_address(&self, member: NodeIndex) -> SocketAddr {
        let listed = self.member(member).addresses.cluster;
        let announced = self.links[member].announced();
        announced.map_or(listed, |ip| SocketAddr::new(ip, listed.port()))
    }

    /// Where this node listens.
    pub(crate) fn addresses(&self) -> Addresses {
        self.claimed
    }

    /// The address that this node sends from.
    pub(crate) fn bind_address(&self) -> IpAddr {
        self.config.current().node.bind
    }

    /// What this node says when it meets a peer on a link for this purpose.
    pub(crate) fn hello(&self, refusal: Option<HelloRefusal>, purpose: Purpose) -> Hello {
        let topology = self.topology();
        Hello {
            version: PROTOCOL_VERSION,
            cluster: topology.cluster(),
            settings: topology.settings().fingerprint(),
            node: self.identity.id,
            life: self.identity.life.get(),
            epoch: topology.epoch().get(),
            refusal,
            announced: self.config.current().node.announce_ip_given,
            purpose,
        }
    }

    /// Whether this node can talk with the one that says this.
    pub(crate) fn examine(&self, hello: &Hello) -> Option<HelloRefusal> {
        let topology = self.topology();
        if hello.version != PROTOCOL_VERSION {
            Some(HelloRefusal::Version)
        } else if hello.epoch == topology.epoch().get() && hello.settings != topology.settings().fingerprint() {
            Some(HelloRefusal::Settings)
        } else if hello.cluster != topology.cluster() {
            Some(HelloRefusal::Cluster)
        } else {
            match topology.index_of(&hello.node) {
                None => Some(HelloRefusal::Stranger),
                Some(_) if hello.node == self.identity.id => Some(HelloRefusal::Stranger),
                Some(member) if !topology.member(member).stage.is_there() => Some(HelloRefusal::Gone),
                Some(_) => None,
            }
        }
    }

    /// The links that this node asks on for this purpose, by member.
    pub(crate) fn links_for(&self, purpose: Purpose) -> &Links {
        match purpose {
            Purpose::Commands => &self.links,
            Purpose::Bulk => &self.bulk_links,
        }
    }

    /// The link for this purpose to a peer, or the one for commands as long as there is no other.
    pub(crate) fn link_for(&self, purpose: Purpose, peer: NodeIndex) -> &Link {
        let link = &self.links_for(purpose)[peer];
        if link.is_up() { link } else { &self.links[peer] }
    }

    /// The link that this node asks a peer on is up.
    pub(crate) fn on_link_up(&self, peer: NodeIndex, hello: &Hello) {
        tracing::info!(peer = %self.member_name(peer), life = hello.life, "link up");
        self.links[peer].on_announced(hello.announced);
        self.tell(Event::LinkUp {
            peer: hello.node,
            life: Life::new(hello.life),
        });
    }

    /// That link is gone.
    pub(crate) fn on_link_down(&self, peer: NodeIndex) {
        tracing::info!(peer = %self.member_name(peer), "link down");
        self.tell(Event::LinkDown {
            peer: self.member(peer).id,
        });
    }

    /// A peer says that this node missed writes in these arcs.
    pub(crate) fn on_stale(&self, peer: NodeIndex, arcs: &[u16]) -> Result<(), Malformed> {
        for arc in arcs {
            let arc = self.store.arcs().arc(*arc).ok_or(Malformed("an arc out of range"))?;
            self.tell(Event::ArcStale {
                peer: self.member(peer).id,
                arc,
            });
        }
        Ok(())
    }

    /// A peer said this of itself.
    pub(crate) fn on_status(&self, peer: NodeIndex, status: &Status<'_>) -> Result<(), Malformed> {
        let arcs = |bytes: &[u8]| {
            let words: Vec<u64> = bytes
                .chunks(8)
                .map(|chunk| {
                    let mut word = [0; 8];
                    word[..chunk.len()].copy_from_slice(chunk);
                    u64::from_le_bytes(word)
                })
                .collect();
            ArcBitmap::from_words(self.store.arcs(), &words).ok_or(Malformed("a status about another number of arcs"))
        };
        let status = PeerStatus {
            life: Life::new(status.life),
            epoch: Epoch::new(status.epoch),
            caught_up: arcs(status.caught_up)?,
            drained: arcs(status.drained)?,
            wall: WallMs::new(status.wall_ms),
            clock_believed: status.clock_believed,
        };
        self.tell(Event::Status {
            peer: self.member(peer).id,
            status,
        });
        Ok(())
    }
}

/// Appends the frame that says this.
pub(super) fn put_status(status: &PeerStatus, wall: WallMs, out: &mut Vec<u8>) {
    let bytes = |arcs: &ArcBitmap| -> Vec<u8> { arcs.words().iter().flat_map(|word| word.to_le_bytes()).collect() };
    let (caught_up, drained) = (bytes(&status.caught_up), bytes(&status.drained));
    let status = Status {
        life: status.life.get(),
        wall_ms: wall.get(),
        clock_believed: status.clock_believed,
        epoch: status.epoch.get(),
        caught_up: &caught_up,
        drained: &drained,
    };
    status.put(out);
}
