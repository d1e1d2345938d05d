//! A ready observer: feature `prometheus`.

use crate::observer::{CallReport, Event, Observer};
use prometheus::{HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts, Registry};

/// Seconds: from what a node on loopback needs to what no call should.
const BUCKETS: [f64; 12] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5,
];

/// Counts calls and events in a [`Registry`] of the `prometheus` crate.
///
/// | metric | labels |
/// |---|---|
/// | `circlet_client_call_seconds` | `command`: retries and pauses included |
/// | `circlet_client_errors_total` | `command`, `kind` |
/// | `circlet_client_retries_total` | `kind`: why |
/// | `circlet_client_connections_total` | `what`: `made`, `ended` |
/// | `circlet_client_node_rests_total` | nodes left alone for a while |
/// | `circlet_client_topology_fetches_total` | `outcome`: `same`, `changed`, `failed` |
/// | `circlet_client_hedges_total` | `what`: `made`, `won` |
/// | `circlet_client_votes_total` | `outcome`: `counted`, `failed` |
/// | `circlet_client_near_reads_total` | `outcome`: `hit`, `miss` |
#[derive(Debug)]
pub struct PrometheusObserver {
    calls: HistogramVec,
    errors: IntCounterVec,
    retries: IntCounterVec,
    connections: IntCounterVec,
    rests: IntCounter,
    fetches: IntCounterVec,
    hedges: IntCounterVec,
    votes_counted: IntCounter,
    votes_failed: IntCounter,
    near_hits: IntCounter,
    near_misses: IntCounter,
}

impl PrometheusObserver {
    /// Registers the metrics.
    ///
    /// # Errors
    /// When the registry has metrics of these names: one observer may serve several clients.
    pub fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name: &str, help: &str, labels: &[&str]| -> prometheus::Result<IntCounterVec> {
            let counter = IntCounterVec::new(Opts::new(format!("circlet_client_{name}"), help), labels)?;
            registry.register(Box::new(counter.clone()))?;
            Ok(counter)
        };
        let calls = HistogramOpts::new("circlet_client_call_seconds", "How long calls took, retries included.");
        let calls = HistogramVec::new(calls.buckets(BUCKETS.to_vec()), &["command"])?;
        registry.register(Box::new(calls.clone()))?;
        let rests = IntCounter::new(
            "circlet_client_node_rests_total",
            "Nodes that failed and were left alone.",
        )?;
        registry.register(Box::new(rests.clone()))?;
        let near = counter(
            "near_reads_total",
            "Reads that the near cache was asked for.",
            &["outcome"],
        )?;
        let votes = counter("votes_total", "Reads that two owners voted on.", &["outcome"])?;
        Ok(PrometheusObserver {
            calls,
            errors: counter("errors_total", "Calls that failed.", &["command", "kind"])?,
            retries: counter("retries_total", "Attempts after the first.", &["kind"])?,
            connections: counter("connections_total", "Connections made and ended.", &["what"])?,
            rests,
            fetches: counter("topology_fetches_total", "Questions for the placement.", &["outcome"])?,
            hedges: counter("hedges_total", "Reads made on a second owner.", &["what"])?,
            // Once a read: the children are looked up once.
            votes_counted: votes.with_label_values(&["counted"]),
            votes_failed: votes.with_label_values(&["failed"]),
            near_hits: near.with_label_values(&["hit"]),
            near_misses: near.with_label_values(&["miss"]),
        })
    }
}

impl Observer for PrometheusObserver {
    fn on_call(&self, call: &CallReport) {
        let calls = self.calls.with_label_values(&[call.command]);
        calls.observe(call.took.as_secs_f64());
        if let Some(kind) = call.error {
            self.errors
                .with_label_values(&[call.command, &format!("{kind:?}")])
                .inc();
        }
    }

    fn on_event(&self, event: &Event<'_>) {
        match event {
            Event::Connected { .. } => self.connections.with_label_values(&["made"]).inc(),
            Event::Disconnected { .. } => self.connections.with_label_values(&["ended"]).inc(),
            Event::NodeRests { .. } => self.rests.inc(),
            Event::NodeIsBack { .. } | Event::NearPush { .. } => {}
            Event::TopologyFetched { changed: true, .. } => self.fetches.with_label_values(&["changed"]).inc(),
            Event::TopologyFetched { changed: false, .. } => self.fetches.with_label_values(&["same"]).inc(),
            Event::TopologyFetchFailed => self.fetches.with_label_values(&["failed"]).inc(),
            Event::Retried { error, .. } => self.retries.with_label_values(&[&format!("{error:?}")]).inc(),
            Event::Hedged => self.hedges.with_label_values(&["made"]).inc(),
            Event::HedgeWon => self.hedges.with_label_values(&["won"]).inc(),
            Event::Voted => self.votes_counted.inc(),
            Event::VoteFailed => self.votes_failed.inc(),
            Event::NearHit => self.near_hits.inc(),
            Event::NearMiss => self.near_misses.inc(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;
    use prometheus::TextEncoder;
    use std::time::Duration;

    #[test]
    fn calls_and_events_are_counted_under_their_names() {
        let registry = Registry::new();
        let observer = PrometheusObserver::new(&registry).unwrap();
        observer.on_call(&CallReport::new("get", Duration::from_millis(2), 1, None));
        observer.on_call(&CallReport::new(
            "set",
            Duration::from_secs(2),
            3,
            Some(ErrorKind::NoQuorum),
        ));
        observer.on_event(&Event::Hedged);
        observer.on_event(&Event::Voted);
        observer.on_event(&Event::NearHit);
        let text = TextEncoder::new().encode_to_string(&registry.gather()).unwrap();
        for line in [
            "circlet_client_call_seconds_bucket{command=\"get\",le=\"0.0025\"} 1",
            "circlet_client_errors_total{command=\"set\",kind=\"NoQuorum\"} 1",
            "circlet_client_hedges_total{what=\"made\"} 1",
            "circlet_client_votes_total{outcome=\"counted\"} 1",
            "circlet_client_near_reads_total{outcome=\"hit\"} 1",
        ] {
            assert!(text.contains(line), "no {line} in\n{text}");
        }
        assert!(
            PrometheusObserver::new(&registry).is_err(),
            "a second one under the same names"
        );
    }
}
