//! Keeping the map fresh.
//!
//! One task a client asks, so however many calls fail at once, one question is under way: each tells the task with one bit ([`Notify`]), and questions are
//! [`GAP_MIN`] apart at least, more or less by chance, so that many clients do not ask in step. A node that knows nothing newer answers with nothing.
//!
//! Nothing breaks while the map is old: a node that does not own a key passes the command on, once.
//!
//! [`Notify`]: tokio::sync::Notify

use crate::client::Inner;
use crate::cmd::Cmd;
use crate::connection::{Fault, Replies};
use crate::error::{Error, ErrorKind};
use crate::node::{Node, Surroundings};
use crate::observer::Event;
use crate::topology::{Topology, question};
use circlet_resp::Value;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

/// Between two questions, at least, give or take half.
const GAP_MIN: Duration = Duration::from_millis(200);

/// Asks whenever it is time, or somebody wants to know, until the client is gone.
pub(crate) async fn keep_fresh(client: Weak<Inner>, around: Arc<Surroundings>) {
    loop {
        let every = around.options.refresh_every.mul_f64(0.8 + 0.4 * rand::random::<f64>());
        // In small steps, so that the task does not outlive the client for long.
        let until = Instant::now() + every;
        while Instant::now() < until {
            let step = (until - Instant::now()).min(Duration::from_secs(1));
            if timeout(step, around.wants_topology.notified()).await.is_ok() {
                break;
            }
            if client.strong_count() == 0 {
                return;
            }
        }
        let Some(inner) = client.upgrade() else { return };
        if !inner.without_map.load(Ordering::Relaxed) {
            // Failure is told by `fetch`; there is a next time.
            let _ = fetch(&inner).await;
        }
        drop(inner);
        sleep(GAP_MIN.mul_f64(0.5 + rand::random::<f64>())).await;
    }
}

/// Asks one node after the other, and puts the answer into force.
pub(crate) async fn fetch(inner: &Arc<Inner>) -> Result<(), Error> {
    let before = inner.topology.load_full();
    let start: usize = rand::random_range(0..before.nodes.len().max(1));
    let known = before.nodes.iter().cycle().skip(start).take(before.nodes.len());
    // Those that answer lately first.
    let (good, bad): (Vec<_>, Vec<_>) = known.partition(|node| node.is_available());
    let mut last = Error::new(ErrorKind::Unreachable, "no nodes were given");
    let is_new = |seed: &&Arc<Node>| !before.nodes.iter().any(|node| Arc::ptr_eq(node, seed));
    let seeds = inner.seeds.iter().filter(is_new);
    for node in good.into_iter().chain(bad).chain(seeds) {
        let asked = timeout(inner.around.options.call_timeout, ask(node, &before));
        let late = || {
            Error::new(
                ErrorKind::TimedOut,
                format!("{} does not say who owns what", node.address),
            )
        };
        inner.fetches.fetch_add(1, Ordering::Relaxed);
        match asked.await.unwrap_or_else(|_| Err(late())) {
            Ok(answer) => {
                let changed = install(inner, &before, answer)?;
                let epoch = inner.topology.load().epoch;
                inner.around.tell(Event::TopologyFetched { epoch, changed });
                return Ok(());
            }
            // What a node says says more than that another is not there.
            Err(error) if last.kind() == ErrorKind::Unreachable => last = error,
            Err(_) => {}
        }
    }
    inner.around.tell(Event::TopologyFetchFailed);
    Err(last)
}

/// True if it is another map. One of an older epoch is not taken: the node that sent it is behind.
fn install(inner: &Arc<Inner>, before: &Topology, answer: Value) -> Result<bool, Error> {
    match answer {
        Value::Null => Ok(false),
        // A server without the command has no map; that is no failure.
        Value::Error(text) if text.starts_with("ERR ") => {
            inner.without_map.store(true, Ordering::Relaxed);
            Ok(false)
        }
        Value::Error(text) => Err(Error::answered(text)),
        answer => {
            let topology = Topology::read(answer, before, &inner.around)?;
            let newer = topology.epoch >= before.epoch;
            if newer {
                inner.topology.store(Arc::new(topology));
            }
            Ok(newer)
        }
    }
}

async fn ask(node: &Arc<Node>, before: &Topology) -> Result<Value, Error> {
    let connection = node.connection(0, 0).await?;
    let question: Cmd = question(before.fingerprint());
    let deadline = Instant::now() + Duration::from_secs(60);
    let sent = connection.send(std::iter::once(&question), deadline).await;
    let lost = |fault: Fault| Error::new(ErrorKind::Lost, format!("{}: {fault:?}", node.address));
    match sent.map_err(lost)?.await {
        Ok(Ok(Replies::One(value))) => Ok(value),
        Ok(Err(fault)) => Err(lost(fault)),
        _ => Err(lost(Fault::Lost)),
    }
}
