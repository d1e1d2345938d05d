//! The command line of the load generator.

use super::asked::{Preset, Ttl};
use super::keys::KeyDistribution;
use super::sizes::Sizes;
use clap::Args as ClapArgs;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;

/// What `circlet bench --help` ends with.
pub(crate) const EXAMPLES: &str = "\
Without --at: the running nodes of --dir, in turn. Placeholders of --command:\n  \
__key__    a key by --key-distribution: its prefix and 12 digits; in a word with other text, the digits alone\n  \
__data__   a value by --value-size          __field__  field: and 6 digits, one of --fields\n  \
__rand__   12 digits, below --keys          __ttl__    seconds by --ttl\n\n\
Closed loop: each client sends --pipeline requests, and the next ones when all are answered. Open loop (--rate,\n\
--latency-curve): requests leave at even times whatever became of those before, and latency counts from the time that\n\
each was due; a server that stalls is seen to stall. A trace (--key-distribution trace:FILE) is a text file with a key a\n\
line, in order; empty lines and lines with # in front are passed over.\n\n\
Examples:\n  \
circlet bench -t get,set -c 50 -P 16\n  \
circlet bench --at 127.0.0.1:6379 --read-share 0.9 --fill --keys 100000 --key-distribution zipf --seconds 10\n  \
circlet bench --cluster --rate 20000 --value-size lognormal:200,1 --ttl 60..120\n  \
circlet bench --at 127.0.0.1:7001 --compare 127.0.0.1:6379 -t get,set,hset\n  \
circlet bench --latency-curve=1000,5000,20000 --svg curve.svg\n  \
circlet bench --command 'HSET user:__key__ name __data__ seen __rand__' --json\n\n\
Exit codes: 0 measured; 1 not measured, nothing was answered, or interrupted (what there was is shown); 2 the command line is wrong.";

/// `circlet bench`, without a further word
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct LoadArgs {
    /// The directory that `up` was given
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
    /// Where the server takes clients, if not in the directory; several: clients are dealt to them in turn
    #[arg(long, value_name = "HOST:PORT,...", value_delimiter = ',', value_parser = resolve)]
    pub(crate) at: Vec<SocketAddr>,
    /// Ask each key of the node that owns its slot, as a Redis Cluster client does (CLUSTER SLOTS of the first address)
    #[arg(long)]
    pub(crate) cluster: bool,
    /// A command that each connection begins with, as `CLIENT CONSISTENCY read one`; may be repeated
    #[arg(long, value_name = "COMMAND")]
    pub(crate) on_connect: Vec<String>,

    /// Tests, one after the other [default: get,set]
    #[arg(
        short = 't',
        long = "tests",
        value_enum,
        value_delimiter = ',',
        hide_possible_values = false
    )]
    pub(crate) tests: Vec<Preset>,
    /// A test with a command of your own; may be repeated
    #[arg(long, value_name = "COMMAND")]
    pub(crate) command: Vec<String>,
    /// One test of GETs and SETs mixed: the share of GETs, 0 to 1
    #[arg(long, value_name = "SHARE", value_parser = crate::bench::args::share, conflicts_with_all = ["tests", "command"])]
    pub(crate) read_share: Option<f64>,

    /// Clients, each with a connection (with --cluster, with one to each node)
    #[arg(short = 'c', long, default_value_t = 50, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) clients: u32,
    /// Threads that the clients are spread over
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=1_024))]
    pub(crate) threads: u32,
    /// Requests in flight of a client [default: 1; in an open loop up to 128]
    #[arg(short = 'P', long, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub(crate) pipeline: Option<u32>,
    /// Open loop: operations a second, at even times, all clients together
    #[arg(long, value_name = "PER_SECOND", value_parser = clap::value_parser!(u32).range(1..=100_000_000))]
    pub(crate) rate: Option<u32>,
    /// Open loops at these rates, one after the other [without rates: 10% to 90% of what a closed loop reaches]
    #[arg(long, value_name = "RATE,RATE,...", num_args = 0..=1, require_equals = true, default_missing_value = "auto", value_parser = rates)]
    #[arg(conflicts_with_all = ["rate", "requests"])]
    pub(crate) latency_curve: Option<Rates>,
    /// Draw the latency curve
    #[arg(long, value_name = "FILE", requires = "latency_curve")]
    pub(crate) svg: Option<PathBuf>,

    /// End after so many requests
    #[arg(short = 'n', long, conflicts_with = "seconds", value_parser = clap::value_parser!(u64).range(1..))]
    pub(crate) requests: Option<u64>,
    /// Measure for so long
    #[arg(long, default_value_t = 5.0, value_parser = seconds)]
    pub(crate) seconds: f64,
    /// Seconds of traffic before that are not counted
    #[arg(long, value_name = "SECONDS", default_value_t = 0.5, value_parser = seconds_or_none)]
    pub(crate) warm_up: f64,
    /// SET every key once before, so that reads find them
    #[arg(long)]
    pub(crate) fill: bool,

    /// Different keys
    #[arg(short = 'r', long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u64).range(1..=1_000_000_000_000))]
    pub(crate) keys: u64,
    /// Which keys are asked for how often: uniform, zipf, zipf:EXPONENT, hot:KEYS,OPERATIONS (shares), sequential, trace:FILE
    #[arg(long, value_name = "DISTRIBUTION", default_value = "uniform")]
    pub(crate) key_distribution: KeyDistribution,
    /// What keys begin with [default: by type: key:, counter:, list:, set:, hash:, zset:]
    #[arg(long, value_name = "PREFIX")]
    pub(crate) key_prefix: Option<String>,
    /// Bytes of a value: BYTES, FIRST..LAST, lognormal:MEDIAN,SIGMA or BYTES=WEIGHT,BYTES=WEIGHT,...
    #[arg(short = 'd', long, value_name = "SIZES", default_value = "64")]
    pub(crate) value_size: Sizes,
    /// Seconds to live of what SET writes: SECONDS or FIRST..LAST
    #[arg(long, value_name = "SECONDS")]
    pub(crate) ttl: Option<Ttl>,
    /// Different fields and members of a collection
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub(crate) fields: u64,
    /// Seed of all random choices
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,

    /// Another server to run the same on, in turns: A B A B
    #[arg(long, value_name = "HOST:PORT", value_parser = resolve)]
    pub(crate) compare: Option<SocketAddr>,
    /// A command that each connection to the other server begins with; may be repeated
    #[arg(long, value_name = "COMMAND", requires = "compare")]
    pub(crate) compare_on_connect: Vec<String>,
    /// Rounds of a comparison
    #[arg(long, default_value_t = 3, requires = "compare", value_parser = clap::value_parser!(u32).range(1..=1_000))]
    pub(crate) rounds: u32,
    /// One JSON document for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// The rates of a latency curve.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Rates {
    /// Found out.
    Auto,
    These(Vec<u32>),
}

fn rates(text: &str) -> Result<Rates, String> {
    if text == "auto" {
        return Ok(Rates::Auto);
    }
    let rate = |text: &str| text.parse().ok().filter(|rate| (1..=100_000_000).contains(rate));
    let rates: Option<Vec<u32>> = text.split(',').map(rate).collect();
    rates
        .map(Rates::These)
        .ok_or_else(|| "expected rates per second, as 1000,5000,20000".into())
}

fn resolve(text: &str) -> Result<SocketAddr, String> {
    let mut found = text
        .to_socket_addrs()
        .map_err(|error| format!("expected HOST:PORT: {error}"))?;
    found.next().ok_or_else(|| "no address has that name".into())
}

fn seconds(text: &str) -> Result<f64, String> {
    seconds_or_none(text).and_then(|seconds| match seconds > 0.0 {
        true => Ok(seconds),
        false => Err("expected more than 0 seconds".into()),
    })
}

fn seconds_or_none(text: &str) -> Result<f64, String> {
    match text.parse() {
        Ok(seconds) if (0.0..=1e6).contains(&seconds) => Ok(seconds),
        _ => Err("expected seconds, as 5 or 0.5".into()),
    }
}
