//! Two owners that do not reach each other, and a third that reaches both: each of the two may coordinate what the other one does.

use super::client::Client;
use super::cluster::Cluster;
use super::visible::wait_until;
use std::time::Duration;

/// Keys of each type: enough that the two coordinate some of them.
const KEYS: usize = 24;

/// An expiry that only one side has heard of. The other one hears of a longer one.
const SHORT: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_more_time_is_not_taken_for_expired_by_who_did_not_hear_of_that() {
    // No round tells the one what the other has acknowledged.
    let own = "arcs = 256\nantientropy-period-ms = 600000";
    let cluster = Cluster::start_apart(3, &[own; 3]).await;
    let (mut first, mut last) = (cluster.big(0).await, cluster.big(2).await);
    for key in 0..KEYS {
        expect(&mut first, &format!("INCRBY {{{key}}}counter 5"), "5").await;
        expect(&mut first, &format!("HINCRBY {{{key}}}hash field 5"), "5").await;
        expect(&mut first, &format!("SADD {{{key}}}set before"), "1").await;
    }
    for client in [&mut first, &mut last] {
        // Some commands find nobody.
        expect(client, "CONFIG SET request-timeout-ms 200", "OK").await;
    }
    expect(&mut last, "CLIENT CONSISTENCY READ ONE", "OK").await;
    let mut keys = Vec::new();
    wait_until("both coordinate some keys", async || {
        keys = coordinated_by_both(&cluster, &mut first, &mut last).await;
        !keys.is_empty()
    })
    .await;
    wait_until("what the last one coordinates has expired there", async || {
        let mut there = 0;
        for key in &keys {
            there += usize::from(last.text(&format!("EXISTS {{{key}}}set")).await == "1");
        }
        there == 0
    })
    .await;
    for key in &keys {
        let added = [
            format!("INCR {{{key}}}counter"),
            format!("HINCRBY {{{key}}}hash field 1"),
        ];
        for line in &added {
            let mut sum = last.text(line).await;
            if sum.starts_with("-NOQUORUM") {
                // It has just given up what it had taken over; what is added by somebody else is no less to be found.
                cluster.relay().heal();
                wait_until("somebody coordinates", async || {
                    sum = last.text(line).await;
                    !sum.starts_with("-NOQUORUM")
                })
                .await;
            }
            assert_eq!(sum, "6", "{line}");
        }
        expect(&mut first, &format!("GET {{{key}}}counter"), "6").await;
        expect(&mut first, &format!("HGET {{{key}}}hash field"), "6").await;
        expect(&mut last, &format!("SADD {{{key}}}set after"), "1").await;
        expect(&mut first, &format!("SCARD {{{key}}}set"), "2").await;
    }
}

/// Cuts the first node and the last off from each other in such a way that both coordinate some keys, and gives those of each of these little time by the one,
/// and much by the other. There may be none: a node that stands still for a moment gives up what it has taken over.
async fn coordinated_by_both(cluster: &Cluster, first: &mut Client, last: &mut Client) -> Vec<usize> {
    // The last one takes over what the first has coordinated, and keeps it while the two do not reach each other. The one between them is all that the first
    // needs to go on with that. What the one between holds for another's to coordinate, a node cannot write.
    cluster.relay().cut_off(&[0]);
    wait_until("the last one goes on without the first", async || {
        writable(last).await.len() == KEYS
    })
    .await;
    cluster.relay().cut_between(0, 2);
    let mut keys = Vec::new();
    wait_until("each goes on without the other", async || {
        keys = writable(first).await;
        let of_last = writable(last).await;
        keys.retain(|key| of_last.contains(key));
        !keys.is_empty()
    })
    .await;
    for (client, ms) in [(&mut *last, SHORT.as_millis()), (first, 100_000)] {
        for key in &keys {
            for what in ["counter", "set"] {
                client.text(&format!("PEXPIRE {{{key}}}{what} {ms}")).await;
            }
            client
                .text(&format!("HPEXPIRE {{{key}}}hash {ms} FIELDS 1 field"))
                .await;
        }
    }
    let mut both = Vec::new();
    for key in keys {
        let mut left = Vec::new();
        for what in ["PTTL {}counter", "PTTL {}set", "HPTTL {}hash FIELDS 1 field"] {
            let text = last.text(&what.replace("{}", &format!("{{{key}}}"))).await;
            left.push(text.trim_matches(['[', ']']).parse::<i64>());
        }
        let is_short = |ms: &Result<i64, _>| matches!(ms, Ok(ms) if (0..=SHORT.as_millis() as i64).contains(ms));
        if left.iter().all(is_short) {
            both.push(key);
        }
    }
    both
}

/// The keys that can be written by way of this node.
async fn writable(client: &mut Client) -> Vec<usize> {
    let mut keys = Vec::new();
    for key in 0..KEYS {
        if client.text(&format!("SET {{{key}}}probe v")).await == "OK" {
            keys.push(key);
        }
    }
    keys
}

async fn expect(client: &mut Client, line: &str, expected: &str) {
    assert_eq!(client.text(line).await, expected, "{line}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_key_can_be_written_and_read_by_way_of_either() {
    let cluster = Cluster::start_apart(3, &["arcs = 256"; 3]).await;
    let (mut first, mut last) = (cluster.big(0).await, cluster.big(2).await);
    cluster.relay().cut_between(0, 2);
    for client in [&mut first, &mut last] {
        wait_until("all keys are written by way of the one between", async || {
            writable(client).await.len() == KEYS
        })
        .await;
    }
    let mut sums = [0; KEYS];
    for _ in 0..3 {
        for client in [&mut first, &mut last] {
            for (key, sum) in sums.iter_mut().enumerate() {
                *sum += 1;
                expect(client, &format!("INCR {{{key}}}sum"), &sum.to_string()).await;
                expect(client, &format!("GET {{{key}}}sum"), &sum.to_string()).await;
            }
        }
    }
}
