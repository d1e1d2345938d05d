//! A test that says what a peer would say: it dials a node's port for peers under the id of another member, and so can make two
//! owners disagree on purpose.

use circlet_core::message::batch::{self, BatchWriter, RunHow};
use circlet_core::message::batch_reply::{BatchReply, ItemResult};
use circlet_core::message::frame::{self, Frame, FrameKind};
use circlet_core::message::hello::{Hello, PROTOCOL_VERSION, Purpose};
use circlet_core::mutate;
use circlet_core::stamp::Stamp;
use circlet_core::state::State;
use circlet_core::time::WallMs;
use circlet_ring::NodeId;
use circlet_server::store::HashedKey;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A link to a node, as a member that it knows.
pub(crate) struct Impostor {
    socket: TcpStream,
    epoch: u64,
}

impl Impostor {
    /// Links to the node at `to` as `member`.
    pub(crate) async fn link(to: SocketAddr, member: NodeId) -> Self {
        let mut hello = Hello {
            version: PROTOCOL_VERSION,
            cluster: 0,
            settings: 0,
            node: member,
            life: 1,
            epoch: 0,
            refusal: None,
            announced: None,
            purpose: Purpose::Commands,
        };
        // The refusal of the first hello tells what the second has to say.
        let (_, answer) = meet(to, &hello).await;
        (hello.cluster, hello.settings) = (answer.cluster, answer.settings);
        let (socket, answer) = meet(to, &hello).await;
        assert_eq!(answer.refusal, None);
        Self {
            socket,
            epoch: answer.epoch,
        }
    }

    /// Has the node merge a SET of `value` that was stamped `ahead_ms` from now; waits for its answer.
    pub(crate) async fn apply(&mut self, key: &str, value: &str, ahead_ms: u64) {
        let mut state = Vec::new();
        mutate::set(stamp(ahead_ms), None, value.as_bytes()).encode(&mut state);
        self.merge(key, &state).await;
    }

    /// Has the node merge what `change` appends, to whom its own state of the key is given, with a stamp that is `ahead_ms` from now.
    pub(crate) async fn change(
        &mut self,
        key: &str,
        ahead_ms: u64,
        change: impl FnOnce(State<'_>, Stamp, &mut Vec<u8>),
    ) {
        let mut item = Vec::new();
        batch::put_fetch(&mut item, HashedKey::new(key.as_bytes()).wire());
        let found = self.ask(self.epoch, &item, |reply| match reply.results().next() {
            Some(Ok(ItemResult::State { state, .. })) => state.to_vec(),
            _ => panic!("the node has the key"),
        });
        let found = found.await;
        let mut changed = Vec::new();
        change(State::decode(&found).expect("a state"), stamp(ahead_ms), &mut changed);
        self.merge(key, &changed).await;
    }

    async fn merge(&mut self, key: &str, state: &[u8]) {
        let mut item = Vec::new();
        batch::put_apply(&mut item, HashedKey::new(key.as_bytes()).wire(), state);
        self.ask(self.epoch, &item, |_| ()).await;
    }

    /// Has the node run a command, or only its own share of one; as if this peer were so many epochs ahead of it. The answer in RESP; none
    /// if it refuses without one.
    pub(crate) async fn run(&mut self, epochs_ahead: i64, local: bool, words: &[&[u8]]) -> Option<String> {
        let how = RunHow { local, ..RunHow::PLAIN };
        let mut item = Vec::new();
        assert!(batch::put_run(&mut item, how, words.iter().copied()));
        let epoch = self.epoch.checked_add_signed(epochs_ahead).expect("an epoch");
        self.ask(epoch, &item, |reply| match reply.results().next() {
            Some(Ok(ItemResult::Reply(reply))) => Some(String::from_utf8_lossy(reply).into_owned()),
            _ => None,
        })
        .await
    }

    /// Asks for one thing, and reads the answer.
    async fn ask<T>(&mut self, epoch: u64, item: &[u8], read: impl Fn(&BatchReply<'_>) -> T) -> T {
        let mut bytes = Vec::new();
        let mut writer = BatchWriter::new(&mut bytes, 0, epoch, Stamp::ZERO);
        writer.items(item, 1);
        writer.finish();
        self.socket.write_all(&bytes).await.expect("the node reads");
        let read = |frame: &Frame<'_>| read(&BatchReply::read(frame.body).expect("an answer"));
        read_frame(&mut self.socket, FrameKind::BatchReply, read).await
    }
}

fn stamp(ahead_ms: u64) -> Stamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("a clock");
    Stamp::new(WallMs::new(since.as_millis() as u64 + ahead_ms), 0)
}

async fn meet(to: SocketAddr, hello: &Hello) -> (TcpStream, Hello) {
    let mut socket = TcpStream::connect(to).await.expect("the node listens for peers");
    let mut bytes = Vec::new();
    hello.put(&mut bytes, false);
    socket.write_all(&bytes).await.expect("the node reads");
    let answer = read_frame(&mut socket, FrameKind::HelloReply, |frame| {
        Hello::read(frame.body).expect("a hello")
    });
    let answer = answer.await;
    (socket, answer)
}

/// Reads frames up to one of this kind.
async fn read_frame<T>(socket: &mut TcpStream, kind: FrameKind, read: impl Fn(&Frame<'_>) -> T) -> T {
    let mut bytes = Vec::new();
    loop {
        while let Some(frame) = frame::split(&bytes).expect("a frame") {
            if frame.kind == kind {
                return read(&frame);
            }
            bytes.drain(..frame.consumed);
        }
        let count = socket.read_buf(&mut bytes).await.expect("the node answers");
        assert_ne!(count, 0, "the node closed the link");
    }
}
