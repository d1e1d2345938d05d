//! Amounts of memory, as Redis reads them: `100`, `1k` (1000), `1kb` (1024), `512mb`, `1g`, `1gb`.

use super::Bounds;
use super::setting::Kind;
use super::value::SettingValue;

/// A number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemorySize(pub u64);

impl MemorySize {
    /// So many MiB.
    #[must_use]
    pub const fn mib(count: u64) -> Self {
        Self(count << 20)
    }

    /// The number of bytes as a length in memory.
    #[must_use]
    pub fn bytes(self) -> usize {
        usize::try_from(self.0).unwrap_or(usize::MAX)
    }

    /// Reads a number with one of Redis's units.
    pub(super) fn read(text: &str) -> Option<Self> {
        let text = text.trim().to_ascii_lowercase();
        let digits_end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
        let (digits, unit) = text.split_at(digits_end);
        let factor: u64 = match unit {
            "" | "b" => 1,
            "k" => 1_000,
            "kb" => 1 << 10,
            "m" => 1_000_000,
            "mb" => 1 << 20,
            "g" => 1_000_000_000,
            "gb" => 1 << 30,
            _ => return None,
        };
        digits
            .parse::<u64>()
            .ok()?
            .checked_mul(factor)
            .filter(|bytes| i64::try_from(*bytes).is_ok())
            .map(Self)
    }
}

impl SettingValue for MemorySize {
    const KIND: Kind = Kind::Number;

    fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
        let size = Self::read(text).ok_or_else(|| "argument must be a memory value".to_string())?;
        bounds.check(i64::try_from(size.0).unwrap_or(i64::MAX))?;
        Ok(size)
    }

    fn show(&self) -> String {
        self.0.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_redis_units() {
        for (text, bytes) in [
            ("0", 0),
            ("100", 100),
            ("5B", 5),
            ("1k", 1_000),
            ("1KB", 1_024),
            ("2m", 2_000_000),
            ("2mb", 2 << 20),
            ("1gb", 1 << 30),
        ] {
            assert_eq!(MemorySize::read(text), Some(MemorySize(bytes)), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_is_refused_and_so_is_what_overflows() {
        for text in [
            "",
            "abc",
            "-1",
            "1tb",
            "1.5gb",
            "gb",
            "99999999999999999999",
            "9999999999gb",
            "9223372036854775808",
        ] {
            let why = MemorySize::parse(text, Bounds::Any).unwrap_err();
            assert_eq!(why, "argument must be a memory value", "{text}: Redis's words");
        }
    }
}
