//! The load generator: the closed loop of `circlet_measure::load`, P requests a connection, with what the budgets ask for.
//!
//! ```text
//! timing thread:   warm-up | read CPU clocks | window | read CPU clocks | stop
//! workers:         batch -> replies -> batch -> ...   counting only in the window
//! ```
//!
//! The CPU clocks are read while traffic flows, so connecting and draining are not in the figure. One worker is enough
//! for any server that has two cores: it costs 0.13 to 0.5 us a request at P >= 16. `redis-benchmark` was not taken
//! because it costs the server more at P=1 (fewer sockets are ready a wake-up), keeps no request back while
//! the clocks are read, and knows neither W nor where a key lives.

mod keys;
mod request;
mod sample;
mod slots;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

pub(crate) use keys::Keys;
pub(crate) use request::{Op, Shape};
pub(crate) use sample::Sample;
pub(crate) use slots::targets_of_cluster;

use crate::error::{Doing, Error, Result};
use crate::machine::{affinity, cpu};
use circlet_measure::load::{Client, Control, Endpoint, OnLost, Phase, Tally, run_closed};
use keys::Draw;
use request::Batch;

/// An endpoint and the keys that it is asked for.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) addr: SocketAddr,
    pub(crate) keys: Keys,
}

/// Everything that makes two runs the same, but for which keys come when.
#[derive(Clone)]
pub(crate) struct Workload {
    /// Connections are dealt to the targets in turn.
    pub(crate) targets: Vec<Target>,
    pub(crate) connections: usize,
    /// Requests in flight on a connection: P.
    pub(crate) pipeline: usize,
    pub(crate) shape: Shape,
    /// Ends each batch with `WAIT n 1000`.
    pub(crate) wait_replicas: Option<u8>,
    pub(crate) threads: usize,
    /// The core that the workers stay on.
    pub(crate) core: Option<usize>,
    /// Processes whose CPU time is the server's.
    pub(crate) server_pids: Vec<u32>,
}

/// How long a run warms up and measures.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Span {
    pub(crate) warm_up: Duration,
    pub(crate) window: Duration,
}

/// Runs `workload` for `span` and answers what it cost. An error reply fails the run: a figure of refusals is none.
pub(crate) fn measure(workload: &Workload, span: Span) -> Result<Sample> {
    let plans = plan(workload, other_draws())?;
    let control = Control::new(Phase::WarmUp);
    thread::scope(|scope| {
        let workers = spawn_workers(scope, plans, &control, workload);
        thread::sleep(span.warm_up);
        let before = cpu::Reading::take(&workload.server_pids);
        control.enter(Phase::Measure);
        thread::sleep(span.window);
        let after = cpu::Reading::take(&workload.server_pids);
        control.enter(Phase::Stop);
        let tally = join(workers)?;
        Ok(Sample::new(tally, &before?, &after?))
    })
}

/// Draws that no measurement has made before. Were they the same each time, a measurement would ask for the keys of the one before it in their order: a
/// third of a million lists would take all pushes of a comparison, become trees, and be all that is read.
fn other_draws() -> impl Fn(&Keys, usize) -> Draw {
    let seed = RandomState::new().build_hasher().finish();
    move |keys, connection| Draw::random(keys.clone(), seed.wrapping_add(connection as u64))
}

/// Writes each key of the workload's targets once; answers how many and how long it took.
pub(crate) fn fill(workload: &Workload) -> Result<(u64, Duration)> {
    let connections = workload.connections.max(workload.targets.len()) as u64;
    let target_count = workload.targets.len() as u64;
    let plans = plan(workload, |keys, index| {
        let (part, target) = (index as u64 / target_count, index as u64 % target_count);
        let parts = (connections - target).div_ceil(target_count);
        Draw::once(keys.clone(), part, parts)
    })?;
    let started = Instant::now();
    let control = Control::new(Phase::Measure);
    let tally = thread::scope(|scope| join(spawn_workers(scope, plans, &control, workload)))?;
    Ok((tally.operations, started.elapsed()))
}

/// Opens the connections, those of each worker together.
fn plan(workload: &Workload, draw: impl Fn(&Keys, usize) -> Draw) -> Result<Vec<Vec<Client<Batch>>>> {
    let count = workload.connections.max(workload.targets.len());
    let mut plans: Vec<Vec<Client<Batch>>> = (0..workload.threads.max(1)).map(|_| Vec::new()).collect();
    for index in 0..count {
        let target = &workload.targets[index % workload.targets.len()];
        if target.keys.len() == 0 {
            continue;
        }
        let draw = draw(&target.keys, index);
        let batch = Batch::new(&workload.shape, workload.wait_replicas, draw, index as u64);
        let client = Client::open(&[Endpoint::new(target.addr)], batch).doing("connecting")?;
        let thread = index % plans.len();
        plans[thread].push(client);
    }
    Ok(plans)
}

type Workers<'scope> = Vec<thread::ScopedJoinHandle<'scope, Result<Tally>>>;

fn spawn_workers<'scope>(
    scope: &'scope thread::Scope<'scope, '_>,
    plans: Vec<Vec<Client<Batch>>>,
    control: &'scope Control,
    workload: &Workload,
) -> Workers<'scope> {
    let (core, pipeline) = (workload.core, workload.pipeline);
    let spawn = |clients| {
        scope.spawn(move || {
            if let Some(core) = core {
                affinity::pin_this_thread(core)?;
            }
            run_closed(clients, pipeline, control, OnLost::End).doing("running the load")
        })
    };
    plans.into_iter().map(spawn).collect()
}

fn join(workers: Workers<'_>) -> Result<Tally> {
    let mut total = Tally::default();
    for worker in workers {
        let tally = worker
            .join()
            .map_err(|_| Error::Answer("a worker of the load generator panicked".to_owned()))?;
        total.merge(tally?);
    }
    match total.errors.values().max_by_key(|errors| errors.count) {
        None => Ok(total),
        Some(most) => Err(Error::Answer(format!(
            "{} error replies, one of them: {}",
            total.error_count(),
            most.example
        ))),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{Ipv4Addr, TcpListener};

    use super::*;
    use crate::floor;

    const SPAN: Span = Span {
        warm_up: Duration::from_millis(5),
        window: Duration::from_millis(30),
    };

    /// A floor on a port of its own; it ends with the test's process.
    fn floor() -> SocketAddr {
        let any = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = mio::net::TcpListener::bind(any).expect("a free port");
        let addr = listener.local_addr().expect("bound");
        thread::spawn(move || floor::serve_on(listener, 64));
        addr
    }

    /// A server that answers whatever it reads with `reply`, on one connection.
    fn parrot(reply: &'static [u8]) -> SocketAddr {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let addr = listener.local_addr().expect("bound");
        thread::spawn(move || {
            let (mut stream, _) = listener.accept()?;
            let mut buffer = [0; 4096];
            while stream.read(&mut buffer)? > 0 {
                stream.write_all(reply)?;
            }
            Ok::<(), std::io::Error>(())
        });
        addr
    }

    fn workload(addr: SocketAddr, op: Op) -> Workload {
        Workload {
            targets: vec![Target {
                addr,
                keys: Keys::All { count: 1000 },
            }],
            connections: 1,
            pipeline: 1,
            shape: Shape {
                op,
                value_bytes: 64,
                ttl_s: None,
                get_percent: 50,
            },
            wait_replicas: None,
            threads: 1,
            core: None,
            server_pids: vec![std::process::id()],
        }
    }

    #[test]
    fn a_fill_writes_each_key_once_over_several_connections_threads_and_targets() -> Result<()> {
        let addr = floor();
        let target = |numbers: std::ops::Range<u32>| Target {
            addr,
            keys: Keys::Listed(numbers.collect()),
        };
        let targets = vec![target(0..100), target(100..1000), target(0..0)];
        let fill_load = Workload {
            targets,
            connections: 7,
            threads: 2,
            pipeline: 16,
            ..workload(addr, Op::Set)
        };
        assert_eq!(fill(&fill_load)?.0, 1000);
        Ok(())
    }

    #[test]
    fn no_measurement_asks_for_the_keys_of_another_in_their_order() {
        let keys = Keys::All { count: 1_000_000 };
        let drawn = |draws: &dyn Fn(&Keys, usize) -> Draw, connection| -> Vec<_> {
            let mut draw = draws(&keys, connection);
            (0..10).map(|_| draw.next_number()).collect()
        };
        let (one, other) = (other_draws(), other_draws());
        assert_ne!(drawn(&one, 0), drawn(&one, 1), "nor does a connection");
        assert_ne!(drawn(&one, 0), drawn(&other, 0));
    }

    #[test]
    fn a_deep_pipeline_of_reads_is_answered_and_timed() -> Result<()> {
        let load = Workload {
            connections: 5,
            pipeline: 64,
            ..workload(floor(), Op::Get)
        };
        let sample = measure(&load, SPAN)?;
        assert!(sample.operations >= 64, "{} operations", sample.operations);
        assert!(sample.latency_us(0.5) > 0.0 && sample.nils == 0);
        assert!(sample.server_cpu_ns > 0);
        Ok(())
    }

    #[test]
    fn an_error_reply_fails_the_run_with_its_text() {
        let error = measure(&workload(parrot(b"-NOQUORUM need 2\r\n"), Op::Set), SPAN).err();
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("NOQUORUM need 2"), "{text:?}");
    }

    #[test]
    fn more_replies_than_requests_fail_the_run() {
        let error = measure(&workload(parrot(b"+OK\r\n+OK\r\n"), Op::Set), SPAN).err();
        let text = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(text.contains("more than was asked"), "{text:?}");
    }

    #[test]
    fn a_missing_key_is_counted() -> Result<()> {
        let sample = measure(&workload(parrot(b"$-1\r\n"), Op::Get), SPAN)?;
        assert!(sample.nils > 0);
        Ok(())
    }
}
