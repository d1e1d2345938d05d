//! What a command's spec says about it in single words.

/// Makes an enum of words with their names on the wire, and a set of them in one machine word.
macro_rules! words {
    ($(#[$doc:meta])* $name:ident, $set:ident, $($(#[$word_doc:meta])* $word:ident = $text:literal,)*) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum $name {
            $($(#[$word_doc])* $word,)*
        }

        impl $name {
            /// All words, in the order in which Redis lists them.
            pub const ALL: &[Self] = &[$(Self::$word,)*];

            /// The word as COMMAND prints it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$word => $text,)*
                }
            }
        }

        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) struct $set(u32);

        impl $set {
            pub(super) const fn of(words: &[$name]) -> Self {
                let mut set = Self(0);
                let mut i = 0;
                while i < words.len() {
                    set = set.with(words[i]);
                    i += 1;
                }
                set
            }

            pub(super) const fn with(self, word: $name) -> Self {
                Self(self.0 | 1 << word as u32)
            }

            #[inline]
            pub(super) const fn has(self, word: $name) -> bool {
                self.0 & (1 << word as u32) != 0
            }

            pub(super) fn iter(self) -> impl Iterator<Item = $name> + Clone {
                $name::ALL.iter().copied().filter(move |&word| self.has(word))
            }
        }
    };
}

words! {
    /// A property of a command, as in Redis's COMMAND INFO.
    Flag, Flags,
    /// Changes data.
    Write = "write",
    /// Reads data.
    Readonly = "readonly",
    /// Refused when memory is short.
    Denyoom = "denyoom",
    /// For operators.
    Admin = "admin",
    /// On channels.
    Pubsub = "pubsub",
    /// Not for scripts.
    Noscript = "noscript",
    /// May make the connection wait.
    Blocking = "blocking",
    /// Allowed before the data is there.
    Loading = "loading",
    /// Allowed on data known to be old.
    Stale = "stale",
    /// Takes constant or logarithmic time.
    Fast = "fast",
    /// Allowed before authentication.
    NoAuth = "no_auth",
    /// Refused while data is loaded in the background.
    NoAsyncLoading = "no_async_loading",
    /// Not in a transaction.
    NoMulti = "no_multi",
    /// Has keys at other places than its first key, last key and step tell.
    Movablekeys = "movablekeys",
    /// Allowed while a script runs for too long.
    AllowBusy = "allow_busy",
    /// Touches keys that its arguments do not name.
    TouchesArbitraryKeys = "touches_arbitrary_keys",
}

words! {
    /// An ACL category.
    Category, Categories,
    /// On keys, whatever they hold.
    Keyspace = "@keyspace",
    /// Reads data.
    Read = "@read",
    /// Changes data.
    Write = "@write",
    /// On sets.
    Set = "@set",
    /// On sorted sets.
    SortedSet = "@sortedset",
    /// On lists.
    List = "@list",
    /// On hashes.
    Hash = "@hash",
    /// On strings.
    String = "@string",
    /// On bits of strings.
    Bitmap = "@bitmap",
    /// On estimates of how many different elements there were.
    Hyperloglog = "@hyperloglog",
    /// On sorted sets of places.
    Geo = "@geo",
    /// On channels.
    Pubsub = "@pubsub",
    /// For operators.
    Admin = "@admin",
    /// Takes constant or logarithmic time.
    Fast = "@fast",
    /// Not fast.
    Slow = "@slow",
    /// May make the connection wait.
    Blocking = "@blocking",
    /// May do harm to the whole server.
    Dangerous = "@dangerous",
    /// On connections.
    Connection = "@connection",
}

impl Categories {
    /// The categories that follow from flags, as in Redis.
    pub(super) const fn implied_by(flags: Flags) -> Self {
        let mut set = Self(0);
        if flags.has(Flag::Write) {
            set = set.with(Category::Write);
        }
        if flags.has(Flag::Readonly) {
            set = set.with(Category::Read);
        }
        if flags.has(Flag::Admin) {
            set = set.with(Category::Admin).with(Category::Dangerous);
        }
        if flags.has(Flag::Blocking) {
            set = set.with(Category::Blocking);
        }
        set.with(if flags.has(Flag::Fast) {
            Category::Fast
        } else {
            Category::Slow
        })
    }

    pub(super) const fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}
