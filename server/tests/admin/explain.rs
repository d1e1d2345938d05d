//! `CLUSTER EXPLAIN`: where a key belongs and what each of its owners holds for it.

use super::client::{Client, show};
use super::cluster::Cluster;
use super::memory::figure;
use super::visible::wait_until;
use circlet_resp::Value;

/// A field of a map.
fn field<'a>(value: &'a Value, name: &str) -> &'a Value {
    let Value::Map(pairs) = value else {
        panic!("no map: {value:?}")
    };
    let pair = pairs.iter().find(|(key, _)| key.as_bytes() == Some(name.as_bytes()));
    &pair.unwrap_or_else(|| panic!("no {name} in {value:?}")).1
}

/// What each node is told to hold, in preference order.
fn held(explained: &Value) -> Vec<String> {
    let nodes = field(explained, "nodes").as_slice().expect("nodes");
    nodes.iter().map(|node| show(field(node, "holds"))).collect()
}

async fn explain(client: &mut Client, key: &str) -> Value {
    client.value(&["CLUSTER", "EXPLAIN", key]).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_owner_is_shown_with_what_it_holds_and_an_absent_one_with_what_it_missed() {
    let cluster = Cluster::start_apart(3, &["arcs = 256"; 3]).await;
    let mut client = cluster.big(0).await;
    client.text("HELLO 3").await;
    let nothing = explain(&mut client, "k").await;
    assert_eq!(held(&nothing), ["nothing"; 3]);
    assert_eq!(show(field(&nothing, "slot")), "7629");
    assert_eq!(show(field(&nothing, "arc")), "119");
    assert_eq!(show(field(&nothing, "stage")), "at rest");
    assert_eq!(show(field(&nothing, "from")), show(field(&nothing, "planned")));

    assert_eq!(client.text("HSET k f v").await, "1");
    wait_until("all owners have it", async || {
        held(&explain(&mut client, "k").await) == ["hash"; 3]
    })
    .await;
    let hash = explain(&mut client, "k").await;
    assert_eq!(
        (show(field(&hash, "agree")), show(field(&hash, "answered"))),
        ("1".into(), "3".into())
    );

    cluster.relay().cut_off(&[2]);
    for node in 0..2 {
        let mut client = cluster.big(node).await;
        wait_until("the third is missed", async || {
            figure(&mut client, "circlet", "members_alive").await == 2
        })
        .await;
    }
    assert_eq!(client.text("SET k v EX 100").await, "OK");
    let apart = explain(&mut client, "k").await;
    let mut kinds = held(&apart);
    kinds.sort();
    assert_eq!(kinds, ["nil", "string", "string"], "{apart:?}");
    assert_eq!(show(field(&apart, "agree")), "nil", "two of three do not tell of all");
    let hints = field(&apart, "hints").as_slice().expect("hints");
    let hint = hints.first().expect("the third missed a write");
    assert_eq!(show(field(hint, "for")), "3".repeat(40));
    assert_eq!(
        (show(field(hint, "this-key")), show(field(hint, "keys"))),
        ("1".into(), "1".into())
    );

    let mut third = cluster.big(2).await;
    third.text("HELLO 3").await;
    let behind = explain(&mut third, "k").await;
    assert_eq!(
        held(&behind).iter().filter(|kind| *kind == "hash").count(),
        1,
        "what it had: {behind:?}"
    );

    cluster.relay().heal();
    wait_until("the third has it", async || {
        let told = explain(&mut client, "k").await;
        held(&told) == ["string"; 3] && show(field(&told, "agree")) == "1" && show(field(&told, "hints")) == "[]"
    })
    .await;
    assert_eq!(client.text("DEL k").await, "1");
    wait_until("all know that it is deleted", async || {
        let told = explain(&mut client, "k").await;
        let is_gone = |kind: &String| kind == "tombstone" || kind == "nothing";
        held(&told).iter().all(is_gone) && show(field(&told, "agree")) == "1"
    })
    .await;
}
