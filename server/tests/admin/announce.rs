//! `announce-ip`: what one node announces is what every node tells clients.

use super::client::Client;
use super::cluster::Cluster;
use std::time::{Duration, Instant};

const ANNOUNCED: &str = "203.0.113.9";

/// Asks until the answer holds the text: a member hears of it with the first hello.
async fn wait_until_told(client: &mut Client, line: &str, text: &str) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = client.text(line).await;
        if answer.contains(text) {
            return;
        }
        assert!(Instant::now() < deadline, "{line}: no {text} in {answer}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_member_tells_clients_the_announced_address() {
    let cluster = Cluster::start_with(2, &[&format!("announce-ip = \"{ANNOUNCED}\"")]).await;
    let port = cluster.nodes[0].addresses().cluster.port();
    for node in 0..2 {
        let mut client = cluster.cluster(node).await;
        let slots = format!("[{ANNOUNCED} {port} {}", "1".repeat(40));
        wait_until_told(&mut client, "CLUSTER SLOTS", &slots).await;
        wait_until_told(&mut client, "CLUSTER NODES", &format!(" {ANNOUNCED}:{port}@")).await;
        wait_until_told(&mut client, "CLUSTER SHARDS", &format!(" {ANNOUNCED} ")).await;
        let other = cluster.nodes[1].addresses().cluster;
        wait_until_told(&mut client, "CLUSTER NODES", &format!(" {other}@")).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_client_is_moved_to_the_announced_address() {
    let announce = format!("announce-ip = \"{ANNOUNCED}\"\nreplicas = 1");
    let cluster = Cluster::start_with(2, &[&announce, "replicas = 1"]).await;
    let mut client = cluster.cluster(1).await;
    let port = cluster.nodes[0].addresses().cluster.port();
    let mut moved = 0;
    for key in 0..50 {
        let answer = client.text(&format!("GET k{key}")).await;
        if let Some(to) = answer.strip_prefix("-MOVED ") {
            assert!(to.ends_with(&format!(" {ANNOUNCED}:{port}")), "{answer}");
            moved += 1;
        }
    }
    assert!(moved > 0, "node 0 holds some of the keys");
}
