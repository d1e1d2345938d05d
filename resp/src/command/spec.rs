//! What is known of one command.

use super::arg::ArgSpec;
use super::flags::{Categories, Category, Flag, Flags};
use super::keys::KeySpec;
use super::table::CommandId;

/// A family of commands, as COMMAND DOCS sorts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Group {
    /// On strings.
    String,
    /// On bits of strings.
    Bitmap,
    /// On lists.
    List,
    /// On sets.
    Set,
    /// On sorted sets.
    SortedSet,
    /// On hashes.
    Hash,
    /// On sorted sets of places.
    Geo,
    /// On estimates of how many different elements there were.
    Hyperloglog,
    /// On keys, whatever they hold.
    Generic,
    /// On channels.
    Pubsub,
    /// On the connection.
    Connection,
    /// On the server.
    Server,
    /// On the cluster.
    Cluster,
}

impl Group {
    /// Whether these commands are on collections: on values of many parts.
    #[inline]
    #[must_use]
    pub const fn is_of_collections(self) -> bool {
        matches!(self, Self::List | Self::Set | Self::SortedSet | Self::Hash | Self::Geo)
    }
}

impl Group {
    /// The family as COMMAND DOCS prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Bitmap => "bitmap",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "sorted-set",
            Self::Hash => "hash",
            Self::Geo => "geo",
            Self::Hyperloglog => "hyperloglog",
            Self::Generic => "generic",
            Self::Pubsub => "pubsub",
            Self::Connection => "connection",
            Self::Server => "server",
            Self::Cluster => "cluster",
        }
    }
}

/// What is known of one command: its name, arguments, keys, properties and description.
///
/// What every command's way asks for (id, arity, flags, first key) stands first, in one cache line.
#[derive(Debug)]
#[repr(C)]
pub struct CommandSpec {
    flags: Flags,
    arity: i8,
    first_key: u8,
    id: CommandId,
    name: &'static str,
    subcommands: &'static [&'static Self],
    key_specs: &'static [KeySpec],
    categories: Categories,
    group: Group,
    since: &'static str,
    summary: &'static str,
    complexity: &'static str,
    deprecated: Option<(&'static str, &'static str)>,
    tips: &'static [&'static str],
    args: &'static [ArgSpec],
}

impl CommandSpec {
    /// Which command this is.
    #[inline]
    #[must_use]
    pub const fn id(&self) -> CommandId {
        self.id
    }

    /// The name in small letters, a subcommand's with its container: `client|kill`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        self.name
    }

    /// The name without the container's: `kill`.
    #[must_use]
    pub fn short_name(&self) -> &'static str {
        self.name.split_once('|').map_or(self.name, |(_, short)| short)
    }

    /// How many arguments, name included (a subcommand's: both names); negative: at least so many.
    #[must_use]
    pub const fn arity(&self) -> i64 {
        self.arity as i64
    }

    /// Whether `args_len` arguments, name included, fit.
    #[inline]
    #[must_use]
    pub const fn check_arity(&self, args_len: usize) -> bool {
        let arity = self.arity.unsigned_abs() as usize;
        if self.arity < 0 {
            args_len >= arity
        } else {
            args_len == arity
        }
    }

    /// Position of the first key among the arguments; `None` for a command without keys.
    #[inline]
    #[must_use]
    pub const fn first_key(&self) -> Option<usize> {
        match self.first_key {
            0 => None,
            position => Some(position as usize),
        }
    }

    /// Whether `flag` is one of the command's.
    #[inline]
    #[must_use]
    pub const fn has(&self, flag: Flag) -> bool {
        self.flags.has(flag)
    }

    /// Whether it reads one key, its first argument, and nothing else: what VOTED takes.
    #[must_use]
    pub const fn reads_one_key(&self) -> bool {
        match self.key_specs {
            [only] => self.flags.has(Flag::Readonly) && only.is_first_argument(),
            _ => false,
        }
    }

    /// The command's flags, in Redis's order.
    pub fn flags(&self) -> impl Iterator<Item = Flag> + Clone {
        self.flags.iter()
    }

    /// The ACL categories to which the command belongs, in Redis's order.
    pub fn categories(&self) -> impl Iterator<Item = Category> + Clone {
        self.categories.iter()
    }

    /// Whether the command belongs to `category`.
    #[must_use]
    pub const fn is_in(&self, category: Category) -> bool {
        self.categories.has(category)
    }

    /// Where the keys are; see [`CommandSpec::keys`].
    #[must_use]
    pub const fn key_specs(&self) -> &'static [KeySpec] {
        self.key_specs
    }

    /// The subcommands, by name.
    #[must_use]
    pub const fn subcommands(&self) -> &'static [&'static Self] {
        self.subcommands
    }

    /// The subcommand called `name`, in large or small letters.
    #[must_use]
    pub fn subcommand(&self, name: &[u8]) -> Option<&'static Self> {
        self.subcommands
            .iter()
            .copied()
            .find(|spec| spec.short_name().as_bytes().eq_ignore_ascii_case(name))
    }

    /// The family.
    #[must_use]
    pub const fn group(&self) -> Group {
        self.group
    }

    /// What the command does, in one sentence.
    #[must_use]
    pub const fn summary(&self) -> &'static str {
        self.summary
    }

    /// The version of Redis that brought the command (of Circlet, for its own).
    #[must_use]
    pub const fn since(&self) -> &'static str {
        self.since
    }

    /// How its time grows.
    #[must_use]
    pub const fn complexity(&self) -> &'static str {
        self.complexity
    }

    /// Since which version, and in favour of what, the command should not be used any more.
    #[must_use]
    pub const fn deprecated(&self) -> Option<(&'static str, &'static str)> {
        self.deprecated
    }

    /// Advice to clients that spread commands over a cluster.
    #[must_use]
    pub const fn tips(&self) -> &'static [&'static str] {
        self.tips
    }

    /// The grammar of the arguments.
    #[must_use]
    pub const fn args(&self) -> &'static [ArgSpec] {
        self.args
    }
}

/// For the table.
impl CommandSpec {
    pub(super) const fn new(id: CommandId, name: &'static str, arity: i8, group: Group, since: &'static str) -> Self {
        let flags = Flags::of(&[]);
        Self {
            flags,
            arity,
            first_key: 0,
            id,
            name,
            subcommands: &[],
            key_specs: &[],
            categories: Categories::implied_by(flags),
            group,
            since,
            summary: "",
            complexity: "",
            deprecated: None,
            tips: &[],
            args: &[],
        }
    }

    pub(super) const fn about(mut self, summary: &'static str, complexity: &'static str) -> Self {
        self.summary = summary;
        self.complexity = complexity;
        self
    }

    pub(super) const fn deprecated_since(mut self, version: &'static str, instead: &'static str) -> Self {
        self.deprecated = Some((version, instead));
        self
    }

    /// Before [`CommandSpec::with_categories`], which adds to what flags imply.
    pub(super) const fn with_flags(mut self, flags: &'static [Flag]) -> Self {
        self.flags = Flags::of(flags);
        self.categories = Categories::implied_by(self.flags);
        self
    }

    pub(super) const fn with_categories(mut self, categories: &'static [Category]) -> Self {
        self.categories = self.categories.union(Categories::of(categories));
        self
    }

    pub(super) const fn with_tips(mut self, tips: &'static [&'static str]) -> Self {
        self.tips = tips;
        self
    }

    pub(super) const fn with_keys(mut self, keys: &'static [KeySpec]) -> Self {
        self.key_specs = keys;
        self.first_key = keys[0].first();
        self
    }

    pub(super) const fn with_args(mut self, args: &'static [ArgSpec]) -> Self {
        self.args = args;
        self
    }

    pub(super) const fn with_subcommands(mut self, subcommands: &'static [&'static Self]) -> Self {
        self.subcommands = subcommands;
        self
    }
}
