//! Commands that wait until somebody writes: on a cluster, wherever their clients are connected.

use super::client::{Client, show};
use super::cluster::Cluster;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(20);

const MOVED: &str = "-UNBLOCKED the key's coordinator changed, try again";

/// A figure of INFO.
async fn info(client: &mut Client, name: &str) -> usize {
    let told = client.text("INFO clients").await;
    let line = told.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    line.and_then(|figure| figure.trim().parse().ok()).expect("a figure")
}

/// Waits until so many commands wait at all nodes together.
async fn until_waiting(cluster: &Cluster, nodes: &[usize], count: usize) {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut waiting = 0;
        for node in nodes {
            waiting += info(&mut cluster.big(*node).await, "circlet_waiting_commands").await;
        }
        if waiting == count {
            return;
        }
        assert!(Instant::now() < deadline, "{waiting} wait instead of {count}");
    }
}

/// The next reply, or a failure if it takes too long.
async fn reply(client: &mut Client) -> String {
    let reply = tokio::time::timeout(PATIENCE, client.reply())
        .await
        .expect("a reply in time");
    show(&reply.expect("a reply"))
}

/// Which node the commands on a key wait at.
async fn coordinator(cluster: &Cluster, key: &str) -> usize {
    let mut waiter = cluster.big(0).await;
    waiter.send(&[&format!("BLPOP {key} 0")]).await;
    let deadline = Instant::now() + PATIENCE;
    let mut found = None;
    while found.is_none() {
        assert!(Instant::now() < deadline, "nobody has it");
        for node in 0..cluster.nodes.len() {
            if info(&mut cluster.big(node).await, "circlet_waiting_commands").await > 0 {
                found = Some(node);
            }
        }
    }
    cluster.big(0).await.text(&format!("RPUSH {key} x")).await;
    assert_eq!(reply(&mut waiter).await, format!("[{key} x]"));
    found.expect("found just now")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiters_are_served_in_order_wherever_they_are_connected() {
    let cluster = Cluster::start(4).await;
    let all = [0, 1, 2, 3];
    let mut waiters = Vec::new();
    for node in all {
        let mut waiter = cluster.big(node).await;
        waiter.send(&["BLPOP k 0"]).await;
        until_waiting(&cluster, &all, node + 1).await;
        assert_eq!(info(&mut cluster.big(node).await, "blocked_clients").await, 1);
        waiters.push(waiter);
    }
    let mut writer = cluster.big(3).await;
    assert_eq!(writer.text("GET other").await, "nil", "nobody else waits");
    assert_eq!(writer.text("RPUSH k a b c").await, "3");
    assert_eq!(
        writer.text("LLEN k").await,
        "0",
        "it was served before any other command"
    );
    for (waiter, element) in waiters.iter_mut().zip(["a", "b", "c"]) {
        assert_eq!(reply(waiter).await, format!("[k {element}]"));
    }
    // In one batch: what comes behind the write does not see it.
    writer.send(&["RPUSH k d", "LPOP k"]).await;
    assert_eq!(
        (reply(&mut writer).await, reply(&mut writer).await),
        ("1".into(), "nil".into())
    );
    assert_eq!(reply(&mut waiters[3]).await, "[k d]");
    until_waiting(&cluster, &all, 0).await;
    for node in all {
        assert_eq!(info(&mut cluster.big(node).await, "blocked_clients").await, 0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_ends_with_its_time_by_unblock_and_with_its_client() {
    let cluster = Cluster::start(4).await;
    let all = [0, 1, 2, 3];
    for node in all {
        let mut control = cluster.big(node).await;
        let mut client = cluster.big(node).await;
        let began = Instant::now();
        assert_eq!(
            client.text("BLPOP k other 0.03").await,
            "-CROSSSLOT Keys in request don't hash to the same slot"
        );
        assert_eq!(client.text("BLPOP k 0.03").await, "nil");
        assert!(began.elapsed() >= Duration::from_millis(30));
        assert_eq!(client.text("BLMOVE {k}a {k}b LEFT LEFT 0.001").await, "nil");
        assert_eq!(client.text("BLPOP k -1").await, "-ERR timeout is negative");
        let id = client.text("CLIENT ID").await;
        for (how, answer) in [
            ("", "nil"),
            (" TIMEOUT", "nil"),
            (" ERROR", "-UNBLOCKED client unblocked via CLIENT UNBLOCK"),
        ] {
            client.send(&["BLPOP k 0"]).await;
            until_waiting(&cluster, &all, 1).await;
            let line = control.text(&format!("CLIENT LIST ID {id}")).await;
            assert!(line.contains(" flags=b ") && line.contains(" cmd=blpop "), "{line}");
            assert_eq!(control.text(&format!("CLIENT UNBLOCK {id}{how}")).await, "1");
            assert_eq!(reply(&mut client).await, answer);
            assert_eq!(
                control.text(&format!("CLIENT UNBLOCK {id}")).await,
                "0",
                "it waits no more"
            );
        }
        // What the client sends while it waits is answered afterwards.
        client.send(&["BLPOP k 0"]).await;
        until_waiting(&cluster, &all, 1).await;
        client.send(&["ECHO a", "ECHO b"]).await;
        control.text(&format!("CLIENT UNBLOCK {id}")).await;
        assert_eq!(reply(&mut client).await, "nil");
        assert_eq!(
            (reply(&mut client).await, reply(&mut client).await),
            ("a".into(), "b".into())
        );
        // It is killed; another one leaves.
        client.send(&["BLPOP k 0"]).await;
        until_waiting(&cluster, &all, 1).await;
        assert_eq!(control.text(&format!("CLIENT KILL ID {id}")).await, "1");
        until_waiting(&cluster, &all, 0).await;
        assert!(client.reply().await.is_none());
        let mut leaving = cluster.big(node).await;
        leaving.send(&["BLPOP k 0"]).await;
        until_waiting(&cluster, &all, 1).await;
        drop(leaving);
        until_waiting(&cluster, &all, 0).await;
        assert_eq!(control.text("RPUSH k a").await, "1");
        assert_eq!(control.text("LPOP k").await, "a", "nobody took it");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_makes_a_key_hold_elements_serves() {
    let cluster = Cluster::start(3).await;
    let all = [0, 1, 2];
    let cases = [
        ("BLPOP {t}k 0", "LPUSH {t}k a", "[{t}k a]"),
        ("BRPOP {t}x {t}k 0", "RPUSH {t}k a b", "[{t}k b]"),
        ("BLMOVE {t}k {t}d LEFT RIGHT 0", "LMOVE {t}src {t}k LEFT LEFT", "s"),
        ("BRPOPLPUSH {t}k {t}d 0", "RENAME {t}src {t}k", "s"),
        ("BLMPOP 0 2 {t}x {t}k LEFT COUNT 2", "COPY {t}src {t}k", "[{t}k [s]]"),
        ("BLMPOP 0 2 {t}x {t}k RIGHT COUNT 2", "RPUSH {t}k a b c", "[{t}k [c b]]"),
        ("BZPOPMIN {t}x {t}k 0", "ZADD {t}k 2 b 1 a", "[{t}k a 1]"),
        ("BZPOPMAX {t}k 0", "ZUNIONSTORE {t}k 1 {t}z", "[{t}k m 7]"),
        ("BZMPOP 0 2 {t}x {t}k MAX COUNT 2", "ZINCRBY {t}k 2 b", "[{t}k [[b 2]]]"),
    ];
    for (number, (wait, write, answer)) in cases.into_iter().enumerate() {
        let mut waiter = cluster.big(number % 3).await;
        let mut writer = cluster.big((number + 1) % 3).await;
        writer.text("DEL {t}src {t}k {t}x {t}d").await;
        writer.text("RPUSH {t}src s").await;
        writer.text("ZADD {t}z 7 m").await;
        waiter.send(&[wait]).await;
        until_waiting(&cluster, &all, 1).await;
        writer.text("SET {t}k not-a-list").await;
        writer.text("DEL {t}k").await;
        writer.text("SADD {t}k member").await;
        writer.text("DEL {t}k").await;
        until_waiting(&cluster, &all, 1).await;
        writer.text(write).await;
        assert_eq!(reply(&mut waiter).await, answer, "{wait} and {write}");
    }
    // One that is served serves the next; one that cannot be served is told why.
    let mut first = cluster.big(0).await;
    let mut second = cluster.big(1).await;
    let mut writer = cluster.big(2).await;
    writer.text("DEL {t}src {t}k {t}x {t}d").await;
    second.send(&["BLPOP {t}d 0"]).await;
    first.send(&["BLMOVE {t}k {t}d LEFT LEFT 0"]).await;
    until_waiting(&cluster, &all, 2).await;
    writer.text("LPUSH {t}k a").await;
    assert_eq!(
        (reply(&mut first).await, reply(&mut second).await),
        ("a".into(), "[{t}d a]".into())
    );
    first.send(&["BLMOVE {t}k {t}d LEFT LEFT 0"]).await;
    until_waiting(&cluster, &all, 1).await;
    writer.text("SET {t}d string").await;
    assert_eq!(writer.text("LPUSH {t}k a").await, "1");
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    assert_eq!(reply(&mut first).await, wrong);
    assert_eq!(writer.text("LRANGE {t}k 0 -1").await, "[a]", "nothing was changed");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_outlives_the_request_timeout_and_holds_nobody_up() {
    let cluster = Cluster::start(4).await;
    let mut waiters = Vec::new();
    for node in 0..4 {
        let mut waiter = cluster.big(node).await;
        // Longer than request-timeout-ms, which is 2000.
        waiter.send(&["BLPOP k 2.5"]).await;
        waiters.push(waiter);
    }
    let began = Instant::now();
    while began.elapsed() < Duration::from_millis(2_400) {
        for node in 0..4 {
            let mut client = cluster.big(node).await;
            let asked = Instant::now();
            assert_eq!(client.text("SET {k}other v").await, "OK");
            assert!(asked.elapsed() < Duration::from_secs(1), "it waited behind somebody");
        }
    }
    for waiter in &mut waiters {
        assert_eq!(reply(waiter).await, "nil");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_element_is_served_exactly_once() {
    const ELEMENTS: usize = 300;
    let cluster = Cluster::start(4).await;
    let mut consumers = Vec::new();
    for consumer in 0..6 {
        let mut client = cluster.big(consumer % 4).await;
        consumers.push(tokio::spawn(async move {
            let mut got = Vec::new();
            loop {
                // Times that end while elements come, and clients that come back behind others.
                let answer = client.text("BLPOP {t}a {t}b 0.02").await;
                match answer.strip_prefix("[{t}").and_then(|rest| rest.get(2..rest.len() - 1)) {
                    Some("end") => return got,
                    Some(element) => got.push(element.to_owned()),
                    None => assert_eq!(answer, "nil"),
                }
            }
        }));
    }
    let mut producers = Vec::new();
    for producer in 0..3 {
        let mut client = cluster.big(producer + 1).await;
        producers.push(tokio::spawn(async move {
            for number in 0..ELEMENTS {
                let key = ["{t}a", "{t}b"][number % 2];
                let pushed = client.text(&format!("RPUSH {key} {producer}-{number}")).await;
                assert!(!pushed.starts_with('-'), "{pushed}");
            }
        }));
    }
    for producer in producers {
        producer.await.expect("it pushes");
    }
    let mut writer = cluster.big(0).await;
    for _ in &consumers {
        writer.text("RPUSH {t}b end").await;
    }
    let mut all = Vec::new();
    for consumer in consumers {
        let got = tokio::time::timeout(PATIENCE, consumer).await.expect("in time");
        all.extend(got.expect("it ends"));
    }
    let distinct: BTreeSet<&String> = all.iter().collect();
    assert_eq!((all.len(), distinct.len()), (3 * ELEMENTS, 3 * ELEMENTS));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wait_ends_with_its_coordinator() {
    let mut cluster = Cluster::start(4).await;
    let lost = coordinator(&cluster, "k").await;
    let others: Vec<usize> = (0..4).filter(|node| *node != lost).collect();
    let mut waiters = Vec::new();
    for node in &others {
        let mut waiter = cluster.big(*node).await;
        waiter.send(&["BLPOP k 0"]).await;
        waiters.push((*node, waiter));
    }
    until_waiting(&cluster, &[lost], others.len()).await;
    let addresses: Vec<_> = others
        .iter()
        .map(|node| cluster.nodes[*node].addresses().client)
        .collect();
    cluster.nodes.remove(lost).stop().await;
    for (_, waiter) in &mut waiters {
        assert_eq!(reply(waiter).await, MOVED);
    }
    // Tried again, it waits at the next one.
    for (_, waiter) in &mut waiters {
        waiter.send(&["BLPOP k 0"]).await;
    }
    let mut writer = Client::connect(addresses[0]).await;
    for element in ["a", "b", "c"] {
        let deadline = Instant::now() + PATIENCE;
        while writer.text(&format!("RPUSH k {element}")).await.starts_with('-') {
            assert!(Instant::now() < deadline, "nobody takes over");
        }
    }
    let mut got = BTreeSet::new();
    for (_, waiter) in &mut waiters {
        let answer = reply(waiter).await;
        got.insert(if answer == MOVED { "moved".to_owned() } else { answer });
    }
    got.remove("moved");
    assert!(
        got.iter()
            .all(|answer| ["[k a]", "[k b]", "[k c]"].contains(&answer.as_str())),
        "{got:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_pop_that_ends_a_wait_needs_its_quorum() {
    let mut cluster = Cluster::start(3).await;
    let here = coordinator(&cluster, "k").await;
    let address = cluster.nodes[here].addresses().client;
    let mut waiter = Client::connect(address).await;
    waiter.send(&["BLPOP k 0"]).await;
    until_waiting(&cluster, &[here], 1).await;
    let mut writer = Client::connect(address).await;
    assert_eq!(writer.text("CLIENT CONSISTENCY READ ONE WRITE ONE").await, "OK");
    let left = cluster.nodes.remove(here);
    for node in cluster.nodes.drain(..) {
        node.stop().await;
    }
    // Until it knows that the others are gone, what it writes is for them, too.
    let deadline = Instant::now() + PATIENCE;
    let mut quorum = Client::connect(address).await;
    while !quorum.text("LPOP {k}other").await.starts_with("-NOQUORUM") {
        assert!(Instant::now() < deadline, "it believes in a quorum");
    }
    assert_eq!(writer.text("RPUSH k a").await, "1");
    assert_eq!(reply(&mut waiter).await, "-NOQUORUM need 2 of 3 replicas, 1 alive");
    assert_eq!(writer.text("LRANGE k 0 -1").await, "[a]", "nothing was taken");
    drop(left);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn sort_reads_keys_that_its_arguments_do_not_name_on_any_node() {
    let cluster = Cluster::start(4).await;
    let mut writer = cluster.big(0).await;
    writer.text("RPUSH {t}l 3 1 2").await;
    writer.text("MSET {t}w_1 30 {t}w_2 10 {t}w_3 20").await;
    for node in 0..4 {
        let mut client = cluster.big(node).await;
        assert_eq!(
            client.text("SORT {t}l BY {t}w_* GET # GET {t}w_*").await,
            "[2 10 3 20 1 30]"
        );
        assert_eq!(client.text(&format!("SORT {{t}}l DESC STORE {{t}}d{node}")).await, "3");
        assert_eq!(client.text(&format!("LRANGE {{t}}d{node} 0 -1")).await, "[3 2 1]");
    }
}
