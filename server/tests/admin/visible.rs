//! What an operator sees of what goes on between the nodes: hints, how far behind the present arcs are synced, clocks.

use super::client::Client;
use super::cluster::Cluster;
use super::counters::page;
use super::memory::figure;
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// The pace of waiting.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The id of the third node, as a test's nodes are named.
const THIRD: &str = "3333333333333333333333333333333333333333";

/// A gauge of one node: with its label, if it has one.
async fn gauge(cluster: &Cluster, node: usize, name: &str) -> Option<f64> {
    let page = page(cluster.http(node), "/metrics").await;
    let prefix = format!("circlet_{name} ");
    let figure = page.lines().find_map(|line| line.strip_prefix(&prefix))?;
    Some(figure.parse().expect("a number"))
}

/// A line of INFO that is there only now and then.
async fn line(client: &mut Client, name: &str) -> Option<String> {
    let info = client.text("INFO circlet").await;
    let prefix = format!("{name}:");
    info.lines()
        .find_map(|line| line.strip_prefix(&prefix))
        .map(|line| line.trim().to_owned())
}

/// The figure after `name=` in the text of a map or a line.
fn named(text: &str, name: &str) -> i64 {
    let at = text
        .find(&format!("{name}="))
        .unwrap_or_else(|| panic!("no {name} in {text}"));
    let figure = &text[at + name.len() + 1..];
    let end = figure.find([' ', ',', '}', ']']).unwrap_or(figure.len());
    figure[..end].parse().unwrap_or_else(|_| panic!("{name} in {text}"))
}

/// Waits until this holds, and fails if it does not come to that.
pub(crate) async fn wait_until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !holds().await {
        assert!(Instant::now() < deadline, "it does not come to that: {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Three nodes of which the third can be cut off.
async fn with_a_third_apart() -> (Cluster, [Client; 2]) {
    let own = "antientropy-period-ms = 500\narcs = 256";
    let cluster = Cluster::start_apart(3, &[own; 3]).await;
    let clients = [cluster.big(0).await, cluster.big(1).await];
    (cluster, clients)
}

async fn wait_until_missed(clients: &mut [Client; 2]) {
    for client in clients {
        wait_until("the third is missed", async || {
            figure(client, "circlet", "members_alive").await == 2
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_absent_owner_misses_is_seen_how_much_for_whom_and_how_old_until_it_is_back() {
    let (cluster, mut clients) = with_a_third_apart().await;
    assert_eq!(clients[0].text("CLUSTER HINTS").await, "[]");
    cluster.relay().cut_off(&[2]);
    wait_until_missed(&mut clients).await;
    let before = Instant::now();
    for key in 0..40 {
        assert_eq!(clients[0].text(&format!("SET key{key} v")).await, "OK");
    }
    let flat = clients[1].text("CLUSTER HINTS").await;
    let third = cluster.nodes[2].addresses().client;
    let expected = format!("[[node {THIRD} address {third} keys 40 bytes ");
    assert!(flat.starts_with(&expected), "{flat}");
    assert!(clients[0].text("HELLO 3").await.contains("proto=3"));
    let told = clients[0].text("CLUSTER HINTS").await;
    assert!(told.starts_with(&format!("[{{node={THIRD} address=")), "{told}");
    assert_eq!(named(&told, "keys"), 40, "{told}");
    assert_eq!((named(&told, "holders"), named(&told, "dirty-arcs")), (2, 0), "{told}");
    let mut own = cluster.cluster(0).await;
    own.text("HELLO 3").await;
    let told = own.text("CLUSTER HINTS").await;
    let keys = named(&told, "keys");
    assert!(
        (1..40).contains(&keys) && named(&told, "holders") == 1,
        "this node's own: {told}"
    );
    wait_until("hints get older", async || {
        named(&own.text("CLUSTER HINTS").await, "oldest-ms") >= 500
    })
    .await;

    let shown = line(&mut clients[0], "hint0").await.expect("a line for the third");
    assert!(
        shown.starts_with(&format!("node={THIRD},keys={keys},bytes=")),
        "{shown}"
    );
    let age_ms = named(&shown, "oldest_ms");
    let age_ms_max = before.elapsed().as_millis() as i64;
    assert!((500..=age_ms_max).contains(&age_ms), "{shown} after {age_ms_max} ms");
    assert_eq!(figure(&mut clients[0], "circlet", "hint_owners").await, 1);
    let held = gauge(&cluster, 0, &format!("hint_keys{{peer=\"{THIRD}\"}}")).await;
    assert_eq!(held, Some(keys as f64));
    let oldest = format!("hint_oldest_seconds{{peer=\"{THIRD}\"}}");
    let age = gauge(&cluster, 0, &oldest).await;
    assert!(age.is_some_and(|age| age >= 0.5), "{age:?}");
    let status = page(cluster.http(0), "/status").await;
    assert!(
        status.contains("\"hints_for\":[{") && status.contains(THIRD),
        "{status}"
    );

    cluster.relay().heal();
    wait_until("hints drain", async || clients[0].text("CLUSTER HINTS").await == "[]").await;
    assert_eq!(figure(&mut clients[0], "circlet", "hint_oldest_ms").await, 0);
    assert_eq!(gauge(&cluster, 0, &oldest).await, Some(0.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn arcs_are_synced_further_and_further_unless_an_owner_is_away_and_the_lag_shows_it() {
    let (cluster, mut clients) = with_a_third_apart().await;
    wait_until("all arcs are synced", async || {
        figure(&mut clients[0], "circlet", "synced_arcs_never").await == 0
    })
    .await;
    let lag_ms = figure(&mut clients[0], "circlet", "synced_lag_ms_max").await;
    assert!(
        (2_000..20_000).contains(&lag_ms),
        "at least the lag of a cut: {lag_ms} ms"
    );
    let rounds = figure(&mut clients[0], "circlet", "rounds_begun").await;
    let synced = figure(&mut clients[0], "circlet", "rounds_arcs_synced").await;
    assert!(rounds > 0 && synced >= rounds, "{synced} arcs in {rounds} rounds");

    cluster.relay().cut_off(&[2]);
    wait_until_missed(&mut clients).await;
    wait_until("no arc is synced any further", async || {
        figure(&mut clients[0], "circlet", "synced_lag_ms_median").await > lag_ms + 2_000
    })
    .await;
    let lag = gauge(&cluster, 0, "synced_lag_seconds_max").await;
    assert!(lag > Some((lag_ms + 2_000) as f64 / 1_000.0), "{lag:?}");

    cluster.relay().heal();
    wait_until("rounds succeed again", async || {
        figure(&mut clients[0], "circlet", "synced_lag_ms_max").await < lag_ms + 2_000
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_with_a_wrong_clock_is_named_by_all_and_coordinates_nothing() {
    let cluster = Cluster::start_with(3, &["", "", "clock-skew-ms = -8000"]).await;
    let mut clients = [cluster.big(0).await, cluster.big(1).await, cluster.big(2).await];
    let [first, second, skewed] = &mut clients;
    for client in [first, second] {
        wait_until("the others name it", async || {
            figure(client, "circlet", "clock_peers_off").await == 1
        })
        .await;
        let told = line(client, "clock_peer_off0").await.expect("the peer's line");
        assert!(told.starts_with(&format!("node={THIRD},")), "{told}");
        assert!((-8_500..-7_500).contains(&named(&told, "ahead_ms")), "{told}");
        assert_eq!(figure(client, "circlet", "clock_believed").await, 1);
    }
    wait_until("it knows of itself", async || {
        figure(skewed, "circlet", "clock_believed").await == 0
    })
    .await;
    let own = line(skewed, "clock_ahead_ms").await.expect("a line");
    assert!((-8_500..-7_500).contains(&own.parse().expect("a number")), "{own}");
    assert_eq!(figure(skewed, "circlet", "clock_peers_off").await, 0, "not the others");
    let coordinated =
        figure(skewed, "circlet", "synced_arcs").await + figure(skewed, "circlet", "synced_arcs_never").await;
    assert_eq!(coordinated, 0, "it is no arc's coordinator");
    assert_eq!(
        skewed.text("SET a 1").await,
        "OK",
        "its clients are served by the others"
    );

    let ready = page(cluster.http(2), "/readyz").await;
    let why = "ms behind most others': it steps down as coordinator";
    assert!(ready.starts_with("HTTP/1.1 503") && ready.contains(why), "{ready}");
    assert!(page(cluster.http(2), "/status").await.contains(why));
    assert!(page(cluster.http(0), "/status").await.contains("\"clocks_off\":[{"));
    for (node, name, range) in [
        (0, format!("peer_clock_ahead_seconds{{peer=\"{THIRD}\"}}"), -8.5..-7.5),
        (1, format!("peer_clock_off{{peer=\"{THIRD}\"}}"), 1.0..1.1),
        (2, "clock_off".to_owned(), 1.0..1.1),
        (2, "clock_ahead_seconds".to_owned(), -8.5..-7.5),
        (0, "clock_off".to_owned(), 0.0..0.1),
    ] {
        let figure = gauge(&cluster, node, &name).await;
        assert!(
            figure.is_some_and(|figure| range.contains(&figure)),
            "node {node}: {name} is {figure:?}"
        );
    }
}
