//! The command line of `circlet bench`.

use super::generate::args::{EXAMPLES, LoadArgs};
use crate::args::key_value;
use clap::{Args as ClapArgs, Subcommand, ValueEnum};
use std::net::SocketAddr;
use std::path::PathBuf;

/// `circlet bench`
#[derive(Debug, ClapArgs)]
#[command(args_conflicts_with_subcommands = true, after_help = EXAMPLES)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    pub(crate) command: Option<BenchCommand>,
    #[command(flatten)]
    pub(crate) load: LoadArgs,
}

/// Other things that `circlet bench` measures
#[derive(Debug, Subcommand)]
pub(crate) enum BenchCommand {
    /// Show what a join, a leave or a loss costs the clients
    #[command(
        after_help = "Without --scenario: 5 s steady, a node joins, leaves again, another is killed and started again.\n\n\
        Examples:\n  circlet bench rebalance --keys 1000000 --rate 20000 --html report.html\n  \
        circlet bench rebalance --scenario grow.toml --against redis --against valkey --json report.json\n\n\
        A scenario is a TOML file of steps, one after the other, none before its time:\n\n  \
        settle_s = 5          # steady load after each step\n  [[step]]\n  at_s = 10             # not before\n  \
        do = \"join\"           # join | leave | kill | restart | replace\n  [[step]]\n  do = \"leave\"\n  node = 4"
    )]
    Rebalance(RebalanceArgs),
}

/// Another system to run the same scenario on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Peer {
    /// Redis Cluster: redis-server, and redis-cli moves the slots key by key
    Redis,
    /// Valkey 9: valkey-server, and CLUSTER MIGRATESLOTS moves the slots
    Valkey,
}

/// Which keys are asked for how often.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Distribution {
    /// All alike
    Uniform,
    /// A few often, most rarely (exponent 0.99), spread over all slots
    Zipf,
}

/// `circlet bench rebalance`
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct RebalanceArgs {
    /// Nodes to begin with
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) nodes: u16,
    /// Copies of each key in Circlet [default: 3, or the number of nodes if that is less]; the peers keep one
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=7))]
    pub(crate) replicas: Option<u8>,
    /// A setting for all nodes of Circlet, as in a node.toml; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) settings: Vec<(String, String)>,
    /// A running cluster to measure instead of a new one: where one of its nodes serves clients. Its data gets keys named key:* and check:*
    #[arg(long, value_name = "ADDR", conflicts_with_all = ["nodes", "replicas", "settings", "against"])]
    pub(crate) endpoint: Option<SocketAddr>,
    /// Run the scenario on this system too; may be repeated
    #[arg(long, value_enum)]
    pub(crate) against: Vec<Peer>,
    /// Run it only on the systems of --against
    #[arg(long, requires = "against")]
    pub(crate) without_circlet: bool,
    /// The server of --against, if not redis-server or valkey-server on PATH
    #[arg(long, value_name = "FILE", requires = "against")]
    pub(crate) server: Option<PathBuf>,
    /// Keys that redis-cli moves at a time
    #[arg(long, default_value_t = 10)]
    pub(crate) cluster_pipeline: u32,
    /// Keys to load
    #[arg(long, default_value_t = 100_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000))]
    pub(crate) keys: u64,
    /// Bytes of a value
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(20..=1_048_576))]
    pub(crate) value_bytes: u32,
    /// Operations a second, sent at their times whether or not earlier ones were answered
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub(crate) rate: u32,
    /// Share of reads, 0 to 1
    #[arg(long, default_value_t = 0.8, value_parser = share)]
    pub(crate) read_share: f64,
    /// Share of operations on keys whose every answer is checked, 0 to 1
    #[arg(long, default_value_t = 0.2, value_parser = share)]
    pub(crate) check_share: f64,
    /// Keys whose every answer is checked
    #[arg(long, default_value_t = 5_000, value_parser = clap::value_parser!(u32).range(1..=10_000_000))]
    pub(crate) check_keys: u32,
    /// Which keys are asked for how often
    #[arg(long, value_enum, default_value_t = Distribution::Uniform)]
    pub(crate) distribution: Distribution,
    /// Connections to each node
    #[arg(long, default_value_t = 4, value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(crate) connections: u16,
    /// How long an operation is tried again before it has failed, in milliseconds
    #[arg(long, default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=60_000))]
    pub(crate) patience_ms: u32,
    /// The steps [default: join, leave, kill and restart]
    #[arg(long, value_name = "FILE")]
    pub(crate) scenario: Option<PathBuf>,
    /// How long one step may take, in seconds
    #[arg(long, default_value_t = 600)]
    pub(crate) step_s_max: u32,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Write the report as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    /// Write the report as one HTML page with plots
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}

/// A share of a whole.
pub(crate) fn share(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(share) if (0.0..=1.0).contains(&share) => Ok(share),
        _ => Err("expected a number from 0 to 1".into()),
    }
}
