//! Members that come back elsewhere than they were find one another again, and the topology follows.

use super::client::Client;
use super::cluster::{free_ports, own_ip};
use super::memory::figure;
use super::visible::wait_until;
use circlet_server::config::{LiveConfig, Sources};
use circlet_server::{Running, start};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;

/// A place for a node: an address of its own, and four ports on it.
#[derive(Clone, Copy)]
struct Place {
    ip: Ipv4Addr,
    ports: [u16; 4],
}

impl Place {
    fn new() -> Self {
        let ip = own_ip();
        let ports = free_ports(std::iter::once(ip)).pop().expect("ports");
        Place { ip, ports }
    }

    fn client(&self) -> SocketAddr {
        (self.ip, self.ports[0]).into()
    }
}

/// Starts the node of a directory at a place; it joins, or finds the others again, through `join`.
async fn start_at(dir: &Path, place: Place, join: Option<Place>) -> Running {
    let [port, cluster, peer, http] = place.ports.map(|port| port.to_string());
    let mut flags = vec![
        ("dir", dir.display().to_string()),
        ("bind", place.ip.to_string()),
        ("port", port),
        ("redis-cluster-port", cluster),
        ("peer-port", peer),
        ("http-port", http),
        ("arcs", "256".to_owned()),
    ];
    flags.extend(join.map(|join| ("join", join.client().to_string())));
    let flags = flags.into_iter().map(|(name, value)| (name.to_owned(), value));
    let sources = Sources {
        flags: flags.collect(),
        ..Sources::default()
    };
    let config = LiveConfig::load(&sources).unwrap_or_else(|error| panic!("{error}"));
    start(config, None).await.unwrap_or_else(|error| panic!("{error}"))
}

/// Waits until every node sees three members alive, at these places by the topology, and takes a write.
async fn wait_until_whole(places: [Place; 3]) {
    for place in places {
        let mut client = Client::connect(place.client()).await;
        wait_until("all are together", async || {
            let ring = client.text("CLUSTER RING").await;
            places.iter().all(|place| ring.contains(&place.client().to_string()))
                && figure(&mut client, "circlet", "members_alive").await == 3
                && figure(&mut client, "circlet", "arcs_without_quorum").await == 0
                && ring.contains("moves [] draining [] waiting []")
        })
        .await;
        wait_until("it takes writes", async || client.text("SET k v").await == "OK").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_after_the_other_and_all_at_once_nodes_come_back_elsewhere_and_are_found() {
    let dirs = [(); 3].map(|()| tempfile::tempdir().expect("a directory"));
    let mut places = [(); 3].map(|()| Place::new());
    let mut nodes = Vec::new();
    for (dir, place) in dirs.iter().zip(places) {
        let join = (!nodes.is_empty()).then_some(places[0]);
        nodes.push(start_at(dir.path(), place, join).await);
    }
    wait_until_whole(places).await;

    // One: it finds the others where they have always been, and they hear from it where it is.
    nodes.remove(2).stop().await;
    places[2] = Place::new();
    nodes.push(start_at(dirs[2].path(), places[2], None).await);
    wait_until_whole(places).await;

    // All: of them each knows by its configuration where one of the others is, and no topology does.
    for node in nodes.drain(..) {
        node.stop().await;
    }
    places = [(); 3].map(|()| Place::new());
    let joins = [None, Some(places[0]), Some(places[1])];
    for ((dir, place), join) in dirs.iter().zip(places).zip(joins) {
        nodes.push(start_at(dir.path(), place, join).await);
    }
    wait_until_whole(places).await;
    for dir in &dirs {
        wait_until("what the topology says need not be noted beside it", async || {
            std::fs::read_to_string(dir.path().join("addresses"))
                .unwrap_or_default()
                .is_empty()
        })
        .await;
    }
}
