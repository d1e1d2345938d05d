//! What a client is yet to be sent.
//!
//! Replies are made in a buffer and sent between batches, and within one when they become long (see `batch.rs`). While a client does
//! not take them, its connection does nothing else: nothing is read from it, none of its commands runs. So a connection holds no more
//! than a bounded piece of replies, or one reply that is longer by itself.

use super::caller::Door;
use super::client::ClientHandle;
use circlet_resp::{Proto, ReplyBuf};
use std::io;
use std::sync::Arc;
use tokio::net::TcpStream;

/// Replies of a client's batch, in bytes, above which no further command of it runs before they are sent: what one connection
/// holds is this much and one more reply. Raising it only moves more bytes a write; a socket takes some 2 MB at once.
const REPLY_BYTES_MAX: usize = 256 << 10;

/// The same for the commands of one frame that a peer forwards. Those that do not run any more are refused, and asked for again one
/// by one, each for a way to and fro: so it is larger.
const FORWARDED_REPLY_BYTES_MAX: usize = 8 << 20;

/// A buffer larger than this is given back once it is empty.
const KEPT_BYTES_MAX: usize = 64 << 10;

impl Door {
    /// Replies in bytes above which no further command of a batch runs.
    pub(crate) fn reply_bytes_max(self) -> usize {
        match self {
            Door::Big | Door::Cluster => REPLY_BYTES_MAX,
            Door::Peer => FORWARDED_REPLY_BYTES_MAX,
        }
    }
}

/// A connection's socket with the replies that were not sent yet.
pub(crate) struct Output {
    pub(crate) socket: TcpStream,
    pub(crate) replies: ReplyBuf,
    handle: Arc<ClientHandle>,
}

impl Output {
    /// Nothing to send yet.
    pub(crate) fn new(socket: TcpStream, handle: Arc<ClientHandle>, proto: Proto) -> Self {
        Output {
            socket,
            replies: ReplyBuf::new(proto),
            handle,
        }
    }

    /// Sends all replies, and waits until the client has taken them.
    ///
    /// # Errors
    /// The socket's, or that the client was killed meanwhile.
    pub(crate) async fn flush(&mut self) -> io::Result<()> {
        if self.replies.is_empty() {
            return Ok(());
        }
        let sent = self.try_send(0)?;
        if sent < self.replies.len() {
            self.send_slowly(sent).await?;
        }
        self.replies.clear();
        self.replies.shrink_to(KEPT_BYTES_MAX);
        Ok(())
    }

    /// The same if there is more than a connection is to hold; else does nothing.
    ///
    /// # Errors
    /// As [`Output::flush`].
    pub(crate) async fn flush_if_long(&mut self) -> io::Result<()> {
        if self.replies.len() > REPLY_BYTES_MAX {
            self.flush().await?;
        }
        Ok(())
    }

    /// Sends what the socket takes of what follows the first `sent` bytes; says how many bytes are sent then.
    fn try_send(&self, sent: usize) -> io::Result<usize> {
        match self.socket.try_write(&self.replies.as_bytes()[sent..]) {
            Ok(0) => Err(io::ErrorKind::WriteZero.into()),
            Ok(more) => Ok(sent + more),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(sent),
            Err(error) => Err(error),
        }
    }

    #[cold]
    async fn send_slowly(&mut self, mut sent: usize) -> io::Result<()> {
        while sent < self.replies.len() {
            tokio::select! {
                writable = self.socket.writable() => writable?,
                () = self.handle.killed() => return Err(io::ErrorKind::ConnectionAborted.into()),
            }
            sent = self.try_send(sent)?;
        }
        Ok(())
    }
}
