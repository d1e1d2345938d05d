//! A node's feed: the connection over which the near cache reads, and hears of what has changed.
//!
//! It is vouched for only for a while: a read at QUORUM, sent every so often to an arc that the node coordinates, must be answered. A node that stands still or is cut off from the
//! others does not answer it, and before another node may take its arcs over its lease must have ended.

use super::Inner;
use crate::client::Inner as ClientInner;
use crate::cmd::{Cmd, cmd};
use crate::connection::{Bounds, Connection, Fault, Greeting, PushSink, Replies};
use crate::node::Node;
use crate::options::Consistency;
use arc_swap::ArcSwapOption;
use circlet_resp::Value;
use circlet_ring::{ArcCount, Slot};
use parking_lot::Mutex;
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout_at};

/// Between attempts to connect, at most.
const REST_MAX: Duration = Duration::from_secs(1);

/// See the module's header.
pub(super) struct Feed {
    pub(super) node: Arc<Node>,
    pub(super) connection: ArcSwapOption<Connection>,
    /// Counts connections: entries of an earlier one are nobody's.
    pub(super) number: AtomicU64,
    /// Until when what it said counts, in nanoseconds since the cache was made.
    pub(super) vouched_until_ns: AtomicU64,
}

impl Feed {
    pub(super) fn new(node: Arc<Node>) -> Arc<Self> {
        Arc::new(Feed {
            node,
            connection: ArcSwapOption::empty(),
            number: AtomicU64::new(0),
            vouched_until_ns: AtomicU64::new(0),
        })
    }

    /// Whether entries of this connection of it count at this time.
    pub(super) fn vouches(&self, number: u64, now_ns: u64) -> bool {
        self.number.load(Ordering::Acquire) == number && now_ns < self.vouched_until_ns.load(Ordering::Acquire)
    }

    /// Asks together what belongs together; as many replies as questions.
    pub(super) async fn read(&self, cmds: &[Cmd], deadline: Instant) -> Result<Vec<Value>, Fault> {
        let connection = self.connection.load_full().ok_or(Fault::Unsent)?;
        let sent = timeout_at(deadline, connection.send(cmds.iter(), deadline)).await;
        match sent.unwrap_or(Err(Fault::Unsent))?.await {
            Ok(Ok(Replies::Many(values))) if values.len() == cmds.len() => Ok(values),
            Ok(Err(fault)) => Err(fault),
            _ => Err(Fault::Lost),
        }
    }
}

/// Keeps a feed connected and vouched for, until the cache is gone.
pub(super) async fn keep(cache: Weak<Inner>, client: Weak<ClientInner>, feed: Arc<Feed>) {
    let mut rests = 0;
    loop {
        let Some((inner, around)) = cache.upgrade().zip(client.upgrade()) else {
            return;
        };
        let bounds = Bounds {
            inflight_max: around.around.options.inflight_max.max(1),
            silence_max: Some(inner.options.vouch_max * 4),
        };
        let greeting = Greeting::new(&around.around.options, Some(Consistency::Quorum));
        let greeting = greeting.and(cmd("CLIENT").arg("TRACKING").arg(["ON", "NUMBERED"]));
        // Numbers begin anew with the connection.
        let sink = sink(Weak::clone(&cache), Arc::clone(&feed.node));
        drop((inner, around));
        if let Ok(connection) = feed.node.connect(greeting, bounds, Some(sink)).await {
            rests = 0;
            feed.number.fetch_add(1, Ordering::AcqRel);
            let connection = Arc::new(connection);
            feed.connection.store(Some(Arc::clone(&connection)));
            beat(&cache, &client, &feed, &connection).await;
            feed.number.fetch_add(1, Ordering::AcqRel);
            feed.connection.store(None);
        }
        sleep(crate::breaker::jittered(
            Duration::from_millis(20),
            rests,
            REST_MAX,
            rand::random(),
        ))
        .await;
        rests += 1;
    }
}

/// Asks again and again, until there is no answer.
async fn beat(cache: &Weak<Inner>, client: &Weak<ClientInner>, feed: &Feed, connection: &Connection) {
    while connection.is_open() {
        let Some((inner, client)) = cache.upgrade().zip(client.upgrade()) else {
            return;
        };
        let (vouch_max, asked, asked_ns) = (inner.options.vouch_max, Instant::now(), inner.now_ns());
        let question = question(&client, &feed.node);
        drop((inner, client));
        let answered = connection.send(std::iter::once(&question), asked + vouch_max).await;
        let answer = match answered {
            Ok(answered) => answered.await,
            Err(_) => return,
        };
        match answer {
            // From when it was asked: by then all that had changed before was on its way in front of the answer.
            Ok(Ok(Replies::One(Value::Integer(_)))) => {
                let until = asked_ns + vouch_max.as_nanos() as u64;
                feed.vouched_until_ns.store(until, Ordering::Release);
            }
            // It cannot vouch now; perhaps later.
            Ok(Ok(_) | Err(Fault::TimedOut)) => {}
            _ => return,
        }
        sleep(vouch_max / 4).await;
    }
}

/// A read of a key that this node is the first owner of, if it is of any.
fn question(client: &ClientInner, node: &Arc<Node>) -> Cmd {
    let topology = client.topology.load();
    let is_its = |key: &String| {
        let owners = topology.owners(Slot::of_key(key.as_bytes()));
        owners
            .first()
            .is_some_and(|first| Arc::ptr_eq(&topology.nodes[usize::from(*first)], node))
    };
    // A node of a hundred is hit within some hundred tries.
    let key = (0..4_000).map(|number| format!("circlet:beat:{number}")).find(is_its);
    cmd("EXISTS").arg(key.unwrap_or_else(|| "circlet:beat".to_owned()))
}

/// Takes the pushes of one connection.
fn sink(cache: Weak<Inner>, node: Arc<Node>) -> PushSink {
    let last: Mutex<HashMap<u16, u64>> = Mutex::default();
    Arc::new(move |message| {
        if let Some(inner) = cache.upgrade() {
            on_push(&inner, &node, &mut last.lock(), &message);
        }
    })
}

/// `invalidate [keys]|nothing arc number`. When a number is missing the arc is dropped; what makes no sense drops everything.
fn on_push(inner: &Inner, node: &Node, last: &mut HashMap<u16, u64>, message: &[Value]) {
    let Some((what, arc, number)) = read(message) else {
        (0..ArcCount::MAX.get()).for_each(|arc| node.tell_push(arc, None));
        return inner.drop_all();
    };
    let last = last.entry(arc).or_default();
    let is_next = number == *last + 1;
    *last = number;
    match what.as_slice() {
        Some(keys) if is_next => {
            let keys = || keys.iter().filter_map(Value::as_bytes);
            keys().for_each(|key| node.tell_push(arc, Some(key)));
            inner.on_changed(arc, keys());
        }
        _ => {
            node.tell_push(arc, None);
            inner.on_arc_changed(arc);
        }
    }
}

fn read(message: &[Value]) -> Option<(&Value, u16, u64)> {
    let [name, what, arc, number] = message else {
        return None;
    };
    let arc = u16::try_from(arc.as_integer()?)
        .ok()
        .filter(|arc| *arc < ArcCount::MAX.get())?;
    let number = u64::try_from(number.as_integer()?).ok()?;
    (name.as_bytes() == Some(b"invalidate")).then_some((what, arc, number))
}
