//! `maxmemory` with `noeviction`.

use super::client::Client;
use super::cluster::Cluster;

const OOM: &str = "-OOM command not allowed when used memory > 'maxmemory'.";

/// A line's figure in INFO.
pub(crate) async fn figure(client: &mut Client, section: &str, name: &str) -> u64 {
    let info = client.text(&format!("INFO {section}")).await;
    let prefix = format!("{name}:");
    let line = info.lines().find_map(|line| line.strip_prefix(&prefix));
    let text = line.unwrap_or_else(|| panic!("no {name} in {info}"));
    text.trim().parse().unwrap_or_else(|_| panic!("{name}:{text}"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn above_maxmemory_what_may_need_memory_is_refused_and_the_rest_goes_on() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    let value = "x".repeat(1_000);
    for key in 0..100 {
        assert_eq!(client.text(&format!("SET k{key} {value}")).await, "OK");
    }
    let used = figure(&mut client, "memory", "used_memory").await;
    assert_eq!(client.text(&format!("CONFIG SET maxmemory {}", used - 1)).await, "OK");
    for refused in ["SET a 1", "INCR n", "APPEND k1 x", "MSETNX a 1", "SETRANGE a 9 x"] {
        assert_eq!(client.text(refused).await, OOM, "{refused}");
    }
    assert_eq!(client.text("MSET a 1 b 2").await, OOM);
    assert_eq!(client.text("EXISTS a n").await, "0", "nothing was changed");
    for (allowed, answer) in [("EXPIRE k1 100", "1"), ("STRLEN k1", "1000"), ("PERSIST k1", "1")] {
        assert_eq!(client.text(allowed).await, answer, "{allowed}: it needs no memory");
    }
    let errors = client.text("INFO errorstats").await;
    assert!(errors.contains("errorstat_OOM:count=7"), "each is counted: {errors}");
    assert_eq!(client.text("DEL k1 k2 k3").await, "3");
    assert_eq!(client.text("SET a 1").await, "OK", "there is room again, at once");
    assert_eq!(client.text("CONFIG SET maxmemory 0").await, "OK");
    assert_eq!(client.text(&format!("SET big {}", value.repeat(50))).await, "OK");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pipeline_stops_at_the_limit_as_single_commands_do() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    let used = figure(&mut client, "memory", "used_memory").await;
    client.text(&format!("CONFIG SET maxmemory {}", used + 20_000)).await;
    let lines: Vec<String> = (0..60).map(|key| format!("SET k{key} {}", "x".repeat(1_000))).collect();
    client.send(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut refused = 0;
    for _ in &lines {
        let reply = client.reply().await.expect("a reply");
        refused += usize::from(super::client::show(&reply) == OOM);
    }
    assert!((30..60).contains(&refused), "{refused} of 60 were refused");
    let now = figure(&mut client, "memory", "used_memory").await;
    assert!(now < used + 25_000, "one command at most goes over: {now} after {used}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_node_that_coordinates_a_key_decides_whoever_is_asked() {
    let cluster = Cluster::start(3).await;
    let mut clients = [cluster.big(0).await, cluster.big(1).await, cluster.big(2).await];
    for client in &mut clients {
        for key in 0..20 {
            assert_eq!(client.text(&format!("SET k{key} v")).await, "OK");
        }
    }
    assert_eq!(clients[0].text("CONFIG SET maxmemory 1").await, "OK");
    let [_, other, _] = &mut clients;
    let mut refused = 0;
    for key in 0..60 {
        refused += usize::from(other.text(&format!("SET k{key} v")).await == OOM);
    }
    assert!(
        (1..60).contains(&refused),
        "{refused} of 60 keys belong to the node that is full"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_policy_that_would_not_be_obeyed_is_not_accepted() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    assert_eq!(client.text("CONFIG SET maxmemory-policy noeviction").await, "OK");
    let answer = client.text("CONFIG SET maxmemory-policy allkeys-lru").await;
    assert!(answer.contains("Circlet does not evict yet"), "{answer}");
    assert_eq!(figure(&mut client, "memory", "maxmemory").await, 0);
}
