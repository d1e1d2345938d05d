//! Reads at QUORUM beside an owner that is slow: another one is asked.

use super::client::{Client, show};
use super::cluster::Cluster;
use super::counters::counter;
use super::impostor::Impostor;
use super::visible::wait_until;
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// For how long the third node's answers are held back: less than what counts as slow beyond measure.
const HELD_BACK: Duration = Duration::from_millis(40);

/// Reads from which a node learns what its peers' answers usually take.
const READS_TO_KNOW: usize = 600;

/// Times that it may learn it, if the machine was so busy that 40 ms were nothing unusual.
const TRIES: usize = 5;

const OFF: &str = "CONFIG SET read-hedge-percent-max 0";
const ON: &str = "CONFIG SET read-hedge-percent-max 5";

/// Three nodes, a client of the first one, and keys that it asks the third one about first.
struct Slowed {
    cluster: Cluster,
    client: Client,
    keys: Vec<String>,
    reads: usize,
}

impl Slowed {
    async fn start() -> Self {
        let cluster = Cluster::start_apart(3, &["arcs = 256"; 3]).await;
        let mut client = cluster.big(0).await;
        let keys: Vec<String> = (0..40).map(|number| format!("key{number}")).collect();
        for key in &keys {
            assert_eq!(client.text(&format!("SET {key} {key}")).await, "OK");
        }
        // So that the first node asks the others itself, and passes nothing on to the third one.
        assert_eq!(client.text("CLIENT CONSISTENCY AT OWNER").await, "OK");
        assert_eq!(client.text(OFF).await, "OK");
        let reads = 0;
        let mut slowed = Slowed {
            cluster,
            client,
            keys,
            reads,
        };
        let mut third = BTreeSet::new();
        // More than once: a third node that is late for ten milliseconds more is slow beyond measure, and not asked first for a while.
        wait_until("the third node is asked first about some keys", async || {
            slowed.surprise().await;
            for turn in 0..slowed.keys.len() {
                if slowed.read(turn).await >= HELD_BACK {
                    third.insert(slowed.keys[turn].clone());
                }
            }
            third.len() >= 5
        })
        .await;
        assert!(third.len() <= 35, "about half: {}", third.len());
        slowed.keys = third.into_iter().collect();
        slowed
    }

    /// Holds back what the third node answers.
    fn hold_back(&self, by: Duration) {
        self.cluster.relay().hold_back(2, by);
    }

    /// Has the first node learn what answers of the third one usually take, and then holds them back.
    async fn surprise(&mut self) {
        self.hold_back(Duration::ZERO);
        for turn in 0..READS_TO_KNOW {
            self.read(turn).await;
        }
        self.hold_back(HELD_BACK);
    }

    /// Reads one of the keys; gives how long it took.
    async fn read(&mut self, turn: usize) -> Duration {
        self.reads += 1;
        let key = &self.keys[turn % self.keys.len()];
        let before = Instant::now();
        assert_eq!(&self.client.text(&format!("GET {key}")).await, key);
        before.elapsed()
    }

    /// How many of so many reads have waited for the third node.
    async fn waited(&mut self, reads: usize) -> usize {
        let mut waited = 0;
        for turn in 0..reads {
            waited += usize::from(self.read(turn).await >= HELD_BACK);
        }
        waited
    }

    async fn counter(&self, name: &str) -> u64 {
        counter(self.cluster.http(0), name).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_read_asks_another_owner_when_the_first_is_later_than_usual_within_the_budget() {
    let mut slowed = Slowed::start().await;
    wait_until("without hedges reads wait for the first", async || {
        slowed.surprise().await;
        slowed.waited(20).await >= 15
    })
    .await;
    assert_eq!(slowed.counter("read_hedges").await, 0);
    assert_eq!(slowed.client.text(ON).await, "OK");
    slowed.reads = 0;
    let mut waited = Vec::new();
    while waited.last().is_none_or(|waited| *waited > 10) {
        assert!(waited.len() < TRIES, "of 200 reads each there waited {waited:?}");
        slowed.surprise().await;
        waited.push(slowed.waited(200).await);
    }
    let hedges = slowed.counter("read_hedges").await;
    let hedges_max = slowed.reads as u64 / 20;
    assert!((1..=hedges_max).contains(&hedges), "{hedges} of at most {hedges_max}");

    // Many at once.
    let lines: Vec<String> = slowed.keys.iter().map(|key| format!("GET {key}")).collect();
    let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
    slowed.client.send(&lines).await;
    for key in &slowed.keys {
        let reply = slowed.client.reply().await.expect("a reply");
        assert_eq!(&show(&reply), key);
    }
    assert_eq!(slowed.counter("digest_mismatches").await, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_late_owner_answers_after_the_reply_reaches_the_others() {
    let mut slowed = Slowed::start().await;
    let mut impostor = Impostor::link(slowed.cluster.peer(2), slowed.cluster.nodes[1].id()).await;
    assert_eq!(slowed.client.text(ON).await, "OK");
    let key = slowed.keys.pop().expect("some");
    wait_until("a read is hedged", async || {
        slowed.surprise().await;
        impostor.apply(&key, "newer", 50).await;
        let hedges = slowed.counter("read_hedges").await;
        let answered = slowed.client.text(&format!("GET {key}")).await;
        assert!(answered == key || answered == "newer", "{answered}");
        slowed.counter("read_hedges").await > hedges
    })
    .await;
    wait_until("the late answer is merged", async || {
        slowed.client.text(&format!("GET {key}")).await == "newer"
    })
    .await;
    wait_until("and written back", async || slowed.counter("read_repairs").await > 0).await;
}
