//! Keys of different levels in one batch.

use super::client::show;
use super::cluster::Cluster;

/// Keys of each level: enough that the first node coordinates some of each.
const KEYS: usize = 24;

/// The commands of a batch whose owners are the same wait together, but only with those of their own level.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commands_of_one_batch_wait_for_as_many_owners_as_the_level_of_their_key_says() {
    let own = "arcs = 256\n[[levels]]\nprefix = \"all:\"\nread = \"all\"\nwrite = \"all\"";
    let cluster = Cluster::start_apart(3, &[own; 3]).await;
    let mut client = cluster.big(0).await;
    for key in 0..KEYS {
        for level in ["all", "quorum"] {
            assert_eq!(client.text(&format!("SET {level}:{key} before")).await, "OK");
        }
    }
    cluster.relay().cut_off(&[2]);
    for [verb, value, expected] in [["SET", " after", "OK"], ["GET", "", "after"]] {
        let lines: Vec<String> = (0..KEYS)
            .flat_map(|key| ["quorum", "all"].map(|level| format!("{verb} {level}:{key}{value}")))
            .collect();
        client.send(&lines.iter().map(String::as_str).collect::<Vec<_>>()).await;
        let mut done = 0;
        for line in &lines {
            let reply = show(&client.reply().await.expect("a reply"));
            done += usize::from(reply == expected && line.contains(" quorum:"));
            assert!(
                line.contains(" quorum:") || reply.starts_with('-'),
                "one of three owners is away: {line}: {reply}"
            );
        }
        assert!(done > 0, "two owners are enough for {verb} at QUORUM");
    }
}
