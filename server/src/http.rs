//! The node's pages over HTTP: `/metrics`, `/healthz`, `/readyz`, `/status`, `/digests`.
//!
//! On a thread of its own, with its own runtime: a scrape that renders a thousand lines must not stand between two
//! clients' commands, and a data plane at its limit must still be seen to be. What the pages show comes from closures, so
//! that this file knows nothing of the cluster.
//!
//! The port is open to anybody, so it is bounded: so many connections, so long for a request's head, so many bytes of
//! it; a body is never read. `axum::serve` bounds none of these, which is why connections are served by hyper here.

use crate::metrics::Registry;
use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde_json::Value;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, watch};

/// Connections served at once; one more is closed at once. A scraper and some people need a handful.
const CONNECTIONS_MAX: usize = 256;
/// Bytes of a request's head; a longer one is answered 431.
const HEAD_BYTES_MAX: usize = 16 << 10;

/// How long the server waits for clients.
#[derive(Debug, Clone, Copy)]
struct Patience {
    /// For a request's head, and for the next request on an idle connection.
    head: Duration,
    /// For answers under way when the server stops.
    stop: Duration,
}

const PATIENCE: Patience = Patience {
    head: Duration::from_secs(30),
    stop: Duration::from_secs(1),
};

/// Whether the node can serve clients.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readiness {
    /// It can.
    Ready,
    /// It cannot yet, or no longer, and why: `catching up: 17 of 1024 arcs left`.
    NotReady(String),
}

/// What the pages show, asked for at every request. The closures must be quick.
pub struct Pages {
    /// `/metrics`.
    pub metrics: Registry,
    /// `/readyz`: 200, or 503 with the reason.
    pub ready: Box<dyn Fn() -> Readiness + Send + Sync>,
    /// `/status`.
    pub status: Box<dyn Fn() -> Value + Send + Sync>,
    /// `/digests`: what two owners compare.
    pub digests: Box<dyn Fn() -> Value + Send + Sync>,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct HttpServer {
    addr: SocketAddr,
    stop: watch::Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl HttpServer {
    /// Serves `pages` on `listener` from a new thread. The caller binds, so that a port that is taken is known before the
    /// node has started anything else.
    ///
    /// # Errors
    ///
    /// If the thread cannot be started.
    pub fn start(listener: std::net::TcpListener, pages: Pages) -> io::Result<Self> {
        Self::start_with(listener, pages, PATIENCE)
    }

    fn start_with(listener: std::net::TcpListener, pages: Pages, patience: Patience) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        let addr = listener.local_addr()?;
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let (stop, stopped) = watch::channel(false);
        let server = Server {
            router: router(pages),
            patience,
            stopped,
        };
        let thread = std::thread::Builder::new().name("http".to_string()).spawn(move || {
            let serving = async {
                match TcpListener::from_std(listener) {
                    Ok(listener) => server.run(listener).await,
                    Err(error) => tracing::error!(%error, "no HTTP"),
                }
            };
            runtime.block_on(serving);
        })?;
        Ok(Self {
            addr,
            stop,
            thread: Some(thread),
        })
    }

    /// Where it listens.
    #[must_use]
    pub fn addr(&self) -> SocketAddr {
        self.addr
    }

    /// Accepts no more, lets answers under way finish for at most a second, and returns when the thread has ended.
    pub fn stop(mut self) {
        self.end();
    }

    fn end(&mut self) {
        self.stop.send_replace(true);
        if let Some(thread) = self.thread.take() {
            // A panic there has been reported by its own thread.
            let _ = thread.join();
        }
    }
}

impl Drop for HttpServer {
    fn drop(&mut self) {
        self.end();
    }
}

struct Server {
    router: Router,
    patience: Patience,
    stopped: watch::Receiver<bool>,
}

impl Server {
    async fn run(mut self, listener: TcpListener) {
        let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
        loop {
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                _ = self.stopped.wait_for(|stopped| *stopped) => break,
            };
            match accepted {
                Ok((stream, _)) => {
                    if let Ok(place) = places.clone().try_acquire_owned() {
                        tokio::spawn(self.connection(stream, place));
                    }
                }
                // Out of file descriptors, most likely: closing connections makes room, asking again at once does not.
                Err(error) => {
                    tracing::warn!(%error, "HTTP connection not accepted");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            }
        }
        drop(listener);
        let all_places = places.acquire_many(u32::try_from(CONNECTIONS_MAX).unwrap_or(u32::MAX));
        let _ = tokio::time::timeout(self.patience.stop, all_places).await;
    }

    fn connection(&self, stream: TcpStream, place: OwnedSemaphorePermit) -> impl Future<Output = ()> + 'static {
        let service = TowerToHyperService::new(self.router.clone());
        let mut stopped = self.stopped.clone();
        let mut http = http1::Builder::new();
        http.timer(TokioTimer::new())
            .header_read_timeout(self.patience.head)
            .max_buf_size(HEAD_BYTES_MAX);
        async move {
            let _place = place;
            let _ = stream.set_nodelay(true);
            let mut connection = std::pin::pin!(http.serve_connection(TokioIo::new(stream), service));
            // What goes wrong on a connection is the client's to notice.
            tokio::select! {
                _ = connection.as_mut() => return,
                _ = stopped.wait_for(|stopped| *stopped) => connection.as_mut().graceful_shutdown(),
            }
            let _ = connection.await;
        }
    }
}

fn router(pages: Pages) -> Router {
    let pages = Arc::new(pages);
    let page = |show: fn(&Pages) -> Response| {
        let pages = pages.clone();
        get(move || async move { show(&pages) })
    };
    Router::new()
        .route("/metrics", page(metrics))
        .route("/healthz", page(|_| text(StatusCode::OK, "ok\n".to_string())))
        .route("/readyz", page(ready))
        .route("/status", page(status))
        .route("/digests", page(digests))
        .fallback(|| async {
            text(
                StatusCode::NOT_FOUND,
                "pages: /metrics /healthz /readyz /status /digests\n".to_string(),
            )
        })
}

fn text(code: StatusCode, body: String) -> Response {
    (code, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], body).into_response()
}

fn metrics(pages: &Pages) -> Response {
    (
        [(header::CONTENT_TYPE, Registry::content_type())],
        pages.metrics.render(),
    )
        .into_response()
}

fn ready(pages: &Pages) -> Response {
    match (pages.ready)() {
        Readiness::Ready => text(StatusCode::OK, "ready\n".to_string()),
        Readiness::NotReady(why) => text(StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    }
}

fn status(pages: &Pages) -> Response {
    axum::Json((pages.status)()).into_response()
}

fn digests(pages: &Pages) -> Response {
    axum::Json((pages.digests)()).into_response()
}

#[cfg(test)]
mod tests;
