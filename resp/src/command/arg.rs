//! The grammar of a command's arguments, as COMMAND DOCS tells it.

/// What kind of thing an argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ArgKind {
    /// Any bytes.
    String,
    /// A whole number.
    Integer,
    /// A number with a fraction.
    Double,
    /// A key; with the place of its [`KeySpec`](super::KeySpec) among the command's.
    Key(u8),
    /// A glob pattern.
    Pattern,
    /// A pattern that keys are made of; with the place of their [`KeySpec`](super::KeySpec) among the command's.
    KeyPattern(u8),
    /// A time since 1970.
    UnixTime,
    /// A word that stands for itself.
    Token,
    /// One of the arguments within.
    OneOf,
    /// All of the arguments within.
    Block,
}

impl ArgKind {
    /// The kind as COMMAND DOCS prints it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Integer => "integer",
            Self::Double => "double",
            Self::Key(_) => "key",
            Self::Pattern | Self::KeyPattern(_) => "pattern",
            Self::UnixTime => "unix-time",
            Self::Token => "pure-token",
            Self::OneOf => "oneof",
            Self::Block => "block",
        }
    }
}

/// One argument, or several that belong together.
#[derive(Clone, Copy, Debug)]
pub struct ArgSpec {
    /// What to call it. A token's name is the token; COMMAND DOCS prints it in small letters.
    pub name: &'static str,
    /// What to show in its place, if not its name.
    pub shown_as: Option<&'static str>,
    /// What it is.
    pub kind: ArgKind,
    /// The word that stands before it, or that it is.
    pub token: Option<&'static str>,
    /// The version that brought it, if later than the command.
    pub since: Option<&'static str>,
    /// May be left out.
    pub optional: bool,
    /// May be repeated.
    pub multiple: bool,
    /// May be repeated, each time with its word.
    pub multiple_token: bool,
    /// What it consists of ([`ArgKind::OneOf`], [`ArgKind::Block`]).
    pub args: &'static [Self],
}

impl ArgSpec {
    const fn new(name: &'static str, kind: ArgKind) -> Self {
        Self {
            name,
            shown_as: None,
            kind,
            token: None,
            since: None,
            optional: false,
            multiple: false,
            multiple_token: false,
            args: &[],
        }
    }

    pub(super) const fn after(mut self, token: &'static str) -> Self {
        self.token = Some(token);
        self
    }

    pub(super) const fn shown_as(mut self, text: &'static str) -> Self {
        self.shown_as = Some(text);
        self
    }

    pub(super) const fn since(mut self, version: &'static str) -> Self {
        self.since = Some(version);
        self
    }

    pub(super) const fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    pub(super) const fn multiple(mut self) -> Self {
        self.multiple = true;
        self
    }

    pub(super) const fn multiple_with_token(mut self) -> Self {
        self.multiple_token = true;
        self.multiple()
    }
}

pub(super) const fn string(name: &'static str) -> ArgSpec {
    ArgSpec::new(name, ArgKind::String)
}

pub(super) const fn integer(name: &'static str) -> ArgSpec {
    ArgSpec::new(name, ArgKind::Integer)
}

pub(super) const fn double(name: &'static str) -> ArgSpec {
    ArgSpec::new(name, ArgKind::Double)
}

pub(super) const fn key(name: &'static str, key_spec: u8) -> ArgSpec {
    ArgSpec::new(name, ArgKind::Key(key_spec))
}

pub(super) const fn pattern(name: &'static str) -> ArgSpec {
    ArgSpec::new(name, ArgKind::Pattern)
}

pub(super) const fn pattern_of(name: &'static str, key_spec: u8) -> ArgSpec {
    ArgSpec::new(name, ArgKind::KeyPattern(key_spec))
}

pub(super) const fn unix_time(name: &'static str) -> ArgSpec {
    ArgSpec::new(name, ArgKind::UnixTime)
}

pub(super) const fn token(word: &'static str) -> ArgSpec {
    ArgSpec::new(word, ArgKind::Token).after(word)
}

pub(super) const fn oneof(name: &'static str, args: &'static [ArgSpec]) -> ArgSpec {
    ArgSpec {
        args,
        ..ArgSpec::new(name, ArgKind::OneOf)
    }
}

pub(super) const fn block(name: &'static str, args: &'static [ArgSpec]) -> ArgSpec {
    ArgSpec {
        args,
        ..ArgSpec::new(name, ArgKind::Block)
    }
}
