//! The types of values.

/// What type of value a key holds. The order decides which one is seen when concurrent commands have written several:
/// the greatest that is alive.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    /// Bytes or a counter: the base and runs of the entry itself.
    String,
    /// Elements in an order.
    List,
    /// Members.
    Set,
    /// Members, each with a score.
    SortedSet,
    /// Fields, each with a value.
    Hash,
}

impl Kind {
    /// The name that TYPE answers.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::List => "list",
            Self::Set => "set",
            Self::SortedSet => "zset",
            Self::Hash => "hash",
        }
    }
}
