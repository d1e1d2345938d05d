//! Reads whose quorum the client counts: VOTE and VOTED.

use super::client::{Client, show};
use super::cluster::Cluster;
use super::counters::counter;
use super::visible::wait_until;
use circlet_resp::Value;

const NO_VOTE: &str = "-NOVOTE this node cannot vouch for the key now";
const NOT_VOTABLE: &str = "-NOVOTE VOTED takes a command that reads one key, its first argument";

/// What VOTED answers on the node that coordinates the key: the node, the vote, the reply. All others must refuse.
async fn voted(clients: &mut [Client], command: &str) -> (usize, i64, String) {
    let mut found = None;
    for (node, client) in clients.iter_mut().enumerate() {
        match client.ask(&format!("VOTED {command}")).await {
            Value::Array(parts) => {
                let [Value::Integer(needed), Value::Integer(vote), reply] = &parts[..] else {
                    panic!("{parts:?}")
                };
                assert_eq!(*needed, 2, "a quorum of three");
                assert!(found.is_none(), "one coordinator");
                found = Some((node, *vote, show(reply)));
            }
            other => assert_eq!(show(&other), NO_VOTE, "node {node}"),
        }
    }
    found.unwrap_or_else(|| panic!("nobody answers {command}"))
}

/// The votes of all nodes, once they are the same.
async fn agreed(clients: &mut [Client], key: &str) -> i64 {
    let mut votes = Vec::new();
    wait_until("the owners agree", async || {
        votes.clear();
        for client in clients.iter_mut() {
            match client.ask(&format!("VOTE {key}")).await {
                Value::Integer(vote) => votes.push(vote),
                other => panic!("{other:?}"),
            }
        }
        votes.iter().all(|vote| *vote == votes[0])
    })
    .await;
    votes[0]
}

async fn start() -> (Cluster, Vec<Client>) {
    let cluster = Cluster::start(3).await;
    let mut clients = Vec::new();
    for node in 0..3 {
        clients.push(cluster.big(node).await);
    }
    (cluster, clients)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn owners_that_hold_the_same_give_the_same_vote_and_the_coordinator_its_reply() {
    let (cluster, mut clients) = start().await;
    let commands = [
        ("SET s one", "GET s", "one"),
        ("HSET h f 7", "HGET h f", "7"),
        ("HSET h g 8", "HLEN h", "2"),
        ("ZADD z 1.5 m", "ZSCORE z m", "1.5"),
        ("RPUSH l a b c", "LRANGE l 1 -1", "[b c]"),
        ("DEL s", "GET s", "nil"),
        ("SET s two EX 1000", "STRLEN s", "3"),
    ];
    let mut before = std::collections::HashMap::new();
    for (number, (write, read, reply)) in commands.into_iter().enumerate() {
        let key = read.split(' ').nth(1).unwrap();
        clients[number % 3].text(write).await;
        let vote = agreed(&mut clients, key).await;
        let (_, voted, answered) = voted(&mut clients, read).await;
        assert_eq!((voted, &answered[..]), (vote, reply), "{read}");
        assert_ne!(
            before.insert(key, vote),
            Some(vote),
            "a write changes the vote: {write}"
        );
    }
    let votes = counter(cluster.http(0), "votes").await;
    assert!(votes >= commands.len() as u64, "each is counted: {votes}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_vote_is_of_its_epoch() {
    let (_cluster, mut clients) = start().await;
    assert_eq!(clients[0].text("SET k v").await, "OK");
    let before = agreed(&mut clients, "k").await;
    let epoch = clients[0].text("CLUSTER SETTINGS write one").await;
    assert!(!epoch.starts_with('-'), "{epoch}");
    wait_until("the new epoch is in force, and has other votes", async || {
        agreed(&mut clients, "k").await != before
    })
    .await;
    assert_eq!(clients[1].text("GET k").await, "v", "the entry is what it was");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_read_of_one_key_is_not_voted_on() {
    let (_cluster, mut clients) = start().await;
    let client = &mut clients[0];
    for not in [
        "VOTED SET k v",
        "VOTED MGET k l",
        "VOTED GETDEL k",
        "VOTED OBJECT ENCODING k",
        "VOTED NOSUCH k",
        "VOTED GET k l",
        "VOTED VOTED GET k",
        "VOTED PING k",
    ] {
        assert_eq!(client.text(not).await, NOT_VOTABLE, "{not}");
    }
    assert_eq!(client.text("EXISTS k").await, "0", "nothing was written");
    assert_eq!(
        client.text("VOTED GET").await,
        "-ERR wrong number of arguments for 'voted' command"
    );
    assert_eq!(
        client.text("VOTE").await,
        "-ERR wrong number of arguments for 'vote' command"
    );
    assert_eq!(client.text("COMMAND GETKEYS VOTE k").await, "[k]");
    client.text("RPUSH list a").await;
    let mut told = Vec::new();
    for client in &mut clients {
        told.push(client.text("VOTED GET list").await);
    }
    told.sort();
    let wrong = "-WRONGTYPE Operation against a key holding the wrong kind of value";
    assert_eq!(told, [NO_VOTE, NO_VOTE, wrong]);
}

/// In a batch, between other commands, replies stay in their order, and levels hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn votes_have_their_place_in_a_pipeline() {
    let (_cluster, mut clients) = start().await;
    clients[0].text("SET k v").await;
    let vote = agreed(&mut clients, "k").await;
    let (node, ..) = voted(&mut clients, "GET k").await;
    let client = &mut clients[node];
    client
        .send(&[
            "GET k",
            "VOTED GET k",
            "SET other 1",
            "VOTE k",
            "VOTED STRLEN k",
            "MGET k k",
            "CLIENT CONSISTENCY READ ONE",
            "VOTED GET k",
        ])
        .await;
    let mut replies = Vec::new();
    for _ in 0..8 {
        replies.push(show(&client.reply().await.unwrap()));
    }
    assert_eq!(
        replies,
        [
            "v".to_owned(),
            format!("[2 {vote} v]"),
            "OK".to_owned(),
            vote.to_string(),
            format!("[2 {vote} 1]"),
            "[v v]".to_owned(),
            "OK".to_owned(),
            format!("[1 {vote} v]"),
        ]
    );
}
