//! How a node dials a peer that does not answer.

use super::client::Client;
use super::cluster::Plan;
use std::time::{Duration, Instant};
use tokio::net::{TcpListener, TcpStream};

/// Long enough for a busy machine; far less than the tries take when the setting under test is not obeyed.
const PATIENCE: Duration = Duration::from_secs(8);

/// For commands, and for arcs in bulk: each is dialled by itself.
const LINKS: usize = 2;

/// A node whose one peer is a listener of this test.
async fn node_and_peer(settings: &str) -> (circlet_server::Running, TcpListener, Plan) {
    let plan = Plan::new(2);
    let peer = TcpListener::bind(plan.peer_address(1)).await.expect("a port");
    (plan.start_node(0, settings).await, peer, plan)
}

/// Waits for so many tries; gives the sockets, which say nothing as long as they are held.
async fn tries(peer: &TcpListener, count: usize) -> Vec<TcpStream> {
    let mut held = Vec::new();
    let accept = async {
        while held.len() < count {
            held.push(peer.accept().await.expect("a try").0);
        }
    };
    let done = tokio::time::timeout(PATIENCE, accept).await;
    assert!(done.is_ok(), "{} tries of {count} in {PATIENCE:?}", held.len());
    held
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_peer_that_accepts_and_says_nothing_is_given_up_after_the_connect_timeout() {
    let settings = "peer-connect-timeout-ms = 20\npeer-reconnect-ms-max = 10\n";
    let (_node, peer, _plan) = node_and_peer(settings).await;
    // With two seconds a try, as by default, there would be four.
    tries(&peer, 20).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_connect_timeout_can_be_changed_while_the_node_tries() {
    let settings = "peer-connect-timeout-ms = 300\npeer-reconnect-ms-max = 10\n";
    let (node, peer, _plan) = node_and_peer(settings).await;
    let started = Instant::now();
    tries(&peer, 3 * LINKS).await;
    assert!(
        started.elapsed() >= Duration::from_millis(600),
        "two of each link took their time"
    );
    let mut client = Client::connect(node.addresses().client).await;
    assert_eq!(client.text("CONFIG SET peer-connect-timeout-ms 10").await, "OK");
    tries(&peer, 40).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn pauses_between_tries_grow_to_the_longest_that_is_set() {
    let (node, peer, _plan) = node_and_peer("peer-reconnect-ms-max = 10\n").await;
    let refuse = async |count: usize| {
        for _ in 0..count {
            drop(peer.accept().await.expect("a try"));
        }
    };
    // With pauses of up to half a second, as by default, there would be some twenty.
    let quick = tokio::time::timeout(PATIENCE, refuse(60)).await;
    assert!(quick.is_ok(), "60 tries in {PATIENCE:?}");
    let mut client = Client::connect(node.addresses().client).await;
    assert_eq!(client.text("CONFIG SET peer-reconnect-ms-max 400").await, "OK");
    let started = Instant::now();
    refuse(8 * LINKS).await;
    assert!(
        started.elapsed() >= Duration::from_millis(800),
        "pauses of 10, 20, 40 ... milliseconds, then of 400: {:?}",
        started.elapsed()
    );
}
