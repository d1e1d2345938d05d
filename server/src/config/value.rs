//! The types of single values: how each is read from a text and shown again.

use super::Bounds;
use super::setting::Kind;
use circlet_ring::{ArcCount, NodeId, Weight, WeightError, Zone, ZoneError};
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

/// A type that a setting can have. `show` gives a text that `parse` reads back to the same value.
pub(super) trait SettingValue: Sized {
    /// How it is written in TOML.
    const KIND: Kind;

    /// Reads it, or says why not: in Redis's words where Redis has them.
    fn parse(text: &str, bounds: Bounds) -> Result<Self, String>;

    /// As [`parse`](Self::parse); a text that gives only a part of the value leaves the rest as it is in `current`.
    fn parse_over(_current: &Self, text: &str, bounds: Bounds) -> Result<Self, String> {
        Self::parse(text, bounds)
    }

    /// As `CONFIG GET` shows it.
    fn show(&self) -> String;
}

/// Declares a count of some unit, so that milliseconds are not taken for seconds.
macro_rules! unit {
    ($(#[doc = $doc:literal])+ $Name:ident($Inner:ty), $duration:path) => {
        $(#[doc = $doc])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $Name(pub $Inner);

        impl $Name {
            /// As a duration; what is negative has none.
            #[must_use]
            pub fn duration(self) -> Duration {
                $duration(u64::try_from(self.0).unwrap_or(0))
            }
        }

        impl SettingValue for $Name {
            const KIND: Kind = Kind::Number;

            fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
                <$Inner>::parse(text, bounds).map(Self)
            }

            fn show(&self) -> String {
                self.0.to_string()
            }
        }
    };
}

unit!(
    /// A whole number of seconds.
    Seconds(u64), Duration::from_secs
);
unit!(
    /// A whole number of milliseconds.
    Millis(u64), Duration::from_millis
);
unit!(
    /// A whole number of microseconds; Redis uses -1 for "never".
    Micros(i64), Duration::from_micros
);

macro_rules! integer {
    ($($Type:ty),+) => { $(
        impl SettingValue for $Type {
            const KIND: Kind = Kind::Number;

            fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
                let not_an_integer = || "argument couldn't be parsed into an integer".to_string();
                let value: i64 = text.trim().parse().map_err(|_| not_an_integer())?;
                Self::try_from(bounds.check(value)?).map_err(|_| not_an_integer())
            }

            fn show(&self) -> String {
                self.to_string()
            }
        }
    )+ };
}
integer!(u8, u16, u32, u64, i64);

impl SettingValue for bool {
    const KIND: Kind = Kind::Flag;

    fn parse(text: &str, _bounds: Bounds) -> Result<Self, String> {
        match text.to_ascii_lowercase().as_str() {
            "yes" | "true" => Ok(true),
            "no" | "false" => Ok(false),
            _ => Err("argument must be 'yes' or 'no'".to_string()),
        }
    }

    fn show(&self) -> String {
        if *self { "yes" } else { "no" }.to_string()
    }
}

impl SettingValue for String {
    const KIND: Kind = Kind::Text;

    /// The bounds are those of its length in bytes.
    fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
        let length = i64::try_from(text.len()).unwrap_or(i64::MAX);
        bounds
            .check(length)
            .map_err(|why| why.replace("argument", "the argument's length"))?;
        if text.chars().any(char::is_control) {
            return Err("argument must not contain control characters".to_string());
        }
        Ok(text.to_string())
    }

    fn show(&self) -> String {
        self.clone()
    }
}

impl SettingValue for PathBuf {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
        String::parse(text, bounds).map(Self::from)
    }

    fn show(&self) -> String {
        self.display().to_string()
    }
}

impl SettingValue for IpAddr {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, _bounds: Bounds) -> Result<Self, String> {
        text.parse().map_err(|_| "argument must be an IP address".to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

/// Nothing is the empty text.
impl SettingValue for Option<IpAddr> {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
        if text.is_empty() {
            Ok(None)
        } else {
            IpAddr::parse(text, bounds).map(Some)
        }
    }

    fn show(&self) -> String {
        self.map(|address| address.to_string()).unwrap_or_default()
    }
}

/// Nothing is the empty text.
impl SettingValue for Option<NodeId> {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, _bounds: Bounds) -> Result<Self, String> {
        if text.is_empty() {
            Ok(None)
        } else {
            text.parse()
                .map(Some)
                .map_err(|_| "argument must be 40 hex digits".into())
        }
    }

    fn show(&self) -> String {
        self.as_ref().map(ToString::to_string).unwrap_or_default()
    }
}

/// Nothing is `auto`: derived from another port.
impl SettingValue for Option<u16> {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
        if text == "auto" {
            Ok(None)
        } else {
            u16::parse(text, bounds).map(Some)
        }
    }

    fn show(&self) -> String {
        self.map_or_else(|| "auto".to_string(), |port| port.to_string())
    }
}

impl SettingValue for Zone {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, _bounds: Bounds) -> Result<Self, String> {
        text.parse().map_err(|error: ZoneError| error.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for Weight {
    const KIND: Kind = Kind::Number;

    fn parse(text: &str, _bounds: Bounds) -> Result<Self, String> {
        text.parse().map_err(|error: WeightError| error.to_string())
    }

    fn show(&self) -> String {
        self.to_string()
    }
}

impl SettingValue for ArcCount {
    const KIND: Kind = Kind::Number;

    fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
        let count = u16::parse(text, bounds)?;
        Self::new(count).ok_or_else(|| "argument must be a power of two".to_string())
    }

    fn show(&self) -> String {
        self.get().to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_are_refused_in_redis_words() {
        let parse = |text| u16::parse(text, Bounds::Range(1, 100));
        assert_eq!(parse("7"), Ok(7));
        assert_eq!(parse("abc").unwrap_err(), "argument couldn't be parsed into an integer");
        assert_eq!(
            parse("101").unwrap_err(),
            "argument must be between 1 and 100 inclusive"
        );
        assert_eq!(
            parse("99999999999999999999").unwrap_err(),
            "argument couldn't be parsed into an integer"
        );
    }

    #[test]
    fn no_number_is_cut_to_the_size_of_its_type() {
        assert!(u8::parse("256", Bounds::Any).is_err());
        assert!(u64::parse("-1", Bounds::Any).is_err());
    }

    #[test]
    fn flags_are_read_as_in_redis_and_as_in_toml() {
        assert_eq!(bool::parse("yes", Bounds::Any), bool::parse("true", Bounds::Any));
        assert_eq!(
            bool::parse("maybe", Bounds::Any).unwrap_err(),
            "argument must be 'yes' or 'no'"
        );
    }

    #[test]
    fn a_text_can_hold_no_line_break_that_would_forge_a_line_of_the_file() {
        assert!(String::parse("a\nb = 1", Bounds::Any).is_err());
        assert_eq!(
            String::parse("abc", Bounds::Range(1, 2)).unwrap_err(),
            "the argument's length must be between 1 and 2 inclusive"
        );
    }

    #[test]
    fn arcs_are_a_power_of_two() {
        assert!(ArcCount::parse("1024", Bounds::Any).is_ok());
        assert_eq!(
            ArcCount::parse("1000", Bounds::Any).unwrap_err(),
            "argument must be a power of two"
        );
    }

    #[test]
    fn a_negative_duration_is_none() {
        assert_eq!(Micros(-1).duration(), Duration::ZERO);
        assert_eq!(Micros(5).duration(), Duration::from_micros(5));
    }
}
