//! What the metrics of one name share: name, help, label, and what Prometheus is shown of them.

use prometheus::core::Desc;
use prometheus::proto::{LabelPair, Metric, MetricFamily, MetricType};

/// The descriptor of a family: one name, and at most one label that tells its metrics apart.
pub(super) struct Family {
    name: &'static str,
    help: &'static str,
    label: &'static str,
    desc: Desc,
}

impl Family {
    /// A family; its metrics have no label if that is empty.
    ///
    /// # Panics
    ///
    /// If the name or the label is none to Prometheus.
    pub(super) fn new(name: &'static str, help: &'static str, label: &'static str) -> Self {
        let labels = if label.is_empty() {
            vec![]
        } else {
            vec![label.to_string()]
        };
        let desc = Desc::new(name.to_string(), help.to_string(), labels, Default::default());
        let desc = desc.unwrap_or_else(|error| panic!("metric {name}: {error}"));
        Self {
            name,
            help,
            label,
            desc,
        }
    }

    /// The name.
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    /// As a collector describes itself.
    pub(super) fn desc(&self) -> Vec<&Desc> {
        vec![&self.desc]
    }

    /// A metric whose label has this value, yet without what it measures.
    pub(super) fn metric(&self, value: &str) -> Metric {
        if self.label.is_empty() {
            return Metric::default();
        }
        let mut pair = LabelPair::default();
        pair.set_name(self.label.to_string());
        pair.set_value(value.to_string());
        Metric::from_label(vec![pair])
    }

    /// As a collector gives what it has measured.
    pub(super) fn collected(&self, kind: MetricType, metrics: Vec<Metric>) -> Vec<MetricFamily> {
        let mut family = MetricFamily::default();
        family.set_name(self.name.to_string());
        family.set_help(self.help.to_string());
        family.set_field_type(kind);
        family.set_metric(metrics);
        vec![family]
    }
}
