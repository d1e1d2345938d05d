//! News, and when each node has it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use circlet_core::membership::Profile;
use circlet_core::moves::{Change, apply};
use circlet_core::quorum::Level;
use circlet_core::time::Instant;
use circlet_core::topology::{MemberEntry, MemberStage};
use circlet_ring::ArcCount;

use super::mesh::{Mesh, member};

/// How long a mesh is left alone until nothing is new any more.
const SETTLE: Duration = Duration::from_secs(4);

/// How long it is watched at rest: as long as the pace of the rarest of what it says.
const REST: Duration = Duration::from_secs(5);

/// Who has not heard of something for so long never will.
const PATIENCE_S: u64 = 30;

/// When the nodes of a cluster heard of something.
#[derive(Debug, Clone)]
pub struct News {
    /// For each node that heard, after how many milliseconds, in order.
    pub heard_ms: Vec<f64>,
    /// How many nodes were to hear.
    pub nodes: usize,
    /// What all nodes sent until then, or for a second if that is longer: bytes of gossip, of statuses, and of documents.
    pub bytes: [u64; 3],
}

impl News {
    /// When so many per cent had heard, in milliseconds; none if fewer did.
    #[must_use]
    pub fn ms_at(&self, per_cent: usize) -> Option<f64> {
        let needed = (self.nodes * per_cent).div_ceil(100).max(1);
        self.heard_ms.get(needed - 1).copied()
    }
}

/// How news spreads in a cluster of so many nodes.
#[derive(Debug, Clone)]
pub struct Spread {
    /// How many nodes.
    pub nodes: usize,
    /// How many arcs.
    pub arcs: u16,
    /// What one node sends in a second while nothing happens: bytes of gossip with the headers of IP and UDP, datagrams, and bytes of statuses.
    pub rest_per_s: [f64; 3],
    /// A machine is gone; its links say nothing.
    pub death: News,
    /// A document is chosen, and told to every member, as it is.
    pub pushed: News,
    /// A document is chosen, and nobody is told: gossip and statuses name its epoch, and who is behind asks.
    pub gossiped: News,
    /// A node joins: how many documents, and after how many milliseconds all arcs are at rest, if moving the data took no time.
    pub join: (u64, f64),
}

/// Lets a cluster of so many nodes live through it all.
///
/// # Panics
/// If the nodes do not find each other, or do not all hear of something: then there is nothing to be measured.
#[must_use]
pub fn spread(nodes: usize, arcs: ArcCount, profile: Profile, seed: u64) -> Spread {
    let mut mesh = Mesh::new(nodes, arcs, profile, seed);
    mesh.run(SETTLE);
    let lonely = (0..nodes).filter(|&place| mesh.alive_to(place) + 1 < nodes).count();
    assert_eq!(lonely, 0, "every node knows all others");
    assert_eq!(mesh.caught_up(), nodes, "and what it owns");
    let rest_per_s = at_rest(&mut mesh);
    let pushed = chosen(&mut mesh, true);
    mesh.run(Duration::from_secs(2));
    let gossiped = chosen(&mut mesh, false);
    mesh.is_pushing = true;
    mesh.run(Duration::from_secs(2));
    let join = joined(&mut mesh);
    let death = dead(&mut mesh);
    Spread {
        nodes,
        arcs: arcs.get(),
        rest_per_s,
        death,
        pushed,
        gossiped,
        join,
    }
}

fn at_rest(mesh: &mut Mesh) -> [f64; 3] {
    let before = mesh.sent;
    mesh.run(REST);
    let share = |now: u64, before: u64| (now - before) as f64 / REST.as_secs_f64() / mesh.count() as f64;
    [
        share(mesh.sent.gossip_bytes, before.gossip_bytes),
        share(mesh.sent.datagrams, before.datagrams),
        share(mesh.sent.status_bytes, before.status_bytes),
    ]
}

/// A document that moves nothing: reads wait for another number of owners.
fn chosen(mesh: &mut Mesh, is_pushed: bool) -> News {
    let read = match mesh.topology.settings().read {
        Level::Quorum => Level::All,
        _ => Level::Quorum,
    };
    let change = Change::Settings {
        replicas: None,
        read: Some(read),
        write: None,
    };
    let next = match apply(&mesh.topology, &change) {
        Ok(next) => Arc::new(next),
        Err(error) => unreachable!("levels can be changed: {error}"),
    };
    let epoch = next.epoch();
    mesh.is_pushing = is_pushed;
    mesh.choose(0, next);
    let nodes = mesh.count();
    until_all_heard(mesh, nodes, |mesh| {
        let of_epoch = mesh.installed.range((epoch, 0)..=(epoch, usize::MAX));
        of_epoch.map(|((_, place), at)| (*place, *at)).collect()
    })
}

fn dead(mesh: &mut Mesh) -> News {
    // Not the one that drives, nor the one that has just come.
    mesh.kill(mesh.count() / 2);
    let nodes = mesh.count();
    until_all_heard(mesh, nodes, |mesh| mesh.buried.clone())
}

fn joined(mesh: &mut Mesh) -> (u64, f64) {
    let newcomer = member(mesh.count());
    let entry = MemberEntry::joining(newcomer.id, newcomer.zone, newcomer.weight, newcomer.addresses);
    let next = match apply(&mesh.topology, &Change::Join(entry)) {
        Ok(next) => Arc::new(next),
        Err(error) => unreachable!("a node can join: {error}"),
    };
    let (begun, before) = (mesh.now, mesh.topology.epoch());
    mesh.choose(0, next);
    mesh.run(Duration::from_micros(1));
    mesh.admit();
    for _ in 0..PATIENCE_S * 10 {
        mesh.run(Duration::from_millis(100));
        let quiet_since = mesh.installed.values().max().copied().unwrap_or(begun);
        let is_in = mesh
            .topology
            .members()
            .iter()
            .all(|member| member.stage == MemberStage::Active);
        if is_in && mesh.topology.is_at_rest() && mesh.now.since(quiet_since) > Duration::from_secs(2) {
            let took = quiet_since.since(begun).as_secs_f64() * 1e3;
            return (mesh.topology.epoch().get() - before.get(), took);
        }
    }
    unreachable!("a join without data ends within {PATIENCE_S} s")
}

fn until_all_heard(mesh: &mut Mesh, nodes: usize, heard: impl Fn(&Mesh) -> BTreeMap<usize, Instant>) -> News {
    let (begun, before) = (mesh.now, mesh.sent);
    for step in 0..PATIENCE_S * 20 {
        mesh.run(Duration::from_millis(50));
        if step >= 20 && heard(mesh).len() >= nodes {
            break;
        }
    }
    let since = |at: &Instant| at.since(begun).as_secs_f64() * 1e3;
    let mut heard_ms: Vec<f64> = heard(mesh).values().map(since).collect();
    heard_ms.sort_by(f64::total_cmp);
    assert_eq!(heard_ms.len(), nodes, "everybody hears of it");
    News {
        heard_ms,
        nodes,
        bytes: [
            mesh.sent.gossip_bytes - before.gossip_bytes,
            mesh.sent.status_bytes - before.status_bytes,
            mesh.sent.document_bytes - before.document_bytes,
        ],
    }
}
