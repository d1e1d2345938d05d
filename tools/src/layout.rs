//! Where the nodes of `circlet up` keep their files, and what their configuration says.
//!
//! ```text
//! DIR/node-1/node.toml   the configuration, written once; edit it as you like
//!            node.log    what the node says
//!            pid         of the running process
//!            id, life    who the node is
//!            left        there once the node is a member no more: it is not started again
//! ```

use crate::args::UpArgs;
use crate::failure::Failure;
use circlet_server::config::{Config, LiveConfig, NodeSettings, Sources};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::available_parallelism;

/// The file that a node writes when it is a member no more.
pub(crate) const LEFT: &str = "left";

/// How many nodes a new cluster has.
const NODES: u16 = 3;

/// The first port of a new cluster.
const PORT: u16 = 7001;

/// One node's files.
#[derive(Debug, Clone)]
pub(crate) struct NodeFiles {
    pub(crate) number: u16,
    pub(crate) dir: PathBuf,
}

impl NodeFiles {
    /// The files of node `number` (from 1) of the cluster in `dir`.
    pub(crate) fn new(dir: &Path, number: u16) -> Self {
        NodeFiles {
            number,
            dir: dir.join(format!("node-{number}")),
        }
    }

    /// The nodes that there are in `dir`, by number. Some may be missing between them: directories of nodes that are gone can be deleted.
    pub(crate) fn all(dir: &Path) -> Vec<Self> {
        let mut all = Self::with_directory(dir);
        all.retain(|files| files.config().exists());
        all
    }

    fn with_directory(dir: &Path) -> Vec<Self> {
        let names = fs::read_dir(dir).into_iter().flatten().flatten();
        let number = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_prefix("node-")?.parse().ok();
        let mut numbers: Vec<u16> = names.filter_map(number).filter(|number| *number > 0).collect();
        numbers.sort_unstable();
        numbers.dedup();
        numbers.into_iter().map(|number| Self::new(dir, number)).collect()
    }

    pub(crate) fn config(&self) -> PathBuf {
        self.dir.join("node.toml")
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.dir.join("node.log")
    }

    pub(crate) fn pid(&self) -> PathBuf {
        self.dir.join("pid")
    }

    /// Whether the node has found that it is a member of its cluster no more.
    pub(crate) fn has_left(&self) -> bool {
        self.dir.join(LEFT).exists()
    }
}

/// Where node `number` of a new cluster serves clients.
fn address(up: &UpArgs, number: u16) -> Result<SocketAddr, Failure> {
    let ip = match up.bind_each {
        None => up.bind,
        Some(base) => IpAddr::V4(Ipv4Addr::from_bits(u32::from(base) + u32::from(number))),
    };
    let port = up
        .port
        .unwrap_or(PORT)
        .checked_add(number - 1)
        .filter(|port| *port <= u16::MAX - 300);
    let port = port.ok_or_else(|| Failure::new("ports beyond 65535: choose a lower --port"))?;
    Ok(SocketAddr::new(ip, port))
}

/// Writes the configuration of every node, unless the directory has one of this many nodes already.
///
/// # Errors
/// When a setting is wrong, files cannot be written, or the directory belongs to a cluster of another shape: its nodes' data would
/// be placed anew. Then nothing was written that a later `up` would find.
pub(crate) fn prepare(up: &UpArgs) -> Result<Layout, Failure> {
    let sources = Sources {
        flags: up.settings.clone(),
        ..Sources::default()
    };
    LiveConfig::load(&sources).map_err(|error| Failure::because("a setting is wrong", error))?;
    let found = NodeFiles::all(&up.dir);
    if found.is_empty() {
        let list = node_list(up)?;
        let nodes = (1..=node_count(up)).map(|number| write_node(up, number, &list));
        return Ok(Layout {
            nodes: nodes.collect::<Result<_, _>>()?,
            is_new: true,
        });
    }
    find(up, found)
}

/// The cluster that the directory has, if it is what was asked for.
fn find(up: &UpArgs, mut found: Vec<NodeFiles>) -> Result<Layout, Failure> {
    let last = found.last().map_or(0, |files| files.number);
    let is_torn = |files: &&NodeFiles| files.number < last && files.dir.join("id").exists() && !files.config().exists();
    if let Some(torn) = NodeFiles::with_directory(&up.dir).iter().find(is_torn) {
        let text = format!(
            "{} is missing: give it back, or delete its directory",
            torn.config().display()
        );
        return Err(Failure::new(text));
    }
    let made = configuration(&found[0])?;
    let port = made.node.port.saturating_sub(found[0].number - 1);
    let replicas = made.cluster.replicas;
    let dir = up.dir.display();
    found.retain(|files| !files.has_left());
    let count = found.len();
    let text = if count == 0 {
        format!("all nodes of {dir} have left their cluster: delete it, or choose another --dir")
    } else if up.nodes.is_some_and(|nodes| count != usize::from(nodes)) {
        format!("{dir} holds a cluster of {count} nodes: choose another --dir, or --nodes {count}")
    } else if up.port.is_some_and(|asked| asked != port) {
        format!("{dir} holds a cluster on port {port}: choose another --dir, or --port {port}")
    } else if let Some(asked) = up.replicas.filter(|asked| *asked != replicas) {
        format!(
            "{dir} holds a cluster that was made with {replicas} copies of each key: `circlet settings --replicas {asked}` changes that while it runs"
        )
    } else {
        return Ok(Layout {
            nodes: found,
            is_new: false,
        });
    };
    Err(Failure::new(text))
}

fn node_count(up: &UpArgs) -> u16 {
    up.nodes.unwrap_or(NODES)
}

/// The nodes of `up`.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) nodes: Vec<NodeFiles>,
    /// Whether this run of `up` wrote their configuration.
    is_new: bool,
}

impl Layout {
    /// Takes a new configuration back, because the nodes did not start with it: a later `up` may be given a better one.
    pub(crate) fn take_back(&self) {
        for files in self.nodes.iter().filter(|_| self.is_new) {
            // One that stays is found by the next `up`, which says so.
            let _ = fs::remove_file(files.config());
        }
    }
}

/// Where a node serves clients, by its configuration.
pub(crate) fn client_address(files: &NodeFiles) -> Result<SocketAddr, Failure> {
    configured(files, |node| node.port)
}

/// Where a node serves Redis Cluster's clients, by its configuration.
pub(crate) fn redis_cluster_address(files: &NodeFiles) -> Result<SocketAddr, Failure> {
    configured(files, NodeSettings::redis_cluster_port)
}

fn configured(files: &NodeFiles, port: impl Fn(&NodeSettings) -> u16) -> Result<SocketAddr, Failure> {
    let node = &configuration(files)?.node;
    Ok(SocketAddr::new(node.bind, port(node)))
}

fn configuration(files: &NodeFiles) -> Result<Arc<Config>, Failure> {
    let sources = Sources {
        file: Some(files.config()),
        ..Sources::default()
    };
    let config = LiveConfig::load(&sources);
    let config = config.map_err(|error| Failure::because("the configuration in the directory is wrong", error))?;
    Ok(config.current())
}

fn node_list(up: &UpArgs) -> Result<String, Failure> {
    let mut list = String::new();
    for number in 1..=node_count(up) {
        let (id, address) = (node_id(&up.dir, number)?, address(up, number)?);
        // Writing to a String cannot fail.
        let _ = write!(list, "\n[[nodes]]\nid = \"{id}\"\naddr = \"{address}\"\n");
    }
    Ok(list)
}

/// Threads for each of so many nodes on one machine, which share its cores: with as many as cores for each, a tenth of their time goes into switching.
fn worker_threads(nodes: u16) -> usize {
    let cores = available_parallelism().map_or(1, NonZero::get);
    cores.div_ceil(usize::from(nodes))
}

/// A node's id, drawn at random and kept in its directory.
fn node_id(dir: &Path, number: u16) -> Result<String, Failure> {
    let files = NodeFiles::new(dir, number);
    let path = files.dir.join("id");
    let io = |error| Failure::because(format!("cannot write {}", path.display()), error);
    fs::create_dir_all(&files.dir).map_err(io)?;
    let id = match fs::read_to_string(&path) {
        Ok(id) => id.trim().to_owned(),
        Err(_) => circlet_ring::NodeId::from_bytes(rand::random()).to_string(),
    };
    fs::write(&path, format!("{id}\n")).map_err(io)?;
    Ok(id)
}

/// The node's own settings and those that `up` was given, each name once: the one given last holds.
fn settings(own: &[(&str, String)], given: &[(String, String)]) -> BTreeMap<String, String> {
    let own = own.iter().map(|(key, value)| ((*key).to_owned(), value.clone()));
    // As the configuration reads names, so that none stands in the file twice.
    let given = given
        .iter()
        .map(|(key, value)| (key.to_lowercase().replace('_', "-"), value.clone()));
    own.chain(given).collect()
}

fn write_node(up: &UpArgs, number: u16, list: &str) -> Result<NodeFiles, Failure> {
    let files = NodeFiles::new(&up.dir, number);
    let address = address(up, number)?;
    let replicas = up.replicas.unwrap_or_else(|| node_count(up).min(3) as u8);
    let own = [
        ("bind", address.ip().to_string()),
        ("port", address.port().to_string()),
        ("replicas", replicas.to_string()),
        ("worker-threads", worker_threads(node_count(up)).to_string()),
    ];
    let head = format!("# Node {number} of a cluster that `circlet up` made.");
    write_config(&files, &head, &settings(&own, &up.settings), list)?;
    Ok(files)
}

/// Writes the configuration of a node that joins through `members` and serves clients at `at`.
pub(crate) fn write_joiner(
    files: &NodeFiles,
    at: SocketAddr,
    members: &[String],
    given: &[(String, String)],
) -> Result<(), Failure> {
    let own = [
        ("bind", at.ip().to_string()),
        ("port", at.port().to_string()),
        ("join", members.join(",")),
        ("worker-threads", worker_threads(files.number).to_string()),
    ];
    let head = format!("# Node {}, which joins a running cluster.", files.number);
    write_config(files, &head, &settings(&own, given), "")
}

fn write_config(files: &NodeFiles, head: &str, lines: &BTreeMap<String, String>, tail: &str) -> Result<(), Failure> {
    let io = |error| Failure::because(format!("cannot write {}", files.config().display()), error);
    fs::create_dir_all(&files.dir).map_err(io)?;
    let dir = fs::canonicalize(&files.dir).map_err(|error| Failure::because("cannot use the directory", error))?;
    let mut text = format!("{head}\ndir = {dir:?}\n");
    for (key, value) in lines {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{key} = {value:?}");
    }
    text.push_str(tail);
    fs::write(files.config(), text).map_err(io)
}
