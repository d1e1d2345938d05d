//! Changes of what holds for the whole cluster: how many owners keys have, zones, levels.

use super::cluster::Cluster;
use super::counters::page;
use super::memory::figure;
use super::visible::wait_until;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_numbers_of_owners_hold_on_every_node_and_the_data_follows() {
    let cluster = Cluster::start_with(3, &["arcs = 256\nreplicas = 2"; 3]).await;
    let mut client = cluster.big(0).await;
    for key in 0..50 {
        assert_eq!(client.text(&format!("SET key{key} v")).await, "OK");
    }
    assert_eq!(
        client.text("CLUSTER SETTINGS REPLICAS 2").await,
        "-ERR nothing changes by that"
    );
    assert_eq!(
        client.text("CLUSTER SETTINGS REPLICAS 9").await,
        "-ERR 9 replicas are not 1 to 8"
    );
    assert_eq!(
        client.text("CLUSTER SETTINGS REPLICAS 3 READ").await,
        "-ERR syntax error"
    );
    assert_eq!(
        client.text("CLUSTER SETTINGS REPLICAS 3 WRITE all READ one").await,
        "OK"
    );
    for node in 0..3 {
        let mut client = cluster.big(node).await;
        wait_until("every node says what holds", async || {
            client.text("CONFIG GET replicas").await == "[replicas 3]"
                && client
                    .text("CONFIG GET *-level")
                    .await
                    .contains("read-level one write-level all")
        })
        .await;
        wait_until("the moves are over", async || {
            figure(&mut client, "circlet", "arcs_waiting").await
                + figure(&mut client, "circlet", "arcs_moving").await
                + figure(&mut client, "circlet", "arcs_draining").await
                == 0
        })
        .await;
        let status = page(cluster.http(node), "/status").await;
        assert!(status.contains("\"keys\":50,"), "every node has every key: {status}");
        assert_eq!(figure(&mut client, "circlet", "move_entries_left").await, 0);
    }
    let mut got = 0;
    for node in 0..3 {
        got += figure(&mut cluster.big(node).await, "circlet", "move_change_entries").await;
    }
    assert!(
        (50..=100).contains(&got),
        "each key was sent to the one node that lacked it, not {got} entries"
    );
    // The pace is that of the last seconds.
    wait_until("nothing moves any more", async || {
        let metrics = page(cluster.http(0), "/metrics").await;
        let names = ["arcs_moving 0", "move_entries_left 0", "move_entries_per_second 0"];
        names.iter().all(|name| metrics.contains(&format!("circlet_{name}\n")))
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_zone_that_changes_spreads_the_owners_of_each_arc() {
    let cluster = Cluster::start_with(4, &["arcs = 256\nreplicas = 2"; 4]).await;
    let mut client = cluster.big(0).await;
    client.text("HELLO 3").await;
    for digit in ["3", "4"] {
        assert_eq!(
            client.text(&format!("CLUSTER ZONE {} far", digit.repeat(40))).await,
            "OK"
        );
    }
    let is_spread =
        |owners: &str| (owners.contains('0') || owners.contains('1')) && (owners.contains('2') || owners.contains('3'));
    wait_until("each arc has an owner in each zone", async || {
        let ring = client.text("CLUSTER RING").await;
        let owners = ring
            .split("owners=[")
            .nth(1)
            .and_then(|rest| rest.split("]] moves").next())
            .expect("owners");
        ring.contains("moves=[] draining=[] waiting=[]") && owners.split("] [").all(is_spread)
    })
    .await;
    let refused = client.text(&format!("CLUSTER ZONE {} far", "9".repeat(40))).await;
    assert!(refused.ends_with("is no member"), "{refused}");
}
