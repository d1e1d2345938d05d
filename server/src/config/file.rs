//! Reads the TOML file: settings at the top level, and the lists `[[nodes]]` and `[[levels]]`.
//!
//! ```toml
//! port = 7001
//! replicas = 3
//!
//! [[nodes]]
//! id = "6b0f…"                  # 40 hex digits
//! addr = "127.0.0.1:7001"       # the one-big-Redis door
//! zone = "a"                    # zone, weight and the other ports may be left out
//!
//! [[levels]]
//! prefix = "cache:"
//! read = "one"                  # read and write: those of the cluster if left out
//! ```

use super::error::Problem;
use super::layers::{self, Layer, Source};
use super::value::SettingValue;
use super::{Bounds, ClusterNode, Level, Levels, PrefixLevels, normal_name};
use std::net::SocketAddr;
use std::path::Path;
use std::str::FromStr;
use std::sync::Arc;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// The lists that stand beside the settings.
pub(super) const LISTS: [&str; 2] = ["nodes", "levels"];

/// More nodes than this are not formed into a cluster by a list.
const NODES_MAX: usize = 1_024;

/// What the file says.
#[derive(Debug, Clone, Default)]
pub(super) struct FileLayer {
    pub(super) values: Layer,
    pub(super) nodes: Vec<ClusterNode>,
    /// Prefixes; what an entry leaves out is the cluster's level.
    levels: Vec<(String, Option<Level>, Option<Level>)>,
}

/// Reads the file at `path`.
pub(super) fn read(path: &Path, problems: &mut Vec<Problem>) -> FileLayer {
    match std::fs::read_to_string(path) {
        Ok(text) => parse(path, &text, problems),
        Err(error) => {
            problems.push(Problem::Unreadable {
                path: path.to_path_buf(),
                why: error.to_string(),
            });
            FileLayer::default()
        }
    }
}

/// Reads `text` as the content of the file at `path`.
pub(super) fn parse(path: &Path, text: &str, problems: &mut Vec<Problem>) -> FileLayer {
    let mut reader = Reader {
        path: path.into(),
        text,
        problems,
        layer: FileLayer::default(),
    };
    match DeTable::parse(text) {
        Ok(table) => reader.top(table.get_ref()),
        Err(error) => {
            let at = error.span().map_or(0, |span| span.start);
            reader.complain(at, error.message());
        }
    }
    reader.layer
}

struct Reader<'a> {
    path: Arc<Path>,
    text: &'a str,
    problems: &'a mut Vec<Problem>,
    layer: FileLayer,
}

type Key<'i> = Spanned<std::borrow::Cow<'i, str>>;
type Value<'i> = Spanned<DeValue<'i>>;

impl Reader<'_> {
    fn source(&self, at: usize) -> Source {
        let before = &self.text.as_bytes()[..at.min(self.text.len())];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        Source::File {
            path: self.path.clone(),
            line,
        }
    }

    fn complain(&mut self, at: usize, why: impl Into<String>) {
        let place = self.source(at);
        self.problems.push(Problem::Syntax { place, why: why.into() });
    }

    fn top(&mut self, table: &DeTable<'_>) {
        for (key, value) in table {
            match normal_name(key.get_ref()).as_str() {
                "nodes" => self.list(key, value, Self::node),
                "levels" => self.list(key, value, Self::prefix_level),
                name => self.setting(name, key, value),
            }
        }
    }

    fn setting(&mut self, name: &str, key: &Key<'_>, value: &Value<'_>) {
        let at = key.span().start;
        let source = self.source(at);
        let Some(known) = super::setting(name) else {
            self.problems.push(layers::unknown(key.get_ref(), source));
            return;
        };
        if self.layer.values.contains_key(known.name) {
            self.complain(at, format!("`{}` is given twice", known.name));
            return;
        }
        match scalar(value.get_ref()) {
            Some(text) => layers::give(&mut self.layer.values, name, &text, source, self.problems),
            None => self.complain(
                at,
                format!("`{name}` needs a single value, not {}", value.get_ref().type_str()),
            ),
        }
    }

    /// Reads `[[name]]`, each table of it by `entry`.
    fn list(&mut self, key: &Key<'_>, value: &Value<'_>, entry: fn(&mut Self, usize, &DeTable<'_>)) {
        let at = key.span().start;
        let Some(items) = value.get_ref().as_array() else {
            return self.complain(at, format!("write `[[{}]]` before each entry", key.get_ref()));
        };
        if items.len() > NODES_MAX {
            return self.complain(at, format!("more than {NODES_MAX} entries"));
        }
        for item in items {
            match item.get_ref().as_table() {
                Some(table) => entry(self, item.span().start, table),
                None => self.complain(item.span().start, "each entry is a table"),
            }
        }
    }

    fn node(&mut self, at: usize, table: &DeTable<'_>) {
        let mut fields = Fields::new(self, table);
        let id = fields.take("id", "40 hex digits");
        let addr = fields.take::<SocketAddr>("addr", "an address and a port, such as 10.0.0.1:7001");
        let zone = fields.take("zone", "a name of letters, digits, '-', '_' or '.'");
        let weight = fields.take("weight", "a number from 0.05 to 20");
        let ports = ["redis-cluster-port", "peer-port", "http-port"].map(|name| fields.take::<u16>(name, "a port"));
        if !fields.end() {
            return;
        }
        let (Some(id), Some(addr)) = (id, addr) else {
            return self.complain(at, "a node needs `id` and `addr`");
        };
        let mut node = ClusterNode::new(id, addr);
        node.zone = zone.unwrap_or(node.zone);
        node.weight = weight.unwrap_or(node.weight);
        node.redis_cluster_port = ports[0].unwrap_or(node.redis_cluster_port);
        node.peer_port = ports[1].unwrap_or(node.peer_port);
        node.http_port = ports[2].unwrap_or(node.http_port);
        self.layer.nodes.push(node);
    }

    fn prefix_level(&mut self, at: usize, table: &DeTable<'_>) {
        let mut fields = Fields::new(self, table);
        let prefix = fields.take::<String>("prefix", "the start of a key");
        let read = fields
            .take::<LevelWord>("read", "one, quorum or all")
            .map(|word| word.0);
        let write = fields
            .take::<LevelWord>("write", "one, quorum or all")
            .map(|word| word.0);
        if !fields.end() {
            return;
        }
        let Some(prefix) = prefix.filter(|prefix| !prefix.is_empty()) else {
            return self.complain(at, "a level needs a `prefix` that is not empty");
        };
        if self.layer.levels.iter().any(|(other, ..)| *other == prefix) {
            return self.complain(at, format!("the prefix {prefix:?} is given twice"));
        }
        if self.layer.levels.len() >= PrefixLevels::ENTRIES_MAX {
            return self.complain(at, format!("more than {} prefixes", PrefixLevels::ENTRIES_MAX));
        }
        self.layer.levels.push((prefix, read, write));
    }
}

impl FileLayer {
    /// The levels of the prefixes, with those of the cluster where an entry names none.
    pub(super) fn prefix_levels(&self, cluster: Levels) -> PrefixLevels {
        let mut levels = PrefixLevels::default();
        for (prefix, read, write) in &self.levels {
            let own = Levels {
                read: read.unwrap_or(cluster.read),
                write: write.unwrap_or(cluster.write),
            };
            levels.insert(prefix, own);
        }
        levels
    }
}

/// A level as the fields of a table read it.
struct LevelWord(Level);

impl FromStr for LevelWord {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Level::parse(text, Bounds::Any).map(Self)
    }
}

/// The fields of one table, taken by name; what is left at the end is unknown.
struct Fields<'r, 'a, 'i> {
    reader: &'r mut Reader<'a>,
    left: Vec<(String, &'r Key<'i>, &'r Value<'i>)>,
    known: Vec<&'static str>,
    right: bool,
}

impl<'r, 'a, 'i> Fields<'r, 'a, 'i> {
    fn new(reader: &'r mut Reader<'a>, table: &'r DeTable<'i>) -> Self {
        let left = table
            .iter()
            .map(|(key, value)| (normal_name(key.get_ref()), key, value))
            .collect();
        Self {
            reader,
            left,
            known: Vec::new(),
            right: true,
        }
    }

    fn take<T: FromStr>(&mut self, name: &'static str, wanted: &str) -> Option<T> {
        self.known.push(name);
        let at = self.left.iter().position(|(left, ..)| left == name)?;
        let (_, key, value) = self.left.swap_remove(at);
        let taken = scalar(value.get_ref()).and_then(|text| text.parse().ok());
        if taken.is_none() {
            self.right = false;
            self.reader
                .complain(key.span().start, format!("`{name}` must be {wanted}"));
        }
        taken
    }

    /// Complains of what was not taken, and says whether all was right.
    fn end(mut self) -> bool {
        for (_, key, _) in std::mem::take(&mut self.left) {
            self.right = false;
            let why = format!("unknown field `{}`, known are {}", key.get_ref(), self.known.join(", "));
            self.reader.complain(key.span().start, why);
        }
        self.right
    }
}

/// A single value as a text; lists, tables and dates are none.
fn scalar(value: &DeValue<'_>) -> Option<String> {
    match value {
        DeValue::String(text) => Some(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .ok()
            .map(|n| n.to_string()),
        DeValue::Float(number) => Some(number.as_str().to_string()),
        DeValue::Boolean(flag) => Some(if *flag { "yes" } else { "no" }.to_string()),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> (FileLayer, Vec<String>) {
        let mut problems = Vec::new();
        let layer = parse(Path::new("node.toml"), text, &mut problems);
        (layer, problems.iter().map(ToString::to_string).collect())
    }

    const ID: &str = "1111111111111111111111111111111111111111";

    #[test]
    fn settings_are_kept_as_texts_with_their_lines() {
        let (layer, problems) = read("# head\nport = 7_002\nmaxmemory = \"1gb\"\n\nappendonly = false\n");
        assert_eq!(problems, [""; 0]);
        let given = |name: &str| {
            layer
                .values
                .get(name)
                .map(|given| (given.text.clone(), given.source.to_string()))
        };
        assert_eq!(given("port"), Some(("7002".into(), "node.toml:2".into())));
        assert_eq!(given("maxmemory"), Some(("1gb".into(), "node.toml:3".into())));
        assert_eq!(given("appendonly"), Some(("no".into(), "node.toml:5".into())));
    }

    #[test]
    fn an_unknown_setting_is_an_error_with_its_line_and_the_nearest_name() {
        let (_, problems) = read("port = 1\nmax_client = 5\nwallpaper = 1\n");
        assert_eq!(
            problems,
            [
                "node.toml:2: unknown setting `max_client`, did you mean `maxclients`?",
                "node.toml:3: unknown setting `wallpaper`"
            ]
        );
    }

    #[test]
    fn what_is_not_toml_is_named_with_its_line() {
        let (_, problems) = read("port = 1\nbind = \n");
        assert!(problems[0].starts_with("node.toml:2: "), "{problems:?}");
    }

    #[test]
    fn one_setting_in_two_spellings_is_given_twice() {
        let (_, problems) = read("log-level = \"info\"\nlog_level = \"warn\"\n");
        assert_eq!(problems, ["node.toml:2: `log-level` is given twice"]);
    }

    #[test]
    fn a_setting_that_is_a_list_or_a_table_is_refused() {
        let (_, problems) = read("port = [1]\n[limits]\nmaxclients = 1\n[dir]\na = 1\n");
        assert_eq!(problems.len(), 3, "{problems:?}");
    }

    #[test]
    fn nodes_have_the_usual_ports_zone_and_weight_unless_they_say_otherwise() {
        let text = format!(
            "[[nodes]]\nid = \"{ID}\"\naddr = \"10.0.0.1:7001\"\n\
             [[nodes]]\nid = \"{}\"\naddr = \"10.0.0.2:7001\"\nzone = \"b\"\nweight = 0.5\npeer_port = 9000\n",
            ID.replace('1', "2")
        );
        let (layer, problems) = read(&text);
        assert_eq!(problems, [""; 0]);
        let shown: Vec<String> = layer.nodes.iter().map(ToString::to_string).collect();
        assert_eq!(shown[0], format!("{ID} 10.0.0.1 7001 7101 7201 7301 default 1"));
        assert!(shown[1].ends_with("10.0.0.2 7001 7101 9000 7301 b 0.5"), "{}", shown[1]);
    }

    #[test]
    fn a_node_with_a_wrong_missing_or_unknown_field_is_refused_with_its_line() {
        for (text, expected) in [
            (
                "id = \"12\"\naddr = \"10.0.0.1:7001\"",
                "node.toml:2: `id` must be 40 hex digits",
            ),
            ("addr = \"10.0.0.1:7001\"", "node.toml:1: a node needs `id` and `addr`"),
            (
                "weigth = 1",
                "node.toml:2: unknown field `weigth`, known are id, addr, zone, weight, ",
            ),
        ] {
            let (layer, problems) = read(&format!("[[nodes]]\n{text}\n"));
            assert!(problems[0].starts_with(expected), "{problems:?}");
            assert_eq!(layer.nodes.len(), 0);
        }
    }

    #[test]
    fn a_level_that_a_prefix_leaves_out_is_that_of_the_cluster() {
        let (layer, problems) = read("[[levels]]\nprefix = \"a:\"\nread = \"ONE\"\n");
        assert_eq!(problems, [""; 0]);
        let levels = layer.prefix_levels(Levels {
            read: Level::Quorum,
            write: Level::All,
        });
        assert_eq!(
            levels.of(b"a:1"),
            Some(Levels {
                read: Level::One,
                write: Level::All
            })
        );
    }

    #[test]
    fn a_prefix_must_be_there_once_and_its_level_one_of_three() {
        let (_, problems) = read(
            "[[levels]]\nprefix = \"\"\n[[levels]]\nprefix = \"a\"\nread = \"two\"\n[[levels]]\nprefix = \"b\"\n[[levels]]\nprefix = \"b\"\n",
        );
        assert_eq!(problems.len(), 3, "{problems:?}");
    }
}
