//! Commands of very many keys: they run in pieces (`session/plan.rs`), and nobody sees that.

use super::client::{Client, show};
use super::cluster::Cluster;
use super::counters::counter;
use circlet_resp::Value;
use std::time::Duration;

/// More parts than 16 bits can number.
const KEYS: usize = 70_000;

/// How many keys exist: every seventh one.
const STEP: usize = 7;

/// Far more than it takes, far less than what grows faster than the number of keys takes.
const PATIENCE: Duration = Duration::from_secs(30);

fn key(number: usize) -> String {
    format!("key:{number}")
}

async fn many(client: &mut Client, name: &str, arguments: impl Iterator<Item = String>) -> Value {
    let words: Vec<String> = std::iter::once(name.to_owned()).chain(arguments).collect();
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let asked = tokio::time::timeout(PATIENCE, client.value(&words)).await;
    asked.unwrap_or_else(|_| panic!("{name} of {} words takes too long", words.len()))
}

/// MSET. On a busy machine a part may take longer than its deadline; then nobody knows, and the client repeats it.
async fn write_all<I: Iterator<Item = String>>(client: &mut Client, pairs: impl Fn() -> I) {
    let mut said = String::new();
    for _ in 0..10 {
        said = show(&many(client, "MSET", pairs()).await);
        if said == "OK" {
            return;
        }
    }
    panic!("MSET: {said}");
}

fn count(number: usize) -> Value {
    Value::Integer(i64::try_from(number).expect("a count"))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_of_more_keys_than_16_bits_can_number_answers_for_each_in_order() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.big(0).await;
    let there = || (0..KEYS).step_by(STEP);
    let pairs = || there().flat_map(|number| [key(number), format!("v{number}")]);
    write_all(&mut client, pairs).await;

    // Asked of another node than the one that wrote; what exists is named again at the end, backwards.
    let mut client = cluster.big(1).await;
    let http = cluster.nodes[1].addresses().http;
    let before = counter(http, "commands_forwarded").await;
    let asked = || (0..KEYS).chain(there().rev());
    let read = many(&mut client, "MGET", asked().map(key)).await;
    let values = read.as_slice().expect("an array");
    assert_eq!(values.len(), asked().count());
    for (number, value) in asked().zip(values) {
        let expected = number.is_multiple_of(STEP).then(|| format!("v{number}").into_bytes());
        assert_eq!(value.as_bytes(), expected.as_deref(), "key {number}");
    }
    let forwarded = counter(http, "commands_forwarded").await - before;
    assert!(
        (KEYS as u64 / 2..2 * KEYS as u64).contains(&forwarded),
        "two thirds of the keys are held elsewhere, and asked for once: {forwarded}"
    );

    let all = || (0..KEYS).map(key);
    assert_eq!(many(&mut client, "EXISTS", all()).await, count(there().count()));
    let twice = there().flat_map(|number| [key(number), key(number)]);
    assert_eq!(
        many(&mut client, "DEL", twice).await,
        count(there().count()),
        "a key can be deleted once"
    );
    assert_eq!(many(&mut client, "TOUCH", all()).await, count(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pieces_are_not_seen_in_a_pipeline_either() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.big(2).await;
    // More than one piece each, of names so short that the first three commands arrive in one read: they are one batch.
    let keys = "0 1 2 3 4 5 6 7 8 9 ".repeat(110);
    let exists = format!("EXISTS {keys}");
    client
        .send(&[
            "SET 0 a",
            "CLIENT REPLY SKIP",
            &exists,
            "GET 0",
            &exists,
            "SET 9 b",
            &exists,
            &format!("MGET {keys}"),
            "GET 9",
        ])
        .await;
    let mut replies = Vec::new();
    for _ in 0..7 {
        let reply = client.reply().await.expect("a reply");
        replies.push(match reply.as_slice() {
            Some(values) => values.iter().filter(|value| **value != Value::Null).map(show).collect(),
            None => show(&reply),
        });
    }
    assert_eq!(
        replies,
        ["OK", "a", "110", "OK", "220", &"ab".repeat(110), "b"],
        "what is not to be answered is not"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn long_values_are_read_and_written_in_shorter_pieces() {
    let cluster = Cluster::start(3).await;
    let mut client = cluster.big(0).await;
    let value = |number: usize| number.to_string().repeat(100_000);
    let pairs = (10..40).flat_map(|number| [key(number), value(number)]);
    write_all(&mut client, || pairs.clone()).await;
    // 80 MB in all: more than a node makes, or a peer gives, in one turn.
    let asked = || (0..400).map(|number| 10 + number % 30);
    let read = many(&mut client, "MGET", asked().map(key)).await;
    let values = read.as_slice().expect("an array");
    assert_eq!(values.len(), asked().count());
    for (number, read) in asked().zip(values) {
        assert!(read.as_bytes() == Some(value(number).as_bytes()), "key {number}");
    }
}
