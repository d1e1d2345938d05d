//! One client's connection.

use super::batch::Workbench;
use super::blocking;
use super::caller::Door;
use super::client::{Called, Client, Replying};
use super::kit::Kit;
use super::output::Output;
use super::plan::Planned;
use super::scene::{Reads, Scene};
use super::server_command::subscribe::{OutOfContext, is_allowed};
use super::server_command::{self, After};
use super::timing::Timing;
use super::transaction;
use crate::config::Config;
use crate::metrics::Count;
use crate::node::Node;
use crate::routes::Routes;
use circlet_core::control::Now;
use circlet_core::time::{Instant, WallMs};
use circlet_resp::command::{CommandSpec, Flag, Refusal, resolve};
use circlet_resp::{Args, Batch, Limits, Proto, ProtocolError, RequestParser};
use circlet_ring::Slot;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::{io, mem};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A read has room for at least this many bytes.
const READ_BYTES_MIN: usize = 4 << 10;

/// Serves a client until it leaves, is killed, or breaks the protocol.
///
/// # Errors
/// The socket's: the client is gone.
pub(crate) async fn serve(node: &Arc<Node>, client: &mut Client, socket: TcpStream) -> io::Result<()> {
    let mut connection = Connection {
        parser: RequestParser::new(request_limits(&node.config.current())),
        unfinished: Vec::new(),
        out: Output::new(node, socket, Arc::clone(&client.handle)),
        waker: None,
    };
    while let Some(mut kit) = connection.read(node, client).await? {
        let after = connection.commands(node, client, &mut kit).await?;
        client.handle.write_pushes(&mut connection.out.replies);
        connection.out.flush().await?;
        if after == After::Close {
            return connection.out.socket.shutdown().await;
        }
        connection.lay_down(kit);
    }
    Ok(())
}

struct Connection {
    parser: RequestParser,
    /// What was read of a command whose rest is still to come.
    unfinished: Vec<u8>,
    out: Output,
    /// What was last left for whoever kills the client.
    waker: Option<Waker>,
}

impl Connection {
    /// Waits for commands, for more of one, or for pushes; `None` once the client has left or was killed.
    async fn read(&mut self, node: &Node, client: &Client) -> io::Result<Option<Box<Kit>>> {
        let mut lent = None;
        let read = poll_fn(|cx| {
            match client.handle.is_called_or_wakes(&mut self.waker, cx) {
                Some(Called::Killed) => return Poll::Ready(Ok(0)),
                Some(Called::Told) => {
                    // Nothing was read: what there is to say goes where replies go.
                    lent = Some(self.take_up(client.caller.proto));
                    return Poll::Ready(Ok(0));
                }
                None => {}
            }
            // A kit is taken only for as long as there is something to read into it.
            let mut kit = self.take_up(client.caller.proto);
            let read = pin!(self.out.socket.read_buf(&mut kit.buffer)).poll(cx);
            match read {
                Poll::Ready(Ok(1..)) => lent = Some(kit),
                _ => self.lay_down(kit),
            }
            read
        });
        let read = read.await?;
        node.metrics.add(Count::ClientBytesReceived, read as u64);
        Ok(lent)
    }

    /// A kit with what is unfinished in it, and with room for the next read: the buffer doubles at most, so that an announced length
    /// alone never sizes it.
    fn take_up(&mut self, proto: Proto) -> Box<Kit> {
        let mut kit = Kit::take();
        if !self.unfinished.is_empty() {
            kit.buffer = mem::take(&mut self.unfinished);
        }
        let free = kit.buffer.capacity() - kit.buffer.len();
        if free < READ_BYTES_MIN {
            let wanted = self.parser.bytes_wanted(&kit.buffer).min(kit.buffer.len());
            kit.buffer.reserve(wanted.max(READ_BYTES_MIN));
        }
        mem::swap(&mut self.out.replies, &mut kit.replies);
        self.out.replies.set_proto(proto);
        kit
    }

    /// Gives a kit back whose replies are sent.
    fn lay_down(&mut self, mut kit: Box<Kit>) {
        if !kit.buffer.is_empty() {
            self.unfinished = mem::take(&mut kit.buffer);
        }
        mem::swap(&mut self.out.replies, &mut kit.replies);
        kit.give_back();
    }

    /// Runs all complete commands of the kit's buffer.
    async fn commands(&mut self, node: &Arc<Node>, client: &mut Client, kit: &mut Kit) -> io::Result<After> {
        let mut consumed = 0;
        let mut after = After::Continue;
        // A batch is what of a connection waits at once: the next one is parsed when its last reply is there.
        let inflight_max = node.config.current().limits.client_inflight_max as usize;
        loop {
            let parsed = self.parser.parse(&kit.buffer[consumed..], &mut kit.batch, inflight_max);
            let empty = kit.batch.is_empty();
            if !empty {
                let frame = &kit.buffer[consumed..];
                after = run_batch(node, client, &kit.batch, frame, &mut kit.bench, &mut self.out).await?;
                kit.buffer.append(&mut self.out.ahead);
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
            if consumed == kit.buffer.len() {
                break;
            }
            tokio::task::coop::consume_budget().await;
        }
        kit.buffer.drain(..consumed);
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
    OutOfContext(OutOfContext),
    Transaction,
    Browser,
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
        client.caller.tracks = client.caching.tracks();
        let blocked = plan_run(node, client, batch, frame, bench, &mut next);
        bench
            .run(
                node,
                &client.caller,
                &|command| batch.args(command as usize, frame),
                out,
            )
            .await?;
        if next > first {
            client.after_run(start, &mut out.replies);
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
            Blocked::OutOfContext(refused) => replies.error_display(&refused),
            Blocked::Transaction => client.transaction.answer(args, replies),
            Blocked::MayWait(_) => {}
            Blocked::Browser => return Ok(hang_up(node)),
            Blocked::Server(spec) => {
                node.metrics.commands().inc(spec.id() as usize);
                if server_command::run(node, client, spec, args, replies).await == After::Close {
                    return Ok(After::Close);
                }
            }
        }
        count_if_error(node, &replies.as_bytes()[start..]);
        if was != Replying::On {
            client.after_reply(start, replies);
        }
    }
    Ok(After::Continue)
}

fn count_if_error(node: &Node, reply: &[u8]) {
    if reply.first() == Some(&b'-') {
        node.count_error(reply);
    }
}

fn hang_up(node: &Node) -> After {
    node.metrics.inc(Count::ProtocolErrors);
    After::Close
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
    if client.takes_messages_only() {
        return Some(between_messages(batch.args(*next, frame)));
    }
    if client.transaction.holds(batch.args(*next, frame)) {
        return Some(Blocked::Transaction);
    }
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
        has_asked: false,
        detour: None,
    };
    // The command before, if its name is all that it was found by: the same for one that is like it.
    let mut last = None;
    while *next < batch.len() {
        let args = batch.args(*next, frame);
        let spec = match (last, batch.is_like_last(*next)) {
            (Some(spec), true) => spec,
            _ => match resolve(args) {
                Ok(spec) => {
                    last = (spec.name().len() == args.name().len()).then_some(spec);
                    spec
                }
                Err(Refusal::UnknownCommand) if transaction::is_word(args) => return Some(Blocked::Transaction),
                Err(Refusal::UnknownCommand) if is_of_http(args) => return Some(Blocked::Browser),
                Err(refusal) => return Some(Blocked::Refused(refusal)),
            },
        };
        if client.caller.door == Door::Cluster
            && let Some(blocked) = cluster_door(node, &routes, spec, args)
        {
            return Some(blocked);
        }
        if spec.has(Flag::Blocking) && spec.has_keys() {
            return Some(Blocked::MayWait(spec));
        }
        match bench.plan.add(&scene, *next as u32, spec, args, false) {
            Planned::Yes => {
                node.metrics.commands().inc(spec.id() as usize);
                *next += 1;
            }
            planned @ (Planned::Refused(_) | Planned::CrossSlot) => return Some(Blocked::Unplanned(planned)),
            Planned::NoKeys => return Some(Blocked::Server(spec)),
        }
        if client.replying != Replying::On || client.caching.is_for_one() || bench.plan.is_full() {
            break;
        }
    }
    None
}

/// Whether this is the first line of a request that a browser sends, or its `Host:`. What comes behind them may be written by a page of a stranger, and
/// would be run as commands: the connection is closed instead, as Redis does.
fn is_of_http(args: Args<'_>) -> bool {
    [&b"post"[..], b"host:"]
        .iter()
        .any(|word| args.name().eq_ignore_ascii_case(word))
}

/// A command of a client that is there for messages.
#[cold]
fn between_messages(args: Args<'_>) -> Blocked {
    match resolve(args) {
        Err(refusal) => Blocked::Refused(refusal),
        Ok(spec) if is_allowed(spec.id()) => Blocked::Server(spec),
        Ok(spec) => Blocked::OutOfContext(OutOfContext(spec)),
    }
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
