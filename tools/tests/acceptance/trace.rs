//! A storage server's real requests, replayed through three nodes as a read-through cache, with one node lost on the way.

use crate::support::{Cluster, PATIENCE, Roamer, Toll, report, skip, text, wait_until};
use flate2::read::GzDecoder;
use std::fs::File;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const CLIENTS: usize = 16;

/// Requests that are replayed, unless `CIRCLET_TRACE_WHOLE=1` wants all: what an unoptimised build does in seconds.
const PREFIX: usize = 20_000;

/// Values are cut to this many bytes: three copies of all blocks at full size would take 6 GB.
const VALUE_BYTES_MAX: usize = 4_096;

/// Commands after which a client moves to the next node, so that one that is back is asked again.
const STAY: u64 = 100;

/// How long the whole replay may take.
const REPLAY_MAX: Duration = Duration::from_secs(300);

/// One request: a block, and its size in bytes.
struct Request {
    block: u64,
    size: usize,
}

#[test]
fn a_real_trace_survives_the_loss_of_a_node_with_every_hit_right_and_equal_replicas() {
    let path = trace_path();
    if !path.exists() {
        // No client program: data that lies beside the project on some machines, and never in it.
        report(&format!(
            "SKIPPED: no trace at {} (CIRCLET_TRACE names one)",
            path.display()
        ));
        return;
    }
    let Some(requests) = read(&path) else {
        return skip("the trace cannot be read");
    };
    let mut cluster = Cluster::start();
    let start = Instant::now();
    let replay = Replay::new(&requests, &cluster.client_ports());
    let toll = std::thread::scope(|scope| {
        let replay = &replay;
        let clients: Vec<_> = (0..CLIENTS)
            .map(|number| scope.spawn(move || replay.client(number)))
            .collect();
        let _stop = StopOnDrop(&replay.stop);
        replay.wait_until_at(requests.len() / 3);
        cluster.kill(2);
        replay.wait_until_at(requests.len() * 2 / 3);
        cluster.restart(2);
        replay.wait_until_at(requests.len());
        let tolls = clients
            .into_iter()
            .map(|client| client.join().expect("a hit was wrong"));
        tolls.fold(Toll::default(), Toll::plus)
    });
    let hits = replay.hits.load(Ordering::Relaxed);
    report(&format!(
        "trace: {} requests in {:.1?}, hit ratio {:.3}, {} errors cured by one retry, longest gap of a client {:?}",
        requests.len(),
        start.elapsed(),
        hits as f64 / requests.len() as f64,
        toll.cured,
        toll.gap_max
    ));
    assert!(
        toll.uncured.is_empty(),
        "one retry on the next node did not help: {:#?}",
        toll.uncured
    );
    assert!(hits > 0, "a cache that never hits is none");
    cluster.wait_until_whole();
    check_replicas(&cluster);
}

/// N = 3 on three nodes: each owns every arc, so all digests must be equal.
fn check_replicas(cluster: &Cluster) {
    let differing = || {
        let digests: Option<Vec<_>> = (1..=3).map(|node| cluster.digests(node)).collect();
        let digests = digests?;
        let arcs = 0..digests[0].len();
        Some(
            arcs.filter(|arc| digests[1..].iter().any(|other| other[*arc] != digests[0][*arc]))
                .count(),
        )
    };
    let took = wait_until(PATIENCE, || differing() == Some(0));
    assert!(took.is_some(), "arcs whose replicas differ for ever: {:?}", differing());
    report(&format!(
        "trace: all replicas of every arc are identical {:?} after the last request",
        took.unwrap_or_default()
    ));
}

fn trace_path() -> PathBuf {
    std::env::var_os("CIRCLET_TRACE").map_or_else(
        || {
            PathBuf::from(concat!(
                env!("CARGO_MANIFEST_DIR"),
                "/../../shared/data/cloudphysics-io.csv.gz"
            ))
        },
        PathBuf::from,
    )
}

fn read(path: &PathBuf) -> Option<Vec<Request>> {
    let whole = std::env::var_os("CIRCLET_TRACE_WHOLE").is_some_and(|value| value == "1");
    let lines = BufReader::new(GzDecoder::new(File::open(path).ok()?)).lines();
    let rows = lines.skip(1).take(if whole { usize::MAX } else { PREFIX });
    rows.map(|row| parse(&row.ok()?)).collect()
}

/// `time,op,size,lbn`
fn parse(row: &str) -> Option<Request> {
    let mut columns = row.split(',').skip(2);
    let size: usize = columns.next()?.parse().ok()?;
    Some(Request {
        block: columns.next()?.trim().parse().ok()?,
        size: size.min(VALUE_BYTES_MAX),
    })
}

struct StopOnDrop<'a>(&'a AtomicBool);

impl Drop for StopOnDrop<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The trace, from which the clients take one request after another.
struct Replay<'a> {
    requests: &'a [Request],
    ports: Vec<u16>,
    next: AtomicUsize,
    hits: AtomicU64,
    stop: AtomicBool,
}

impl<'a> Replay<'a> {
    fn new(requests: &'a [Request], ports: &[u16]) -> Self {
        Replay {
            requests,
            ports: ports.to_vec(),
            next: AtomicUsize::new(0),
            hits: AtomicU64::new(0),
            stop: AtomicBool::new(false),
        }
    }

    /// Waits until that many requests have been taken.
    fn wait_until_at(&self, request: usize) {
        let there = wait_until(REPLAY_MAX, || self.next.load(Ordering::Relaxed) >= request);
        assert!(there.is_some(), "the replay is stuck before request {request}");
    }

    fn client(&self, number: usize) -> Toll {
        let mut roamer = Roamer::new(&self.ports, number);
        let mut turn = 0_u64;
        while let Some(request) = self.requests.get(self.next.fetch_add(1, Ordering::Relaxed)) {
            if self.stop.load(Ordering::Relaxed) {
                break;
            }
            self.serve(&mut roamer, request);
            turn += 1;
            if turn.is_multiple_of(STAY) {
                roamer.move_on();
            }
        }
        roamer.toll
    }

    /// What an application does: look into the cache, and fill it on a miss.
    fn serve(&self, roamer: &mut Roamer, request: &Request) {
        let key = format!("block:{}", request.block);
        let Some(found) = roamer.call(&["GET", &key]) else {
            return;
        };
        if found.is_null() {
            let value = value(&key, request.size);
            if let Some(reply) = roamer.call(&["SET", &key, &value]) {
                assert_eq!(text(&reply), "OK");
            }
            return;
        }
        self.hits.fetch_add(1, Ordering::Relaxed);
        let found = text(&found);
        assert_eq!(found, value(&key, found.len()), "a hit on {key}");
    }
}

/// A value of about `size` bytes that can only be this key's: its name, over and over.
fn value(key: &str, size: usize) -> String {
    key.chars()
        .chain(" ".chars())
        .cycle()
        .take(size.max(key.len()))
        .collect()
}
