//! Two owners that the test plays, and a client that counts their votes.

use crate::prelude::*;
use parking_lot::Mutex;
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::Instant;

/// What an owner answers to a command; nothing: it keeps the client waiting.
type Plays = fn(command: &str) -> Option<&'static str>;

/// How often each command came, by its name and the owner's number.
type Counts = Arc<Mutex<HashMap<(String, usize), usize>>>;

/// Two owners of every key, the first of which coordinates.
struct Owners {
    addresses: [SocketAddr; 2],
    counts: Counts,
}

impl Owners {
    async fn start(plays: [Plays; 2]) -> Self {
        let mut listeners = Vec::new();
        for _ in 0..2 {
            listeners.push(TcpListener::bind("127.0.0.1:0").await.unwrap());
        }
        let addresses = [0, 1].map(|number: usize| listeners[number].local_addr().unwrap());
        let counts = Counts::default();
        for (number, listener) in listeners.into_iter().enumerate() {
            let (map, counts, plays) = (topology(addresses), Arc::clone(&counts), plays[number]);
            tokio::spawn(async move {
                while let Ok((socket, _)) = listener.accept().await {
                    tokio::spawn(serve(socket, number, map.clone(), Arc::clone(&counts), plays));
                }
            });
        }
        Owners { addresses, counts }
    }

    async fn client(&self, options: Options) -> Client {
        let addresses = self.addresses.map(|address| address.to_string());
        Client::connect(addresses, options).await.unwrap()
    }

    /// A client that may afford failures.
    async fn experienced(&self) -> Client {
        let client = self.client(Options::default()).await;
        client.inner.votes.failures.on_questions(100, 10);
        client
    }

    fn count(&self, name: &str, owner: usize) -> usize {
        let counts = self.counts.lock();
        counts.get(&(name.to_owned(), owner)).copied().unwrap_or(0)
    }

    /// How often the first was asked by VOTED, the second by VOTE, and the first by GET.
    fn asked(&self) -> [usize; 3] {
        [self.count("VOTED", 0), self.count("VOTE", 1), self.count("GET", 0)]
    }
}

/// All arcs are of both nodes, the first one before the second.
fn topology(addresses: [SocketAddr; 2]) -> Vec<u8> {
    let members: String = addresses
        .iter()
        .map(|address| {
            let address = address.to_string();
            format!("*2\r\n$1\r\nx\r\n${}\r\n{address}\r\n", address.len())
        })
        .collect();
    let owners = [2, 0, 0, 1, 0].repeat(256);
    let head = "%5\r\n$5\r\nepoch\r\n:1\r\n$11\r\nfingerprint\r\n:1\r\n$4\r\narcs\r\n:256\r\n";
    let mut map = format!(
        "{head}$7\r\nmembers\r\n*2\r\n{members}$6\r\nowners\r\n${}\r\n",
        owners.len()
    )
    .into_bytes();
    map.extend_from_slice(&owners);
    map.extend_from_slice(b"\r\n");
    map
}

async fn serve(mut socket: TcpStream, number: usize, map: Vec<u8>, counts: Counts, plays: Plays) {
    let mut parser = circlet_resp::RequestParser::new(circlet_resp::Limits::default());
    let (mut batch, mut bytes) = (circlet_resp::Batch::new(), Vec::new());
    while socket.read_buf(&mut bytes).await.is_ok_and(|count| count > 0) {
        let consumed = parser.parse(&bytes, &mut batch, 1_000).expect("requests").consumed;
        let mut answers = Vec::new();
        for command in batch.iter(&bytes) {
            let words: Vec<_> = command.iter().map(String::from_utf8_lossy).collect();
            let name = words[0].to_ascii_uppercase();
            *counts.lock().entry((name.clone(), number)).or_default() += 1;
            match &name[..] {
                "HELLO" => answers.extend_from_slice(b"%0\r\n"),
                "CLIENT" => answers.extend_from_slice(b"+OK\r\n"),
                "CLUSTER" => answers.extend_from_slice(&map),
                _ => answers.extend_from_slice(plays(&words.join(" ")).unwrap_or_default().as_bytes()),
            }
        }
        if socket.write_all(&answers).await.is_err() {
            return;
        }
        bytes.drain(..consumed);
    }
}

/// By GET it answers a, by VOTED b, so that a test sees which one counted.
fn first(command: &str) -> Option<&'static str> {
    match command {
        "GET k" => Some("$1\r\na\r\n"),
        "VOTED GET k" => Some("*3\r\n:2\r\n:77\r\n$1\r\nb\r\n"),
        other => panic!("{other}"),
    }
}

fn agrees(command: &str) -> Option<&'static str> {
    (command == "VOTE k").then_some(":77\r\n")
}

async fn get(client: &Client) -> String {
    client.get("k").await.unwrap()
}

#[tokio::test]
async fn a_read_counts_by_two_equal_votes_once_failures_can_be_afforded() {
    let owners = Owners::start([first, agrees]).await;
    let client = owners.client(Options::default()).await;
    for _ in 0..9 {
        assert_eq!(get(&client).await, "a", "nothing is saved up yet");
    }
    for _ in 0..20 {
        assert_eq!(get(&client).await, "b");
    }
    assert_eq!(owners.asked(), [20, 20, 9]);
    let without = owners
        .client(Options {
            votes: false,
            ..Options::default()
        })
        .await;
    for _ in 0..20 {
        assert_eq!(get(&without).await, "a");
    }
}

#[tokio::test]
async fn owners_that_differ_are_left_to_the_coordinator_and_only_as_often_as_is_affordable() {
    let owners = Owners::start([first, |_| Some(":78\r\n")]).await;
    let client = owners.experienced().await;
    for _ in 0..100 {
        assert_eq!(get(&client).await, "a");
    }
    let [voted, votes, read] = owners.asked();
    assert_eq!(
        (voted, read),
        (votes, 100),
        "each read is made by the coordinator in the end"
    );
    assert!((10..=21).contains(&voted), "a tenth of 200 questions, about: {voted}");
}

fn refuses(command: &str) -> Option<&'static str> {
    Some(if command == "GET k" {
        "$1\r\na\r\n"
    } else {
        "-NOVOTE not now\r\n"
    })
}

fn knows_no_votes(command: &str) -> Option<&'static str> {
    Some(if command == "GET k" {
        "$1\r\na\r\n"
    } else {
        "-ERR unknown command 'VOTED'\r\n"
    })
}

#[tokio::test]
async fn an_owner_that_does_not_vote_is_not_asked_for_a_while() {
    for plays in [refuses, knows_no_votes] {
        let owners = Owners::start([plays, agrees]).await;
        let client = owners.experienced().await;
        let started = Instant::now();
        for _ in 0..5 {
            assert_eq!(get(&client).await, "a");
        }
        if started.elapsed() < super::REST {
            assert_eq!(owners.asked(), [1, 1, 5]);
        }
    }
}

#[tokio::test]
async fn a_second_owner_that_stands_still_costs_some_milliseconds_once() {
    let owners = Owners::start([first, |_| None]).await;
    let client = owners.experienced().await;
    let started = Instant::now();
    assert_eq!(get(&client).await, "a");
    let took = started.elapsed();
    assert!(took < Duration::from_secs(1), "not the call's time: {took:?}");
    assert_eq!(get(&client).await, "a");
    if started.elapsed() < super::REST {
        assert_eq!(owners.asked(), [1, 1, 2], "it is not asked again at once");
    }
}

#[tokio::test]
async fn where_one_owner_is_enough_its_reply_counts_and_where_three_are_none_does() {
    let one = Owners::start([
        |command| {
            if command == "GET k" {
                Some("$1\r\na\r\n")
            } else {
                Some("*3\r\n:1\r\n:5\r\n$1\r\nb\r\n")
            }
        },
        |_| None,
    ])
    .await;
    let client = one.experienced().await;
    let started = Instant::now();
    let (counted, next) = (get(&client).await, get(&client).await);
    assert_eq!(counted, "b");
    if started.elapsed() < super::REST {
        assert_eq!(next, "a", "a vote more would be one too many");
    }
    let three = Owners::start([
        |command| {
            if command == "GET k" {
                Some("$1\r\na\r\n")
            } else {
                Some("*3\r\n:3\r\n:77\r\n$1\r\nb\r\n")
            }
        },
        agrees,
    ])
    .await;
    assert_eq!(get(&three.experienced().await).await, "a");
}

#[tokio::test]
async fn an_error_is_the_calls_and_nonsense_too() {
    let wrong = Owners::start([|_| Some("-WRONGTYPE it is a list\r\n"), agrees]).await;
    let error = wrong.experienced().await.get::<String>("k").await.unwrap_err();
    assert!(error.to_string().contains("WRONGTYPE"), "{error}");
    assert_eq!(wrong.asked(), [1, 1, 0], "the coordinator would say the same");
    let nonsense = Owners::start([|_| Some("+OK\r\n"), agrees]).await;
    let error = nonsense.experienced().await.get::<String>("k").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Protocol);
}
