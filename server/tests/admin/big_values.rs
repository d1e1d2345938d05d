//! Values so large that they take long on their way.

use crate::cluster::Cluster;

/// What all nodes have sent each other, in bytes.
async fn sent_between_nodes(cluster: &Cluster) -> u64 {
    let mut sum = 0;
    for node in 0..cluster.nodes.len() {
        let info = cluster.big(node).await.text("INFO stats").await;
        let line = info
            .lines()
            .find_map(|line| line.strip_prefix("total_net_repl_output_bytes:"));
        let bytes: u64 = line.expect("INFO has it").trim().parse().expect("a number");
        sum += bytes;
    }
    sum
}

/// A peer that takes long to read a huge delta is not slow: else the same SET was sent to one coordinator after the other, and each
/// stamped above the others and sent it again, a gigabyte in all, until the deadline.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_huge_value_goes_to_each_owner_once() {
    let cluster = Cluster::start(3).await;
    let value = "v".repeat(24 << 20);
    let before = sent_between_nodes(&cluster).await;
    let mut client = cluster.big(0).await;
    for key in ["one", "two", "three"] {
        assert_eq!(client.words(&["SET", key, &value]).await, "OK");
    }
    let sent = sent_between_nodes(&cluster).await - before;
    // Forwarded to its coordinator, and from there to two owners; and once more on a machine that is busy beyond that. It was 16 times.
    let most = 2 * 3 * 3 * value.len() as u64;
    assert!(
        sent <= most,
        "{sent} bytes between the nodes for three values of {}",
        value.len()
    );
}
