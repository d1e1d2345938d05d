//! One client's connection.

use super::batch::Workbench;
use super::blocking;
use super::caller::Door;
use super::client::{Client, Replying};
use super::output::Output;
use super::plan::Planned;
use super::scene::{Reads, Scene};
use super::server_command::{self, After};
use super::timing::Timing;
use crate::config::Config;
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::Routes;
use circlet_core::control::Now;
use circlet_core::time::{Instant, WallMs};
use circlet_resp::command::{CommandSpec, Flag, Refusal, resolve};
use circlet_resp::{Args, Batch, Limits, ProtocolError, RequestParser};
use circlet_ring::Slot;
use std::future::poll_fn;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection's buffers begin with this many bytes, and return to it when they are empty after growing.
const BUFFER_BYTES: usize = 4 << 10;

/// A buffer larger than this is given back once it is empty.
const BUFFER_KEPT_BYTES_MAX: usize = 64 << 10;

/// Serves a client until it leaves, is killed, or breaks the protocol.
///
/// # Errors
/// The socket's: the client is gone.
pub(crate) async fn serve(node: &Arc<Node>, client: &mut Client, socket: TcpStream) -> io::Result<()> {
    let mut connection = Connection {
        parser: RequestParser::new(request_limits(&node.config.current())),
        buffer: Vec::new(),
        batch: Batch::new(),
        bench: Workbench::default(),
        out: Output::new(node, socket, Arc::clone(&client.handle), client.caller.proto),
    };
    let mut waker = None;
    loop {
        connection.make_room();
        let read = {
            let mut read = pin!(connection.out.socket.read_buf(&mut connection.buffer));
            poll_fn(|cx| client.handle.poll_unless_killed(read.as_mut(), &mut waker, cx)).await?
        };
        if read == 0 {
            return Ok(());
        }
        node.metrics.add(Count::ClientBytesReceived, read as u64);
        let after = connection.commands(node, client).await?;
        connection.out.flush().await?;
        if after == After::Close {
            return connection.out.socket.shutdown().await;
        }
    }
}

struct Connection {
    parser: RequestParser,
    buffer: Vec<u8>,
    batch: Batch,
    bench: Workbench,
    out: Output,
}

impl Connection {
    /// Room for the next read: the buffer doubles at most, so that an announced length alone never sizes it.
    fn make_room(&mut self) {
        if self.buffer.is_empty() && self.buffer.capacity() > BUFFER_KEPT_BYTES_MAX {
            self.buffer = Vec::new();
        }
        let free = self.buffer.capacity() - self.buffer.len();
        if free < BUFFER_BYTES {
            let wanted = self.parser.bytes_wanted(&self.buffer).min(self.buffer.len());
            self.buffer.reserve(wanted.max(BUFFER_BYTES));
        }
    }

    /// Runs all complete commands of the buffer.
    async fn commands(&mut self, node: &Arc<Node>, client: &mut Client) -> io::Result<After> {
        let mut consumed = 0;
        let mut after = After::Continue;
        // A batch is what of a connection waits at once: the next one is parsed when its last reply is there.
        let inflight_max = node.config.current().limits.client_inflight_max as usize;
        loop {
            let parsed = self
                .parser
                .parse(&self.buffer[consumed..], &mut self.batch, inflight_max);
            let empty = self.batch.is_empty();
            if !empty {
                let frame = &self.buffer[consumed..];
                after = run_batch(node, client, &self.batch, frame, &mut self.bench, &mut self.out).await?;
                self.buffer.append(&mut self.out.ahead);
            }
            match parsed {
                Ok(parsed) => consumed += parsed.consumed,
                // What was complete before the error has been answered.
                Err(error) => {
                    self.refuse(node, error);
                    return Ok(After::Close);
                }
            }
            if empty || after == After::Close {
                break;
            }
            self.out.flush_if_long().await?;
            if consumed == self.buffer.len() {
                break;
            }
            tokio::task::coop::consume_budget().await;
        }
        self.buffer.drain(..consumed);
        Ok(after)
    }

    fn refuse(&mut self, node: &Node, error: ProtocolError) {
        node.metrics.inc(Count::ProtocolErrors);
        self.out.replies.protocol_error(error);
    }
}

fn request_limits(config: &Config) -> Limits {
    Limits {
        bulk_bytes_max: config.limits.bulk_bytes_max.bytes(),
        request_bytes_max: config.limits.query_bytes_max.bytes(),
        ..Limits::default()
    }
}

/// Why a run of commands on keys ends: at a command that is none, or that cannot be run.
enum Blocked {
    Refused(Refusal),
    Unplanned(Planned),
    Moved(Moved),
    MayWait(&'static CommandSpec),
    Server(&'static CommandSpec),
}

/// Runs one parsed batch: runs of commands on keys together, others one by one between them.
async fn run_batch(
    node: &Arc<Node>,
    client: &mut Client,
    batch: &Batch,
    frame: &[u8],
    bench: &mut Workbench,
    out: &mut Output,
) -> io::Result<After> {
    if node.pause.is_on() {
        super::pause::wait(node, client, batch, frame).await;
    }
    let timing = Timing::begin(node, client, batch, frame);
    let after = run_commands(node, client, batch, frame, bench, out).await?;
    timing.end(node, client, batch, frame);
    Ok(after)
}

async fn run_commands(
    node: &Arc<Node>,
    client: &mut Client,
    batch: &Batch,
    frame: &[u8],
    bench: &mut Workbench,
    out: &mut Output,
) -> io::Result<After> {
    node.metrics.add(Count::CommandsReceived, batch.len() as u64);
    let mut next = 0;
    while next < batch.len() {
        if client.replying == Replying::On {
            out.flush_if_long().await?;
        } else {
            // So that nothing is sent on the way: what is taken back below must still be there.
            out.flush().await?;
        }
        let (start, first) = (out.replies.len(), next);
        let blocked = plan_run(node, client, batch, frame, bench, &mut next);
        bench
            .run(
                node,
                &client.caller,
                &|command| batch.args(command as usize, frame),
                out,
            )
            .await?;
        if next > first && client.replying != Replying::On {
            client.after_reply(start, &mut out.replies);
        }
        let Some(blocked) = blocked else { continue };
        out.flush_if_long().await?;
        let args = batch.args(next, frame);
        next += 1;
        let start = out.replies.len();
        let was = client.replying;
        if let Blocked::MayWait(spec) = blocked {
            node.metrics.commands().inc(spec.id() as usize);
            blocking::run(node, client, bench, spec, args, out).await?;
            if was != Replying::On {
                client.after_reply(start, &mut out.replies);
            }
            continue;
        }
        let replies = &mut out.replies;
        match blocked {
            Blocked::Refused(refusal) => refusal.write(args, replies),
            Blocked::Unplanned(planned) => planned.write(replies),
            Blocked::Moved(moved) => replies.error_display(&moved),
            Blocked::MayWait(_) => {}
            Blocked::Server(spec) => {
                node.metrics.commands().inc(spec.id() as usize);
                if server_command::run(node, client, spec, args, replies).await == After::Close {
                    return Ok(After::Close);
                }
            }
        }
        if replies.as_bytes().get(start) == Some(&b'-') {
            node.count_error(&replies.as_bytes()[start..]);
        }
        if was != Replying::On {
            client.after_reply(start, replies);
        }
    }
    Ok(After::Continue)
}

/// Plans commands from `next` on, up to one that blocks; `next` is left at that one.
fn plan_run(
    node: &Node,
    client: &Client,
    batch: &Batch,
    frame: &[u8],
    bench: &mut Workbench,
    next: &mut usize,
) -> Option<Blocked> {
    let (config, routes) = (node.config.current(), node.routes.load());
    let scene = Scene {
        node,
        config: &config,
        routes: &routes,
        caller: &client.caller,
        now: Now {
            mono: Instant::ZERO,
            wall: WallMs::ZERO,
        },
        reads: Reads::Check,
    };
    while *next < batch.len() {
        let args = batch.args(*next, frame);
        let spec = match resolve(args) {
            Ok(spec) => spec,
            Err(refusal) => return Some(Blocked::Refused(refusal)),
        };
        if client.caller.door == Door::Cluster
            && let Some(blocked) = cluster_door(node, &routes, spec, args)
        {
            return Some(blocked);
        }
        if spec.has(Flag::Blocking) && spec.has_keys() {
            return Some(Blocked::MayWait(spec));
        }
        match bench.plan.add(scene, *next as u32, spec, args, false) {
            Planned::Yes => {
                node.metrics.commands().inc(spec.id() as usize);
                *next += 1;
            }
            planned @ (Planned::Refused(_) | Planned::CrossSlot) => return Some(Blocked::Unplanned(planned)),
            Planned::NoKeys => return Some(Blocked::Server(spec)),
        }
        if client.replying != Replying::On || bench.plan.is_full() {
            break;
        }
    }
    None
}

/// What the Redis Cluster port says to a command whose keys are in several slots, or in one that this node does not hold.
fn cluster_door(node: &Node, routes: &Routes, spec: &CommandSpec, args: Args<'_>) -> Option<Blocked> {
    let mut slots = spec.keys(args).filter_map(|(at, _)| args.get(at)).map(Slot::of_key);
    let slot = slots.next()?;
    if slots.any(|other| other != slot) {
        return Some(Blocked::Unplanned(Planned::CrossSlot));
    }
    let route = routes.arc(routes.arc_of(slot));
    if route.owned {
        return None;
    }
    let owner = route.coordinator.unwrap_or_else(|| routes.primary(slot));
    Some(Blocked::Moved(Moved {
        slot: slot.get(),
        to: node.cluster_address(owner),
    }))
}

/// The redirection of the Redis Cluster port.
#[derive(Debug, thiserror::Error)]
#[error("MOVED {slot} {to}")]
struct Moved {
    slot: u16,
    to: SocketAddr,
}
