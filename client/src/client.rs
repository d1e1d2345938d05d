//! The client: a list of nodes, and a connection to one of them.

use crate::connection::{Connection, encode};
use crate::error::{Error, ErrorKind};
use circlet_resp::Value;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

/// How long a client waits.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// For one node to accept a connection. Default 500 ms.
    pub connect_timeout: Duration,
    /// For one call, connecting included. Default 2 s.
    pub call_timeout: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            connect_timeout: Duration::from_millis(500),
            call_timeout: Duration::from_secs(2),
        }
    }
}

struct Inner {
    nodes: Vec<SocketAddr>,
    options: Options,
    current: Mutex<Current>,
}

struct Current {
    connection: Option<Connection>,
    /// The node to try next.
    next: usize,
}

/// A client. Cheap to clone; clones share the connection, and calls made at once share its writes.
#[derive(Clone)]
pub struct Client {
    inner: Arc<Inner>,
}

impl Client {
    /// A client of the cluster that these nodes belong to: the addresses of their one-big-Redis ports. Connects at the first call.
    #[must_use]
    pub fn new(nodes: Vec<SocketAddr>, options: Options) -> Self {
        let current = Mutex::new(Current {
            connection: None,
            next: 0,
        });
        Client {
            inner: Arc::new(Inner {
                nodes,
                options,
                current,
            }),
        }
    }

    /// Makes one call and waits for its reply. A call that was not sent is tried on the next node, until its time is over; one that
    /// may have been sent is not sent again.
    ///
    /// # Errors
    /// An error reply too is an [`Error`], of kind [`ErrorKind::Refused`].
    pub async fn call(&self, arguments: &[&[u8]]) -> Result<Value, Error> {
        let call = async {
            loop {
                let connection = self.connection().await?;
                match connection.call(encode(arguments)).await {
                    Err(error) if error.kind() == ErrorKind::Unreachable => {}
                    answer => return answer,
                }
            }
        };
        timeout(self.inner.options.call_timeout, call)
            .await
            .unwrap_or_else(|_| Err(Error::new(ErrorKind::TimedOut, "no answer in time")))
    }

    /// The connection in use, or one to the next node that accepts one.
    async fn connection(&self) -> Result<Connection, Error> {
        let mut current = self.inner.current.lock().await;
        if let Some(connection) = current.connection.as_ref().filter(|connection| connection.is_open()) {
            return Ok(connection.clone());
        }
        let nodes = &self.inner.nodes;
        for _ in 0..nodes.len() {
            let node = nodes[current.next % nodes.len()];
            current.next = (current.next + 1) % nodes.len();
            if let Ok(Ok(connection)) = timeout(self.inner.options.connect_timeout, Connection::open(node)).await {
                current.connection = Some(connection.clone());
                return Ok(connection);
            }
        }
        Err(Error::new(
            ErrorKind::Unreachable,
            format!("none of {} nodes can be reached", nodes.len()),
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    /// A node that answers every PING of its first connection, and then goes.
    async fn node(answers: usize) -> SocketAddr {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            let (mut socket, _) = listener.accept().await.unwrap();
            drop(listener);
            for _ in 0..answers {
                let mut request = [0; 14];
                socket.read_exact(&mut request).await.unwrap();
                assert_eq!(&request, b"*1\r\n$4\r\nPING\r\n");
                socket.write_all(b"+PONG\r\n").await.unwrap();
            }
        });
        address
    }

    #[tokio::test]
    async fn calls_share_a_connection_and_get_their_own_replies() {
        let client = Client::new(vec![node(8).await], Options::default());
        let calls: Vec<_> = (0..8)
            .map(|_| {
                let client = client.clone();
                tokio::spawn(async move { client.call(&[b"PING"]).await.unwrap() })
            })
            .collect();
        for call in calls {
            assert_eq!(call.await.unwrap(), Value::Simple("PONG".into()));
        }
    }

    #[tokio::test]
    async fn the_next_node_is_used_when_one_is_gone() {
        let client = Client::new(vec![node(1).await, node(1).await], Options::default());
        client.call(&[b"PING"]).await.unwrap();
        // The first node is gone now. A call may have been under way to it, and then it is lost; the one after is answered.
        let second = client.call(&[b"PING"]).await;
        if let Err(error) = second {
            assert_eq!(error.kind(), ErrorKind::Lost);
            client.call(&[b"PING"]).await.unwrap();
        }
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_that_may_be_retried() {
        let client = Client::new(Vec::new(), Options::default());
        let error = client.call(&[b"PING"]).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Unreachable);
        assert!(error.is_retryable());
    }
}
