//! What a client sees of a state.

use super::{Base, Kind, State};
use crate::time::WallMs;

/// The value of a state at some moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// There is none: never written, deleted or expired.
    Missing,
    /// There is one, but not here: the base is unknown. Fetch the full state, merge it, look again.
    Unreadable,
    /// A string.
    Bytes(&'a [u8]),
    /// A string that is the decimal form of this number.
    ///
    /// If concurrent increments add up to more than 64 bits hold, the nearest that they hold: the runs keep the truth.
    Counter(i64),
    /// A collection of this type, never [`Kind::String`]: it has a live part.
    Collection(Kind),
}

impl<'a> State<'a> {
    /// Whether the entry has expired at `now`: as in Redis, it lives through the whole of its last millisecond.
    #[must_use]
    pub fn is_expired(&self, now: WallMs) -> bool {
        self.expiry.at.is_some_and(|at| now > at)
    }

    /// Whether there is a value at `now`, readable here or not.
    #[must_use]
    pub fn is_live(&self, now: WallMs) -> bool {
        // As `value` has it, without asking which value: at the first part that lives the answer is known.
        let has_parts = || self.base != Base::Unknown && self.parts.has_live(now);
        let has_own = || match self.base {
            Base::Unknown => *self != State::ABSENT,
            Base::None => !self.runs.is_empty(),
            Base::Bytes(_) => true,
        };
        !self.is_expired(now) && (has_own() || has_parts())
    }

    /// The value at `now`.
    ///
    /// Runs beside a base that is not an integer do not count: a SET to text overtook increments that it did not see. Of
    /// several types the greatest counts that has a live part.
    #[must_use]
    pub fn value(&self, now: WallMs) -> Value<'a> {
        if self.is_expired(now) {
            return Value::Missing;
        }
        if self.base != Base::Unknown
            && let Some(kind) = self.parts.live_kind(now)
        {
            return Value::Collection(kind);
        }
        match self.base {
            Base::Unknown if *self == State::ABSENT => Value::Missing,
            Base::Unknown => Value::Unreadable,
            Base::None if self.runs.is_empty() => Value::Missing,
            Base::None => Value::Counter(clamp(self.sum_onto(0))),
            Base::Bytes(bytes) if self.runs.is_empty() => Value::Bytes(bytes),
            Base::Bytes(bytes) => match parse_integer(bytes) {
                Some(base) => Value::Counter(clamp(self.sum_onto(base))),
                None => Value::Bytes(bytes),
            },
        }
    }

    /// `base` plus all runs, exactly: 2^32 runs of 64 bits fit in 97.
    pub(crate) fn sum_onto(&self, base: i64) -> i128 {
        self.runs.iter().map(|run| i128::from(run.total)).sum::<i128>() + i128::from(base)
    }
}

fn clamp(sum: i128) -> i64 {
    i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX })
}

/// The integer that `text` is the shortest decimal form of, as Redis requires of counters: no sign but a minus, no
/// leading zero, no blank, and within 64 bits.
#[must_use]
pub fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    match digits {
        [b'0'] if !negative => return Some(0),
        [b'1'..=b'9', ..] if digits.len() <= 19 => {}
        _ => return None,
    }
    // 19 digits fit 64 bits without sign.
    let mut magnitude: u64 = 0;
    for digit in digits {
        if !digit.is_ascii_digit() {
            return None;
        }
        magnitude = magnitude * 10 + u64::from(digit - b'0');
    }
    if negative {
        0_i64.checked_sub_unsigned(magnitude)
    } else {
        i64::try_from(magnitude).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stamp::Stamp;
    use crate::state::{Expiry, Run, Runs};

    const NOW: WallMs = WallMs::new(1_000);

    fn expect(value: Value<'_>, base: Base<'_>, totals: &[i64]) {
        let mut runs = Vec::new();
        for (node, &total) in (1..).zip(totals) {
            Run {
                node,
                birth: Stamp::from_bits(5),
                stamp: Stamp::from_bits(6),
                total,
            }
            .encode(&mut runs);
        }
        let state = State {
            base,
            runs: Runs::new(&runs).unwrap(),
            ..State::ABSENT
        };
        assert_eq!(state.value(NOW), value, "{base:?} and {totals:?}");
    }

    #[test]
    fn a_counter_is_its_base_plus_its_runs() {
        expect(Value::Counter(2), Base::None, &[3, -1]);
        expect(Value::Counter(12), Base::Bytes(b"10"), &[3, -1]);
        expect(Value::Unreadable, Base::Unknown, &[3]);
        expect(Value::Bytes(b"ten"), Base::Bytes(b"ten"), &[3]);
        expect(Value::Missing, Base::None, &[]);
        assert_eq!(State::ABSENT.value(NOW), Value::Missing);
    }

    #[test]
    fn a_sum_past_64_bits_reads_as_the_nearest_number() {
        expect(Value::Counter(i64::MAX), Base::None, &[i64::MAX, i64::MAX]);
        expect(Value::Counter(i64::MIN), Base::None, &[i64::MIN, -1]);
        expect(
            Value::Counter(i64::MAX - 1),
            Base::None,
            &[i64::MAX, i64::MAX, i64::MIN],
        );
    }

    #[test]
    fn an_entry_lives_through_its_last_millisecond() {
        let state = State::plain(Stamp::from_bits(1), Some(NOW), b"v");
        assert_eq!(state.value(NOW), Value::Bytes(b"v"));
        assert!(state.is_live(NOW));
        let after = WallMs::new(NOW.get() + 1);
        assert_eq!(state.value(after), Value::Missing);
        assert!(!state.is_live(after));
        let unknown = State {
            base: Base::Unknown,
            expiry: Expiry {
                at: Some(NOW),
                stamp: Stamp::from_bits(1),
            },
            ..State::ABSENT
        };
        assert_eq!(
            unknown.value(after),
            Value::Missing,
            "what has expired need not be fetched"
        );
    }

    #[test]
    fn an_integer_has_one_form() {
        for number in [0, 1, -1, 9, 10, 1_234_567, i64::MAX, i64::MIN, i64::MIN + 1] {
            assert_eq!(parse_integer(number.to_string().as_bytes()), Some(number));
        }
        for text in [
            "",
            "-",
            "-0",
            "00",
            "01",
            "+1",
            " 1",
            "1 ",
            "1.0",
            "9223372036854775808",
            "-9223372036854775809",
        ] {
            assert_eq!(parse_integer(text.as_bytes()), None, "{text:?}");
        }
        assert_eq!(parse_integer(b"99999999999999999999"), None, "20 digits");
    }
}
