//! CLIENT TRACKING: clients that keep copies hear of every change, whoever makes it.

use super::client::{Client, show};
use super::cluster::Cluster;
use std::time::Duration;

const PATIENCE: Duration = Duration::from_secs(20);

async fn push(client: &mut Client) -> String {
    let reply = tokio::time::timeout(PATIENCE, client.reply())
        .await
        .expect("a push in time");
    show(&reply.expect("a push"))
}

/// A client of RESP3 that tracks.
async fn tracking(cluster: &Cluster, node: usize, options: &str) -> Client {
    let mut client = cluster.big(node).await;
    client.text("HELLO 3").await;
    assert_eq!(client.text(&format!("CLIENT TRACKING ON {options}")).await, "OK");
    client
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_has_read_a_key_hears_once_of_its_change() {
    let cluster = Cluster::start(1).await;
    let (mut reader, mut writer) = (tracking(&cluster, 0, "").await, cluster.big(0).await);
    for (read, write) in [
        ("GET k", "SET k 1"),
        ("GET k", "INCR k"),
        ("TTL k", "EXPIRE k 100"),
        ("GET k", "DEL k"),
        ("GET k", "SET k 1"),
        ("MGET a k", "GETDEL k"),
    ] {
        reader.text(read).await;
        writer.text("SET other 1").await;
        writer.text(write).await;
        assert_eq!(push(&mut reader).await, "[invalidate [k]]", "{read}, {write}");
    }
    for write in ["HSET h f 1", "HSET h g 1", "HDEL h f g"] {
        reader.text("HGETALL h").await;
        writer.text(write).await;
        assert_eq!(push(&mut reader).await, "[invalidate [h]]", "{write}");
    }
    // Told once, it has to read again to hear again.
    writer.text("SET k 2").await;
    assert_eq!(reader.text("PING").await, "PONG");
    reader.text("SINTER {t}a {t}b").await;
    writer.text("SADD {t}b x").await;
    assert_eq!(push(&mut reader).await, "[invalidate [{t}b]]");
    reader.text("GET k").await;
    writer.text("FLUSHALL").await;
    // Redis says that all is gone; here an arc may be emptied entry by entry.
    let told = push(&mut reader).await;
    assert!(["[invalidate nil]", "[invalidate [k]]"].contains(&&*told), "{told}");
    assert_eq!(reader.text("CLIENT TRACKING OFF").await, "OK");
    reader.text("GET k").await;
    writer.text("SET k 3").await;
    assert_eq!(reader.text("PING").await, "PONG");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn modes_are_those_of_redis() {
    let cluster = Cluster::start(1).await;
    let mut writer = cluster.big(0).await;
    let mut bcast = tracking(&cluster, 0, "BCAST PREFIX a: PREFIX b: NOLOOP").await;
    writer.text("SET b:1 x").await;
    assert_eq!(push(&mut bcast).await, "[invalidate [b:1]]", "not read, and told");
    writer.text("SET c:1 x").await;
    assert_eq!(bcast.text("SET a:1 own").await, "OK");
    assert_eq!(bcast.text("PING").await, "PONG", "neither another prefix nor its own");
    assert_eq!(
        bcast.text("CLIENT TRACKINGINFO").await,
        "{flags=[on bcast noloop] redirect=0 prefixes=[a: b:]}"
    );
    let mut optin = tracking(&cluster, 0, "OPTIN").await;
    optin.text("GET x").await;
    assert_eq!(optin.text("CLIENT CACHING YES").await, "OK");
    optin.send(&["GET y", "GET z"]).await;
    push(&mut optin).await;
    push(&mut optin).await;
    writer.text("MSET x 1 z 1").await;
    writer.text("SET y 1").await;
    assert_eq!(push(&mut optin).await, "[invalidate [y]]", "only what it said it keeps");
    assert!(
        optin
            .text("CLIENT CACHING NO")
            .await
            .starts_with("-ERR CLIENT CACHING NO is only")
    );
    let mut optout = tracking(&cluster, 0, "OPTOUT").await;
    assert_eq!(optout.text("CLIENT CACHING NO").await, "OK");
    optout.text("GET x").await;
    optout.text("GET y").await;
    writer.text("MSET x 2 y 2").await;
    assert_eq!(push(&mut optout).await, "[invalidate [y]]");
    let mut ear = cluster.big(0).await;
    ear.text("HELLO 3").await;
    let id = ear.text("CLIENT ID").await;
    let mut mouth = tracking(&cluster, 0, &format!("REDIRECT {id} NUMBERED")).await;
    assert_eq!(mouth.text("CLIENT GETREDIR").await, id);
    mouth.text("GET r").await;
    writer.text("SET r 1").await;
    let told = push(&mut ear).await;
    assert!(told.starts_with("[invalidate [r] ") && told.ends_with(" 1]"), "{told}");
    mouth.text("GET r").await;
    writer.text("SET r 2").await;
    assert!(push(&mut ear).await.ends_with(" 2]"), "the second of that arc");
    drop(ear);
    let broken = format!("[tracking-redir-broken {id}]");
    let deadline = tokio::time::Instant::now() + PATIENCE;
    loop {
        // Until the node has seen that it is gone.
        assert!(tokio::time::Instant::now() < deadline, "it is never told");
        mouth.send(&["GET r"]).await;
        writer.text("INCR r").await;
        if push(&mut mouth).await == broken {
            break;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn changes_made_at_other_nodes_are_heard_and_what_was_read_elsewhere_is_not_kept() {
    let cluster = Cluster::start(3).await;
    let mut writers = [cluster.big(0).await, cluster.big(1).await, cluster.big(2).await];
    for number in 0..30 {
        let key = format!("key:{number}");
        writers[number % 3].text(&format!("SET {key} 0")).await;
        let (mut kept, mut disowned) = (0, 0);
        for node in 0..3 {
            let mut reader = tracking(&cluster, node, "").await;
            reader.send(&[&format!("GET {key}"), "PING"]).await;
            assert_eq!(push(&mut reader).await, "0");
            if push(&mut reader).await == "PONG" {
                // It may yet be told that another node ran it.
                let told = tokio::time::timeout(Duration::from_millis(30), reader.reply()).await;
                match told {
                    Ok(told) => {
                        disowned += 1;
                        assert_eq!(show(&told.expect("a push")), format!("[invalidate [{key}]]"));
                    }
                    Err(_) => {
                        kept += 1;
                        writers[(number + 1) % 3].text(&format!("SET {key} 0")).await;
                        assert_eq!(push(&mut reader).await, format!("[invalidate [{key}]]"));
                    }
                }
            }
        }
        assert_eq!((kept, disowned), (1, 2), "its coordinator alone speaks for {key}");
    }
}
