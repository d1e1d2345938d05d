//! The ports that clients come in by.

use super::caller::Door;
use super::client::Client;
use super::connection;
use crate::metrics::Count;
use crate::node::Node;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// How long to wait before accepting again when the system is out of sockets.
const ACCEPT_PAUSE: Duration = Duration::from_millis(20);

/// Takes clients until the task is dropped.
pub(crate) async fn open(node: Arc<Node>, listener: TcpListener, door: Door) {
    loop {
        match listener.accept().await {
            Ok((socket, _)) => admit(&node, socket, door),
            Err(error) => {
                tracing::warn!(%error, "cannot accept a client");
                tokio::time::sleep(ACCEPT_PAUSE).await;
            }
        }
    }
}

fn admit(node: &Arc<Node>, socket: TcpStream, door: Door) {
    let node = Arc::clone(node);
    let clients_max = node.config.current().limits.clients_max as usize;
    if node.clients.len() >= clients_max {
        node.metrics.inc(Count::ConnectionsRefused);
        tokio::spawn(turn_away(socket));
        return;
    }
    let Ok(mut client) = Client::arrive(&node, &socket, door) else {
        return;
    };
    tokio::spawn(async move {
        // The error is the socket's: the client is gone, and nobody is left to be told.
        let _ = connection::serve(&node, &mut client, socket).await;
    });
}

async fn turn_away(mut socket: TcpStream) {
    let told = socket.write_all(b"-ERR max number of clients reached\r\n");
    let _ = tokio::time::timeout(Duration::from_millis(100), told).await;
}
