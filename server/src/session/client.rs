//! One client, as its own connection and as the others see it.

use super::caller::{Caller, Door};
use super::output::Waiting;
use super::transaction::Transaction;
use crate::metrics::Count;
use crate::node::Node;
use crate::tracking::Pushes;
use circlet_resp::command::{CommandId, all};
use circlet_resp::{Proto, ReplyBuf};
use parking_lot::Mutex;
use socket2::{SockRef, TcpKeepalive};
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU16, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Waker};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::{Notify, oneshot};

/// What a client has said of itself, for `CLIENT LIST`.
#[derive(Debug, Clone, Default)]
pub(crate) struct Said {
    pub(crate) name: Vec<u8>,
    pub(crate) library: Vec<u8>,
    pub(crate) library_version: Vec<u8>,
}

/// A client as others see it.
#[derive(Debug)]
pub(crate) struct ClientHandle {
    pub(crate) id: u64,
    pub(crate) address: SocketAddr,
    pub(crate) local: SocketAddr,
    pub(crate) door: Door,
    pub(crate) said: Mutex<Said>,
    /// When it came, on the node's monotonic scale, in nanoseconds.
    pub(crate) since_ns: u64,
    /// What changes with every batch.
    pub(crate) activity: Activity,
    killed: AtomicBool,
    /// Wakes the connection's task while it waits for anything but commands.
    wake: Notify,
    /// Wakes it while it waits for commands. A connection does that once a batch: a [`Notify`] would cost it a tenth of a microsecond
    /// each time, and this only when the task's waker changes.
    reader: Mutex<Option<Waker>>,
    /// Ends the wait of the command that waits, if one does.
    unblock: Mutex<Option<oneshot::Sender<Unblock>>>,
    /// What it is yet to be told of copies that it keeps, and whether that is anything.
    pushes: Mutex<Pushes>,
    pushed: AtomicBool,
}

/// What others see of a connection's doings: written once a batch, without a lock.
#[derive(Debug, Default)]
pub(crate) struct Activity {
    /// When the last batch came, on the node's monotonic scale, in nanoseconds.
    last_ns: AtomicU64,
    /// Number of the last command, plus one; 0 before the first.
    last_command: AtomicU16,
    /// Bits of [`Flag`].
    flags: AtomicU8,
    /// Bytes of replies that the client has not taken, while its connection waits for that.
    waiting: AtomicUsize,
}

/// What a connection has chosen that `CLIENT LIST` shows as a letter or a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Flag {
    Resp3 = 1,
    ReadOnly = 2,
    NoEvict = 4,
    NoTouch = 8,
    Waiting = 16,
    Subscribed = 32,
}

/// What `CLIENT UNBLOCK` does to a command that waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unblock {
    /// It is answered as if its time were over.
    TimeOver,
    /// It is answered with an error.
    Error,
}

/// Why a connection does not wait for commands any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Called {
    /// The client is to leave.
    Killed,
    /// There are pushes for it.
    Told,
}

impl Activity {
    /// A batch came whose last command is this one.
    pub(crate) fn on_batch(&self, now_ns: u64, last: Option<CommandId>) {
        self.last_ns.store(now_ns, Ordering::Relaxed);
        if let Some(last) = last {
            self.last_command.store(last as u16 + 1, Ordering::Relaxed);
        }
    }

    /// When the last batch came, in nanoseconds of the node's monotonic scale.
    pub(crate) fn last_ns(&self) -> u64 {
        self.last_ns.load(Ordering::Relaxed)
    }

    /// The last command's full name; `NULL` before the first, as Redis says.
    pub(crate) fn last_command(&self) -> &'static str {
        let number = self.last_command.load(Ordering::Relaxed);
        let spec = usize::from(number).checked_sub(1).and_then(|id| all().get(id));
        spec.map_or("NULL", |spec| spec.name())
    }

    /// Shows how many bytes of replies wait for the client. Only its connection does, when the socket does not take all at once.
    pub(crate) fn show_waiting(&self, bytes: usize) {
        self.waiting.store(bytes, Ordering::Relaxed);
    }

    /// How many bytes of replies wait for the client.
    pub(crate) fn waiting(&self) -> Waiting {
        Waiting(self.waiting.load(Ordering::Relaxed))
    }

    /// Sets or clears a flag. Only the connection itself does.
    pub(crate) fn set(&self, flag: Flag, on: bool) {
        if on {
            self.flags.fetch_or(flag as u8, Ordering::Relaxed);
        } else {
            self.flags.fetch_and(!(flag as u8), Ordering::Relaxed);
        }
    }

    /// Whether a flag is set.
    pub(crate) fn has(&self, flag: Flag) -> bool {
        self.flags.load(Ordering::Relaxed) & flag as u8 != 0
    }
}

impl ClientHandle {
    /// Ends the connection after the batch that it is in.
    pub(crate) fn kill(&self) {
        self.killed.store(true, Ordering::Release);
        self.wake.notify_one();
        if let Some(reader) = &*self.reader.lock() {
            reader.wake_by_ref();
        }
    }

    /// Adds to what the client is to be told, and wakes its connection.
    pub(crate) fn push(&self, what: impl FnOnce(&mut Pushes)) {
        what(&mut self.pushes.lock());
        if !self.pushed.swap(true, Ordering::AcqRel)
            && let Some(reader) = &*self.reader.lock()
        {
            reader.wake_by_ref();
        }
    }

    /// Appends what the client is to be told. Only its connection does, behind the replies of a batch.
    #[inline]
    pub(crate) fn write_pushes(&self, replies: &mut ReplyBuf) {
        if self.pushed.load(Ordering::Acquire) && self.pushed.swap(false, Ordering::AcqRel) {
            self.pushes.lock().write(replies);
        }
    }

    /// A command of the client begins to wait: gives where it is told to stop.
    pub(crate) fn begin_waiting(&self) -> oneshot::Receiver<Unblock> {
        let (sender, receiver) = oneshot::channel();
        *self.unblock.lock() = Some(sender);
        self.activity.set(Flag::Waiting, true);
        receiver
    }

    /// It waits no more.
    pub(crate) fn end_waiting(&self) {
        self.activity.set(Flag::Waiting, false);
        self.unblock.lock().take();
    }

    /// Ends the wait of a command; false if none waits.
    pub(crate) fn unblock(&self, how: Unblock) -> bool {
        let waits = self.unblock.lock().take();
        waits.is_some_and(|waits| waits.send(how).is_ok())
    }

    /// Whether the client was killed or is to be told something; else [`ClientHandle::kill`] and [`ClientHandle::push`] wake this task. `known`
    /// is the waker that the last call left for that.
    pub(crate) fn is_called_or_wakes(&self, known: &mut Option<Waker>, cx: &mut Context<'_>) -> Option<Called> {
        if !known.as_ref().is_some_and(|known| known.will_wake(cx.waker())) {
            *known = Some(cx.waker().clone());
            self.reader.lock().clone_from(known);
        }
        // After the waker was left: whoever kills the client or tells it something now wakes the task.
        if self.killed.load(Ordering::Acquire) {
            return Some(Called::Killed);
        }
        self.pushed.load(Ordering::Acquire).then_some(Called::Told)
    }

    /// Returns when somebody has killed the client. Only its own connection waits for that.
    pub(crate) async fn killed(&self) {
        while !self.killed.load(Ordering::Acquire) {
            self.wake.notified().await;
        }
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

/// Of which reads a client keeps copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Caching {
    /// Of none, or it hears of everything with certain prefixes.
    #[default]
    None,
    /// Of all.
    All,
    /// Of what the command behind CLIENT CACHING YES reads; whether that is the next one.
    OptIn(bool),
    /// Of all but what the command behind CLIENT CACHING NO reads; whether that is the next one.
    OptOut(bool),
}

impl Caching {
    /// Whether the next command reads for keeping.
    pub(crate) fn tracks(self) -> bool {
        matches!(self, Caching::All | Caching::OptIn(true) | Caching::OptOut(false))
    }

    /// Whether the next command is unlike those behind it.
    pub(crate) fn is_for_one(self) -> bool {
        matches!(self, Caching::OptIn(true) | Caching::OptOut(true))
    }

    /// A command was run.
    pub(crate) fn after_command(&mut self) {
        if let Caching::OptIn(next) | Caching::OptOut(next) = self {
            *next = false;
        }
    }
}

/// A client as its own connection sees it. Dropping it takes it off the node's list.
pub(crate) struct Client {
    node: Arc<Node>,
    pub(crate) handle: Arc<ClientHandle>,
    pub(crate) caller: Caller,
    pub(crate) replying: Replying,
    /// How long commands of the batch waited for somebody to write: not counted as time that they took.
    pub(crate) waited: Duration,
    pub(crate) caching: Caching,
    /// To the channel of invalidations.
    pub(crate) is_subscribed: bool,
    pub(crate) transaction: Transaction,
}

impl Client {
    /// A client that has just connected.
    ///
    /// # Errors
    /// The socket's: it is gone already.
    pub(crate) fn arrive(node: &Arc<Node>, socket: &TcpStream, door: Door) -> io::Result<Self> {
        socket.set_nodelay(true)?;
        keep_alive(socket, node.config.current().timeouts.tcp_keepalive.duration())?;
        let since_ns = node.clock.mono_ns();
        let handle = Arc::new(ClientHandle {
            id: node.clients.next_id(),
            address: socket.peer_addr()?,
            local: socket.local_addr()?,
            door,
            said: Mutex::default(),
            since_ns,
            activity: Activity::default(),
            killed: AtomicBool::new(false),
            wake: Notify::new(),
            reader: Mutex::default(),
            unblock: Mutex::default(),
            pushes: Mutex::default(),
            pushed: AtomicBool::new(false),
        });
        handle.activity.on_batch(since_ns, None);
        node.clients.insert(Arc::clone(&handle));
        node.metrics.inc(Count::ConnectionsAccepted);
        Ok(Client {
            node: Arc::clone(node),
            caller: fresh_caller(door, handle.id),
            handle,
            caching: Caching::default(),
            replying: Replying::On,
            waited: Duration::ZERO,
            is_subscribed: false,
            transaction: Transaction::None,
        })
    }

    /// Puts the connection back into the state that it began in.
    pub(crate) fn reset(&mut self) {
        self.caller = fresh_caller(self.caller.door, self.handle.id);
        self.caching = Caching::default();
        self.node.store.tracking().end(self.handle.id);
        self.replying = Replying::On;
        self.transaction = Transaction::None;
        self.subscribe(false);
        self.handle.said.lock().name.clear();
        for flag in [Flag::Resp3, Flag::ReadOnly, Flag::NoEvict, Flag::NoTouch] {
            self.handle.activity.set(flag, false);
        }
    }

    /// Speaks this version of the protocol from now on.
    pub(crate) fn speak(&mut self, proto: Proto) {
        self.caller.proto = proto;
        self.handle.activity.set(Flag::Resp3, proto == Proto::Resp3);
    }

    /// Takes messages of the channel of invalidations from now on, or no more.
    pub(crate) fn subscribe(&mut self, on: bool) {
        self.is_subscribed = on;
        self.handle.activity.set(Flag::Subscribed, on);
        self.handle.pushes.lock().subscribe(on);
    }

    /// Whether it is there for messages only, as a subscribed client of RESP2 is.
    pub(crate) fn takes_messages_only(&self) -> bool {
        self.is_subscribed && self.caller.proto == Proto::Resp2
    }

    /// Commands on keys were run, whose replies begin at `start`.
    pub(crate) fn after_run(&mut self, start: usize, replies: &mut ReplyBuf) {
        self.caching.after_command();
        if self.replying != Replying::On {
            self.after_reply(start, replies);
        }
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

fn fresh_caller(door: Door, client: u64) -> Caller {
    Caller {
        door,
        proto: Proto::Resp2,
        read: None,
        write: None,
        at_owner: false,
        client,
        passes_on: false,
        tracks: false,
    }
}

/// Has the kernel ask after `interval` of silence whether the client is still there, three times; zero: never.
fn keep_alive(socket: &TcpStream, interval: Duration) -> io::Result<()> {
    if interval.is_zero() {
        return Ok(());
    }
    let between = (interval / 3).max(Duration::from_secs(1));
    let keepalive = TcpKeepalive::new()
        .with_time(interval)
        .with_interval(between)
        .with_retries(3);
    SockRef::from(socket).set_tcp_keepalive(&keepalive)
}

impl Drop for Client {
    fn drop(&mut self) {
        self.node.store.tracking().end(self.handle.id);
        self.node.clients.remove(self.handle.id);
    }
}
