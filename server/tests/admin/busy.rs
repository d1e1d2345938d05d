//! `peer-queue-bytes-max`: what happens when a peer is alive and takes nothing.

use super::client::Client;
use super::cluster::Plan;
use super::counters::counter;
use super::memory::figure;
use circlet_server::Running;
use std::sync::Arc;
use std::sync::mpsc;
use std::time::{Duration, Instant};
use tokio::runtime::{Builder, Runtime};

const BUSY: &str = "-BUSY too many bytes wait for a node that the command needs, try again later";

const PATIENCE: Duration = Duration::from_secs(20);

/// Waits until the line is answered like this.
async fn wait_until_answered(client: &mut Client, line: &str, answer: &str) {
    let deadline = Instant::now() + PATIENCE;
    let mut told = client.text(line).await;
    while told != answer {
        assert!(Instant::now() < deadline, "{line}: {told}");
        told = client.text(line).await;
    }
}

/// A hash tag whose keys the node that is asked coordinates, or forwards.
async fn tag(node: &Running, client: &mut Client, forwarded: bool) -> String {
    let http = node.addresses().http;
    for number in 0..200 {
        let before = counter(http, "commands_forwarded").await;
        client.text(&format!("SET {{{number}}} v")).await;
        let after = counter(http, "commands_forwarded").await;
        if (after > before) == forwarded {
            return format!("{{{number}}}");
        }
    }
    panic!("one node coordinates everything")
}

/// A node whose data plane is one thread, which can be held up; gossip, on a thread of its own, goes on.
struct Stuck {
    runtime: Option<Runtime>,
}

impl Stuck {
    async fn start(plan: &Arc<Plan>, number: usize) -> (Self, Running) {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let plan = Arc::clone(plan);
        let node = runtime.spawn(async move { plan.start_node(number, "").await }).await;
        let this = Self { runtime: Some(runtime) };
        (this, node.expect("it starts"))
    }

    /// Holds the data plane up until what is returned is dropped.
    async fn hold_up(&self) -> mpsc::Sender<()> {
        let (held, released) = mpsc::channel();
        let (stands, stood) = tokio::sync::oneshot::channel();
        let runtime = self.runtime.as_ref().expect("it runs");
        runtime.spawn(async move {
            let _ = stands.send(());
            let _ = released.recv();
        });
        stood.await.expect("it stands");
        held
    }
}

impl Drop for Stuck {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_command_that_needs_a_peer_that_takes_nothing_is_refused_at_once() {
    let plan = Arc::new(Plan::new(2));
    let node = plan.start_node(0, "peer-queue-bytes-max = 16777216").await;
    let (peer, _peer_node) = Stuck::start(&plan, 1).await;
    let mut client = Client::connect(node.addresses().client).await;
    wait_until_answered(&mut client, "FLUSHALL", "OK").await;
    let (mine, others) = (
        tag(&node, &mut client, false).await,
        tag(&node, &mut client, true).await,
    );
    let mut quick = Client::connect(node.addresses().client).await;
    assert_eq!(quick.text("CLIENT CONSISTENCY WRITE ONE READ ONE").await, "OK");

    let held = peer.hold_up().await;
    assert_eq!(
        client.text("CONFIG SET peer-queue-bytes-max 1mb").await,
        "OK",
        "it is live"
    );
    let value = "x".repeat(1 << 18);
    let mut answer = String::new();
    // How much the system's own buffers take is not known: more than they do is sent, in some steps.
    for step in 0..20 {
        for key in 0..64 {
            let key = format!("{mine}{step}:{key}");
            assert_eq!(
                quick.words(&["SET", &key, &value]).await,
                "OK",
                "at ONE the peer is not needed"
            );
        }
        answer = client.text(&format!("SET {mine} 2")).await;
        if answer == BUSY {
            break;
        }
    }
    assert_eq!(answer, BUSY, "at QUORUM of two it is");
    let asked = Instant::now();
    assert_eq!(client.text(&format!("GET {mine}")).await, BUSY, "a read needs it too");
    assert_eq!(
        client.text(&format!("SET {others} 2")).await,
        BUSY,
        "so does what it coordinates"
    );
    assert!(
        asked.elapsed() < Duration::from_secs(1),
        "nobody waits for the deadline"
    );
    assert_ne!(quick.text(&format!("GET {mine}")).await, "nil");
    let hints = figure(&mut client, "circlet", "hint_keys").await;
    assert!(hints > 0, "what the peer does not get is remembered");

    drop(held);
    wait_until_answered(&mut client, &format!("SET {mine} 3"), "OK").await;
    wait_until_answered(&mut client, &format!("SET {others} 3"), "OK").await;
    assert_eq!(client.text(&format!("GET {mine}")).await, "3");
    node.stop().await;
}
