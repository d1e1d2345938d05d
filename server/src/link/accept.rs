//! Takes the links that peers dial.

use super::outbox::Outbox;
use crate::node::Node;
use circlet_core::message::frame::FrameKind;
use circlet_core::message::hello::Purpose;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};

/// How long a peer may take to say hello.
const HELLO_TIMEOUT: Duration = Duration::from_secs(2);

/// Connections that have not said hello yet: more are closed at once.
const STRANGERS_MAX: usize = 64;

/// Accepts until the task is dropped.
pub(crate) async fn accept(node: Arc<Node>, listener: TcpListener) {
    let strangers = Arc::new(tokio::sync::Semaphore::new(STRANGERS_MAX));
    loop {
        let socket = match listener.accept().await {
            Ok((socket, _)) => socket,
            Err(error) => {
                tracing::warn!(%error, "cannot accept a peer");
                tokio::time::sleep(Duration::from_millis(50)).await;
                continue;
            }
        };
        let Ok(permit) = Arc::clone(&strangers).try_acquire_owned() else {
            continue;
        };
        let node = Arc::clone(&node);
        tokio::spawn(async move {
            let met = tokio::time::timeout(HELLO_TIMEOUT, meet(&node, socket)).await;
            drop(permit);
            match met {
                Ok(Ok((socket, peer, Purpose::Commands))) => serve(&node, socket, peer).await,
                Ok(Ok((socket, peer, Purpose::Bulk))) => serve_in_background(&node, socket, peer),
                Ok(Err(_)) | Err(_) => {}
            }
        });
    }
}

/// Hears the peer's hello and answers it.
async fn meet(node: &Node, mut socket: TcpStream) -> std::io::Result<(TcpStream, u16, Purpose)> {
    super::socket::prepare(&socket)?;
    let hello = super::hello::read(&mut socket, FrameKind::Hello).await?;
    let refusal = node.examine(&hello);
    let mut answer = Vec::new();
    node.hello(refusal, hello.purpose).put(&mut answer, true);
    socket.write_all(&answer).await?;
    match (refusal, node.index_of(hello.node)) {
        (None, Some(peer)) => {
            node.links[peer].on_announced(hello.announced);
            Ok((socket, peer, hello.purpose))
        }
        _ => Err(std::io::Error::other("refused")),
    }
}

/// Moves the socket to the thread for what can wait.
fn serve_in_background(node: &Arc<Node>, socket: TcpStream, peer: u16) {
    let Ok(socket) = socket.into_std() else { return };
    let background = node.background.clone();
    let node = Arc::clone(node);
    background.spawn(async move {
        if let Ok(socket) = TcpStream::from_std(socket) {
            serve(&node, socket, peer).await;
        }
    });
}

async fn serve(node: &Arc<Node>, socket: TcpStream, peer: u16) {
    let (reader, writer) = socket.into_split();
    let outbox = Arc::new(Outbox::open(node.queue_limit.clone()));
    tokio::select! {
        _ = outbox.write_to(writer, &node.metrics) => {}
        () = super::serve::serve(node, peer, reader, &outbox) => {}
    }
    outbox.close();
}
