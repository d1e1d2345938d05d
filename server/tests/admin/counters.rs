//! What nodes count of what they say to each other, as Prometheus reads it.

use super::cluster::Cluster;
use super::impostor::Impostor;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

const PATIENCE: Duration = Duration::from_secs(10);

/// A page of a node over HTTP, with its head.
pub(crate) async fn page(http: SocketAddr, path: &str) -> String {
    let mut socket = TcpStream::connect(http).await.expect("the node serves HTTP");
    let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    socket.write_all(request.as_bytes()).await.expect("it reads");
    let mut page = String::new();
    socket.read_to_string(&mut page).await.expect("it answers");
    page
}

/// A counter of one node.
pub(crate) async fn counter(http: SocketAddr, name: &str) -> u64 {
    let page = page(http, "/metrics").await;
    let prefix = format!("circlet_{name}_total ");
    let figure = page.lines().find_map(|line| line.strip_prefix(&prefix));
    let figure = figure.unwrap_or_else(|| panic!("no {name} in {page}"));
    figure.parse::<f64>().expect("a number") as u64
}

/// A counter, summed over all nodes.
async fn sum(cluster: &Cluster, name: &str) -> u64 {
    let mut sum = 0;
    for node in &cluster.nodes {
        sum += counter(node.addresses().http, name).await;
    }
    sum
}

/// Waits until the sum of a counter is at least this.
async fn wait_until_counted(cluster: &Cluster, name: &str, least: u64) -> u64 {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let sum = sum(cluster, name).await;
        if sum >= least {
            return sum;
        }
        assert!(Instant::now() < deadline, "{name} is {sum}, not {least}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_goes_to_peers_is_counted_where_it_leaves_and_where_it_arrives() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.big(0).await;
    let forwarded = sum(&cluster, "commands_forwarded").await;
    let sent = sum(&cluster, "deltas_sent").await;
    let merged = sum(&cluster, "deltas_merged").await;
    let bytes = sum(&cluster, "peer_bytes_received").await;
    for key in 0..60 {
        assert_eq!(client.text(&format!("SET k{key} {}", "x".repeat(1_000))).await, "OK");
    }
    let forwarded = sum(&cluster, "commands_forwarded").await - forwarded;
    assert!(
        (10..60).contains(&forwarded),
        "some two thirds of the keys: {forwarded}"
    );
    assert_eq!(
        sum(&cluster, "deltas_sent").await - sent,
        120,
        "each write has two other owners"
    );
    // The third owner's acknowledgement may come after the reply.
    let all_merged = wait_until_counted(&cluster, "deltas_merged", merged + 120).await;
    assert_eq!(all_merged, merged + 120);
    let carried = sum(&cluster, "peer_bytes_received").await - bytes;
    assert!(
        (120_000 + forwarded * 1_000..400_000).contains(&carried),
        "{carried} bytes"
    );
    let received = sum(&cluster, "peer_frames_received").await;
    assert!(received >= 120, "{received} frames");
    wait_until_counted(&cluster, "peer_frames_sent", received).await;
    let received = sum(&cluster, "peer_bytes_received").await;
    wait_until_counted(&cluster, "peer_bytes_sent", received).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_that_disagree_are_counted_when_a_read_or_a_write_meets_it() {
    let cluster = Cluster::start(2).await;
    let mut client = cluster.big(0).await;
    let mut impostor = Impostor::link(cluster.nodes[1].addresses().peer, cluster.nodes[0].id()).await;
    for key in 0..20 {
        assert_eq!(client.text(&format!("SET k{key} old")).await, "OK");
        impostor.apply(&format!("k{key}"), "new", 50).await;
    }
    assert_eq!(sum(&cluster, "digest_mismatches").await, 0);
    for key in 0..20 {
        assert_eq!(client.text(&format!("GET k{key}")).await, "new", "the newer one wins");
    }
    // Where the node that was made to differ coordinates the key, its own value is right and the other one is told.
    let mismatches = sum(&cluster, "digest_mismatches").await;
    assert!(
        mismatches >= 20,
        "each key's first read at a quorum of two meets it: {mismatches}"
    );
    let repairs = sum(&cluster, "read_repairs").await;
    assert!(repairs >= 20, "and is written back: {repairs}");
    assert_eq!(client.text("GET k1").await, "new");
    assert_eq!(
        sum(&cluster, "digest_mismatches").await,
        mismatches,
        "the owners agree now"
    );
    assert_eq!(sum(&cluster, "writes_restamped").await, 0);
    for key in 0..20 {
        impostor.apply(&format!("k{key}"), "newer", 2_000).await;
        assert_eq!(client.text(&format!("SET k{key} newest")).await, "OK");
        assert_eq!(
            client.text(&format!("GET k{key}")).await,
            "newest",
            "acknowledged later"
        );
    }
    let restamped = sum(&cluster, "writes_restamped").await;
    assert!(
        (1..20).contains(&restamped),
        "those that the other node coordinates: {restamped}"
    );
    impostor.apply("k1", "too new", 3_600_000).await;
    assert_eq!(sum(&cluster, "deltas_ahead").await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn gossip_is_counted_and_so_is_what_is_none() {
    let cluster = Cluster::start(2).await;
    wait_until_counted(&cluster, "gossip_packets_sent", 4).await;
    wait_until_counted(&cluster, "gossip_packets_received", 4).await;
    assert_eq!(sum(&cluster, "gossip_packets_refused").await, 0);
    let stranger = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
    let to = cluster.nodes[0].addresses().gossip;
    stranger.send_to(b"no gossip", to).await.expect("it is sent");
    assert_eq!(wait_until_counted(&cluster, "gossip_packets_refused", 1).await, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hints_are_counted_and_collapse_at_the_limit_of_the_moment() {
    let mut cluster = Cluster::start(3).await;
    cluster.nodes.pop().expect("three").stop().await;
    let mut clients = [cluster.big(0).await, cluster.big(1).await];
    let write = async |client: &mut super::client::Client, prefix: &str| {
        for key in 0..40 {
            let line = format!("SET {prefix}{key} v");
            // Until it is known that the third node has gone.
            let deadline = Instant::now() + PATIENCE;
            while client.text(&line).await != "OK" {
                assert!(Instant::now() < deadline, "{line} is not answered OK");
            }
        }
    };
    write(&mut clients[0], "a").await;
    assert!(wait_until_counted(&cluster, "hints_recorded", 40).await >= 40);
    assert_eq!(sum(&cluster, "hints_collapsed").await, 0);
    for client in &mut clients {
        assert_eq!(client.text("CONFIG SET hint-keys-max 5").await, "OK");
        let keys = super::memory::figure(client, "circlet", "hint_keys").await;
        assert!(keys <= 5, "what is over the new limit collapses at once: {keys} keys");
    }
    let collapsed = sum(&cluster, "hints_collapsed").await;
    assert!(collapsed > 0);
    write(&mut clients[1], "b").await;
    assert!(sum(&cluster, "hints_collapsed").await > collapsed);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_more_commands_of_a_connection_wait_at_once_than_may() {
    let cluster = Cluster::start(2).await;
    let mut client = cluster.big(0).await;
    let lines: Vec<String> = (0..200).map(|key| format!("SET k{key} v")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    let mut frames = Vec::new();
    for inflight_max in ["1", "64"] {
        let set = format!("CONFIG SET client-inflight-max {inflight_max}");
        assert_eq!(client.text(&set).await, "OK");
        let http = cluster.nodes[0].addresses().http;
        let before = counter(http, "peer_frames_sent").await;
        client.send(&lines).await;
        for _ in &lines {
            let reply = client.reply().await.expect("a reply");
            assert_eq!(super::client::show(&reply), "OK");
        }
        frames.push(counter(http, "peer_frames_sent").await - before);
    }
    // A batch is one or two frames for the peer; each of these commands needs it, as the other owner or as the coordinator.
    assert!(frames[0] >= 190, "one at a time, so a frame for each: {frames:?}");
    assert!(frames[1] < 100, "many at once, so a frame for many: {frames:?}");
}
