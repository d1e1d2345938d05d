//! The sections of INFO.

use super::lines::Lines;
use super::{REDIS_VERSION, circlet};
use crate::metrics::{Count, usage};
use crate::node::Node;
use crate::session::caller::Door;
use circlet_resp::command::all;

/// One section.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Server,
    Clients,
    Memory,
    Persistence,
    Stats,
    Replication,
    Cpu,
    Commandstats,
    Errorstats,
    Latencystats,
    Cluster,
    Keyspace,
    Circlet,
}

impl Section {
    /// All, in the order of the full answer.
    pub(super) const ALL: [Self; 13] = [
        Self::Server,
        Self::Clients,
        Self::Memory,
        Self::Persistence,
        Self::Stats,
        Self::Replication,
        Self::Cpu,
        Self::Commandstats,
        Self::Errorstats,
        Self::Latencystats,
        Self::Cluster,
        Self::Keyspace,
        Self::Circlet,
    ];

    /// The name, as it is asked for.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Server => "server",
            Self::Clients => "clients",
            Self::Memory => "memory",
            Self::Persistence => "persistence",
            Self::Stats => "stats",
            Self::Replication => "replication",
            Self::Cpu => "cpu",
            Self::Commandstats => "commandstats",
            Self::Errorstats => "errorstats",
            Self::Latencystats => "latencystats",
            Self::Cluster => "cluster",
            Self::Keyspace => "keyspace",
            Self::Circlet => "circlet",
        }
    }

    /// Whether INFO without arguments shows it, as in Redis.
    pub(super) fn is_default(self) -> bool {
        !matches!(self, Self::Commandstats | Self::Latencystats)
    }

    /// Appends the section.
    pub(super) fn write(self, node: &Node, door: Door, text: &mut String) {
        let mut lines = Lines::new(text);
        lines.head(match self {
            Self::Cpu => "CPU",
            _ => self.name(),
        });
        match self {
            Self::Server => server(node, door, &mut lines),
            Self::Clients => clients(node, &mut lines),
            Self::Memory => memory(node, &mut lines),
            Self::Persistence => lines.put("loading", 0),
            Self::Stats => stats(node, &mut lines),
            Self::Replication => replication(&mut lines),
            Self::Cpu => cpu(&mut lines),
            Self::Commandstats => command_stats(node, &mut lines),
            Self::Errorstats => error_stats(node, &mut lines),
            Self::Latencystats => latency_stats(node, &mut lines),
            Self::Cluster => lines.put("cluster_enabled", u8::from(door == Door::Cluster)),
            Self::Keyspace => keyspace(node, &mut lines),
            Self::Circlet => circlet::write(node, &mut lines),
        }
    }
}

fn server(node: &Node, door: Door, lines: &mut Lines<'_>) {
    let addresses = node.addresses();
    let (mode, port) = match door {
        Door::Cluster => ("cluster", addresses.cluster.port()),
        Door::Big | Door::Peer => ("standalone", addresses.client.port()),
    };
    let now = node.clock.now();
    let uptime_s = now.mono.as_nanos() / 1_000_000_000;
    lines.put("redis_version", REDIS_VERSION);
    lines.put("redis_mode", mode);
    lines.put("circlet_version", env!("CARGO_PKG_VERSION"));
    lines.put(
        "os",
        format_args!("{} {}", std::env::consts::OS, std::env::consts::ARCH),
    );
    lines.put("arch_bits", usize::BITS);
    lines.put("process_id", std::process::id());
    lines.put("run_id", node.identity.id);
    lines.put("tcp_port", port);
    lines.put("server_time_usec", now.wall.get() * 1_000);
    lines.put("uptime_in_seconds", uptime_s);
    lines.put("uptime_in_days", uptime_s / 86_400);
    lines.put(
        "config_file",
        node.config
            .file()
            .map_or(String::new(), |file| file.display().to_string()),
    );
}

fn clients(node: &Node, lines: &mut Lines<'_>) {
    lines.put("connected_clients", node.clients.len());
    lines.put("maxclients", node.config.current().limits.clients_max);
    lines.put("blocked_clients", node.clients.blocked());
    lines.put("circlet_waiting_commands", node.waiting.len());
}

fn memory(node: &Node, lines: &mut Lines<'_>) {
    let (counts, process, config) = (node.store.counts(), usage(), node.config.current());
    let (used, memory_max) = (counts.memory_bytes(), config.limits.memory_bytes_max.0);
    lines.put_bytes("used_memory", used);
    lines.put_bytes("used_memory_rss", process.resident_bytes);
    lines.put_bytes("used_memory_peak", process.resident_bytes_peak);
    lines.put("used_memory_dataset", counts.entry_bytes);
    lines.put("used_memory_overhead", counts.table_bytes);
    lines.put_bytes("maxmemory", memory_max);
    lines.put("maxmemory_policy", config.limits.eviction.word());
}

fn stats(node: &Node, lines: &mut Lines<'_>) {
    let fields = [
        ("total_connections_received", Count::ConnectionsAccepted),
        ("total_commands_processed", Count::CommandsReceived),
        ("total_net_input_bytes", Count::ClientBytesReceived),
        ("total_net_output_bytes", Count::ClientBytesSent),
        ("total_net_repl_input_bytes", Count::PeerBytesReceived),
        ("total_net_repl_output_bytes", Count::PeerBytesSent),
        ("rejected_connections", Count::ConnectionsRefused),
        (
            "client_output_buffer_limit_disconnections",
            Count::ConnectionsOverOutputLimit,
        ),
        ("expired_keys", Count::EntriesExpired),
        ("keyspace_hits", Count::KeyspaceHits),
        ("keyspace_misses", Count::KeyspaceMisses),
        ("unexpected_error_replies", Count::ProtocolErrors),
    ];
    for (name, count) in fields {
        lines.put(name, node.metrics.since_reset(count));
    }
    let per_second = node.metrics.commands_per_second(node.clock.now().mono.as_nanos());
    lines.put("instantaneous_ops_per_sec", per_second);
    let errors: u64 = node.metrics.errors().all_since_reset().map(|(_, count)| count).sum();
    lines.put("total_error_replies", errors);
    lines.put("evicted_keys", 0);
}

/// There is no replication link as Redis has it: every node is a primary of its arcs.
fn replication(lines: &mut Lines<'_>) {
    lines.put("role", "master");
    lines.put("connected_slaves", 0);
    lines.put("master_repl_offset", 0);
}

fn cpu(lines: &mut Lines<'_>) {
    let process = usage();
    // The system tells only the sum of both.
    lines.put("used_cpu_sys", "0.000000");
    lines.put("used_cpu_user", format_args!("{:.6}", process.cpu.as_secs_f64()));
    lines.put("circlet_threads", process.threads);
}

fn command_stats(node: &Node, lines: &mut Lines<'_>) {
    for spec in all() {
        let calls = node.metrics.commands().since_reset(spec.id() as usize);
        if calls == 0 {
            continue;
        }
        let times = node.metrics.latency().since_reset(spec.id() as usize);
        let (timed, usec) = (times.count().max(1) as f64, times.sum().as_secs_f64() * 1e6);
        lines.put(
            &format!("cmdstat_{}", spec.name()),
            format_args!(
                "calls={calls},usec={usec:.0},usec_per_call={:.2},rejected_calls=0,failed_calls=0",
                usec / timed
            ),
        );
    }
}

fn error_stats(node: &Node, lines: &mut Lines<'_>) {
    for (code, count) in node.metrics.errors().all_since_reset() {
        if count > 0 {
            lines.put(&format!("errorstat_{code}"), format_args!("count={count}"));
        }
    }
}

fn latency_stats(node: &Node, lines: &mut Lines<'_>) {
    for spec in all() {
        let times = node.metrics.latency().since_reset(spec.id() as usize);
        if times.count() == 0 {
            continue;
        }
        let at = |percent| times.percentile(percent).as_secs_f64() * 1e6;
        lines.put(
            &format!("latency_percentiles_usec_{}", spec.name()),
            format_args!("p50={:.3},p99={:.3},p99.9={:.3}", at(50.0), at(99.0), at(99.9)),
        );
    }
}

/// What this node holds, as owner of whatever rank: DBSIZE counts each key of the cluster once.
fn keyspace(node: &Node, lines: &mut Lines<'_>) {
    let counts = node.store.counts();
    if counts.live > 0 {
        lines.put(
            "db0",
            format_args!("keys={},expires={},avg_ttl=0", counts.live, counts.expiring),
        );
    }
}
