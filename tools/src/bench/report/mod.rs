//! The report: numbers first, then three ways to look at them.

mod html;
mod text;

use super::args::RebalanceArgs;
use super::load::{Bucket, Phase};
use super::system::NodeLoad;
use serde::Serialize;

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    pub(crate) version: u32,
    pub(crate) setup: Setup,
    pub(crate) systems: Vec<SystemReport>,
}

/// What was asked for.
#[derive(Debug, Serialize)]
pub(crate) struct Setup {
    pub(crate) keys: u64,
    pub(crate) value_bytes: u32,
    pub(crate) rate_per_s: u32,
    pub(crate) read_share: f64,
    pub(crate) check_share: f64,
    pub(crate) check_keys: u32,
    pub(crate) distribution: String,
    pub(crate) connections_per_node: u16,
    pub(crate) patience_ms: u32,
    pub(crate) seed: u64,
}

/// One system.
#[derive(Debug, Serialize)]
pub(crate) struct SystemReport {
    pub(crate) name: String,
    pub(crate) load_s: f64,
    /// When the load of the scenario began: its seconds, since 1970, so that moments of the report are found in the nodes' logs.
    pub(crate) began_at_unix_s: f64,
    /// Bytes of key and value of a loaded entry.
    pub(crate) entry_bytes: u64,
    pub(crate) phases: Vec<PhaseReport>,
    pub(crate) timeline: Vec<Bucket>,
    pub(crate) read_back: ReadBack,
}

/// One phase, and the nodes at its two ends.
#[derive(Debug, Serialize)]
pub(crate) struct PhaseReport {
    #[serde(flatten)]
    pub(crate) phase: Phase,
    pub(crate) is_step: bool,
    /// Whether entries are moved for it.
    pub(crate) moves: bool,
    pub(crate) said: Option<String>,
    pub(crate) entries_moved_least: Option<u64>,
    pub(crate) before: Vec<NodeLoad>,
    pub(crate) after: Vec<NodeLoad>,
}

/// What was missing when all was read at the end.
#[derive(Debug, Default, Serialize)]
pub(crate) struct ReadBack {
    /// Checked keys that show less than was acknowledged.
    pub(crate) lost_checked: u64,
    /// Loaded keys that are not there.
    pub(crate) lost_loaded: u64,
    /// Checked keys whose deletion was acknowledged and that have a value.
    pub(crate) resurrected: u64,
    /// Keys that could not be read at all.
    pub(crate) unread: u64,
}

/// What moved in a phase.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Moved {
    pub(crate) entries: u64,
    pub(crate) bytes: u64,
    /// The nodes said so themselves; else it is what their key counts grew by, and bytes of keys and values.
    pub(crate) is_exact: bool,
    /// Node, entries, bytes.
    pub(crate) by_node: Vec<(u16, u64, u64)>,
}

impl Report {
    pub(crate) fn new(args: &RebalanceArgs) -> Self {
        Report {
            version: 1,
            setup: Setup {
                keys: args.keys,
                value_bytes: args.value_bytes,
                rate_per_s: args.rate,
                read_share: args.read_share,
                check_share: args.check_share,
                check_keys: args.check_keys,
                distribution: format!("{:?}", args.distribution).to_lowercase(),
                connections_per_node: args.connections,
                patience_ms: args.patience_ms,
                seed: args.seed,
            },
            systems: Vec::new(),
        }
    }

    /// For programs.
    pub(crate) fn json(&self) -> String {
        let mut page = serde_json::to_value(self).unwrap_or_default();
        for (number, system) in self.systems.iter().enumerate() {
            let page = &mut page["systems"][number];
            page["lost"] = system.lost().into();
            page["resurrected"] = system.resurrected().into();
            page["went_back"] = system.went_back().into();
            for (number, phase) in system.phases.iter().enumerate() {
                let row = &mut page["phases"][number];
                row["ops_per_s"] = phase.phase.ops_per_s().into();
                row["hit_ratio"] = phase.phase.hit_ratio().into();
                row["cores"] = phase.cores().into();
                row["moved"] = serde_json::to_value(phase.moved(system.entry_bytes)).unwrap_or_default();
            }
        }
        // Every value of it came from serde_json itself.
        serde_json::to_string_pretty(&page).unwrap_or_default()
    }

    /// For people, at a terminal.
    pub(crate) fn text(&self) -> String {
        text::text(self)
    }

    /// For people, in a browser.
    pub(crate) fn html(&self) -> String {
        html::page(self)
    }
}

impl SystemReport {
    /// Acknowledged writes that are not there at the end.
    pub(crate) fn lost(&self) -> u64 {
        self.read_back.lost_checked + self.read_back.lost_loaded
    }

    pub(crate) fn resurrected(&self) -> u64 {
        let during: u64 = self.phases.iter().map(|phase| phase.phase.counts.resurrected).sum();
        during + self.read_back.resurrected
    }

    /// Answers older than what was acknowledged or seen before, or never written.
    pub(crate) fn went_back(&self) -> u64 {
        self.phases
            .iter()
            .map(|phase| phase.phase.counts.went_back + phase.phase.counts.foreign)
            .sum()
    }

    pub(crate) fn wrong_answers(&self) -> u64 {
        self.lost() + self.resurrected() + self.went_back()
    }

    /// Cores that all servers kept busy before the first step.
    fn cores_at_rest(&self) -> Option<f64> {
        self.phases.first()?.cores()
    }

    /// CPU that each moved entry cost in all servers, in microseconds, above that of the steady load.
    pub(crate) fn us_per_entry(&self, phase: &PhaseReport) -> Option<f64> {
        let moved = phase.moved(self.entry_bytes)?.entries;
        let extra = (phase.cores()? - self.cores_at_rest()?) * phase.phase.seconds();
        (moved > 0).then(|| extra.max(0.0) * 1e6 / moved as f64)
    }
}

impl PhaseReport {
    /// What moved; `None` for phases that move nothing of themselves.
    pub(crate) fn moved(&self, entry_bytes: u64) -> Option<Moved> {
        if !self.moves {
            return None;
        }
        let before = |node: u16| {
            self.before
                .iter()
                .find(|load| load.node == node)
                .cloned()
                .unwrap_or_default()
        };
        let is_exact = self
            .after
            .iter()
            .any(|load| load.entries_moved.unwrap_or_default() > before(load.node).entries_moved.unwrap_or_default());
        let by_node: Vec<(u16, u64, u64)> = self
            .after
            .iter()
            .map(|load| {
                let old = before(load.node);
                let grown = |now: Option<u64>, then: Option<u64>| {
                    now.unwrap_or_default().saturating_sub(then.unwrap_or_default())
                };
                if is_exact {
                    let bytes = grown(load.bytes_moved, old.bytes_moved);
                    return (load.node, grown(load.entries_moved, old.entries_moved), bytes);
                }
                let entries = load.keys.saturating_sub(old.keys);
                (load.node, entries, entries * entry_bytes)
            })
            .collect();
        Some(Moved {
            entries: by_node.iter().map(|(_, entries, _)| entries).sum(),
            bytes: by_node.iter().map(|(_, _, bytes)| bytes).sum(),
            is_exact,
            by_node,
        })
    }

    /// Cores that the servers kept busy; `None` when their processes are not ours. Those that went take their time with them.
    pub(crate) fn cores(&self) -> Option<f64> {
        let mut total = 0;
        for load in &self.after {
            let before = self
                .before
                .iter()
                .find(|old| old.node == load.node)
                .and_then(|old| old.cpu_ns);
            total += load.cpu_ns?.saturating_sub(before.unwrap_or_default());
        }
        (self.phase.seconds() > 0.0).then(|| total as f64 / 1e9 / self.phase.seconds())
    }

    /// Commands a second of each node, in the order of the nodes.
    pub(crate) fn commands_per_s(&self) -> Vec<(u16, f64)> {
        let rate = |load: &NodeLoad| {
            let before = self
                .before
                .iter()
                .find(|old| old.node == load.node)
                .map_or(0, |old| old.commands);
            (
                load.node,
                load.commands.saturating_sub(before) as f64 / self.phase.seconds().max(1e-3),
            )
        };
        self.after.iter().map(rate).collect()
    }
}

#[cfg(test)]
mod testing;

#[cfg(test)]
mod tests {
    use super::testing::report;

    #[test]
    fn what_moved_is_what_key_counts_grew_by_unless_the_nodes_say() {
        let mut report = report();
        let phase = &mut report.systems[0].phases[1];
        let moved = phase.moved(80).expect("a join moves");
        assert_eq!((moved.entries, moved.bytes, moved.is_exact), (250, 20_000, false));
        phase.after[1].entries_moved = Some(260);
        phase.after[1].bytes_moved = Some(9_000);
        let moved = phase.moved(80).expect("a join moves");
        assert_eq!((moved.entries, moved.bytes, moved.is_exact), (260, 9_000, true));
    }

    #[test]
    fn the_json_has_the_verdict_and_every_phase() {
        let page: serde_json::Value = serde_json::from_str(&report().json()).expect("it is JSON");
        let system = &page["systems"][0];
        assert_eq!(system["lost"], 3);
        assert_eq!(system["phases"][1]["name"], "join");
        assert_eq!(system["phases"][1]["moved"]["entries"], 250);
        assert_eq!(system["phases"][1]["entries_moved_least"], 250);
        assert!(system["timeline"].as_array().is_some_and(|points| points.len() == 8));
        assert_eq!(page["setup"]["keys"], 1_000);
    }

    #[test]
    fn the_table_says_what_was_measured() {
        let text = report().text();
        for word in [
            "some <system>",
            "join",
            "p99.9",
            "250",
            "1.00",
            "lost 3",
            "resurrected 0",
            "went back 1",
        ] {
            assert!(text.contains(word), "{word:?} is missing in:\n{text}");
        }
    }
}
