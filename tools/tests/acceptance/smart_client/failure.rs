//! Nodes die, stand still, come and go, under a client's load.

use super::{connect, nodes, run, tool, wait_until_true};
use crate::support::{Cluster, report};
use circlet_client::prelude::*;
use circlet_client::{CallReport, Event, HedgeOptions, Observer};
use rustix::process::Signal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const TASKS: usize = 64;

/// Counts what the client tells.
#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    errors: AtomicU64,
    retried: AtomicU64,
    hedged: AtomicU64,
    voted: AtomicU64,
    longest_us: AtomicU64,
}

impl Observer for Counts {
    fn on_call(&self, call: &CallReport) {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.errors
            .fetch_add(u64::from(call.error.is_some()), Ordering::Relaxed);
        self.longest_us
            .fetch_max(call.took.as_micros() as u64, Ordering::Relaxed);
    }

    fn on_event(&self, event: &Event<'_>) {
        let count = match event {
            Event::Retried { .. } => &self.retried,
            Event::Hedged => &self.hedged,
            Event::Voted => &self.voted,
            _ => return,
        };
        count.fetch_add(1, Ordering::Relaxed);
    }
}

/// Tasks that write and read keys of their own until they are told to stop; each read must be what was written last.
struct Load {
    stop: Arc<AtomicBool>,
    tasks: Vec<tokio::task::JoinHandle<Vec<String>>>,
}

impl Load {
    fn start(client: &Client) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..TASKS).map(|task| {
            let (client, stop) = (client.clone(), Arc::clone(&stop));
            tokio::spawn(async move {
                let mut failures = Vec::new();
                for number in 0u64.. {
                    if stop.load(Ordering::Relaxed) {
                        break;
                    }
                    let key = format!("load:{task}:{}", number % 40);
                    if let Err(error) = client.set(&key, number).await {
                        failures.push(format!("SET: {:?} {error}", error.kind()));
                        continue;
                    }
                    match client.get::<Option<u64>>(&key).await {
                        Ok(read) => assert_eq!(read, Some(number), "a stale or a lost write"),
                        Err(error) => failures.push(format!("GET: {:?} {error}", error.kind())),
                    }
                }
                failures
            })
        });
        Load {
            tasks: tasks.collect(),
            stop,
        }
    }

    async fn end(self) -> Vec<String> {
        self.stop.store(true, Ordering::Relaxed);
        let mut failures = Vec::new();
        for task in self.tasks {
            failures.extend(task.await.expect("no task saw a wrong value"));
        }
        failures
    }
}

/// Waits until so many more calls are over.
async fn until(counts: &Counts, more: u64) {
    let goal = counts.calls.load(Ordering::Relaxed) + more;
    wait_until_true(|| counts.calls.load(Ordering::Relaxed) >= goal).await;
}

#[test]
fn no_call_fails_that_a_safe_retry_cures_when_a_node_is_killed_and_comes_back() {
    let mut cluster = Cluster::start();
    run(async {
        let counts = Arc::new(Counts::default());
        let options = Options {
            call_timeout: Duration::from_secs(10),
            observer: Some(Arc::clone(&counts) as Arc<dyn Observer>),
            ..Options::default()
        };
        let client = connect(&cluster, options).await;
        let load = Load::start(&client);
        until(&counts, 3_000).await;
        let before = client.topology_fetches();
        cluster.kill(2);
        until(&counts, 6_000).await;
        cluster.restart(2);
        until(&counts, 6_000).await;
        cluster.wait_until_whole();
        until(&counts, 3_000).await;
        let failures = load.end().await;
        report(&format!(
            "client: {} calls of {TASKS} tasks through a kill -9 and a restart, {} of them reads that two owners voted on, {} retries, longest call {:?}, {} topology fetches",
            counts.calls.load(Ordering::Relaxed),
            counts.voted.load(Ordering::Relaxed),
            counts.retried.load(Ordering::Relaxed),
            Duration::from_micros(counts.longest_us.load(Ordering::Relaxed)),
            client.topology_fetches() - before,
        ));
        assert!(
            failures.is_empty(),
            "{} failed: {:#?}",
            failures.len(),
            &failures[..failures.len().min(5)]
        );
        assert!(client.topology_fetches() - before < 100, "no stampede");
        assert!(
            counts.voted.load(Ordering::Relaxed) > 0,
            "votes are seen through it, too"
        );
    });
}

#[test]
fn a_client_follows_a_join_and_a_leave_without_an_error_or_a_stampede() {
    // Ports for a fourth node, which is not started with the others.
    let cluster = Cluster::prepare(4);
    let port = cluster.client_port(1).to_string();
    tool(&cluster, &["up", "--detach", "--nodes", "3", "--port", &port]);
    run(async {
        let counts = Arc::new(Counts::default());
        let options = Options {
            call_timeout: Duration::from_secs(10),
            refresh_every: Duration::from_millis(500),
            observer: Some(Arc::clone(&counts) as Arc<dyn Observer>),
            ..Options::default()
        };
        let client = connect(&cluster, options).await;
        let (epoch, started, before) = (client.epoch(), Instant::now(), client.topology_fetches());
        let load = Load::start(&client);
        tokio::task::block_in_place(|| tool(&cluster, &["join"]));
        nodes(&client, 4).await;
        until(&counts, 2_000).await;
        tokio::task::block_in_place(|| tool(&cluster, &["leave", "4"]));
        nodes(&client, 3).await;
        until(&counts, 1_000).await;
        let failures = load.end().await;
        let fetches = client.topology_fetches() - before;
        let bound = started.elapsed().as_millis() as u64 / 100 + 20;
        report(&format!(
            "client: {} calls through a join and a leave, {} of them voted reads, {} retries, {fetches} topology fetches in {:?}",
            counts.calls.load(Ordering::Relaxed),
            counts.voted.load(Ordering::Relaxed),
            counts.retried.load(Ordering::Relaxed),
            started.elapsed()
        ));
        assert!(
            failures.is_empty(),
            "{} failed: {:#?}",
            failures.len(),
            &failures[..failures.len().min(5)]
        );
        assert!(client.epoch() > epoch, "it follows the epochs");
        assert!(
            counts.voted.load(Ordering::Relaxed) > 0,
            "votes are seen through it, too"
        );
        assert!(fetches < bound, "{fetches} fetches are a stampede");
    });
}

#[test]
fn a_read_is_hedged_when_its_owner_stands_still() {
    let cluster = Cluster::start();
    run(async {
        let counts = Arc::new(Counts::default());
        let options = Options {
            call_timeout: Duration::from_secs(10),
            hedge: HedgeOptions {
                enabled: true,
                budget_percent: 100,
                after_min: Duration::from_millis(2),
            },
            observer: Some(Arc::clone(&counts) as Arc<dyn Observer>),
            ..Options::default()
        };
        let client = connect(&cluster, options).await;
        let keys: Vec<String> = (0..60).map(|number| format!("hedge:{number}")).collect();
        for key in &keys {
            client.set(key, key).await.unwrap();
        }
        for key in keys.iter().cycle().take(600) {
            client.get::<String>(key).await.unwrap();
        }
        let hedged = counts.hedged.load(Ordering::Relaxed);
        cluster.signal(2, Signal::STOP);
        let started = Instant::now();
        let mut longest = Duration::ZERO;
        for key in &keys {
            let one = Instant::now();
            let read: String = client.get(key).consistency(Consistency::Quorum).await.unwrap();
            assert_eq!(&read, key);
            longest = longest.max(one.elapsed());
            if started.elapsed() > Duration::from_millis(400) {
                break;
            }
        }
        cluster.signal(2, Signal::CONT);
        let hedged = counts.hedged.load(Ordering::Relaxed) - hedged;
        report(&format!(
            "client: {hedged} reads hedged while a node stood still, longest read {longest:?}"
        ));
        assert!(hedged > 0);
        assert!(
            longest < Duration::from_millis(400),
            "a hedge need not wait for the one that stands still"
        );
    });
}
