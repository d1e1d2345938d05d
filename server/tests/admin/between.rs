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
    let cluster = Cluster::start_apart(3, &["arcs = 256"; 3]).await;
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
    // The last one takes over what the first has coordinated, and keeps it while the two do not reach each other. The one between them is all that the first
    // needs to go on with that. What the one between holds for another's to coordinate, a node cannot write.
    cluster.relay().cut_off(&[0]);
    wait_until("the last one goes on without the first", async || {
        writable(&mut last).await.len() == KEYS
    })
    .await;
    cluster.relay().cut_between(0, 2);
    let mut keys = Vec::new();
    wait_until("each goes on without the other", async || {
        keys = writable(&mut first).await;
        let of_last = writable(&mut last).await;
        keys.retain(|key| of_last.contains(key));
        !keys.is_empty()
    })
    .await;

    for (client, ms) in [(&mut last, SHORT.as_millis()), (&mut first, 100_000)] {
        for key in &keys {
            expect(client, &format!("PEXPIRE {{{key}}}counter {ms}"), "1").await;
            expect(client, &format!("HPEXPIRE {{{key}}}hash {ms} FIELDS 1 field"), "[1]").await;
            expect(client, &format!("PEXPIRE {{{key}}}set {ms}"), "1").await;
        }
    }
    expect(&mut last, "CLIENT CONSISTENCY READ ONE", "OK").await;
    wait_until("what the last one coordinates has expired there", async || {
        let mut expired = 0;
        for key in &keys {
            expired += usize::from(last.text(&format!("EXISTS {{{key}}}set")).await == "0");
        }
        expired > 0
    })
    .await;
    for key in &keys {
        expect(&mut last, &format!("INCR {{{key}}}counter"), "6").await;
        expect(&mut last, &format!("HINCRBY {{{key}}}hash field 1"), "6").await;
        expect(&mut last, &format!("SADD {{{key}}}set after"), "1").await;
        expect(&mut first, &format!("GET {{{key}}}counter"), "6").await;
        expect(&mut first, &format!("HGET {{{key}}}hash field"), "6").await;
        expect(&mut first, &format!("SCARD {{{key}}}set"), "2").await;
    }
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
