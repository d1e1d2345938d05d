//! The command line.

use crate::bench::args::BenchCommand;
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::net::IpAddr;
use std::path::PathBuf;

/// Circlet: a cache cluster that speaks the Redis protocol.
#[derive(Debug, Parser)]
#[command(name = "circlet", version, arg_required_else_help = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Start a cluster on this machine
    #[command(
        after_help = "Examples:\n  circlet up\n  circlet up --nodes 5 --port 9001 --set maxclients=500 --detach\n\n\
        Node i (from 1) serves clients on PORT+i-1, Redis Cluster clients on +100, peers and gossip on +200 and HTTP\n\
        (/metrics, /healthz, /readyz) on +300. Lose one with `kill -9 $(cat .circlet/node-2/pid)`, bring it back with\n\
        `circlet node --config .circlet/node-2/node.toml`."
    )]
    Up(UpArgs),
    /// Stop what `up --detach` started
    Down(DownArgs),
    /// Run one node in the foreground
    #[command(
        after_help = "SIGTERM or Ctrl-C: finish what is in flight, tell the others, exit. A stop, not a leave: the node keeps its\n\
        place in the cluster.\n\nExample:\n  circlet node --config .circlet/node-2/node.toml --set log-level=debug"
    )]
    Node(NodeArgs),
    /// Show the nodes of a cluster
    #[command(after_help = "Examples:\n  circlet status\n  circlet status --dir .circlet --json")]
    Status(StatusArgs),
    /// Start one more node, which joins the cluster
    #[command(
        after_help = "The node is the next one of the directory. Its share of the data follows by itself: see `circlet moves`.\n\n\
        A node of another machine joins with a line `join = \"ADDR:PORT\"` in its node.toml, where any member serves clients."
    )]
    Join(JoinArgs),
    /// Have a node give its data to the others, and stop
    Leave(ChangeArgs),
    /// Have a node that is leaving stay after all
    Stay(ChangeArgs),
    /// Take a node off the cluster that is gone for good; the others restore its copies
    Remove {
        #[command(flatten)]
        change: ChangeArgs,
        /// Also if acknowledged writes may be lost, since the majority of the owners of some arcs is gone
        #[arg(long)]
        force: bool,
    },
    /// Have a node take more or less of the data than others
    Weight {
        #[command(flatten)]
        change: ChangeArgs,
        /// From 0.05 to 20; others have 1
        weight: String,
    },
    /// Show how far changes of the cluster have come
    Moves(MovesArgs),
    /// Measure a cluster
    #[command(subcommand)]
    Bench(BenchCommand),
}

/// `circlet join`
#[derive(Debug, ClapArgs)]
pub(crate) struct JoinArgs {
    /// The directory that `up` was given
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
    /// Address of the node [default: that of node 1]
    #[arg(long)]
    pub(crate) bind: Option<IpAddr>,
    /// Its first port [default: the one after the last node's]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    pub(crate) port: Option<u16>,
    /// A setting for the node, as in a node.toml; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) settings: Vec<(String, String)>,
}

/// `circlet leave` and the like
#[derive(Debug, ClapArgs)]
pub(crate) struct ChangeArgs {
    /// The node: its number in the directory, or its id
    pub(crate) node: String,
    /// The directory that `up` was given
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
    /// Return once the cluster has agreed, and do not wait for the data
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// `circlet moves`
#[derive(Debug, ClapArgs)]
pub(crate) struct MovesArgs {
    /// The directory that `up` was given
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
    /// One JSON document for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// `circlet up`
#[derive(Debug, ClapArgs)]
pub(crate) struct UpArgs {
    /// How many nodes
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) nodes: u16,
    /// First port: node i serves clients on PORT+i-1
    #[arg(long, default_value_t = 7001, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    pub(crate) port: u16,
    /// Where the nodes keep their files
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
    /// Copies of each key; at most one a node [default: 3, or the number of nodes if that is less]
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=7))]
    pub(crate) replicas: Option<u8>,
    /// Address of all nodes
    #[arg(long, default_value = "127.0.0.1", conflicts_with = "bind_each")]
    pub(crate) bind: IpAddr,
    /// Node i gets this address + i, as 127.0.1.0 gives 127.0.1.1, 127.0.1.2 ...
    #[arg(long, value_name = "ADDR")]
    pub(crate) bind_each: Option<std::net::Ipv4Addr>,
    /// A setting for all nodes, as in a node.toml; may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) settings: Vec<(String, String)>,
    /// Return when all nodes answer, and leave them running; `circlet down` stops them
    #[arg(long)]
    pub(crate) detach: bool,
}

/// `circlet down`
#[derive(Debug, ClapArgs)]
pub(crate) struct DownArgs {
    /// The directory that `up` was given
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
}

/// `circlet node`
#[derive(Debug, ClapArgs)]
pub(crate) struct NodeArgs {
    /// The node's configuration; without it, a cluster of this node alone
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// A setting that overrides the file and the environment (CIRCLET_KEY); may be repeated
    #[arg(long = "set", value_name = "KEY=VALUE", value_parser = key_value)]
    pub(crate) settings: Vec<(String, String)>,
}

/// `circlet status`
#[derive(Debug, ClapArgs)]
pub(crate) struct StatusArgs {
    /// The directory that `up` was given
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
    /// One JSON document for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// `KEY=VALUE` of `--set`.
pub(crate) fn key_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((key, value)) if !key.trim().is_empty() => Ok((key.trim().to_owned(), value.to_owned())),
        _ => Err("expected KEY=VALUE".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Args::command().debug_assert();
    }

    #[test]
    fn a_setting_without_a_value_is_refused() {
        assert!(key_value("maxclients").is_err());
        assert!(key_value("=1").is_err());
        assert_eq!(key_value("a=b=c"), Ok(("a".into(), "b=c".into())));
    }
}
