//! One setting: everything that is known about it, declared in one place.

use super::{Bounds, Config};
use std::fmt;

/// When a setting may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// At any time, by `CONFIG SET`.
    Live,
    /// When the node starts.
    Restart,
    /// When the cluster is formed: all nodes must agree on it.
    Formed,
    /// Never; there for clients and tools that ask.
    Fixed,
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Live => "live",
            Self::Restart => "restart",
            Self::Formed => "formed",
            Self::Fixed => "fixed",
        })
    }
}

/// How a value is written in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// A number.
    Number,
    /// `true` or `false`; `yes` or `no` for Redis.
    Flag,
    /// A text in quotes.
    Text,
}

/// A setting's name, meaning, bounds, and the way to its field of [`Config`].
#[derive(Debug)]
pub struct Setting {
    /// The name, in small letters with dashes.
    pub name: &'static str,
    /// The field's documentation, with a space before each line.
    pub(super) doc: &'static str,
    /// When it may change.
    pub when: When,
    /// What it accepts.
    pub bounds: Bounds,
    pub(super) kind: Kind,
    pub(super) show: fn(&Config) -> String,
    /// Refuses with the reason, in Redis's words where Redis has them.
    pub(super) set: fn(&mut Config, &str) -> Result<(), String>,
}

impl Setting {
    /// What it does, its unit, and what raising it costs.
    #[must_use]
    pub fn meaning(&self) -> &'static str {
        self.doc.trim()
    }

    /// Its default, as `CONFIG GET` shows it.
    #[must_use]
    pub fn default_value(&self) -> String {
        (self.show)(&Config::default())
    }

    /// Its value in `config`, as `CONFIG GET` shows it.
    #[must_use]
    pub fn value(&self, config: &Config) -> String {
        (self.show)(config)
    }
}

/// Declares a group of settings: the structure, its defaults, and the [`Setting`] of each field, from one text.
///
/// ```text
/// settings! {
///     /// What the group is about.
///     pub struct Group as its_field_of_config {
///         /// Meaning, with unit. Raising it: what that costs.
///         "its-name" Live its_field: Type = its_default, Bounds::Range(1, 10);
///     }
///     also {
///         /// A field that only the file can give, as it is no single value.
///         field: Type;
///     }
/// }
/// ```
macro_rules! settings {
    (
        $(#[doc = $about:literal])+
        pub struct $Group:ident as $group:ident {
            $(
                $(#[doc = $doc:literal])+
                $name:literal $when:ident $field:ident: $Type:ty = $default:expr, $bounds:expr;
            )+
        }
        $( also { $( $(#[doc = $extra_doc:literal])+ $extra:ident: $Extra:ty; )+ } )?
    ) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, PartialEq)]
        pub struct $Group {
            $( $(#[doc = $doc])+ pub $field: $Type, )+
            $( $( $(#[doc = $extra_doc])+ pub $extra: $Extra, )+ )?
        }

        impl Default for $Group {
            fn default() -> Self {
                Self {
                    $( $field: $default, )+
                    $( $( $extra: <$Extra>::default(), )+ )?
                }
            }
        }

        impl $Group {
            /// The settings of this group, in the order of its fields.
            pub(super) const SETTINGS: &'static [$crate::config::Setting] = &[ $(
                $crate::config::Setting {
                    name: $name,
                    doc: concat!($($doc),+),
                    when: $crate::config::When::$when,
                    bounds: $bounds,
                    kind: <$Type as $crate::config::value::SettingValue>::KIND,
                    show: |config| $crate::config::value::SettingValue::show(&config.$group.$field),
                    set: |config, text| {
                        let field = &mut config.$group.$field;
                        *field = $crate::config::value::SettingValue::parse_over(field, text, $bounds)?;
                        Ok(())
                    },
                },
            )+ ];
        }
    };
}
pub(super) use settings;
