//! How long batches take: for the slow log, the latency monitor and the histograms.
//!
//! The clock is read twice a batch and not once a command: of a pipeline of 64, a reading a command would cost a tenth of its time.
//! So a command that came alone is timed by itself, and a pipeline as a whole: what it took is noted for its first command, with a
//! last argument that says how many there were. Redis times only the execution; here it is the time from the batch's arrival to its
//! replies, waiting for other owners included, since that is what takes long in a cluster. What BLPOP and its kin wait for
//! somebody to write is not counted.

use super::client::Client;
use crate::latency::is_spike;
use crate::node::Node;
use circlet_resp::Batch;
use circlet_resp::command::{CommandSpec, resolve};
use circlet_ring::Slot;
use std::time::Duration;

/// What takes longer is logged at `debug`, beside what the slow path says of the same command ([`super::settle`]): in a cluster at rest, or with arcs that
/// move, nothing should.
pub(super) const LONG: Duration = Duration::from_millis(20);

/// A batch that has begun.
pub(crate) struct Timing {
    began_ns: u64,
    /// The command, if it came alone.
    alone: Option<&'static CommandSpec>,
}

impl Timing {
    /// The batch begins: reads the clock once, for this and for `CLIENT LIST`.
    pub(crate) fn begin(node: &Node, client: &Client, batch: &Batch, frame: &[u8]) -> Self {
        let began_ns = node.clock.mono_ns();
        let last = batch.len().checked_sub(1);
        let last = last.and_then(|last| resolve(batch.args(last, frame)).ok());
        client.handle.activity.on_batch(began_ns, last.map(CommandSpec::id));
        Timing {
            began_ns,
            alone: last.filter(|_| batch.len() == 1),
        }
    }

    /// The batch is done.
    pub(crate) fn end(self, node: &Node, client: &mut Client, batch: &Batch, frame: &[u8]) {
        let waited_ns = std::mem::take(&mut client.waited).as_nanos() as u64;
        let took_ns = node.clock.mono_ns().saturating_sub(self.began_ns + waited_ns);
        if let Some(spec) = self.alone {
            node.metrics.latency().record(spec.id() as usize, took_ns);
        }
        let took = Duration::from_nanos(took_ns);
        if took > LONG {
            log(node, batch, frame, took);
        }
        let config = node.config.current();
        let slower_than = config.observability.slowlog_slower_than.0;
        if slower_than >= 0 && took.as_micros() >= u128::from(slower_than.unsigned_abs()) {
            note_slow(node, client, batch, frame, took);
        }
        if is_spike(took, config.observability.latency_threshold.0) {
            node.latency.lock().record("command", node.clock.wall(), took);
        }
    }
}

#[cold]
fn log(node: &Node, batch: &Batch, frame: &[u8], took: Duration) {
    let args = batch.args(0, frame);
    let spec = resolve(args).ok();
    let key = spec.and_then(|spec| spec.keys(args).find_map(|(at, _)| args.get(at)));
    tracing::debug!(
        command = spec.map(CommandSpec::name),
        slot = key.map(|key| Slot::of_key(key).get()),
        commands = batch.len(),
        took_ms = took.as_millis(),
        epoch = node.routes.load().epoch,
        "a batch took long"
    );
}

#[cold]
fn note_slow(node: &Node, client: &Client, batch: &Batch, frame: &[u8], took: Duration) {
    let mut args: Vec<&[u8]> = batch.args(0, frame).iter().collect();
    let more = format!("... (first of a pipeline of {} commands)", batch.len());
    if batch.len() > 1 {
        args.push(more.as_bytes());
    }
    let name = client.handle.said.lock().name.clone();
    let (address, name) = (client.handle.address.to_string(), String::from_utf8_lossy(&name));
    node.slowlog
        .lock()
        .record(node.clock.wall(), took, args.into_iter(), &address, &name);
}
