//! The pages, over real sockets on free ports.

use super::*;
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::sync::atomic::{AtomicBool, Ordering};

fn pages(ready: &Arc<AtomicBool>) -> Pages {
    let metrics = Registry::new();
    metrics.gauge("circlet_clients", "Clients.", || 3.0);
    let ready = ready.clone();
    let readiness = move || {
        if ready.load(Ordering::Relaxed) {
            Readiness::Ready
        } else {
            Readiness::NotReady("catching up".to_string())
        }
    };
    Pages {
        metrics,
        ready: Box::new(readiness),
        status: Box::new(|| json!({"epoch": 1})),
        digests: Box::new(|| json!({"arcs": []})),
    }
}

fn listener() -> std::net::TcpListener {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap()
}

fn start() -> (HttpServer, Arc<AtomicBool>) {
    let ready = Arc::new(AtomicBool::new(false));
    let server = HttpServer::start(listener(), pages(&ready)).unwrap();
    (server, ready)
}

fn connect(server: &HttpServer) -> std::net::TcpStream {
    let stream = std::net::TcpStream::connect(server.addr()).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    stream
}

/// Sends `request` and returns all that comes until the server closes.
fn exchange(server: &HttpServer, request: &[u8]) -> String {
    let mut stream = connect(server);
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A reset after the answer is an end like another.
    let _ = stream.read_to_end(&mut answer);
    String::from_utf8_lossy(&answer).into_owned()
}

fn page(server: &HttpServer, path: &str) -> String {
    exchange(
        server,
        format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").as_bytes(),
    )
}

#[test]
fn each_page_shows_what_its_source_tells() {
    let (server, _) = start();
    let metrics = page(&server, "/metrics");
    assert!(
        metrics.starts_with("HTTP/1.1 200") && metrics.ends_with("circlet_clients 3\n"),
        "{metrics}"
    );
    assert!(metrics.contains("content-type: text/plain; version=0.0.4"), "{metrics}");
    assert!(page(&server, "/healthz").ends_with("ok\n"));
    let status = page(&server, "/status");
    assert!(
        status.contains("application/json") && status.ends_with("{\"epoch\":1}"),
        "{status}"
    );
}

#[test]
fn readiness_follows_the_node_and_says_why_not() {
    let (server, ready) = start();
    let not_yet = page(&server, "/readyz");
    assert!(
        not_yet.starts_with("HTTP/1.1 503") && not_yet.ends_with("catching up\n"),
        "{not_yet}"
    );
    ready.store(true, Ordering::Relaxed);
    assert!(page(&server, "/readyz").starts_with("HTTP/1.1 200"));
}

#[test]
fn another_page_or_method_is_refused_and_the_server_goes_on() {
    let (server, _) = start();
    assert!(page(&server, "/nope").starts_with("HTTP/1.1 404"));
    let posted = exchange(
        &server,
        b"POST /status HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: 9999999999\r\n\r\n",
    );
    assert!(posted.starts_with("HTTP/1.1 405"), "{posted}");
    assert!(page(&server, "/healthz").starts_with("HTTP/1.1 200"));
}

#[test]
fn noise_and_endless_heads_are_refused_within_bounds() {
    let (server, _) = start();
    let noise = exchange(&server, &[0xff; 4_096]);
    assert!(noise.is_empty() || noise.starts_with("HTTP/1.1 400"), "{noise}");
    let endless = [b"GET / HTTP/1.1\r\nA: ".as_slice(), &[b'a'; 4 * HEAD_BYTES_MAX]].concat();
    let mut stream = connect(&server);
    // The server may close before it has read everything.
    let _ = stream.write_all(&endless);
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer);
    let answer = String::from_utf8_lossy(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431"), "{answer}");
    assert!(page(&server, "/healthz").starts_with("HTTP/1.1 200"));
}

#[test]
fn a_head_that_never_ends_is_closed_after_its_time() {
    let ready = Arc::new(AtomicBool::new(true));
    let server = HttpServer::start_with(
        listener(),
        pages(&ready),
        Patience {
            head: Duration::from_millis(20),
            ..PATIENCE
        },
    )
    .unwrap();
    let mut stream = connect(&server);
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost:").unwrap();
    let mut answer = Vec::new();
    let ended = stream.read_to_end(&mut answer);
    assert!(
        ended.is_ok(),
        "closed by the server, not given up by the test: {ended:?}"
    );
}

#[test]
fn more_connections_than_there_are_places_are_closed_and_places_come_back() {
    let (server, _) = start();
    let held: Vec<_> = (0..CONNECTIONS_MAX).map(|_| connect(&server)).collect();
    // Each of them has been answered, so each has its place.
    for mut stream in &held {
        stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
        assert!(stream.read(&mut [0; 512]).unwrap() > 0);
    }
    assert_eq!(page(&server, "/healthz"), "", "one more is closed without an answer");
    drop(held);
    let mut answer = String::new();
    while answer.is_empty() {
        answer = page(&server, "/healthz");
    }
    assert!(answer.starts_with("HTTP/1.1 200"));
}

#[test]
fn stopping_ends_idle_connections_at_once_and_frees_the_port() {
    let ready = Arc::new(AtomicBool::new(true));
    let patience = Patience {
        stop: Duration::from_secs(60),
        ..PATIENCE
    };
    let server = HttpServer::start_with(listener(), pages(&ready), patience).unwrap();
    let addr = server.addr();
    let mut idle = connect(&server);
    idle.write_all(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n").unwrap();
    assert!(idle.read(&mut [0; 512]).unwrap() > 0);
    let start = std::time::Instant::now();
    server.stop();
    assert!(
        start.elapsed() < patience.stop / 2,
        "an idle connection is not waited for"
    );
    assert_eq!(
        idle.read(&mut [0; 512]).unwrap_or(0),
        0,
        "the idle connection has ended"
    );
    assert!(std::net::TcpStream::connect(addr).is_err(), "nobody listens any more");
}
