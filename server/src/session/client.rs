//! One client, as its own connection and as the others see it.

use super::caller::{Caller, Door};
use crate::metrics::Count;
use crate::node::Node;
use circlet_resp::{Proto, ReplyBuf};
use parking_lot::Mutex;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::net::TcpStream;
use tokio::sync::Notify;

/// What a client has said of itself, for `CLIENT LIST`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) name: Vec<u8>,
    pub(crate) library: Vec<u8>,
    pub(crate) library_version: Vec<u8>,
    pub(crate) last_command: &'static str,
}

/// A client as others see it.
#[derive(Debug)]
pub(crate) struct ClientHandle {
    pub(crate) id: u64,
    pub(crate) address: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) door: Door,
    pub(crate) said: Mutex<Said>,
    killed: AtomicBool,
    wake: Notify,
}

impl ClientHandle {
    /// Ends the connection after the batch that it is in.
    pub(crate) fn kill(&self) {
        self.killed.store(true, Ordering::Release);
        self.wake.notify_one();
    }
}

/// What `CLIENT REPLY` has set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Replying {
    #[default]
    On,
    Off,
    /// The next command's reply is not sent.
    SkipNext,
}

/// A client as its own connection sees it. Dropping it takes it off the node's list.
pub(crate) struct Client {
    node: Arc<Node>,
    pub(crate) handle: Arc<ClientHandle>,
    pub(crate) caller: Caller,
    pub(crate) replying: Replying,
}

impl Client {
    /// A client that has just connected.
    ///
    /// # Errors
    /// The socket's: it is gone already.
    pub(crate) fn arrive(node: &Arc<Node>, socket: &TcpStream, door: Door) -> std::io::Result<Self> {
        socket.set_nodelay(true)?;
        let handle = Arc::new(ClientHandle {
            id: node.clients.next_id(),
            address: socket.peer_addr()?,
            local: socket.local_addr()?,
            door,
            said: Mutex::default(),
            killed: AtomicBool::new(false),
            wake: Notify::new(),
        });
        node.clients.insert(Arc::clone(&handle));
        node.metrics.inc(Count::ConnectionsAccepted);
        Ok(Client {
            node: Arc::clone(node),
            handle,
            caller: Caller {
                door,
                proto: Proto::Resp2,
                read: None,
                write: None,
            },
            replying: Replying::On,
        })
    }

    /// Returns when somebody has killed the client.
    pub(crate) async fn killed(&self) {
        while !self.is_killed() {
            self.handle.wake.notified().await;
        }
    }

    /// Whether somebody has.
    pub(crate) fn is_killed(&self) -> bool {
        self.handle.killed.load(Ordering::Acquire)
    }

    /// Takes back the replies from `start` on if the client does not want them.
    pub(crate) fn after_reply(&mut self, start: usize, replies: &mut ReplyBuf) {
        if self.replying != Replying::On {
            replies.truncate(start);
        }
        if self.replying == Replying::SkipNext {
            self.replying = Replying::On;
        }
    }
}

impl Drop for Client {
    fn drop(&mut self) {
        self.node.clients.remove(self.handle.id);
    }
}
