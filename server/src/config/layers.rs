//! Who said what: the layers of a configuration, lowest first.

use super::error::Problem;
use super::file::{self, FileLayer};
use super::{Config, Levels, Setting, Sources, setting, settings, suggest};
use std::collections::BTreeMap;
use std::fmt;
use std::path::Path;
use std::sync::Arc;

/// Where a value was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Nowhere: it is the default.
    Default,
    /// In the configuration file.
    File {
        /// The file.
        path: Arc<Path>,
        /// The line, from 1.
        line: usize,
    },
    /// By a variable of the environment, of this name.
    Environment(String),
    /// By a flag of the command line.
    Flag,
    /// By `CONFIG SET`, since the node started.
    ConfigSet,
    /// By the topology that the members have agreed on, which holds whatever a node was started with.
    Topology,
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => write!(f, "environment {name}"),
            Self::Flag => f.write_str("flag"),
            Self::ConfigSet => f.write_str("CONFIG SET"),
            Self::Topology => f.write_str("the cluster's topology"),
        }
    }
}

/// A value as it was written, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    /// The text.
    pub text: String,
    /// Where it stands.
    pub source: Source,
}

/// Values by name.
pub(super) type Layer = BTreeMap<&'static str, Given>;

/// All layers above the defaults.
#[derive(Debug, Clone, Default)]
pub(super) struct Layers {
    pub(super) file: FileLayer,
    environment: Layer,
    flags: Layer,
    pub(super) set: Layer,
    pub(super) topology: Layer,
}

/// What starts the name of a variable that is ours.
const PREFIX: &str = "CIRCLET_";

impl Layers {
    /// Reads every source; what cannot be understood goes to `problems`.
    pub(super) fn read(sources: &Sources, problems: &mut Vec<Problem>) -> Self {
        let mut layers = Self::default();
        if let Some(path) = &sources.file {
            layers.file = file::read(path, problems);
        }
        for (variable, text) in &sources.environment {
            if let Some(name) = variable.strip_prefix(PREFIX) {
                let source = Source::Environment(variable.clone());
                give(&mut layers.environment, name, text, source, problems);
            }
        }
        for (name, text) in &sources.flags {
            give(&mut layers.flags, name, text, Source::Flag, problems);
        }
        layers
    }

    /// What the highest layer says of a setting.
    pub(super) fn given(&self, setting: &Setting) -> Option<&Given> {
        let highest_first = [
            &self.topology,
            &self.set,
            &self.flags,
            &self.environment,
            &self.file.values,
        ];
        highest_first.into_iter().find_map(|layer| layer.get(setting.name))
    }

    /// The typed configuration that the layers make; values that are refused go to `problems` and keep their default.
    pub(super) fn build(&self, problems: &mut Vec<Problem>) -> Config {
        let mut config = Config::default();
        for setting in settings() {
            let Some(given) = self.given(setting) else { continue };
            if let Err(why) = apply(setting, &mut config, &given.text) {
                let Given { text, source } = given.clone();
                problems.push(Problem::Refused {
                    place: source,
                    name: setting.name.to_string(),
                    text,
                    why,
                });
            }
        }
        config.cluster.nodes.clone_from(&self.file.nodes);
        let levels = Levels {
            read: config.cluster.read_level,
            write: config.cluster.write_level,
        };
        config.cluster.prefix_levels = self.file.prefix_levels(levels);
        config
    }
}

/// Sets one value; a fixed setting accepts only the value that it has.
pub(super) fn apply(setting: &Setting, config: &mut Config, text: &str) -> Result<(), String> {
    let before = setting.value(config);
    (setting.set)(config, text)?;
    if setting.when == super::When::Fixed && setting.value(config) != before {
        let _ = (setting.set)(config, &before);
        return Err("can't set immutable config".to_string());
    }
    Ok(())
}

/// Adds a value to a layer, if its name is known. The later of two in one layer counts.
pub(super) fn give(layer: &mut Layer, name: &str, text: &str, source: Source, problems: &mut Vec<Problem>) {
    match setting(name) {
        Some(known) => {
            layer.insert(
                known.name,
                Given {
                    text: text.to_string(),
                    source,
                },
            );
        }
        None => problems.push(unknown(name, source)),
    }
}

pub(super) fn unknown(name: &str, source: Source) -> Problem {
    Problem::Unknown {
        place: source,
        name: name.to_string(),
        nearest: suggest::nearest(&super::normal_name(name)),
    }
}
