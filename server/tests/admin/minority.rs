//! Two sides of a partition, both of which go on at ONE, become one again.

use super::client::Client;
use super::cluster::Cluster;
use super::counters::page;
use super::memory::figure;
use super::visible::wait_until;
use std::collections::BTreeSet;

/// Keys of each type: more than nodes, so that their coordinators differ.
const KEYS: usize = 8;

/// Two of five: no quorum, which is three.
const MINORITY: [usize; 2] = [0, 1];
const MAJORITY: [usize; 3] = [2, 3, 4];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minority_of_two_refuses_quorum_and_serves_one_and_after_healing_both_sides_changes_are_there() {
    let own = "replicas = 5\narcs = 256\nantientropy-period-ms = 1000";
    let cluster = Cluster::start_apart(5, &[own; 5]).await;
    let mut before = cluster.big(0).await;
    for key in 0..KEYS {
        expect(&mut before, &format!("SADD set{key} both leaving"), "2").await;
        expect(&mut before, &format!("HSET hash{key} both before shared before"), "2").await;
        expect(&mut before, &format!("INCRBY counter{key} 100"), "100").await;
    }

    cluster.relay().cut_off(&MINORITY);
    wait_until_alone(&cluster, MINORITY).await;
    wait_until_alone(&cluster, MAJORITY).await;
    for node in MINORITY {
        let mut client = cluster.big(node).await;
        for line in [
            "SADD set0 refused",
            "HSET hash0 refused 1",
            "INCRBY counter0 1",
            "SMEMBERS set0",
            "HGETALL hash0",
            "GET counter0",
        ] {
            refused(&mut client, line).await;
        }
    }
    let (here, there) = (
        change(&cluster, MINORITY, "minority", 10),
        change(&cluster, MAJORITY, "majority", 1_000),
    );
    tokio::join!(here, there);
    let mut majority = cluster.big(MAJORITY[0]).await;
    expect(&mut majority, "INCRBY counter0 10000", "11100").await;
    for key in 0..KEYS {
        expect(&mut majority, &format!("SREM set{key} leaving"), "1").await;
    }

    cluster.relay().heal();
    wait_until_equal(&cluster).await;
    let mut shared = BTreeSet::new();
    for node in MINORITY.into_iter().chain(MAJORITY) {
        let mut client = cluster.big(node).await;
        expect(&mut client, "CLIENT CONSISTENCY READ ALL", "OK").await;
        for key in 0..KEYS {
            let set = sorted(&client.text(&format!("SMEMBERS set{key}")).await, 1);
            assert_eq!(set, ["both", "majority", "minority"], "set{key} at node {node}");
            let mut hash = sorted(&client.text(&format!("HGETALL hash{key}")).await, 2);
            let at = hash.iter().position(|field| field.starts_with("shared "));
            shared.insert((key, hash.remove(at.expect("the field is there"))));
            let expected = ["both before", "majority majority", "minority minority", "sum 1010"];
            assert_eq!(hash, expected, "hash{key} at node {node}");
            let counter = if key == 0 { "11110" } else { "1110" };
            expect(&mut client, &format!("GET counter{key}"), counter).await;
        }
    }
    assert_eq!(
        shared.len(),
        KEYS,
        "one value of each field that both wrote: {shared:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cluster_of_which_every_node_was_alone_comes_together_by_itself() {
    let cluster = Cluster::start_apart(3, &["arcs = 256"; 3]).await;
    let mut clients = [cluster.big(0).await, cluster.big(1).await, cluster.big(2).await];
    expect(&mut clients[0], "SET k before", "OK").await;
    cluster.relay().cut_everyone_off();
    for client in &mut clients {
        wait_until("a node is alone", async || {
            figure(client, "circlet", "members_alive").await == 1
        })
        .await;
        let refused = client.text("SET k alone").await;
        assert_eq!(refused, "-NOQUORUM need 2 of 3 replicas, 1 alive");
    }
    cluster.relay().heal();
    for client in &mut clients {
        wait_until("all are together again", async || {
            figure(client, "circlet", "members_alive").await == 3 && client.text("GET k").await == "before"
        })
        .await;
    }
    expect(&mut clients[1], "SET k after", "OK").await;
}

/// One side's changes, each on one of its nodes in turn, at ONE.
async fn change<const N: usize>(cluster: &Cluster, side: [usize; N], name: &str, by: u64) {
    for (turn, key) in (0..KEYS).enumerate() {
        let mut client = cluster.big(side[turn % N]).await;
        expect(&mut client, "CLIENT CONSISTENCY READ ONE WRITE ONE", "OK").await;
        expect(&mut client, &format!("SADD set{key} {name}"), "1").await;
        expect(&mut client, &format!("HSET hash{key} {name} {name} shared {name}"), "1").await;
        expect(&mut client, &format!("HINCRBY hash{key} sum {by}"), &by.to_string()).await;
        expect(
            &mut client,
            &format!("INCRBY counter{key} {by}"),
            &(100 + by).to_string(),
        )
        .await;
        let read = client.text(&format!("SMEMBERS set{key}")).await;
        assert!(read.contains(name) && read.contains("both"), "{name} reads {read}");
    }
}

/// On a busy machine the two may lose sight of each other for a moment; a quorum they are never.
async fn refused(client: &mut Client, line: &str) {
    wait_until("the two are alive and no quorum", async || {
        let answer = client.text(line).await;
        assert!(answer.starts_with("-NOQUORUM "), "{line}: {answer}");
        answer == "-NOQUORUM need 3 of 5 replicas, 2 alive"
    })
    .await;
}

async fn expect(client: &mut Client, line: &str, answer: &str) {
    assert_eq!(client.text(line).await, answer, "{line}");
}

/// Waits until these nodes know that they are alone with each other.
async fn wait_until_alone<const N: usize>(cluster: &Cluster, side: [usize; N]) {
    for node in side {
        let mut client = cluster.big(node).await;
        wait_until("a node sees the cut", async || {
            figure(&mut client, "circlet", "members_alive").await == N as u64
        })
        .await;
    }
}

/// Waits until all nodes hold the same.
async fn wait_until_equal(cluster: &Cluster) {
    wait_until("all nodes hold the same", async || {
        let mut digests = BTreeSet::new();
        for node in 0..cluster.nodes.len() {
            let page = page(cluster.http(node), "/digests").await;
            let (_, body) = page.split_once("\r\n\r\n").expect("a body");
            digests.insert(body.to_owned());
        }
        digests.len() == 1
    })
    .await;
}

/// The items of an array, so many words each, in order.
fn sorted(array: &str, words: usize) -> Vec<String> {
    let items: Vec<&str> = array.trim_matches(['[', ']']).split(' ').collect();
    let mut items: Vec<String> = items.chunks(words).map(|item| item.join(" ")).collect();
    items.sort();
    items
}
