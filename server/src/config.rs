//! What a node is told: defaults, then a TOML file, then the environment, then flags, then `CONFIG SET`.
//!
//! ```text
//!   defaults < node.toml < CIRCLET_MAXCLIENTS=... < --set maxclients=... < CONFIG SET maxclients ...
//!        \         |               |                       |                     /
//!         `------ Layers: per setting, who said what, and where (Source) ------'
//!                                  |  every value read, every contradiction found
//!                               Config: typed, checked, never changed in place
//!                                  |
//!                             LiveConfig: the Config in force, swapped as a whole
//! ```
//!
//! Each setting is declared once, in one of the groups ([`NodeSettings`], [`ClusterSettings`], [`Limits`],
//! [`Timeouts`], [`Observability`], [`RedisSettings`]): name, meaning, type, default, bounds, and when it may change. That
//! declaration is the field of the typed group, the row of `docs/design/config.md`, what `CONFIG GET` shows and what
//! every layer is checked against. All layers are texts up to there, so that a value means the same wherever it
//! is written. Unknown names are errors everywhere, with the nearest known one: a misspelt limit must not be no limit.
//!
//! Names are those of Redis where Redis has the setting, since its clients and tools ask for them; `_` and `-` are the
//! same, so that `CIRCLET_REQUEST_TIMEOUT_MS` is `request-timeout-ms`.
//!
//! Refused: a derive over one big serde structure. It reports one error at a time, knows no layer below the file, and
//! `CONFIG GET`, bounds and documentation would each need a second list of the same names.

mod bounds;
mod check;
mod choice;
mod cluster;
mod cluster_node;
#[cfg(test)]
mod docs;
mod error;
mod file;
mod layers;
mod limits;
mod live;
mod memory;
mod node;
mod observability;
mod output_limits;
mod prefix_levels;
mod redis;
mod rewrite;
mod setting;
mod suggest;
mod timeouts;
mod value;

pub use bounds::Bounds;
pub use choice::{EvictionPolicy, LogFormat, LogLevel};
pub use cluster::ClusterSettings;
pub use cluster_node::ClusterNode;
pub use error::{ConfigError, Problem, RewriteError, SetError};
pub use layers::{Given, Source};
pub use limits::Limits;
pub use live::LiveConfig;
pub use memory::MemorySize;
pub use node::NodeSettings;
pub use observability::Observability;
pub use output_limits::{BufferLimit, OutputLimits};
pub use prefix_levels::{Levels, PrefixLevels};
pub use redis::RedisSettings;
pub use setting::{Setting, When};
pub use timeouts::Timeouts;
pub use value::{Micros, Millis, Seconds};

use circlet_core::membership::Profile;
use circlet_core::quorum::Level;
use std::path::PathBuf;

/// Everything a node is told, typed and checked. Made by [`Config::load`], or by [`Config::default`] for a lone node.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Config {
    /// This node: where it keeps its data, where it listens.
    pub node: NodeSettings,
    /// What all nodes of the cluster agree on.
    pub cluster: ClusterSettings,
    /// What clients and peers can make this node hold.
    pub limits: Limits,
    /// How long this node waits.
    pub timeouts: Timeouts,
    /// Logs, the slow log and the latency monitor.
    pub observability: Observability,
    /// Settings of Redis that say what Circlet does not do.
    pub redis: RedisSettings,
}

/// Where the layers of a configuration come from.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// The TOML file, if there is one. It must exist.
    pub file: Option<PathBuf>,
    /// The environment; only names that start with `CIRCLET_` are looked at.
    pub environment: Vec<(String, String)>,
    /// `--set name=value` and the flags that stand for one, in the order given; the last of a name counts.
    pub flags: Vec<(String, String)>,
}

impl Config {
    /// Reads and checks all layers.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once, each with the place where it was said.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        LiveConfig::load(sources).map(|live| (*live.current()).clone())
    }
}

/// Every setting that has a name, in the order of the groups.
pub fn settings() -> impl Iterator<Item = &'static Setting> {
    let groups = [
        NodeSettings::SETTINGS,
        ClusterSettings::SETTINGS,
        Limits::SETTINGS,
        Timeouts::SETTINGS,
        Observability::SETTINGS,
        RedisSettings::SETTINGS,
    ];
    groups.into_iter().flatten()
}

/// The setting of a name, in any case and with `_` or `-`.
#[must_use]
pub fn setting(name: &str) -> Option<&'static Setting> {
    let name = normal_name(name);
    settings().find(|setting| setting.name == name)
}

/// A name as settings are named: small letters and dashes.
fn normal_name(name: &str) -> String {
    name.trim().to_ascii_lowercase().replace('_', "-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_one_name_in_normal_form_and_a_meaning() {
        let mut seen = std::collections::BTreeSet::new();
        for setting in settings() {
            assert_eq!(
                setting.name,
                normal_name(setting.name),
                "names are small letters and dashes"
            );
            assert!(seen.insert(setting.name), "`{}` is declared twice", setting.name);
            assert!(setting.meaning().ends_with('.'), "`{}` needs a sentence", setting.name);
        }
    }

    #[test]
    fn every_default_is_one_that_could_have_been_written() {
        for setting in settings() {
            let shown = (setting.show)(&Config::default());
            let mut config = Config::default();
            (setting.set)(&mut config, &shown).unwrap_or_else(|why| panic!("{} = {shown:?}: {why}", setting.name));
            assert_eq!(
                config,
                Config::default(),
                "`{}` is shown in another form than it is read",
                setting.name
            );
        }
    }

    #[test]
    fn a_name_may_be_written_as_in_redis_in_toml_or_in_the_environment() {
        for written in [
            "slowlog-max-len",
            "slowlog_max_len",
            "SLOWLOG_MAX_LEN",
            "SlowLog-Max-Len",
        ] {
            assert_eq!(setting(written).map(|setting| setting.name), Some("slowlog-max-len"));
        }
        assert_eq!(setting("slowlog").map(|setting| setting.name), None);
    }
}
