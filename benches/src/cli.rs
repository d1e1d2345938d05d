//! The command line.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use clap::{Args, Parser, Subcommand};

use crate::compare::{self, Compare};
use crate::error::Result;
use crate::floor;
use crate::load::{self, Keys, Op, Sample, Shape, Span, Target, Workload};

/// Benchmarks of Circlet against other servers.
#[derive(Parser)]
pub(crate) struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measures Circlet beside its peers and rewrites `benches/RESULTS.md`.
    Compare(Compare),
    /// Loads a server and prints what it cost.
    Lg(Lg),
    /// Answers every request with the same bytes.
    #[command(hide = true)]
    Floor {
        #[arg(long)]
        port: u16,
        #[arg(long, default_value_t = 64)]
        value_bytes: usize,
    },
}

/// The load generator.
#[derive(Args)]
struct Lg {
    /// Endpoints, ADDR:PORT or PORT on the loopback; connections are dealt to them in turn.
    #[arg(short = 'p', long = "endpoint", required = true, value_delimiter = ',', value_parser = parse_endpoint)]
    endpoints: Vec<SocketAddr>,
    /// Ask each node of a cluster for its own keys only, by CLUSTER SLOTS of the first endpoint.
    #[arg(long)]
    cluster: bool,
    #[arg(short = 'o', long, default_value = "get")]
    op: Op,
    /// Write every key that `--op` asks for once, and end.
    #[arg(long)]
    fill: bool,
    /// Requests in flight on a connection.
    #[arg(short = 'P', long, default_value_t = 1)]
    pipeline: usize,
    #[arg(short = 'c', long, default_value_t = 50)]
    connections: usize,
    /// Keys: `key:000000000000` and on.
    #[arg(short = 'r', long, default_value_t = 1_000_000)]
    keys: u64,
    #[arg(short = 'd', long, default_value_t = 64)]
    value_bytes: usize,
    /// Seconds to live that each SET carries.
    #[arg(short = 'x', long)]
    ttl_s: Option<u64>,
    /// Share of GETs in a mixed load.
    #[arg(long, default_value_t = 90, value_parser = clap::value_parser!(u8).range(0..=100))]
    get_percent: u8,
    /// End each batch with WAIT for so many replicas.
    #[arg(long)]
    wait_replicas: Option<u8>,
    /// Seconds that are measured.
    #[arg(short = 'T', long, default_value_t = 1.0)]
    seconds: f64,
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Core for the generator's threads.
    #[arg(long)]
    core: Option<usize>,
    /// Processes whose CPU time is shown.
    #[arg(short = 'S', long = "server-pid", value_delimiter = ',')]
    server_pids: Vec<u32>,
}

pub(crate) fn run(cli: Cli) -> Result<()> {
    match cli.command {
        Command::Floor { port, value_bytes } => floor::serve(port, value_bytes),
        Command::Compare(options) => compare::run(&options),
        Command::Lg(lg) => generate(&lg),
    }
}

fn parse_endpoint(text: &str) -> std::result::Result<SocketAddr, String> {
    if let Ok(port) = text.parse() {
        return Ok(SocketAddr::from((Ipv4Addr::LOCALHOST, port)));
    }
    text.parse()
        .map_err(|_| format!("{text:?} is neither a port nor ADDR:PORT"))
}

fn generate(lg: &Lg) -> Result<()> {
    let workload = workload(lg)?;
    if lg.fill {
        let (keys, took) = load::fill(&workload)?;
        println!("wrote {keys} keys in {:.2} s", took.as_secs_f64());
        return Ok(());
    }
    let span = Span {
        warm_up: Duration::from_millis(100),
        window: Duration::from_secs_f64(lg.seconds),
    };
    println!("{}", summary(&load::measure(&workload, span)?));
    Ok(())
}

fn workload(lg: &Lg) -> Result<Workload> {
    let all = |&addr| Target {
        addr,
        keys: Keys::All { count: lg.keys },
    };
    let targets = if lg.cluster {
        load::targets_of_cluster(lg.endpoints[0], lg.keys)?
    } else {
        lg.endpoints.iter().map(all).collect()
    };
    Ok(Workload {
        targets,
        connections: lg.connections,
        pipeline: lg.pipeline,
        shape: Shape {
            op: if lg.fill { lg.op.filled_by() } else { lg.op },
            value_bytes: lg.value_bytes,
            ttl_s: lg.ttl_s,
            get_percent: lg.get_percent,
        },
        wait_replicas: lg.wait_replicas,
        threads: lg.threads,
        core: lg.core,
        server_pids: lg.server_pids.clone(),
    })
}

fn summary(sample: &Sample) -> String {
    format!(
        "{:.1} k/s; p50 {:.0} p99 {:.0} p99.9 {:.0} max {:.0} us; server {:.0} ns/op; client {:.0} ns/op; \
         {} nil of {}; {:.2} cores busy elsewhere",
        sample.operations_per_second() / 1000.0,
        sample.latency_us(0.5),
        sample.latency_us(0.99),
        sample.latency_us(0.999),
        sample.latency_us(1.0),
        sample.cpu_per_operation(),
        sample.client_cpu_per_operation(),
        sample.nils,
        sample.operations,
        sample.foreign_cores,
    )
}
