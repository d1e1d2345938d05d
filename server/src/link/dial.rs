//! Keeps the link to one peer: dials, says hello, reads answers, and dials again for ever.

use super::frames::{self, TakeFrames};
use super::peer::Link;
use super::receive::{Sent, receive};
use crate::node::Node;
use crate::routes::NodeIndex;
use crate::turn::Loss;
use circlet_core::message::Malformed;
use circlet_core::message::batch_reply::{BatchReply, ItemResult};
use circlet_core::message::frame::{Frame, FrameKind};
use circlet_core::message::hello::{Hello, HelloRefusal, Purpose};
use circlet_core::message::wait::WaitReply;
use circlet_core::state::State;
use circlet_core::time::Instant;
use circlet_ring::Slot;
use std::collections::HashSet;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

/// How long to wait before the first new try; each further pause is twice as long, up to `peer-reconnect-ms-max`.
const BACK_OFF_MIN: Duration = Duration::from_millis(10);

/// Dials every other member of the topology in force, for ever: those that come are dialled when they come, those that have left no more. One link to
/// each for this purpose.
pub(crate) async fn keep_all(node: Arc<Node>, purpose: Purpose) {
    let links = node.links_for(purpose);
    let mut routes_change = node.subscribe();
    let mut dialling = JoinSet::new();
    let mut dialled: HashSet<NodeIndex> = HashSet::new();
    loop {
        let (topology, me) = {
            let routes = node.routes.load();
            (Arc::clone(routes.view.topology()), routes.me)
        };
        links.grow(topology.members().len());
        for (index, member) in (0..).zip(topology.members()) {
            let has_left = !member.stage.is_there();
            if has_left && dialled.remove(&index) {
                // Also one that has come up since the control plane closed what was there.
                links[index].outbox.close();
            } else if index != me && !has_left && dialled.insert(index) {
                dialling.spawn(keep(Arc::clone(&node), Arc::clone(&links[index]), purpose));
            }
        }
        if routes_change.changed().await.is_err() {
            return;
        }
    }
}

/// Dials the peer until it has left the cluster.
async fn keep(node: Arc<Node>, link: Arc<Link>, purpose: Purpose) {
    let mut back_off = BACK_OFF_MIN;
    let mut tries: usize = 0;
    while node.member(link.peer).stage.is_there() {
        let timeout = node.config.current().timeouts.peer_connect.duration();
        let places = node.peer_addresses(link.peer);
        let place = places[tries % places.len()];
        tries = tries.wrapping_add(1);
        match tokio::time::timeout(timeout, meet(&node, &link, place, purpose)).await {
            Ok(Ok((socket, hello))) => {
                back_off = BACK_OFF_MIN;
                run(&node, &link, socket, &hello).await;
            }
            Ok(Err(error)) => tracing::debug!(peer = %node.member_name(link.peer), %error, "cannot link"),
            Err(_) => tracing::debug!(peer = %node.member_name(link.peer), "no hello in time"),
        }
        let longest = node.config.current().timeouts.peer_reconnect_max.duration();
        tokio::time::sleep(back_off.min(longest)).await;
        back_off = (back_off * 2).min(longest);
    }
}

/// Connects from the address that this node is bound to, so that a firewall rule between two nodes separates them.
async fn connect(node: &Node, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = if to.is_ipv4() {
        TcpSocket::new_v4()?
    } else {
        TcpSocket::new_v6()?
    };
    if !node.bind_address().is_unspecified() {
        socket.bind(SocketAddr::new(node.bind_address(), 0))?;
    }
    let stream = socket.connect(to).await?;
    super::socket::prepare(&stream)?;
    Ok(stream)
}

async fn meet(node: &Node, link: &Link, place: SocketAddr, purpose: Purpose) -> io::Result<(TcpStream, Hello)> {
    let mut socket = connect(node, place).await?;
    let mut ours = Vec::new();
    node.hello(None, purpose).put(&mut ours, false);
    socket.write_all(&ours).await?;
    let hello = super::hello::read(&mut socket, FrameKind::HelloReply).await?;
    if hello.refusal == Some(HelloRefusal::Gone) {
        node.on_gone(hello.epoch);
    }
    if let Some(refusal) = hello.refusal {
        return Err(io::Error::other(format!("the peer refuses: {refusal}")));
    }
    if let Some(refusal) = node.examine(&hello) {
        return Err(io::Error::other(format!("refusing the peer: {refusal}")));
    }
    if hello.purpose != purpose {
        return Err(io::Error::other("the peer takes the link for another one"));
    }
    if node.index_of(hello.node) != Some(link.peer) {
        return Err(io::Error::other("another node answers at the peer's address"));
    }
    Ok((socket, hello))
}

async fn run(node: &Arc<Node>, link: &Arc<Link>, socket: TcpStream, hello: &Hello) {
    link.go_up();
    let is_for_commands = hello.purpose == Purpose::Commands;
    if is_for_commands {
        node.on_link_up(link.peer, hello);
    }
    let (mut reader, writer) = socket.into_split();
    let mut answers = Answers { node, link, now: None };
    let loss = tokio::select! {
        // Without an error it is this node that has closed the outbox.
        written = link.outbox.write_to(writer, &node.metrics) => written.map_or(Loss::Died, |()| Loss::Broken),
        () = frames::read(node, link.peer, &mut reader, &mut answers) => Loss::Died,
    };
    let lost = link.go_down();
    if is_for_commands {
        node.on_link_down(link.peer);
    }
    for asked in lost {
        node.lose(&asked.turn, asked.sent, loss);
    }
}

/// What the peer answers on the link.
struct Answers<'a> {
    node: &'a Node,
    link: &'a Link,
    /// When the frames at hand arrived, once somebody has asked.
    now: Option<Instant>,
}

impl TakeFrames for Answers<'_> {
    fn begin(&mut self) {
        self.now = None;
    }

    fn take(&mut self, frame: Frame<'_>) -> Result<(), Malformed> {
        match frame.kind {
            FrameKind::BatchReply => answer(self.node, self.link, frame.body, &mut self.now),
            FrameKind::PullReply | FrameKind::RoundReply | FrameKind::DigestsReply => {
                let number = frame.body.first_chunk().ok_or(Malformed("cut short"))?;
                let asked = self.link.questions.lock().take(u32::from_le_bytes(*number));
                if let Some(asked) = asked {
                    // The asker may have given up.
                    let _ = asked.send(frame.body.to_vec());
                }
                Ok(())
            }
            FrameKind::WaitReply => {
                let reply = WaitReply::read(frame.body)?;
                self.link.waits.on_reply(reply.id, reply.outcome);
                Ok(())
            }
            FrameKind::Chosen => {
                let message = self.node.last_document.read_message(frame)?;
                self.node.on_register(self.link.peer, message);
                Ok(())
            }
            _ => Err(Malformed("a question where an answer belongs")),
        }
    }
}

fn answer(node: &Node, link: &Link, body: &[u8], now: &mut Option<Instant>) -> Result<(), Malformed> {
    let reply = BatchReply::read(body)?;
    if !reply.all_fine() {
        merge_states(node, link, &reply)?;
    }
    // One reading of the clock for all that has arrived together.
    let now = || *now.get_or_insert_with(|| node.clock.now().mono);
    // A late answer, after the deadline, finds nobody.
    let Some(asked) = link.take_answered(reply.turn, now) else {
        return Ok(());
    };
    let repairs = asked.turn.on_answer(asked.sent, &reply, &node.learned)?;
    node.write_back(repairs);
    Ok(())
}

/// Merges every state that an answer brings, before anybody acts on the answer.
fn merge_states(node: &Node, link: &Link, reply: &BatchReply<'_>) -> Result<(), Malformed> {
    // Most answers bring none: the clock is only read for one that does.
    let mut now = None;
    for result in reply.results() {
        let (key, state) = match result? {
            ItemResult::State { key, state } => (super::serve::hashed(key), state),
            ItemResult::Ignored { slot } => {
                let slot = Slot::new(slot).ok_or(Malformed("slot out of range"))?;
                super::compare::on_ignored(node, link.peer, node.store.arcs().arc_of(slot));
                continue;
            }
            _ => continue,
        };
        let now = *now.get_or_insert_with(|| node.clock.wall());
        let state = State::decode(state).map_err(|_| Malformed("a state of another version"))?;
        let arc = node.store.arcs().arc_of(key.slot);
        let mut shard = node.store.lock(arc);
        // Under the lock: an arc that this node let go since it asked must not come back.
        if !node.routes.load().holds(arc) {
            continue;
        }
        // One that is too far ahead is counted, and whoever needed it will not get it.
        let _ = receive(node, &mut shard, &key, state, Sent::Some(reply.synced), now);
    }
    Ok(())
}
