//! Two nodes that do not reach each other, and a third that reaches both.

use super::client::Client;
use super::cluster::Cluster;
use super::visible::wait_until;

/// Enough that each node coordinates some.
const KEYS: usize = 24;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_can_be_written_and_read_by_way_of_either() {
    let cluster = Cluster::start_apart(3, &["arcs = 256"; 3]).await;
    let (mut first, mut last) = (cluster.big(0).await, cluster.big(2).await);
    cluster.relay().cut_between(0, 2);
    for client in [&mut first, &mut last] {
        wait_until("all keys are written by way of the one between", async || {
            let mut written = 0;
            for key in 0..KEYS {
                written += usize::from(client.text(&format!("SET key{key} first")).await == "OK");
            }
            written == KEYS
        })
        .await;
    }
    for round in 0..3 {
        for key in 0..KEYS {
            settle(&mut first, &format!("SET key{key} a{round}"), "OK").await;
            settle(&mut last, &format!("GET key{key}"), &format!("a{round}")).await;
            settle(&mut last, &format!("SET key{key} b{round}"), "OK").await;
            settle(&mut first, &format!("GET key{key}"), &format!("b{round}")).await;
        }
    }
}

/// On a busy machine a node may lose sight of another for a moment, and says so.
async fn settle(client: &mut Client, line: &str, expected: &str) {
    wait_until("two owners of three answer", async || {
        let answer = client.text(line).await;
        let is_busy = ["-NOQUORUM", "-WRITETIMEOUT", "-READTIMEOUT"]
            .iter()
            .any(|code| answer.starts_with(code));
        assert!(is_busy || answer == expected, "{line}: {answer}");
        !is_busy
    })
    .await;
}
