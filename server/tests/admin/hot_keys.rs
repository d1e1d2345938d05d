//! CLUSTER HOTKEYS: which keys clients ask for most, each access counted once, where it comes in.

use super::client::Client;
use super::cluster::Cluster;
use circlet_resp::Value;

/// Key, share of all accesses, nodes.
async fn told(client: &mut Client, line: &str) -> Vec<(String, f64, i64)> {
    let told = client.ask(line).await;
    let one = |hot: &Value| {
        let Value::Map(fields) = hot else {
            panic!("no map: {hot:?}")
        };
        let field = |name: &str| {
            let found = fields
                .iter()
                .find(|(field, _)| field.as_bytes() == Some(name.as_bytes()));
            found.map(|(_, value)| value.clone())
        };
        let key = field("key").expect("a key");
        let key = String::from_utf8_lossy(key.as_bytes().unwrap_or_default()).into_owned();
        match (field("share"), field("nodes")) {
            (Some(Value::Double(share)), Some(Value::Integer(nodes))) => (key, share, nodes),
            other => panic!("{other:?}"),
        }
    };
    told.as_slice().expect("a list").iter().map(one).collect()
}

fn share_of(told: &[(String, f64, i64)], key: &str) -> f64 {
    told.iter().find(|hot| hot.0 == key).map_or(0.0, |hot| hot.1)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_hottest_keys_of_the_whole_cluster_are_told_by_any_node_each_access_counted_once() {
    let cluster = Cluster::start(3).await;
    let mut clients = [cluster.big(0).await, cluster.big(1).await, cluster.big(2).await];
    assert_eq!(clients[2].text("CLUSTER HOTKEYS").await, "[]");
    // 2,400 accesses: hot 1,500, warm 300, and three keys of one slot 200 each.
    for round in 0..100 {
        for client in &mut clients[..2] {
            let mget = format!("MGET {}", ["hot"; 6].join(" "));
            let warm = format!("SET warm {round}");
            let mut lines = vec![mget.as_str(), "SUNIONSTORE {t}a {t}b {t}c"];
            lines.extend(["INCR hot"; 3].iter().take(if round % 2 == 0 { 3 } else { 0 }));
            lines.extend([warm.as_str(); 2].iter().take(if round % 2 == 0 { 1 } else { 2 }));
            client.send(&lines).await;
            for _ in &lines {
                client.reply().await.expect("a reply");
            }
        }
    }
    for client in &mut clients {
        client.text("HELLO 3").await;
    }
    let all = told(&mut clients[2], "CLUSTER HOTKEYS").await;
    assert_eq!((all[0].0.as_str(), all[0].2), ("hot", 2), "{all:?}");
    let warm = all.iter().find(|hot| hot.0 == "warm");
    assert_eq!(warm.map(|warm| warm.2), Some(2), "{all:?}");
    for (key, share) in [
        ("hot", 0.625),
        ("warm", 0.125),
        ("{t}a", 0.083),
        ("{t}b", 0.083),
        ("{t}c", 0.083),
    ] {
        // Sampled: a busy node takes one of some, a hundred in all if the machine is busy too.
        let told = share_of(&all, key);
        assert!((told - share).abs() < 0.25, "{key}: {told} and not {share} in {all:?}");
    }
    assert_eq!(told(&mut clients[0], "CLUSTER HOTKEYS COUNT 1").await.len(), 1);
    let mut own = [cluster.cluster(0).await, cluster.cluster(2).await];
    own[0].text("HELLO 3").await;
    let first = told(&mut own[0], "CLUSTER HOTKEYS").await;
    assert_eq!((first[0].0.as_str(), first[0].2), ("hot", 1), "{first:?}");
    let third = own[1].text("CLUSTER HOTKEYS").await;
    assert_eq!(third, "[]", "owners that a command is passed on to do not count it");
    assert!(
        clients[0]
            .text("CLUSTER HOTKEYS COUNT 0")
            .await
            .starts_with("-ERR COUNT")
    );
    assert_eq!(clients[0].text("CONFIG RESETSTAT").await, "OK");
    assert_eq!(own[0].text("CLUSTER HOTKEYS").await, "[]");
}
