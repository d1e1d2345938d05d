//! A server that is measured: where it is, what it calls itself, which of its nodes has which slot, and what its processes cost.

use super::greeting::Greeting;
use super::slots::Slots;
use crate::bench::load::routes::Routes;
use crate::failure::Failure;
use circlet_measure::load::Endpoint;
use circlet_resp::Value;
use circlet_ring::SLOT_COUNT;
use std::collections::BTreeSet;
use std::fs;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How long a server may take to say who it is.
const PATIENCE: Duration = Duration::from_secs(5);

/// A socket that takes connections, as `/proc/net/tcp` writes its state.
const LISTENS: &str = "0A";

/// See the module's header.
#[derive(Debug)]
pub(crate) struct Target {
    /// `redis 7.0.15 at 127.0.0.1:6379`
    pub(crate) name: String,
    /// One lane each for a client of a cluster; else clients are dealt to them.
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) slots: Option<Arc<Slots>>,
    /// Its processes, if they are on this machine and can be looked at; without one of them, none.
    pub(crate) pids: Vec<u32>,
}

impl Target {
    /// Asks a server who it is.
    ///
    /// # Errors
    /// When it cannot be reached, refuses a greeting, or has no map of slots though it should.
    pub(crate) fn find(at: &[SocketAddr], greeting: &[String], is_cluster: bool) -> Result<Self, Failure> {
        let first = *at.first().ok_or_else(|| Failure::new("no address"))?;
        let greeting = Greeting::of(greeting);
        let ask = |at, words: &[&str]| {
            (greeting.ask(at, words, PATIENCE)).map_err(|error| Failure::because(format!("cannot ask {at}"), error))
        };
        let info = |at| match ask(at, &["INFO", "server"]) {
            Ok(reply) => Ok(String::from_utf8_lossy(reply.as_bytes().unwrap_or_default()).into_owned()),
            Err(failure) => Err(failure),
        };
        let about = info(first)?;
        let slots = is_cluster
            .then(|| slots(first, &ask(first, &["CLUSTER", "SLOTS"])?, greeting.clone()))
            .transpose()?;
        let nodes = slots.as_ref().map_or(at.to_vec(), Slots::nodes);
        let pid = |at: &SocketAddr| {
            if *at == first { Ok(about.clone()) } else { info(*at) }
                .ok()
                .and_then(|about| pid_of(&about, *at))
        };
        let pids: Option<BTreeSet<u32>> = nodes.iter().map(pid).collect();
        let others = match nodes.len() {
            1 => String::new(),
            count => format!(" and {} more", count - 1),
        };
        Ok(Target {
            name: format!("{} at {first}{others}", program(&about)),
            endpoints: nodes.iter().map(|at| greeting.endpoint(*at)).collect(),
            slots: slots.map(Arc::new),
            pids: pids.unwrap_or_default().into_iter().collect(),
        })
    }

    /// The endpoints of one client: every node, or one of them in turn.
    pub(crate) fn of_client(&self, client: usize) -> &[Endpoint] {
        if self.slots.is_some() {
            return &self.endpoints;
        }
        let at = client % self.endpoints.len();
        &self.endpoints[at..=at]
    }

    /// Nanoseconds that its processes have run, if that can be known.
    pub(crate) fn cpu_ns(&self) -> Option<u64> {
        if self.pids.is_empty() {
            return None;
        }
        self.pids.iter().map(|pid| circlet_measure::process_ns(*pid).ok()).sum()
    }
}

fn slots(at: SocketAddr, reply: &Value, greeting: Greeting) -> Result<Slots, Failure> {
    let mut routes = Routes::new();
    if let Value::Error(text) = reply {
        return Err(Failure::new(format!("{at} is no node of a cluster: {text}")));
    }
    if !routes.learn(reply, at) {
        return Err(Failure::new(format!("{at}: its answer to CLUSTER SLOTS is malformed")));
    }
    let nodes: Vec<SocketAddr> = routes.nodes().collect();
    if nodes.is_empty() {
        return Err(Failure::new(format!("{at}: nobody owns a slot")));
    }
    debug_assert!(nodes.len() <= usize::from(SLOT_COUNT));
    Ok(Slots::new(&nodes, greeting, |slot| routes.of_slot(slot)))
}

/// A line of INFO.
fn line<'a>(info: &'a str, name: &str) -> Option<&'a str> {
    info.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
        .map(str::trim)
}

/// The server's name and version: those that say they are Redis for compatibility's sake have lines of their own.
fn program(info: &str) -> String {
    let known = [
        ("circlet_version", "circlet"),
        ("valkey_version", "valkey"),
        ("redis_version", "redis"),
    ];
    let found = known
        .into_iter()
        .find_map(|(field, name)| Some(format!("{name} {}", line(info, field)?)));
    found.unwrap_or_else(|| "a server".into())
}

/// The process that INFO names, if it is on this machine and really the one that listens there: a number out of a container is somebody
/// else's here.
fn pid_of(info: &str, at: SocketAddr) -> Option<u32> {
    let pid: u32 = line(info, "process_id")?.parse().ok()?;
    let listening: BTreeSet<u64> = ["/proc/net/tcp", "/proc/net/tcp6"]
        .iter()
        .filter_map(|path| fs::read_to_string(path).ok())
        .flat_map(|table| inodes(&table, at.port()))
        .collect();
    let files = fs::read_dir(format!("/proc/{pid}/fd")).ok()?;
    let sockets = files.filter_map(|file| fs::read_link(file.ok()?.path()).ok());
    let mut inodes =
        sockets.filter_map(|link| link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok());
    inodes.any(|inode| listening.contains(&inode)).then_some(pid)
}

/// The inodes of the sockets that take connections on a port.
fn inodes(table: &str, port: u16) -> Vec<u64> {
    let inode = |row: &str| {
        let fields: Vec<&str> = row.split_ascii_whitespace().collect();
        let (_, at) = fields.get(1)?.rsplit_once(':')?;
        let is_it = u16::from_str_radix(at, 16).ok()? == port && *fields.get(3)? == LISTENS;
        fields.get(9)?.parse().ok().filter(|_| is_it)
    };
    table.lines().skip(1).filter_map(inode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_listening_socket_is_found_by_its_port() {
        let table = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode\n   \
             0: 0100007F:1B59 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 12345 1 0 100 0 0 10 0\n   \
             1: 0100007F:1B59 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 777 1 0 20 4 30 10 -1\n";
        assert_eq!(inodes(table, 7001), [12_345], "a connection on the same port is none");
        assert!(inodes(table, 7002).is_empty());
    }

    #[test]
    fn the_process_is_ours_if_it_listens_there() {
        let listener = std::net::TcpListener::bind((std::net::Ipv4Addr::LOCALHOST, 0)).expect("a free port");
        let at = listener.local_addr().expect("bound");
        let own = std::process::id();
        let info = format!("# Server\r\nredis_version:7.0.15\r\nprocess_id:{own}\r\n");
        assert_eq!(pid_of(&info, at), Some(own));
        assert_eq!(pid_of("process_id:1\r\n", at), None, "another process of this machine");
        assert_eq!(program(&info), "redis 7.0.15");
    }
}
