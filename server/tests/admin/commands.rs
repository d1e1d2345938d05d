//! Commands on the connection, the node and the cluster.

use super::client::Client;
use super::cluster::Cluster;

/// Asks each line and compares the reply as a text.
async fn check(client: &mut Client, table: &[(&str, &str)]) {
    for (line, expected) in table {
        assert_eq!(client.text(line).await, *expected, "{line}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_is_answered_as_by_redis() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    check(
        &mut client,
        &[
            ("PING", "PONG"),
            ("PING a", "a"),
            ("PING a b", "-ERR wrong number of arguments for 'ping' command"),
            ("ECHO x", "x"),
            ("SELECT 0", "OK"),
            ("SELECT 1", "-ERR DB index is out of range"),
            ("AUTH default x", "OK"),
            (
                "AUTH me x",
                "-WRONGPASS invalid username-password pair or user is disabled.",
            ),
            ("HELLO 4", "-NOPROTO unsupported protocol version"),
            ("CLIENT GETNAME", "nil"),
            ("CLIENT SETNAME me", "OK"),
            ("CLIENT GETNAME", "me"),
            ("CLIENT SETINFO LIB-NAME lib", "OK"),
            ("CLIENT SETINFO what x", "-ERR Unrecognized option 'what'"),
            ("CLIENT NO-EVICT on", "OK"),
            ("CLIENT NO-TOUCH maybe", "-ERR syntax error"),
            ("CLIENT CONSISTENCY READ ONE", "OK"),
            ("CLIENT CONSISTENCY", "[read one write default at coordinator]"),
            ("CLIENT CONSISTENCY READ ANY", "-ERR syntax error"),
            ("CLIENT KILL 1.2.3.4:5", "-ERR No such client"),
            ("CLIENT KILL ID 999999", "0"),
            ("CLIENT PAUSE x", "-ERR timeout is not an integer or out of range"),
            ("CLIENT PAUSE 1 BOTH", "-ERR CLIENT PAUSE mode must be WRITE or ALL"),
            ("RESET", "RESET"),
            ("CLIENT CONSISTENCY", "[read default write default at coordinator]"),
            ("WAIT 0 0", "0"),
            ("WAIT 1 -1", "-ERR timeout is negative"),
            ("READONLY", "-ERR This instance has cluster support disabled"),
            ("CLUSTER INFO", "-ERR This instance has cluster support disabled"),
            ("FLUSHALL NOW", "-ERR syntax error"),
            ("SCAN x", "-ERR invalid cursor"),
            (
                "NONSENSE",
                "-ERR unknown command 'NONSENSE', with args beginning with: ",
            ),
        ],
    )
    .await;
    let list = client.text("CLIENT LIST").await;
    assert!(
        list.contains("lib-name=lib") && list.contains("cmd=client|list"),
        "{list}"
    );
    let hello = client.text("HELLO 3 SETNAME three").await;
    assert!(
        hello.starts_with("{server=redis version=7.2.") && hello.contains("mode=standalone"),
        "{hello}"
    );
    assert_eq!(
        client.text("CLIENT CONSISTENCY").await,
        "{read=default write=default at=coordinator}"
    );
    assert_eq!(client.text("QUIT").await, "OK");
    assert_eq!(client.reply().await, None, "the node closes after QUIT");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn replies_can_be_switched_off_and_skipped_within_a_pipeline() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    client
        .send(&[
            "CLIENT REPLY SKIP",
            "PING 1",
            "PING 2",
            "CLIENT REPLY SKIP",
            "SET a 1",
            "GET a",
        ])
        .await;
    client
        .send(&["CLIENT REPLY OFF", "PING 3", "SET a 2", "CLIENT REPLY ON", "GET a"])
        .await;
    let mut replies = Vec::new();
    for _ in 0..4 {
        replies.push(super::client::show(&client.reply().await.expect("a reply")));
    }
    assert_eq!(replies, ["2", "1", "OK", "2"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_holds_writes_back_until_it_is_ended() {
    let cluster = Cluster::start(1).await;
    let (mut operator, mut writer) = (cluster.big(0).await, cluster.big(0).await);
    assert_eq!(operator.text("CLIENT PAUSE 600000 WRITE").await, "OK");
    assert_eq!(writer.text("GET a").await, "nil", "reads go on");
    writer.send(&["SET a 1"]).await;
    assert_eq!(operator.text("GET a").await, "nil", "the write is held");
    assert_eq!(operator.text("CLIENT UNPAUSE").await, "OK");
    assert_eq!(
        writer
            .reply()
            .await
            .and_then(|reply| reply.as_bytes().map(<[u8]>::to_vec)),
        Some(b"OK".to_vec())
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_client_is_closed_and_the_killer_by_itself_is_answered_first() {
    let cluster = Cluster::start(1).await;
    let (mut one, mut other) = (cluster.big(0).await, cluster.big(0).await);
    let id = other.text("CLIENT ID").await;
    assert_eq!(one.text(&format!("CLIENT KILL ID {id}")).await, "1");
    assert_eq!(other.reply().await, None);
    let id = one.text("CLIENT ID").await;
    assert_eq!(one.text(&format!("CLIENT KILL ID {id} SKIPME no")).await, "1");
    assert_eq!(one.reply().await, None);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn settings_are_shown_and_changed_while_the_node_runs() {
    let cluster = Cluster::start(1).await;
    let mut client = cluster.big(0).await;
    check(
        &mut client,
        &[
            ("CONFIG SET slowlog-log-slower-than 0 slowlog-max-len 2", "OK"),
            ("CONFIG GET SLOWLOG-MAX-LEN", "[slowlog-max-len 2]"),
            (
                "CONFIG SET slowlog-max-len",
                "-ERR wrong number of arguments for 'config|set' command",
            ),
            (
                "CONFIG SET nonsense 1",
                "-ERR Unknown option or number of arguments for CONFIG SET - 'nonsense'",
            ),
            ("PING", "PONG"),
            ("PING", "PONG"),
            ("SLOWLOG LEN", "2"),
            ("SLOWLOG GET -2", "-ERR count should be greater than or equal to -1"),
            ("CONFIG SET slowlog-log-slower-than -1", "OK"),
            ("SLOWLOG RESET", "OK"),
            ("SLOWLOG LEN", "0"),
            ("CONFIG RESETSTAT", "OK"),
            ("CONFIG REWRITE", "OK"),
            ("LATENCY LATEST", "[]"),
            ("LATENCY RESET", "0"),
            ("LATENCY GRAPH command", "-ERR No samples available for event 'command'"),
        ],
    )
    .await;
    let histogram = client.text("LATENCY HISTOGRAM ping").await;
    assert_eq!(histogram, "[]", "RESETSTAT forgot it");
    let info = client.text("INFO").await;
    assert!(info.contains("redis_mode:standalone"));
    // What dashboards draw first.
    for field in [
        "instantaneous_ops_per_sec:",
        "used_memory_human:",
        "used_memory_rss_human:",
        "maxmemory_human:0B\r\n",
    ] {
        assert!(info.contains(field), "{field} in {info}");
    }
    let circlet = client.text("INFO circlet").await;
    assert!(
        circlet.contains("members_alive:1") && circlet.contains("lease:held"),
        "{circlet}"
    );
    assert!(client.text("INFO commandstats").await.contains("cmdstat_info:calls="));
    assert!(client.ask("MEMORY STATS").await.as_slice().is_some());
    assert_eq!(client.ask("TIME").await.as_slice().map(<[_]>::len), Some(2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_redis_cluster_port_tells_the_topology() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.cluster(0).await;
    check(
        &mut client,
        &[
            ("CLUSTER MYID", &"1".repeat(40)),
            ("CLUSTER MYSHARDID", &"1".repeat(40)),
            (&format!("CLUSTER REPLICAS {}", "2".repeat(40)), "[]"),
            ("CLUSTER REPLICAS nobody", "-ERR Unknown node nobody"),
            ("ROLE", "[master 0 []]"),
            ("CLUSTER KEYSLOT foo", "12182"),
            ("CLUSTER COUNTKEYSINSLOT 16384", "-ERR Invalid slot"),
            ("CLUSTER GETKEYSINSLOT 0 -1", "-ERR Invalid slot or number of keys"),
            ("READONLY", "OK"),
            ("READWRITE", "OK"),
            ("SELECT 1", "-ERR SELECT is not allowed in cluster mode"),
            // What follows asks this node alone, which may be the last one to have the key.
            ("CLIENT CONSISTENCY write ALL", "OK"),
            ("SET foo 1", "OK"),
            ("CLUSTER COUNTKEYSINSLOT 12182", "1"),
            ("CLUSTER GETKEYSINSLOT 12182 10", "[foo]"),
        ],
    )
    .await;
    assert!(client.text("INFO cluster").await.contains("cluster_enabled:1"));
    assert!(client.text("CLUSTER INFO").await.contains("cluster_known_nodes:3"));
    let nodes = client.text("CLUSTER NODES").await;
    assert_eq!(nodes.lines().count(), 3);
    assert_eq!(nodes.matches("myself,master").count(), 1, "{nodes}");
    let slots = client.ask("CLUSTER SLOTS").await;
    let mut next = 0;
    for range in slots.as_slice().expect("ranges") {
        let range = range.as_slice().expect("a range");
        assert_eq!(range[0].as_integer(), Some(next), "every slot once, in order");
        next = range[1].as_integer().expect("an end") + 1;
        assert!(range.len() > 2, "at least a master");
    }
    assert_eq!(next, 16_384);
    assert_eq!(client.ask("CLUSTER SHARDS").await.as_slice().map(<[_]>::len), Some(3));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_topology_for_clients_is_the_same_on_both_ports_and_nothing_to_who_knows_it() {
    let cluster = Cluster::start(3).await;
    let mut big = cluster.big(1).await;
    big.text("HELLO 3").await;
    let mut own = cluster.cluster(1).await;
    own.text("HELLO 3").await;
    let told = own.text("CLUSTER TOPOLOGY").await;
    assert_eq!(big.text("CLUSTER TOPOLOGY").await, told);
    for node in &cluster.nodes {
        assert!(told.contains(&node.addresses().client.to_string()), "{told}");
    }
    let known = told
        .split("fingerprint=")
        .nth(1)
        .and_then(|rest| rest.split(' ').next());
    let known = known.expect("a fingerprint");
    assert_eq!(big.text(&format!("CLUSTER TOPOLOGY {known}")).await, "nil");
    assert_ne!(big.text("CLUSTER TOPOLOGY 7").await, "nil");
    assert!(
        big.text("CLUSTER TOPOLOGY x")
            .await
            .starts_with("-ERR value is not an integer")
    );
}
