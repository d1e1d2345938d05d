//! All metrics of a node, and the text that Prometheus reads.

use super::family::Family;
use prometheus::core::{Collector, Desc};
use prometheus::proto::{Gauge, MetricFamily, MetricType};
use prometheus::{Encoder as _, TextEncoder};
use std::sync::Arc;

/// The registry of one node. Not the process's global one: a test runs several nodes.
#[derive(Clone, Default)]
pub struct Registry {
    inner: prometheus::Registry,
}

impl Registry {
    /// An empty registry.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a family that is read at every scrape.
    ///
    /// # Panics
    ///
    /// If a family of this name is there already.
    pub fn add(&self, family: Arc<impl Collector + 'static>) {
        let name = family.desc().first().map(|desc| desc.fq_name.clone());
        let added = self.inner.register(Box::new(Shared(family)));
        assert!(added.is_ok(), "metric {name:?} is there twice: {added:?}");
    }

    /// Adds a gauge whose value `read` tells at every scrape; it must be quick, and must not wait for a lock that is held long.
    ///
    /// # Panics
    ///
    /// If a family of this name is there already, or if the name is none to Prometheus.
    pub fn gauge(&self, name: &'static str, help: &'static str, read: impl Fn() -> f64 + Send + Sync + 'static) {
        self.gauges(name, help, "", move || vec![(String::new(), read())]);
    }

    /// Adds gauges that differ in the value of one label, as [`gauge`](Self::gauge); `read` tells label values and values.
    ///
    /// # Panics
    ///
    /// If a family of this name is there already, or if the name is none to Prometheus.
    pub fn gauges(
        &self,
        name: &'static str,
        help: &'static str,
        label: &'static str,
        read: impl Fn() -> Vec<(String, f64)> + Send + Sync + 'static,
    ) {
        self.add(Arc::new(Gauges {
            family: Family::new(name, help, label),
            read: Box::new(read),
        }));
    }

    /// Adds gauges that one look tells all of, as [`gauge`](Self::gauge): what is dear to find out is found out once a scrape.
    ///
    /// # Panics
    ///
    /// If a family of such a name is there already, or if a name is none to Prometheus.
    pub fn gauges_together<const N: usize>(
        &self,
        about: [(&'static str, &'static str); N],
        read: impl Fn() -> [f64; N] + Send + Sync + 'static,
    ) {
        self.add(Arc::new(Together {
            families: about.map(|(name, help)| Family::new(name, help, "")),
            read,
        }));
    }

    /// The text exposition of everything, families in order of their names.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = Vec::new();
        // Writing to memory does not fail; a family that could not be written is missing from the text, and seen so.
        let _ = TextEncoder::new().encode(&self.inner.gather(), &mut text);
        String::from_utf8_lossy(&text).into_owned()
    }

    /// The content type of [`render`](Self::render).
    #[must_use]
    pub const fn content_type() -> &'static str {
        prometheus::TEXT_FORMAT
    }
}

/// A family that somebody else counts on.
struct Shared<C>(Arc<C>);

impl<C: Collector> Collector for Shared<C> {
    fn desc(&self) -> Vec<&Desc> {
        self.0.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.0.collect()
    }
}

type ReadGauges = dyn Fn() -> Vec<(String, f64)> + Send + Sync;

struct Gauges {
    family: Family,
    read: Box<ReadGauges>,
}

impl Collector for Gauges {
    fn desc(&self) -> Vec<&Desc> {
        self.family.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let metrics = (self.read)().into_iter().map(|(value, number)| {
            let mut gauge = Gauge::default();
            gauge.set_value(number);
            let mut metric = self.family.metric(&value);
            metric.set_gauge(gauge);
            metric
        });
        self.family.collected(MetricType::GAUGE, metrics.collect())
    }
}

struct Together<const N: usize, R> {
    families: [Family; N],
    read: R,
}

impl<const N: usize, R: Fn() -> [f64; N] + Send + Sync> Collector for Together<N, R> {
    fn desc(&self) -> Vec<&Desc> {
        self.families.iter().flat_map(Family::desc).collect()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        let collected = |(family, number): (&Family, f64)| {
            let mut gauge = Gauge::default();
            gauge.set_value(number);
            let mut metric = family.metric("");
            metric.set_gauge(gauge);
            family.collected(MetricType::GAUGE, vec![metric])
        };
        self.families.iter().zip((self.read)()).flat_map(collected).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Counters, Histograms};

    #[test]
    fn the_text_exposition_is_as_prometheus_reads_it() {
        let registry = Registry::new();
        let commands = Arc::new(Counters::new(
            "circlet_commands_total",
            "Commands.",
            "command",
            vec!["get".into(), "s\"et".into()],
        ));
        let seconds = Arc::new(Histograms::new(
            "circlet_command_seconds",
            "Time.",
            "command",
            vec!["get".into(), "idle".into()],
        ));
        let shed = Arc::new(Counters::single("circlet_shed_total", "Shed."));
        registry.add(commands.clone());
        registry.add(seconds.clone());
        registry.add(shed.clone());
        registry.gauge("circlet_clients", "Clients.", || 3.0);
        registry.gauges("circlet_peer_up", "Peers.", "peer", || {
            vec![("a".into(), 1.0), ("b".into(), 0.0)]
        });
        commands.add(0, 2);
        commands.inc(1);
        shed.inc(0);
        seconds.record(0, 15_000);
        seconds.record(0, 3_000_000);
        seconds.record(0, 60_000_000_000);
        assert_eq!(registry.render(), include_str!("testdata/exposition.txt"));
    }

    #[test]
    fn families_without_anything_to_tell_are_left_out() {
        let registry = Registry::new();
        registry.add(Arc::new(Histograms::new(
            "circlet_command_seconds",
            "Time.",
            "command",
            vec!["get".into()],
        )));
        registry.gauges("circlet_peer_up", "Peers.", "peer", Vec::new);
        assert_eq!(registry.render(), "");
    }

    #[test]
    fn figures_of_one_look_are_looked_at_once_a_scrape() {
        let registry = Registry::new();
        let looks = Arc::new(std::sync::atomic::AtomicU32::new(0));
        let counted = Arc::clone(&looks);
        registry.gauges_together([("circlet_a", "A."), ("circlet_b", "B.")], move || {
            let look = counted.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            [f64::from(look), 7.0]
        });
        assert!(registry.render().contains("circlet_a 0\n"));
        let second = registry.render();
        assert!(
            second.contains("circlet_a 1\n") && second.contains("circlet_b 7\n"),
            "{second}"
        );
    }

    #[test]
    fn one_name_for_two_families_is_a_mistake_of_ours() {
        let registry = Registry::new();
        let add = |help| registry.add(Arc::new(Counters::single("circlet_a_total", help)));
        add("A.");
        let again = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| add("B.")));
        assert!(again.is_err());
    }
}
