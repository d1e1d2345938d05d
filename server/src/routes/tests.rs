//! Tables built from the one before, against tables built anew.

use super::*;
use circlet_core::control::{ControlConfig, ControlPlane, Effect, Event, ExchangeOutcome, Now};
use circlet_core::life::Life;
use circlet_core::moves::{Change, apply};
use circlet_core::time::{Instant, WallMs};
use circlet_core::topology::{Addresses, ClusterSettings, Topology};
use circlet_ring::{NodeId, Weight, Zone};
use std::net::SocketAddr;

const LIFE: Life = Life::new(1);

fn id(node: u8) -> NodeId {
    NodeId::from_bytes([node; 20])
}

fn gossip(node: usize) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], 100 + node as u16))
}

fn member(node: usize) -> MemberEntry {
    let at = gossip(node);
    let addresses = Addresses {
        client: at,
        cluster: at,
        peer: at,
        gossip: at,
        http: at,
    };
    MemberEntry::founding(id(node as u8), Zone::default(), Weight::DEFAULT, addresses)
}

/// Control planes whose messages arrive at once, and the table of the first one.
struct Cluster {
    planes: Vec<ControlPlane>,
    effects: Vec<Vec<Effect>>,
    routes: Routes,
    views: usize,
}

impl Cluster {
    fn new(count: usize, replicas: u8) -> Self {
        let settings = ClusterSettings {
            replicas,
            ..ClusterSettings::default()
        };
        let topology = Topology::form(settings, (0..count).map(member).collect()).expect("a topology");
        let topology = Arc::new(topology);
        let mut effects = Vec::new();
        let start = |node: usize| {
            let mut out = Vec::new();
            let config = ControlConfig::new(id(node as u8), LIFE, node as u64);
            let plane = ControlPlane::start(config, &topology, now(0), &mut out).expect("a member");
            effects.push(out);
            plane
        };
        let planes: Vec<ControlPlane> = (0..count).map(start).collect();
        let routes = Routes::new(Arc::clone(planes[0].view()));
        Cluster {
            planes,
            effects,
            routes,
            views: 0,
        }
    }

    /// Links between all of them.
    fn connect(&mut self) {
        let count = self.planes.len();
        for node in 0..count {
            for other in (0..count).filter(|other| *other != node) {
                let (peer, life) = (id(other as u8), LIFE);
                self.happens(node, 1, Event::LinkUp { peer, life });
            }
        }
    }

    fn happens(&mut self, node: usize, at_ms: u64, event: Event) {
        self.planes[node].on_event(now(at_ms), event, &mut self.effects[node]);
    }

    /// Lets a while pass: what one node wants done, the others hear of.
    fn run(&mut self, from_ms: u64, until_ms: u64) {
        for at_ms in from_ms..until_ms {
            for node in 0..self.planes.len() {
                self.happens(node, at_ms, Event::Deadline);
                for effect in std::mem::take(&mut self.effects[node]) {
                    self.obey(node, at_ms, effect);
                }
            }
        }
    }

    fn obey(&mut self, node: usize, at_ms: u64, effect: Effect) {
        let others = (0..self.planes.len()).filter(|other| *other != node);
        match effect {
            Effect::SendDatagram { to, bytes } => {
                if let Some(other) = { others }.find(|other| gossip(*other) == to) {
                    self.happens(other, at_ms, Event::Datagram(bytes));
                }
            }
            Effect::AnnounceStatus { to, status } => {
                let peer = id(node as u8);
                let told: Vec<usize> = others.filter(|it| to.is_none_or(|to| to == id(*it as u8))).collect();
                for other in told {
                    let status = status.clone();
                    self.happens(other, at_ms, Event::Status { peer, status });
                }
            }
            Effect::Exchange { id, .. } => {
                let outcome = ExchangeOutcome::Merged { kept_memory: true };
                self.happens(node, at_ms, Event::Exchanged { id, outcome });
            }
            Effect::ExchangeMany { arcs, .. } => {
                let outcome = ExchangeOutcome::Merged { kept_memory: true };
                let outcomes = arcs.into_iter().map(|(id, _)| (id, outcome)).collect();
                self.happens(node, at_ms, Event::ExchangedMany(outcomes));
            }
            Effect::Propose(topology) => {
                for other in 0..self.planes.len() {
                    self.happens(other, at_ms, Event::TopologyChosen(Arc::clone(&topology)));
                }
            }
            Effect::InstallView(view) if node == 0 => {
                self.routes = self.routes.after(Arc::clone(&view));
                self.views += 1;
                assert_same(&self.routes, &Routes::new(view));
            }
            _ => {}
        }
    }
}

fn now(ms: u64) -> Now {
    Now {
        mono: Instant::from_millis(1_000 + ms),
        wall: WallMs::new(1_000_000 + ms),
    }
}

fn assert_same(after: &Routes, anew: &Routes) {
    for arc in anew.arcs().arcs() {
        let (is, should) = (after.arc(arc), anew.arc(arc));
        let but_for_the_set = |route: ArcRoute| format!("{:?}", ArcRoute { set: 0, ..route });
        assert_eq!(but_for_the_set(is), but_for_the_set(should), "{arc:?}");
        assert_eq!(after.owners(is), anew.owners(should), "{arc:?}");
    }
    assert_eq!(after.sets.len(), anew.sets.len(), "none is kept that no arc has");
    assert_eq!((after.epoch, after.is_shared), (anew.epoch, anew.is_shared));
}

#[test]
fn a_table_made_from_the_one_before_is_the_table_made_anew() {
    let mut cluster = Cluster::new(3, 2);
    cluster.connect();
    cluster.run(1, 200);
    let is_ready = |cluster: &Cluster| {
        let routes = &cluster.routes;
        let mine = routes.arcs().arcs().map(|arc| routes.arc(arc));
        mine.filter(|route| route.coordinator == Some(0))
            .all(|route| route.ready)
    };
    assert!(is_ready(&cluster), "all is taken over");
    let change = Change::Leave(id(2));
    let next = apply(cluster.planes[0].view().topology(), &change).expect("it may");
    for node in 0..3 {
        cluster.happens(node, 200, Event::TopologyChosen(Arc::new(next.clone())));
    }
    cluster.run(200, 1_500);
    let routes = &cluster.routes;
    assert!(routes.epoch > 4, "arcs went from stage to stage");
    assert!(routes.view.topology().is_at_rest());
    cluster.happens(0, 1_500, Event::LinkDown { peer: id(1) });
    cluster.run(1_500, 1_520);
    assert!(cluster.views > 10, "{} views", cluster.views);
}

/// Else the reads of a batch, whose arcs prefer one owner or the other, would be questions to both, and a frame each.
#[test]
fn reads_ask_the_next_node_round_whatever_their_arc_prefers() {
    let mut cluster = Cluster::new(3, 3);
    cluster.connect();
    cluster.run(1, 200);
    for (node, readers) in [[1, 2], [2, 0], [0, 1]].into_iter().enumerate() {
        let routes = Routes::new(Arc::clone(cluster.planes[node].view()));
        assert_eq!(routes.sets.len(), 1, "all arcs of node {node} have one set of owners");
        assert_eq!(routes.sets[0].readers.as_slice(), readers);
    }
}
