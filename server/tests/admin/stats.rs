//! What INFO counts: each figure moves when what it counts happens, and only then.

use super::cluster::Cluster;
use super::memory::figure;
use std::time::{Duration, Instant};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_are_hits_or_misses_key_by_key_and_looks_before_a_write_are_neither() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    client.text("MSET a 1 {a}b 2").await;
    for (line, hits, misses) in [
        ("GET a", 1, 0),
        ("GET none", 0, 1),
        ("MGET a none {a}b other", 2, 2),
        ("EXISTS a none", 1, 1),
        ("TTL a", 1, 0),
        ("TYPE none", 0, 1),
        ("STRLEN a", 1, 0),
        ("GETBIT none 1", 0, 1),
        ("OBJECT ENCODING a", 1, 0),
        ("LCS a {a}b", 2, 0),
        ("COPY a {a}c", 1, 0),
        ("GETEX a EX 100", 1, 0),
        ("GETEX none", 0, 1),
        ("GETSET a 5", 1, 0),
        ("SET a 6 GET", 1, 0),
        ("GETDEL a", 1, 0),
        ("GETDEL a", 0, 1),
        ("SETNX {a}b 1", 0, 0),
        ("SET none 1 XX", 0, 0),
        ("INCR {a}b", 0, 0),
        ("APPEND {a}b x", 0, 0),
        ("DEL none", 0, 0),
        ("EXPIRE {a}b 10", 0, 0),
    ] {
        let before = counts(&mut client).await;
        let reply = client.text(line).await;
        assert!(!reply.starts_with("-E"), "{line}: {reply}");
        let after = counts(&mut client).await;
        assert_eq!((after.0 - before.0, after.1 - before.1), (hits, misses), "{line}");
    }
    client.text("CONFIG RESETSTAT").await;
    assert_eq!(counts(&mut client).await, (0, 0));
}

async fn counts(client: &mut super::client::Client) -> (u64, u64) {
    (
        figure(client, "stats", "keyspace_hits").await,
        figure(client, "stats", "keyspace_misses").await,
    )
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bytes_of_clients_are_counted_both_ways() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    let received = figure(&mut client, "stats", "total_net_input_bytes").await;
    let sent = figure(&mut client, "stats", "total_net_output_bytes").await;
    let value = "x".repeat(10_000);
    client.text(&format!("SET a {value}")).await;
    let received_set = figure(&mut client, "stats", "total_net_input_bytes").await - received;
    assert!((10_000..11_000).contains(&received_set), "{received_set}");
    client.text("GET a").await;
    client.text("GET a").await;
    let sent_gets = figure(&mut client, "stats", "total_net_output_bytes").await - sent;
    assert!((20_000..40_000).contains(&sent_gets), "{sent_gets}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_alone_drops_what_was_deleted_and_what_has_expired() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    for key in 0..20 {
        client.text(&format!("SET deleted{key} v")).await;
        client.text(&format!("DEL deleted{key}")).await;
        client.text(&format!("SET expired{key} v PX 1")).await;
    }
    assert_eq!(client.text("SET kept v").await, "OK");
    wait_until_dropped(&mut client, 20).await;
    assert_eq!(client.text("DBSIZE").await, "1");
}

/// Waits until no tombstone is left and so many keys have expired.
async fn wait_until_dropped(client: &mut super::client::Client, expired: u64) {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let tombstones = figure(client, "circlet", "tombstones").await;
        let found = figure(client, "stats", "expired_keys").await;
        if (tombstones, found) == (0, expired) {
            return;
        }
        assert!(
            Instant::now() < deadline,
            "{tombstones} tombstones, {found} of {expired} expired"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
