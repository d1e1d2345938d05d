//! The command line.

use crate::bench::args::BenchArgs;
use crate::cli::args::{AFTER_HELP as CLI_AFTER_HELP, CliArgs};
use crate::manual::{CompletionsArgs, ManArgs};
use crate::top::TopArgs;
use circlet_ring::{Weight, Zone};
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

/// Circlet: a cache cluster that speaks the Redis protocol.
#[derive(Debug, Parser)]
#[command(
    name = "circlet",
    version,
    arg_required_else_help = true,
    after_help = "Exit codes:\n  0  done; of `cli`: answered, if only by an error\n  \
    1  it could not be done, and standard error says why; nodes that were started for it are stopped\n  \
    2  the command line is wrong\n\n\
    Environment:\n  NO_COLOR   no colours, on a terminal either\n  CIRCLET_*  settings of nodes: docs/design/config.md\n\n\
    Examples:\n  circlet up --detach\n  circlet cli SET greeting hello\n  circlet status\n  circlet down"
)]
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
        `circlet node --config .circlet/node-2/node.toml`. The nodes divide the machine's cores (worker-threads)."
    )]
    Up(UpArgs),
    /// Stop what `up --detach` started
    #[command(after_help = "Examples:\n  circlet down\n  circlet down --dir /srv/circlet")]
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
        A node of another machine joins with a line `join = \"ADDR:PORT\"` in its node.toml, where any member serves clients.\n\n\
        Examples:\n  circlet join\n  circlet join --bind 127.0.0.1 --port 7005 --set zone=b"
    )]
    Join(JoinArgs),
    /// Have a node give its data to the others, and stop
    #[command(after_help = "Examples:\n  circlet leave 4\n  circlet leave 4 --no-wait")]
    Leave(ChangeArgs),
    /// Have a node that is leaving stay after all
    #[command(after_help = "Example:\n  circlet stay 4")]
    Stay(ChangeArgs),
    /// Take a node off the cluster that is gone for good; the others restore its copies
    #[command(after_help = "Examples:\n  circlet remove 2\n  circlet remove 2 --at 10.0.0.1:7001 --no-wait")]
    Remove {
        #[command(flatten)]
        change: ChangeArgs,
        /// Also if acknowledged writes may be lost, since the majority of the owners of some arcs is gone
        #[arg(long)]
        force: bool,
    },
    /// UNSAFE: go on without the majority of the voters, which is gone for good
    #[command(
        after_help = "Members change only by a majority of the voters. If that is gone for good, the rest can be told to go on alone: what only the\n\
        lost nodes had is lost, and if they are not lost, what they decide meanwhile is undone. Read docs/operating.md first.\n\n\
        Examples:\n  circlet recover\n  circlet recover --force"
    )]
    Recover(RecoverArgs),
    /// Have a node take more or less of the data than others
    #[command(after_help = "Example:\n  circlet weight 3 0.5")]
    Weight {
        #[command(flatten)]
        change: ChangeArgs,
        /// From 0.05 to 20; others have 1
        weight: Weight,
    },
    /// Start a node that takes the place of one that is gone for good, and gets just its share of the data
    #[command(
        after_help = "Example:\n  circlet replace 2\n\nOn another machine: circlet node --join ADDR:PORT --replace ID --set dir=DIR --set bind=ADDR"
    )]
    Replace(ReplaceArgs),
    /// Undo a join or a leave that is under way
    #[command(after_help = "Example:\n  circlet cancel 4")]
    Cancel(ChangeArgs),
    /// Say what a node fails with: the owners of each key are spread over zones
    #[command(after_help = "Example:\n  circlet zone 3 rack-b")]
    Zone {
        #[command(flatten)]
        change: ChangeArgs,
        /// The name of its rack, room or data centre
        zone: Zone,
    },
    /// Show or change how many owners keys have, and how many of them reads and writes wait for
    #[command(
        after_help = "Examples:\n  circlet settings\n  circlet settings --replicas 5\n  circlet settings --read-level one --write-level all"
    )]
    Settings(SettingsArgs),
    /// Show how far changes of the cluster have come
    #[command(
        after_help = "Examples:\n  circlet moves --watch\n  circlet moves --wait\n  circlet moves --at 10.0.0.1:7001 --json"
    )]
    Moves(MovesArgs),
    /// Tell where a key belongs, what each of its owners holds for it, and what is on its way
    #[command(after_help = "Examples:\n  circlet explain user:17\n  circlet explain user:17 --at 10.0.0.1:7001 --json")]
    Explain(ExplainArgs),
    /// Draw arcs and owners: in the terminal, or as SVG
    #[command(
        after_help = "Colours are for terminals only, and not where NO_COLOR is set.\n\nExamples:\n  circlet ring\n  circlet ring --svg ring.svg"
    )]
    Ring(RingArgs),
    /// Talk to a node as redis-cli does
    #[command(disable_help_flag = true, args_override_self = true, after_help = CLI_AFTER_HELP)]
    Cli(Box<CliArgs>),
    /// Show the cluster in this terminal, live
    #[command(after_help = crate::top::EXAMPLES)]
    Top(TopArgs),
    /// Load a server and measure it
    Bench(Box<BenchArgs>),
    /// Print what a shell needs to complete circlet's command lines
    #[command(
        after_help = "Examples:\n  circlet completions bash > ~/.local/share/bash-completion/completions/circlet\n  \
        circlet completions zsh > ~/.zfunc/_circlet\n  circlet completions fish > ~/.config/fish/completions/circlet.fish"
    )]
    Completions(CompletionsArgs),
    /// Print the manual page, or write one for each command
    #[command(after_help = "Examples:\n  circlet man | man -l -\n  circlet man --dir ~/.local/share/man/man1")]
    Man(ManArgs),
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

/// `circlet replace`
#[derive(Debug, ClapArgs)]
pub(crate) struct ReplaceArgs {
    /// The node that is gone: its number in the directory, or its id
    pub(crate) old: String,
    /// The number of the new node, which must be the next of the directory [default: that]
    pub(crate) new: Option<u16>,
    #[command(flatten)]
    pub(crate) join: JoinArgs,
    /// Return once the new node is a member, and do not wait for the data
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// `circlet recover`
#[derive(Debug, ClapArgs)]
pub(crate) struct RecoverArgs {
    #[command(flatten)]
    pub(crate) cluster: WhereArgs,
    /// Do it; without this, only say how things are
    #[arg(long)]
    pub(crate) force: bool,
    /// Do not ask for the cluster's name
    #[arg(long, requires = "force")]
    pub(crate) yes_i_know_data_may_be_lost: bool,
}

/// `circlet settings`
#[derive(Debug, ClapArgs)]
pub(crate) struct SettingsArgs {
    #[command(flatten)]
    pub(crate) cluster: WhereArgs,
    /// Owners of each key (N)
    #[arg(long, value_parser = clap::value_parser!(u8).range(1..=7))]
    pub(crate) replicas: Option<u8>,
    /// How many of them reads wait for (R)
    #[arg(long, value_name = "LEVEL", value_parser = ["one", "quorum", "all"])]
    pub(crate) read_level: Option<String>,
    /// How many of them writes wait for (W)
    #[arg(long, value_name = "LEVEL", value_parser = ["one", "quorum", "all"])]
    pub(crate) write_level: Option<String>,
    /// Return once the cluster has agreed, and do not wait for the data
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// `circlet leave` and the like
#[derive(Debug, ClapArgs)]
pub(crate) struct ChangeArgs {
    /// The node: its number in the directory, or its id
    pub(crate) node: String,
    #[command(flatten)]
    pub(crate) cluster: WhereArgs,
    /// Return once the cluster has agreed, and do not wait for the data
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// Which cluster
#[derive(Debug, Clone, ClapArgs)]
pub(crate) struct WhereArgs {
    /// The directory that `up` was given
    #[arg(long, default_value = ".circlet")]
    pub(crate) dir: PathBuf,
    /// Where a member takes clients, if the cluster is not one of this directory
    #[arg(long, value_name = "ADDR:PORT")]
    pub(crate) at: Option<SocketAddr>,
}

/// `circlet explain`
#[derive(Debug, ClapArgs)]
pub(crate) struct ExplainArgs {
    /// The key
    pub(crate) key: String,
    #[command(flatten)]
    pub(crate) cluster: WhereArgs,
    /// One JSON document for scripts
    #[arg(long)]
    pub(crate) json: bool,
}

/// `circlet ring`
#[derive(Debug, ClapArgs)]
pub(crate) struct RingArgs {
    #[command(flatten)]
    pub(crate) cluster: WhereArgs,
    /// One JSON document for scripts
    #[arg(long)]
    pub(crate) json: bool,
    /// Write a picture to this file
    #[arg(long, value_name = "FILE", conflicts_with = "json")]
    pub(crate) svg: Option<PathBuf>,
}

/// `circlet moves`
#[derive(Debug, ClapArgs)]
pub(crate) struct MovesArgs {
    #[command(flatten)]
    pub(crate) cluster: WhereArgs,
    /// One JSON document for scripts
    #[arg(long, conflicts_with_all = ["watch", "wait"])]
    pub(crate) json: bool,
    /// Redraw until nothing moves any more; not on a terminal: show it once
    #[arg(long)]
    pub(crate) watch: bool,
    /// Return once nothing moves any more
    #[arg(long)]
    pub(crate) wait: bool,
}

/// `circlet up`
#[derive(Debug, ClapArgs)]
pub(crate) struct UpArgs {
    /// How many nodes [default: those that the directory has, or 3]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) nodes: Option<u16>,
    /// First port: node i serves clients on PORT+i-1 [default: that of the directory's first node, or 7001]
    #[arg(long, value_parser = clap::value_parser!(u16).range(1..=65_000))]
    pub(crate) port: Option<u16>,
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
    /// Where members of a cluster take clients: join it, unless this node is one of it already
    #[arg(long, value_name = "ADDR:PORT,...")]
    pub(crate) join: Option<String>,
    /// Join in the place of this member, which is gone for good
    #[arg(long, value_name = "ID", requires = "join")]
    pub(crate) replace: Option<String>,
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
    /// Nodes that have left as well
    #[arg(long)]
    pub(crate) all: bool,
    /// Return once every node is ready and sees all others; fails after a minute
    #[arg(long)]
    pub(crate) wait: bool,
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
