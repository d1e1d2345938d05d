//! The Rust client against redis-rs and fred, on the same cluster, in turns.
//!
//! Each client makes GETs and SETs (4 to 1) of 64-byte values under 16-byte keys from 1, 64 and 1024 tasks, each of which waits for its answer before it goes on. All
//! of them share one client, as an application would. Rounds go through the clients in turn, so that a machine that changes its speed does so for all; what is
//! printed is the median of the rounds. CPU is this process's own, servers not included.

use crate::Failure;
use circlet_client::prelude::*;
use circlet_measure::{Histogram, Random, process_ns};
use clap::Args;
use fred::clients::Client as Fred;
use fred::interfaces::{ClientLike, KeysInterface};
use redis::AsyncCommands;
use redis::cluster_async::ClusterConnection;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

/// Options.
#[derive(Args)]
pub(crate) struct Settings {
    /// Port of the first node for clients; the Redis Cluster port is 100 above.
    #[arg(long, default_value_t = 7001)]
    port: u16,
    /// Nodes.
    #[arg(long, default_value_t = 3)]
    nodes: u16,
    /// Seconds of each measurement.
    #[arg(long, default_value_t = 2.0)]
    seconds: f64,
    /// Measurements of each client.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Keys.
    #[arg(long, default_value_t = 10_000)]
    keys: u64,
    /// Tasks, each of which waits for its answer before it goes on.
    #[arg(long, value_delimiter = ',', default_values_t = [1, 64, 1024])]
    tasks: Vec<usize>,
    /// Measures circlet-client alone: for a profile.
    #[arg(long)]
    alone: bool,
}

/// A client under test.
#[derive(Clone)]
enum Subject {
    Circlet(Client),
    RedisRs(ClusterConnection),
    Fred(Fred),
}

impl Subject {
    fn name(&self) -> &'static str {
        match self {
            Subject::Circlet(_) => "circlet-client",
            Subject::RedisRs(_) => "redis-rs",
            Subject::Fred(_) => "fred",
        }
    }

    async fn get(&mut self, key: &str) -> Result<usize, Failure> {
        let value: Option<Vec<u8>> = match self {
            Subject::Circlet(client) => client.get(key).await?,
            Subject::RedisRs(connection) => connection.get(key).await?,
            Subject::Fred(client) => client.get(key).await?,
        };
        Ok(value.map_or(0, |value| value.len()))
    }

    async fn set(&mut self, key: &str, value: &str) -> Result<(), Failure> {
        match self {
            Subject::Circlet(client) => client.set(key, value).await?,
            Subject::RedisRs(connection) => connection.set(key, value).await?,
            Subject::Fred(client) => client.set(key, value, None, None, false).await?,
        }
        Ok(())
    }
}

/// One measurement.
struct Figures {
    ops_a_second: f64,
    cpu_ns: f64,
    p50_us: f64,
    p99_us: f64,
}

async fn measure(subject: &Subject, tasks: usize, options: &Settings) -> Result<Figures, Failure> {
    let (stop, value) = (Arc::new(AtomicBool::new(false)), "x".repeat(64));
    let before = process_ns(std::process::id())?;
    let started = Instant::now();
    let running = (0..tasks).map(|task| {
        let (mut subject, stop, value, keys) = (subject.clone(), Arc::clone(&stop), value.clone(), options.keys);
        tokio::spawn(async move {
            let (mut random, mut took) = (Random::new(task as u64 + 1), Histogram::default());
            while !stop.load(Ordering::Relaxed) {
                let key = format!("key:{:012}", random.below(keys));
                let one = Instant::now();
                if random.below(5) == 0 {
                    subject.set(&key, &value).await?;
                } else {
                    subject.get(&key).await?;
                }
                took.record(one.elapsed().as_nanos() as u64);
            }
            Ok::<_, Failure>(took)
        })
    });
    let running: Vec<_> = running.collect();
    tokio::time::sleep(Duration::from_secs_f64(options.seconds)).await;
    stop.store(true, Ordering::Relaxed);
    let mut all = Histogram::default();
    for task in running {
        all.merge(&task.await??);
    }
    let (seconds, cpu) = (
        started.elapsed().as_secs_f64(),
        process_ns(std::process::id())? - before,
    );
    Ok(Figures {
        ops_a_second: all.count() as f64 / seconds,
        cpu_ns: cpu as f64 / all.count() as f64,
        p50_us: all.quantile(0.5) as f64 / 1e3,
        p99_us: all.quantile(0.99) as f64 / 1e3,
    })
}

async fn subjects(options: &Settings) -> Result<Vec<Subject>, Failure> {
    let ports = (0..options.nodes).map(|node| options.port + node);
    let nodes = ports.clone().map(|port| format!("127.0.0.1:{port}"));
    let circlet = Client::connect(nodes, Options::default()).await?;
    if options.alone {
        return Ok(vec![Subject::Circlet(circlet)]);
    }
    let cluster = ports.map(|port| format!("redis://127.0.0.1:{}/", port + 100));
    let redis_rs = redis::cluster::ClusterClient::new(cluster.collect::<Vec<_>>())?;
    let redis_rs = redis_rs.get_async_connection().await?;
    let config = fred::types::config::Config::from_url(&format!("redis-cluster://127.0.0.1:{}", options.port + 100))?;
    let fred = fred::types::Builder::from_config(config).build()?;
    fred.init().await?;
    Ok(vec![
        Subject::Circlet(circlet),
        Subject::RedisRs(redis_rs),
        Subject::Fred(fred),
    ])
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures[figures.len() / 2]
}

/// What a hit of the near cache takes, in nanoseconds.
async fn near_hit(options: &Settings) -> Result<f64, Failure> {
    let client = Client::connect([format!("127.0.0.1:{}", options.port)], Options::default()).await?;
    client.set("near:bench", "x".repeat(64)).await?;
    let near = client.near_cache(circlet_client::NearOptions::default());
    while near.is_empty() {
        near.get::<Vec<u8>>("near:bench").await?;
    }
    let mut rounds = Vec::new();
    for _ in 0..9 {
        let started = Instant::now();
        for _ in 0..100_000 {
            near.get::<Vec<u8>>("near:bench").await?;
        }
        rounds.push(started.elapsed().as_nanos() as f64 / 100_000.0);
    }
    Ok(median(rounds))
}

/// Measures, and prints a table.
///
/// # Errors
/// When a node cannot be reached, or a call fails.
pub(crate) async fn run(options: &Settings) -> Result<(), Failure> {
    let subjects = subjects(options).await?;
    let mut first = subjects[0].clone();
    for key in 0..options.keys {
        first.set(&format!("key:{key:012}"), &"x".repeat(64)).await?;
    }
    println!(
        "| tasks | client | thousand ops/s | against it | client CPU ns/op | against it | p50 us | p99 us | p99 against it |"
    );
    println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
    for &tasks in &options.tasks {
        let mut rounds: Vec<Vec<Figures>> = subjects.iter().map(|_| Vec::new()).collect();
        for _ in 0..options.rounds {
            for (subject, figures) in subjects.iter().zip(&mut rounds) {
                figures.push(measure(subject, tasks, options).await?);
            }
        }
        let of = |figures: &[Figures], what: fn(&Figures) -> f64| median(figures.iter().map(what).collect());
        let ours = &rounds[0];
        for (subject, figures) in subjects.iter().zip(&rounds) {
            let (ops, cpu, p99) = (
                of(figures, |f| f.ops_a_second),
                of(figures, |f| f.cpu_ns),
                of(figures, |f| f.p99_us),
            );
            println!(
                "| {tasks} | {} | {:.1} | {:.2} | {cpu:.0} | {:.2} | {:.0} | {p99:.0} | {:.2} |",
                subject.name(),
                ops / 1e3,
                of(ours, |f| f.ops_a_second) / ops,
                of(ours, |f| f.cpu_ns) / cpu,
                of(figures, |f| f.p50_us),
                of(ours, |f| f.p99_us) / p99,
            );
        }
    }
    println!("\na hit of the near cache: {:.0} ns", near_hit(options).await?);
    Ok(())
}
