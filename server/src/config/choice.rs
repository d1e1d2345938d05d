//! Settings that are one word out of a few.

use super::Bounds;
use super::setting::Kind;
use super::value::SettingValue;
use circlet_core::membership::Profile;
use circlet_core::quorum::Level;

/// The reason that Redis gives when a word is none of those it knows.
fn none_of(words: &[&str]) -> String {
    format!("argument(s) must be one of the following: {}", words.join(", "))
}

/// Declares a choice by its words.
macro_rules! choice {
    ($(#[doc = $doc:literal])+ pub enum $Name:ident { $( $(#[doc = $variant_doc:literal])+ $Variant:ident = $word:literal, )+ }) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum $Name { $( $(#[doc = $variant_doc])+ $Variant, )+ }

        impl $Name {
            /// Each of them.
            pub const ALL: [Self; [$($word),+].len()] = [ $( Self::$Variant, )+ ];

            /// The word for it.
            #[must_use]
            pub const fn word(self) -> &'static str {
                match self { $( Self::$Variant => $word, )+ }
            }
        }

        by_word!($Name);
    };
}

/// Has a setting read a choice by its word, in any case: one declared here, or one of the core's.
macro_rules! by_word {
    ($Name:ident) => {
        impl SettingValue for $Name {
            const KIND: Kind = Kind::Text;

            fn parse(text: &str, _bounds: Bounds) -> Result<Self, String> {
                let named = Self::ALL
                    .into_iter()
                    .find(|choice| choice.word().eq_ignore_ascii_case(text));
                named.ok_or_else(|| none_of(&Self::ALL.map(Self::word)))
            }

            fn show(&self) -> String {
                self.word().to_string()
            }
        }
    };
}

by_word!(Level);
by_word!(Profile);

choice! {
    /// The least severe event that is logged.
    pub enum LogLevel {
        /// Something was lost, or is about to be.
        Error = "error",
        /// Something that an operator should look at.
        Warn = "warn",
        /// What changes in the cluster.
        Info = "info",
        /// What each mechanism decides.
        Debug = "debug",
        /// Every message.
        Trace = "trace",
    }
}

choice! {
    /// How an event is written.
    pub enum LogFormat {
        /// A line for people.
        Human = "human",
        /// A JSON object a line.
        Json = "json",
    }
}

/// What goes when memory is full.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EvictionPolicy {
    /// Nothing: commands that may need memory are answered `-OOM`.
    NoEviction,
}

impl EvictionPolicy {
    /// Redis's policies that evict. None of them may be taken for accepted before it does what it says.
    const EVICTING: [&str; 7] = [
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
    ];

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::NoEviction => "noeviction",
        }
    }
}

impl SettingValue for EvictionPolicy {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, _bounds: Bounds) -> Result<Self, String> {
        let word = text.to_ascii_lowercase();
        if word == Self::NoEviction.word() {
            Ok(Self::NoEviction)
        } else if Self::EVICTING.contains(&word.as_str()) {
            Err(format!(
                "Circlet does not evict yet, so '{word}' would not be obeyed: the only policy is noeviction"
            ))
        } else {
            Err(none_of(&[Self::NoEviction.word()]))
        }
    }

    fn show(&self) -> String {
        self.word().to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_read_in_any_case_and_shown_in_small_letters() {
        assert_eq!(Level::parse("QUORUM", Bounds::Any), Ok(Level::Quorum));
        assert_eq!(Level::Quorum.show(), "quorum");
        assert_eq!(LogLevel::Warn.word(), "warn");
    }

    #[test]
    fn a_policy_that_would_not_be_obeyed_is_refused_with_the_reason() {
        assert_eq!(
            EvictionPolicy::parse("NoEviction", Bounds::Any),
            Ok(EvictionPolicy::NoEviction)
        );
        for policy in EvictionPolicy::EVICTING {
            let why = EvictionPolicy::parse(policy, Bounds::Any).unwrap_err();
            assert!(why.contains("does not evict yet") && why.contains(policy), "{why}");
        }
        let why = EvictionPolicy::parse("allkeys", Bounds::Any).unwrap_err();
        assert_eq!(why, "argument(s) must be one of the following: noeviction");
    }

    #[test]
    fn another_word_is_refused_with_those_that_would_do() {
        let why = LogFormat::parse("xml", Bounds::Any).unwrap_err();
        assert_eq!(
            why, "argument(s) must be one of the following: human, json",
            "Redis's words"
        );
    }
}
