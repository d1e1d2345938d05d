//! The configuration in force: read without a lock, changed as a whole.

use super::error::{ConfigError, Problem, RewriteError, SetError};
use super::layers::{self, Given, Layers, Source};
use super::{Config, Setting, Sources, When, check, file, rewrite, setting, settings};
use arc_swap::ArcSwap;
use parking_lot::Mutex;
use std::path::PathBuf;
use std::sync::Arc;

/// The configuration in force, and the layers that it was made of.
///
/// A reader takes the whole [`Config`] of one moment; `CONFIG SET` builds the next one and swaps it, so that no reader
/// sees one half of a change.
#[derive(Debug)]
pub struct LiveConfig {
    current: ArcSwap<Config>,
    layers: Mutex<Layers>,
    file: Option<PathBuf>,
}

impl LiveConfig {
    /// Reads and checks all layers.
    ///
    /// # Errors
    ///
    /// Everything that is wrong, at once, each with the place where it was said.
    pub fn load(sources: &Sources) -> Result<Self, ConfigError> {
        let mut problems = Vec::new();
        let layers = Layers::read(sources, &mut problems);
        let config = layers.build(&mut problems);
        if problems.is_empty() {
            check::contradictions(&config, &mut problems);
        }
        if !problems.is_empty() {
            return Err(ConfigError { problems });
        }
        let file = sources.file.clone();
        Ok(Self {
            current: ArcSwap::from_pointee(config),
            layers: Mutex::new(layers),
            file,
        })
    }

    /// The configuration of this moment. Costs some nanoseconds: take it once a turn, not once a field.
    #[must_use]
    pub fn current(&self) -> Arc<Config> {
        self.current.load_full()
    }

    /// Names and values, as `CONFIG GET` shows them, of the settings that `wanted` accepts.
    pub fn get(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&'static str, String)> {
        let config = self.current();
        let settings = settings().filter(|setting| wanted(setting.name));
        settings.map(|setting| (setting.name, setting.value(&config))).collect()
    }

    /// The file that `CONFIG REWRITE` writes, if there is one.
    #[must_use]
    pub fn file(&self) -> Option<&std::path::Path> {
        self.file.as_deref()
    }

    /// Where the value in force of a setting was said; nothing for an unknown name.
    #[must_use]
    pub fn source(&self, name: &str) -> Option<Source> {
        let setting = setting(name)?;
        let layers = self.layers.lock();
        Some(
            layers
                .given(setting)
                .map_or(Source::Default, |given| given.source.clone()),
        )
    }

    /// Changes settings, all or none, and returns the names of those whose value is now another.
    ///
    /// # Errors
    ///
    /// The first name that is unknown, there twice or not live, or whose value is not accepted. Nothing was changed.
    pub fn set(&self, pairs: &[(&str, &str)]) -> Result<Vec<&'static str>, SetError> {
        let mut layers = self.layers.lock();
        let before = self.current();
        let mut after = (*before).clone();
        let mut changed: Vec<&'static Setting> = Vec::new();
        for (name, text) in pairs {
            let refused = |why: &str| SetError::Refused {
                name: (*name).to_string(),
                why: why.to_string(),
            };
            let setting = setting(name).ok_or_else(|| SetError::Unknown {
                name: (*name).to_string(),
            })?;
            if changed.iter().any(|other| other.name == setting.name) {
                return Err(refused("duplicate parameter"));
            }
            if !matches!(setting.when, When::Live | When::Fixed) {
                return Err(refused("can't set immutable config"));
            }
            layers::apply(setting, &mut after, text).map_err(|why| refused(&why))?;
            changed.push(setting);
        }
        let mut problems = Vec::new();
        check::contradictions(&after, &mut problems);
        if let (Some(problem), Some((name, _))) = (problems.first(), pairs.first()) {
            return Err(SetError::Refused {
                name: (*name).to_string(),
                why: problem.to_string(),
            });
        }
        changed.retain(|setting| setting.value(&after) != setting.value(&before));
        for setting in &changed {
            let given = Given {
                text: setting.value(&after),
                source: Source::ConfigSet,
            };
            layers.set.insert(setting.name, given);
        }
        self.current.store(Arc::new(after));
        Ok(changed.iter().map(|setting| setting.name).collect())
    }

    /// These values hold from now on, whatever a node was started with: the members have agreed on them. Names that are none are passed over.
    pub fn adopt(&self, agreed: &[(&str, String)]) {
        let mut layers = self.layers.lock();
        for (setting, text) in agreed.iter().filter_map(|(name, text)| Some((setting(name)?, text))) {
            let given = Given {
                text: text.clone(),
                source: Source::Topology,
            };
            layers.topology.insert(setting.name, given);
        }
        // What other layers say was understood when they were read.
        let after = layers.build(&mut Vec::new());
        self.current.store(Arc::new(after));
    }

    /// Writes what `CONFIG SET` has changed into the file, and leaves the rest of it, comments too, as it is.
    ///
    /// The file is replaced in one step: a crash leaves the old one or the new one. Blocks on the disk.
    ///
    /// # Errors
    ///
    /// If there is no file, it has become unreadable, or it cannot be replaced. It is then as it was.
    pub fn rewrite(&self) -> Result<(), RewriteError> {
        let path = self.file.as_ref().ok_or(RewriteError::NoFile)?;
        let layers = self.layers.lock();
        let before = std::fs::read_to_string(path)?;
        let values: Vec<(&Setting, &str)> = layers
            .set
            .iter()
            .filter_map(|(name, given)| Some((setting(name)?, given.text.as_str())))
            .collect();
        let after = rewrite::rewritten(&before, &values).map_err(RewriteError::Unclear)?;
        let mut problems: Vec<Problem> = Vec::new();
        let written = file::parse(path, &after, &mut problems);
        if let Some(problem) = problems.first() {
            return Err(RewriteError::Unclear(problem.to_string()));
        }
        debug_assert!(
            values
                .iter()
                .all(|(setting, _)| written.values.contains_key(setting.name))
        );
        rewrite::replace(path, &after)?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    fn pairs(list: &[(&str, &str)]) -> Vec<(String, String)> {
        list.iter()
            .map(|(name, text)| ((*name).to_string(), (*text).to_string()))
            .collect()
    }

    fn with_file(dir: &Path, text: &str) -> Sources {
        let path = dir.join("node.toml");
        std::fs::write(&path, text).unwrap();
        Sources {
            file: Some(path),
            ..Sources::default()
        }
    }

    #[test]
    fn each_layer_overrides_the_one_below_and_is_named_as_the_source() {
        let dir = tempfile::tempdir().unwrap();
        let mut sources = with_file(
            dir.path(),
            "maxclients = 2\ntimeout = 2\nreplicas = 2\ntcp-keepalive = 2\n",
        );
        sources.environment = pairs(&[
            ("CIRCLET_TIMEOUT", "3"),
            ("CIRCLET_REPLICAS", "3"),
            ("CIRCLET_TCP_KEEPALIVE", "3"),
            ("HOME", "/"),
        ]);
        sources.flags = pairs(&[("replicas", "4"), ("tcp_keepalive", "4"), ("replicas", "5")]);
        let live = LiveConfig::load(&sources).unwrap();
        live.set(&[("tcp-keepalive", "5")]).unwrap();

        let config = live.current();
        let values = (
            config.limits.clients_max,
            config.timeouts.client_idle.0,
            config.cluster.replicas,
            config.timeouts.tcp_keepalive.0,
        );
        assert_eq!(values, (2, 3, 5, 5), "file, environment, flag, CONFIG SET");
        let source = |name: &str| live.source(name).unwrap().to_string();
        assert!(
            source("maxclients").ends_with("node.toml:1"),
            "{}",
            source("maxclients")
        );
        assert_eq!(source("timeout"), "environment CIRCLET_TIMEOUT");
        assert_eq!(source("replicas"), "flag");
        assert_eq!(source("tcp-keepalive"), "CONFIG SET");
        assert_eq!(source("port"), "default");
        assert_eq!(live.source("nope"), None);
    }

    #[test]
    fn what_members_have_agreed_on_holds_whatever_a_node_was_started_with() {
        let dir = tempfile::tempdir().unwrap();
        let levels = "replicas = 2\n[[levels]]\nprefix = \"cache:\"\nread = \"one\"\n";
        let live = LiveConfig::load(&with_file(dir.path(), levels)).unwrap();
        live.set(&[("timeout", "7")]).unwrap();
        live.adopt(&[
            ("replicas", "5".into()),
            ("write-level", "all".into()),
            ("nope", "1".into()),
        ]);
        let config = live.current();
        assert_eq!((config.cluster.replicas, config.timeouts.client_idle.0), (5, 7));
        let levels = config.cluster.levels_of(b"cache:a");
        assert_eq!(
            (levels.read, levels.write),
            (super::super::Level::One, super::super::Level::All),
            "a prefix that names no level has the cluster's"
        );
        assert_eq!(live.source("replicas").unwrap().to_string(), "the cluster's topology");
        live.set(&[("timeout", "8")]).unwrap();
        assert_eq!(live.current().cluster.replicas, 5, "CONFIG SET changes nothing of it");
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once_with_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let mut sources = with_file(dir.path(), "prot = 1\nmaxclients = 0\n");
        sources.environment = pairs(&[("CIRCLET_LOG_LEVL", "info")]);
        sources.flags = pairs(&[("port", "many")]);
        let told = LiveConfig::load(&sources).unwrap_err().to_string();
        for expected in [
            "node.toml:1: unknown setting `prot`, did you mean `port`?",
            "node.toml:2: maxclients = \"0\": argument must be between 1 and 1000000 inclusive",
            "environment CIRCLET_LOG_LEVL: unknown setting `LOG_LEVL`, did you mean `log-level`?",
            "flag: port = \"many\": argument couldn't be parsed into an integer",
        ] {
            assert!(told.contains(expected), "{expected}\n---\n{told}");
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_an_error_and_not_an_empty_one() {
        let sources = Sources {
            file: Some("/no/such/node.toml".into()),
            ..Sources::default()
        };
        assert!(matches!(
            LiveConfig::load(&sources).unwrap_err().problems[..],
            [Problem::Unreadable { .. }]
        ));
    }

    #[test]
    fn a_contradiction_between_layers_is_refused() {
        let sources = Sources {
            flags: pairs(&[("port", "7001"), ("http-port", "7001")]),
            ..Sources::default()
        };
        assert!(matches!(
            LiveConfig::load(&sources).unwrap_err().problems[..],
            [Problem::Contradiction(_)]
        ));
    }

    #[test]
    fn config_set_changes_all_or_nothing() {
        let live = LiveConfig::load(&Sources::default()).unwrap();
        let refused = live.set(&[("maxclients", "5"), ("timeout", "never")]).unwrap_err();
        assert_eq!(
            refused.to_string(),
            "CONFIG SET failed (possibly related to argument 'timeout') - argument couldn't be parsed into an integer"
        );
        assert_eq!(
            *live.current(),
            Config::default(),
            "the first of the two was not changed either"
        );
        assert_eq!(
            live.set(&[("maxclients", "5"), ("timeout", "0")]),
            Ok(vec!["maxclients"]),
            "only what is now another"
        );
        assert_eq!(live.current().limits.clients_max, 5);
    }

    #[test]
    fn config_set_refuses_in_redis_words() {
        let live = LiveConfig::load(&Sources::default()).unwrap();
        let refused = |pairs: &[(&str, &str)]| live.set(pairs).unwrap_err().to_string();
        assert_eq!(
            refused(&[("nope", "1")]),
            "Unknown option or number of arguments for CONFIG SET - 'nope'"
        );
        let related =
            |name: &str, why: &str| format!("CONFIG SET failed (possibly related to argument '{name}') - {why}");
        assert_eq!(refused(&[("port", "1")]), related("port", "can't set immutable config"));
        assert_eq!(
            refused(&[("replicas", "1")]),
            related("replicas", "can't set immutable config")
        );
        assert_eq!(
            refused(&[("databases", "3")]),
            related("databases", "can't set immutable config")
        );
        assert_eq!(
            refused(&[("timeout", "1"), ("TIMEOUT", "2")]),
            related("TIMEOUT", "duplicate parameter")
        );
        assert_eq!(
            refused(&[("maxmemory", "abc")]),
            related("maxmemory", "argument must be a memory value")
        );
    }

    #[test]
    fn a_fixed_setting_may_be_set_to_what_it_is() {
        let live = LiveConfig::load(&Sources::default()).unwrap();
        assert_eq!(
            live.set(&[("save", ""), ("appendonly", "no")]),
            Ok(vec![]),
            "as tools do before they start"
        );
        assert!(live.set(&[("save", "60 1")]).is_err());
    }

    #[test]
    fn setting_one_class_of_output_limits_keeps_the_others() {
        let live = LiveConfig::load(&Sources::default()).unwrap();
        live.set(&[("client-output-buffer-limit", "normal 1mb 0 0")]).unwrap();
        live.set(&[("client-output-buffer-limit", "pubsub 2mb 0 0")]).unwrap();
        let output = live.current().limits.output;
        assert_eq!((output.normal.hard.0, output.pubsub.hard.0), (1 << 20, 2 << 20));
    }

    #[test]
    fn config_get_shows_what_is_asked_for() {
        let live = LiveConfig::load(&Sources::default()).unwrap();
        let shown = live.get(|name| matches!(name, "maxmemory" | "save" | "appendonly"));
        let shown: Vec<(&str, &str)> = shown.iter().map(|(name, value)| (*name, value.as_str())).collect();
        assert_eq!(shown, [("maxmemory", "0"), ("save", ""), ("appendonly", "no")]);
    }

    #[test]
    fn rewrite_writes_what_was_set_and_a_restart_reads_it() {
        let dir = tempfile::tempdir().unwrap();
        let sources = with_file(
            dir.path(),
            "# our node\nmaxclients = 7 # few\n\n[[levels]]\nprefix = \"a\"\n",
        );
        let live = LiveConfig::load(&sources).unwrap();
        live.set(&[("maxclients", "9"), ("log-level", "debug")]).unwrap();
        live.rewrite().unwrap();
        let text = std::fs::read_to_string(dir.path().join("node.toml")).unwrap();
        assert_eq!(
            text,
            "# our node\nmaxclients = 9 # few\nlog-level = \"debug\"\n\n[[levels]]\nprefix = \"a\"\n"
        );
        assert_eq!(*LiveConfig::load(&sources).unwrap().current(), *live.current());
        let left: Vec<_> = std::fs::read_dir(dir.path()).unwrap().collect();
        assert_eq!(left.len(), 1, "no temporary file stays behind");
    }

    #[test]
    fn rewrite_without_a_file_is_refused_in_redis_words() {
        let refused = LiveConfig::load(&Sources::default()).unwrap().rewrite().unwrap_err();
        assert_eq!(refused.to_string(), "The server is running without a config file");
    }

    #[test]
    fn rewrite_leaves_a_file_alone_that_somebody_has_broken_meanwhile() {
        let dir = tempfile::tempdir().unwrap();
        let sources = with_file(dir.path(), "maxclients = 7\n");
        let live = LiveConfig::load(&sources).unwrap();
        live.set(&[("maxclients", "9")]).unwrap();
        let path = dir.path().join("node.toml");
        std::fs::write(&path, "maxclients = \n").unwrap();
        assert!(matches!(live.rewrite(), Err(RewriteError::Unclear(_))));
        assert_eq!(std::fs::read_to_string(&path).unwrap(), "maxclients = \n");
    }
}
