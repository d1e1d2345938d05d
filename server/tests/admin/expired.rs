//! Entries that have expired where commands add to them, and were given more time where nobody told that node.

use super::cluster::Cluster;
use super::impostor::Impostor;
use super::visible::wait_until;
use circlet_core::mutate::{self, Author, Edit};
use circlet_core::stamp::Stamp;
use circlet_core::state::{Kind, State};
use circlet_core::time::WallMs;
use std::time::{Duration, Instant};

/// Keys of each type: enough that the first node coordinates some of each.
const KEYS: usize = 12;

/// What the first node has heard of: long enough for the others to hear of more on a busy machine.
const SHORT: Duration = Duration::from_secs(3);

/// What the two others have heard of.
const LONG: Duration = Duration::from_secs(600);

/// As a second coordinator would have written it, with two of three owners.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_given_more_time_is_not_taken_for_expired_by_who_did_not_hear_of_that() {
    // No round tells the first node.
    let own = "arcs = 256\nantientropy-period-ms = 600000";
    let cluster = Cluster::start_with(3, &[own; 3]).await;
    let mut client = cluster.big(0).await;
    let mut others = Vec::new();
    for other in [1, 2] {
        let peer = cluster.nodes[other].addresses().peer;
        others.push(Impostor::link(peer, cluster.nodes[0].id()).await);
    }
    for key in 0..KEYS {
        for (line, expected) in [
            (format!("INCRBY counter{key} 5"), "5"),
            (format!("HINCRBY hash{key} field 5"), "5"),
            (format!("SADD set{key} before"), "1"),
            (format!("PEXPIRE counter{key} {}", SHORT.as_millis()), "1"),
            (
                format!("HPEXPIRE hash{key} {} FIELDS 1 field", SHORT.as_millis()),
                "[1]",
            ),
            (format!("PEXPIRE set{key} {}", SHORT.as_millis()), "1"),
        ] {
            assert_eq!(client.text(&line).await, expected, "{line}");
        }
        for other in &mut others {
            // Later than what the client was told just now, and by how much a write may be ahead.
            other.change(&format!("counter{key}"), 50, give_time).await;
            other.change(&format!("set{key}"), 50, give_time).await;
            other.change(&format!("hash{key}"), 50, give_field_time).await;
        }
    }
    let begin = Instant::now();
    wait_until("what the first node has heard of is over", async || {
        begin.elapsed() > SHORT
    })
    .await;
    for key in 0..KEYS {
        for (line, expected) in [
            (format!("INCR counter{key}"), "6"),
            (format!("HINCRBY hash{key} field 1"), "6"),
            (format!("SADD set{key} after"), "1"),
            (format!("GET counter{key}"), "6"),
            (format!("HGET hash{key} field"), "6"),
            (format!("SCARD set{key}"), "2"),
        ] {
            assert_eq!(client.text(&line).await, expected, "{line}");
        }
    }
}

fn in_long(stamp: Stamp) -> WallMs {
    stamp.ms() + LONG
}

fn give_time(found: State<'_>, stamp: Stamp, changed: &mut Vec<u8>) {
    let given = mutate::expire(found, stamp.ms(), stamp, Some(in_long(stamp)));
    let given = given.expect("it can be read").expect("it is there");
    given.encode(changed);
}

fn give_field_time(found: State<'_>, stamp: Stamp, changed: &mut Vec<u8>) {
    let author = Author {
        node: 9,
        run_epoch: Stamp::ZERO,
    };
    let mut edit = Edit::new(Kind::Hash, stamp.ms(), stamp, author);
    assert!(edit.expire(found, b"field", Some(in_long(stamp))), "it is there");
    assert!(edit.finish(found, changed));
}
