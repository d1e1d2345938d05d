//! The metrics that every node has.

use super::rate::Rate;
use super::{Count, Counters, Histograms, Registry, usage};
use std::sync::Arc;

/// The counters and histograms of one node, and the registry that shows them.
///
/// Gauges (clients, entries, peers, ...) are registered by whoever knows their value, through [`registry`](Self::registry).
pub struct NodeMetrics {
    registry: Registry,
    counts: Vec<Arc<Counters>>,
    commands: Arc<Counters>,
    errors: Arc<Counters>,
    error_codes: Vec<String>,
    latency: Arc<Histograms>,
    rate: Rate,
}

impl NodeMetrics {
    /// The metrics of a node that knows these commands, which are then counted by their place in the list, and answers
    /// with errors of these codes (`ERR`, `NOQUORUM`, ...); others are counted as `other`.
    #[must_use]
    pub fn new(commands: Vec<String>, error_codes: &[&str]) -> Self {
        let registry = Registry::new();
        let counts = Count::ALL
            .iter()
            .map(|count| Arc::new(Counters::single(count.name(), count.help())));
        let counts: Vec<Arc<Counters>> = counts.collect();
        let error_codes: Vec<String> = error_codes.iter().chain(&["other"]).map(ToString::to_string).collect();
        let errors = Counters::new(
            "circlet_errors_total",
            "Error replies by their first word.",
            "code",
            error_codes.clone(),
        );
        let name = "circlet_command_seconds";
        let latency = Histograms::new(
            name,
            "Time from a command's arrival to its reply.",
            "command",
            commands.clone(),
        );
        let commands = Counters::new(
            "circlet_commands_total",
            "Commands executed for clients.",
            "command",
            commands,
        );
        let metrics = Self {
            registry,
            counts,
            commands: Arc::new(commands),
            errors: Arc::new(errors),
            error_codes,
            latency: Arc::new(latency),
            rate: Rate::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&self) {
        let registry = &self.registry;
        self.counts.iter().for_each(|counter| registry.add(counter.clone()));
        registry.add(self.commands.clone());
        registry.add(self.errors.clone());
        registry.add(self.latency.clone());
        #[allow(clippy::cast_precision_loss, reason = "Prometheus knows only floating point numbers")]
        {
            registry.gauge("circlet_process_resident_bytes", "Memory in use.", || {
                usage().resident_bytes as f64
            });
            registry.gauge("circlet_process_open_files", "Open files, sockets included.", || {
                usage().open_files as f64
            });
        }
        let cpu = "Processor time of all threads since the start.";
        registry.gauge("circlet_process_cpu_seconds", cpu, || usage().cpu.as_secs_f64());
    }

    /// Counts one.
    #[inline]
    pub fn inc(&self, count: Count) {
        self.add(count, 1);
    }

    /// Counts `by`.
    #[inline]
    pub fn add(&self, count: Count, by: u64) {
        self.counts[count as usize].add(0, by);
    }

    /// What was ever counted.
    #[must_use]
    pub fn total(&self, count: Count) -> u64 {
        self.counts[count as usize].total(0)
    }

    /// What was counted since statistics were last reset.
    #[must_use]
    pub fn since_reset(&self, count: Count) -> u64 {
        self.counts[count as usize].since_reset(0)
    }

    /// Commands executed, by their place in the list given to [`new`](Self::new).
    #[must_use]
    pub fn commands(&self) -> &Counters {
        &self.commands
    }

    /// Times from a command's arrival to its reply, by the same place.
    #[must_use]
    pub fn latency(&self) -> &Histograms {
        &self.latency
    }

    /// Commands received a second, since this was asked before; `now_ns` is on the node's monotonic scale, in nanoseconds.
    #[must_use]
    pub fn commands_per_second(&self, now_ns: u64) -> u64 {
        self.rate.look(self.since_reset(Count::CommandsReceived), now_ns)
    }

    /// Counts an error reply, by its first word.
    pub fn error(&self, reply: &str) {
        let code = reply.split(' ').next().unwrap_or("");
        let other = self.error_codes.len() - 1;
        self.errors
            .inc(self.error_codes.iter().position(|known| known == code).unwrap_or(other));
    }

    /// Error replies by code, since statistics were last reset.
    #[must_use]
    pub fn errors(&self) -> &Counters {
        &self.errors
    }

    /// `CONFIG RESETSTAT`: what INFO shows starts from 0. What Prometheus sees goes on.
    pub fn reset(&self) {
        self.counts.iter().for_each(|counter| counter.reset());
        self.commands.reset();
        self.errors.reset();
        self.latency.reset();
    }

    /// Where gauges are registered, and what `/metrics` renders.
    #[must_use]
    pub fn registry(&self) -> &Registry {
        &self.registry
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn metrics() -> NodeMetrics {
        NodeMetrics::new(vec!["get".into(), "set".into()], &["ERR", "NOQUORUM"])
    }

    #[test]
    fn what_is_counted_is_rendered() {
        let metrics = metrics();
        metrics.add(Count::ReadRepairs, 2);
        metrics.commands().inc(1);
        metrics.error("NOQUORUM need 2 of 3 replicas, 1 alive");
        metrics.error("STRANGE thing");
        let text = metrics.registry().render();
        for line in [
            "circlet_read_repairs_total 2\n",
            "circlet_commands_total{command=\"set\"} 1\n",
            "circlet_errors_total{code=\"NOQUORUM\"} 1\n",
            "circlet_errors_total{code=\"other\"} 1\n",
            "circlet_process_resident_bytes ",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn resetstat_resets_everything_that_info_shows() {
        let metrics = metrics();
        metrics.inc(Count::KeyspaceHits);
        metrics.commands().inc(0);
        metrics.error("ERR no");
        metrics.latency().record(0, 1_000);
        metrics.reset();
        let left = metrics.since_reset(Count::KeyspaceHits)
            + metrics.commands().since_reset(0)
            + metrics.errors().since_reset(0)
            + metrics.latency().since_reset(0).count();
        assert_eq!(left, 0);
    }
}
