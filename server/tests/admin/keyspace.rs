//! Commands on all keys, on both ports.

use super::client::{Client, show};
use super::cluster::Cluster;
use super::impostor::Impostor;
use circlet_ring::ArcCount;
use std::collections::BTreeSet;

const KEYS: usize = 500;

async fn fill(client: &mut Client) {
    let lines: Vec<String> = (0..KEYS).map(|key| format!("SET key:{key} {key}")).collect();
    client.send(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    for _ in 0..KEYS {
        assert_eq!(client.reply().await.map(|reply| show(&reply)), Some("OK".to_owned()));
    }
}

async fn scan_all(client: &mut Client, options: &str) -> Vec<String> {
    let (mut cursor, mut keys) = ("0".to_owned(), Vec::new());
    loop {
        let step = client.ask(&format!("SCAN {cursor} {options}")).await;
        let [next, found] = step.as_slice().expect("cursor and keys") else {
            panic!("{step:?}")
        };
        keys.extend(found.as_slice().expect("keys").iter().map(show));
        cursor = show(next);
        if cursor == "0" {
            return keys;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_big_port_sees_the_whole_cluster_and_the_cluster_ports_share_it() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.big(0).await;
    assert_eq!(client.text("SCAN 0").await, "[0 []]", "an empty keyspace is one step");
    assert_eq!(client.text("RANDOMKEY").await, "nil");
    fill(&mut client).await;
    let all: BTreeSet<String> = (0..KEYS).map(|key| format!("key:{key}")).collect();
    let mut shares = Vec::new();
    for node in 0..3 {
        let mut big = cluster.big(node).await;
        assert_eq!(big.text("DBSIZE").await, KEYS.to_string());
        assert!(all.contains(&big.text("RANDOMKEY").await));
        for options in ["", "COUNT 1000", "COUNT 37 TYPE string"] {
            let found: BTreeSet<String> = scan_all(&mut big, options).await.into_iter().collect();
            assert_eq!(found, all, "node {node}: SCAN {options}");
        }
        assert_eq!(big.text("KEYS key:49?").await.split(' ').count(), 10);
        let mut share = scan_all(&mut cluster.cluster(node).await, "").await;
        assert_eq!(
            cluster.cluster(node).await.text("DBSIZE").await,
            share.len().to_string()
        );
        shares.append(&mut share);
    }
    assert_eq!(shares.len(), KEYS, "the cluster ports share the keys out");
    assert_eq!(shares.into_iter().collect::<BTreeSet<_>>(), all);
    assert_eq!(scan_all(&mut client, "TYPE list").await, [""; 0]);
    for (make, kind) in [
        ("HSET h f v", "hash"),
        ("SADD s m", "set"),
        ("ZADD z 1 m", "zset"),
        ("LPUSH l e", "LIST"),
    ] {
        client.text(make).await;
        let found = scan_all(&mut client, &format!("TYPE {kind} COUNT 100")).await;
        assert_eq!(found, [make.split(' ').nth(1).expect("a key")], "{kind}");
    }
    assert_eq!(scan_all(&mut client, "TYPE nosuch").await, [""; 0]);
    assert_eq!(scan_all(&mut client, "TYPE string COUNT 1000").await.len(), KEYS);
    assert_eq!(scan_all(&mut client, "MATCH key:12").await, ["key:12"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_empties_every_owner_and_a_write_after_it_stays() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.big(1).await;
    fill(&mut client).await;
    let mut acting = cluster.cluster(0).await;
    let before: usize = client.text("DBSIZE").await.parse().expect("a number");
    let share: usize = acting.text("DBSIZE").await.parse().expect("a number");
    assert_eq!(acting.text("FLUSHALL SYNC").await, "OK");
    assert_eq!(
        client.text("DBSIZE").await,
        (before - share).to_string(),
        "a acting flushes its arcs"
    );
    assert_eq!(client.text("FLUSHDB ASYNC").await, "OK");
    assert_eq!(client.text("SET after 1").await, "OK");
    for node in 0..3 {
        assert_eq!(cluster.big(node).await.text("GET after").await, "1");
        assert_eq!(cluster.big(node).await.text("GET key:7").await, "nil");
        let held = cluster.big(node).await.text("INFO keyspace").await;
        assert!(
            held.contains("keys=1,") || !held.contains("db0"),
            "node {node} holds more: {held}"
        );
    }
}

/// A node that is behind, or ahead, may not change what this one holds: an arc's next owner may have pulled it already.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flush_and_a_write_of_many_keys_have_no_effect_from_another_epoch() {
    let cluster = Cluster::start(2).await;
    let mut client = cluster.big(0).await;
    fill(&mut client).await;
    let mut impostor = Impostor::link(cluster.nodes[1].addresses().peer, cluster.nodes[0].id()).await;
    let all_arcs = vec![u8::MAX; usize::from(ArcCount::DEFAULT.get()) / 8];
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    // As the coordinator of every arc would say it: the arc, and a stamp of now.
    let stamp = (now.expect("a clock").as_millis() as u64) << 16;
    let flushed: Vec<u8> = ArcCount::DEFAULT
        .arcs()
        .flat_map(|arc| [&arc.get().to_le_bytes()[..], &stamp.to_le_bytes()].concat())
        .collect();
    for epochs_ahead in [-1, 1] {
        for words in [[&b"FLUSHED"[..], &flushed], [b"FLUSH", &all_arcs]] {
            let said = impostor.run(epochs_ahead, true, &words).await.expect("an answer");
            let verb = String::from_utf8_lossy(words[0]);
            assert!(
                said.starts_with("-ERR"),
                "{verb} of an epoch {epochs_ahead} ahead: {said}"
            );
        }
        let set: [&[u8]; 5] = [b"MSET", b"{key}:1", b"other", b"{key}:2", b"other"];
        assert_eq!(impostor.run(epochs_ahead, false, &set).await, None, "refused");
        assert_eq!(client.text("DBSIZE").await, KEYS.to_string());
    }
    let said = impostor.run(0, true, &[b"FLUSHED", &flushed]).await;
    assert_eq!(said.as_deref(), Some(":1024\r\n"), "this one is of the epoch in force");
    assert_eq!(client.text("FLUSHALL").await, "OK");
    assert_eq!(client.text("DBSIZE").await, "0");
}
