//! What all nodes of a cluster agree on, with a fingerprint that they compare when they meet.
//!
//! Two nodes that count to different quorums, or that cut the slots into different arcs, lose writes without an error
//! anywhere. So these settings are a type of their own, are fixed when the cluster is formed, and a node refuses a
//! peer with another fingerprint.

use super::cluster_node::ClusterNode;
use super::prefix_levels::{Levels, PrefixLevels};
use super::setting::settings;
use super::{Bounds, Config};
use super::{Level, Millis, Profile};
use circlet_ring::{ArcCount, NodeId};
use std::fmt::Write as _;
use xxhash_rust::xxh3::xxh3_64;

settings! {
    /// What all nodes of the cluster agree on.
    pub struct ClusterSettings as cluster {
        /// Name of the cluster. Nodes of another name are refused, so that two clusters on one network stay apart.
        "cluster-name" Formed name: String = "circlet".to_string(), Bounds::Range(1, 64);
        /// Copies of each key (N), at most one a node. Raising it: memory, and one more message a write.
        "replicas" Formed replicas: u8 = 3, Bounds::Range(1, 7);
        /// Owners that must answer a read (R), unless a prefix or a connection says otherwise: one, quorum or all.
        "read-level" Formed read_level: Level = Level::Quorum, Bounds::Any;
        /// Owners that must hold a write before it is acknowledged (W), unless a prefix or a connection says otherwise: one, quorum or all.
        "write-level" Formed write_level: Level = Level::Quorum, Bounds::Any;
        /// Number of arcs, a power of two. Raise it past some 60 nodes: finer placement for longer answers of `CLUSTER SLOTS`.
        "arcs" Formed arcs: ArcCount = ArcCount::DEFAULT, Bounds::Range(256, 16_384);
        /// Pace of failure detection: fast (one machine or rack), lan (one data centre) or wan. Slower ones take longer to find the dead and bear longer pauses.
        "gossip-profile" Formed gossip_profile: Profile = Profile::Fast, Bounds::Any;
        /// Milliseconds that a stamp may be ahead of the own clock before it is refused. Raising it: a clock that runs ahead decides for longer which write is the last.
        "clock-ahead-ms-max" Formed clock_ahead_ms_max: Millis = Millis(5_000), Bounds::Range(100, 3_600_000);
    }
    also {
        /// The nodes that form the cluster, from the file's `[[nodes]]`; none: this node alone.
        nodes: Vec<ClusterNode>;
        /// Levels of keys by their prefix, from the file's `[[levels]]`.
        prefix_levels: PrefixLevels;
    }
}

impl ClusterSettings {
    /// The same number on all nodes that agree, and with near certainty only on those.
    ///
    /// Pinned by a test: nodes of different builds compare it.
    #[must_use]
    pub fn fingerprint(&self) -> u64 {
        xxh3_64(self.canonical_text().as_bytes())
    }

    /// The listed node of an id.
    #[must_use]
    pub fn node(&self, id: &NodeId) -> Option<&ClusterNode> {
        self.nodes.iter().find(|node| node.id == *id)
    }

    /// The levels of a key on a connection that asks for none.
    #[must_use]
    #[inline]
    pub fn levels_of(&self, key: &[u8]) -> Levels {
        self.prefix_levels.of(key).unwrap_or(Levels {
            read: self.read_level,
            write: self.write_level,
        })
    }

    /// One line a setting, list entries in order of id and prefix: independent of how and where it was written.
    fn canonical_text(&self) -> String {
        let config = Config {
            cluster: self.clone(),
            ..Config::default()
        };
        let mut text = String::new();
        for setting in Self::SETTINGS {
            let _ = writeln!(text, "{} = {}", setting.name, setting.value(&config));
        }
        let mut nodes: Vec<&ClusterNode> = self.nodes.iter().collect();
        nodes.sort_by_key(|node| node.id);
        for node in nodes {
            let _ = writeln!(text, "node {node}");
        }
        for (prefix, levels) in self.prefix_levels.iter() {
            let _ = writeln!(text, "levels {prefix:?} {levels}");
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn node(digit: &str) -> ClusterNode {
        let id = digit.repeat(40).parse().unwrap();
        ClusterNode::new(id, "127.0.0.1:7001".parse().unwrap())
    }

    fn sample() -> ClusterSettings {
        let mut cluster = ClusterSettings {
            nodes: vec![node("1"), node("2")],
            ..ClusterSettings::default()
        };
        cluster.prefix_levels.insert(
            "cache:",
            Levels {
                read: Level::One,
                write: Level::One,
            },
        );
        cluster
    }

    #[test]
    fn the_fingerprint_is_pinned_for_other_builds() {
        let text = "cluster-name = circlet\nreplicas = 3\nread-level = quorum\nwrite-level = quorum\narcs = 1024\n\
                    gossip-profile = fast\nclock-ahead-ms-max = 5000\n\
                    node 1111111111111111111111111111111111111111 127.0.0.1 7001 7101 7201 7301 default 1\n\
                    node 2222222222222222222222222222222222222222 127.0.0.1 7001 7101 7201 7301 default 1\n\
                    levels \"cache:\" read=one write=one\n";
        assert_eq!(sample().canonical_text(), text);
        assert_eq!(
            format!("{:016x}", sample().fingerprint()),
            "c941b72b4fa16afb",
            "a change here parts the builds"
        );
    }

    #[test]
    fn the_order_of_the_nodes_in_the_file_does_not_matter() {
        let mut turned = sample();
        turned.nodes.reverse();
        assert_eq!(turned.fingerprint(), sample().fingerprint());
    }

    #[test]
    fn every_setting_of_the_group_and_every_list_entry_counts() {
        let mut seen = std::collections::BTreeSet::from([sample().fingerprint()]);
        let mut config = Config {
            cluster: sample(),
            ..Config::default()
        };
        let others = ["other", "2", "one", "all", "2048", "wan", "200"];
        assert_eq!(
            others.len(),
            ClusterSettings::SETTINGS.len(),
            "another value for each setting"
        );
        for (setting, other) in ClusterSettings::SETTINGS.iter().zip(others) {
            (setting.set)(&mut config, other).unwrap();
            assert!(
                seen.insert(config.cluster.fingerprint()),
                "{} does not count",
                setting.name
            );
        }
        config.cluster.nodes[1].zone = "b".parse().unwrap();
        assert!(seen.insert(config.cluster.fingerprint()), "a zone does not count");
        config.cluster.prefix_levels.insert(
            "cache:",
            Levels {
                read: Level::One,
                write: Level::All,
            },
        );
        assert!(
            seen.insert(config.cluster.fingerprint()),
            "a prefix's level does not count"
        );
    }

    #[test]
    fn a_key_has_the_levels_of_its_prefix_or_else_of_the_cluster() {
        let cluster = sample();
        assert_eq!(
            cluster.levels_of(b"cache:1"),
            Levels {
                read: Level::One,
                write: Level::One
            }
        );
        assert_eq!(
            cluster.levels_of(b"other"),
            Levels {
                read: Level::Quorum,
                write: Level::Quorum
            }
        );
    }
}
