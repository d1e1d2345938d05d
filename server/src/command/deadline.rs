//! When a key expires, as the options EX, PX, EXAT and PXAT and the EXPIRE family say it.
//!
//! A deadline is the last millisecond in which the key is alive. Each command says a number in seconds or milliseconds,
//! from now on or since the Unix epoch; here the four become one, with Redis's checks against overflow in 64 signed bits.

use circlet_core::time::WallMs;

use super::error::CommandError;
use super::pure::number::integer;

/// The latest deadline of a field: a quarter of 48 bits of milliseconds, some 2,200 years. Redis's bound.
const FIELD_DEADLINE_MS_MAX: i64 = (1 << 46) - 1;

/// How a number names a deadline: the four options of SET and GETEX, and the four EXPIRE commands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Notation {
    /// `EX`, EXPIRE: seconds from now on.
    Seconds,
    /// `PX`, PEXPIRE: milliseconds from now on.
    Milliseconds,
    /// `EXAT`, EXPIREAT: seconds since the epoch.
    AtSeconds,
    /// `PXAT`, PEXPIREAT: milliseconds since the epoch.
    AtMilliseconds,
}

impl Notation {
    /// The notation that an option of SET or GETEX stands for.
    pub(super) fn of_option(option: &[u8]) -> Option<Notation> {
        let options: [(&[u8], Notation); 4] = [
            (b"ex", Notation::Seconds),
            (b"px", Notation::Milliseconds),
            (b"exat", Notation::AtSeconds),
            (b"pxat", Notation::AtMilliseconds),
        ];
        options
            .into_iter()
            .find(|(name, _)| option.eq_ignore_ascii_case(name))
            .map(|(_, notation)| notation)
    }

    fn is_absolute(self) -> bool {
        matches!(self, Notation::AtSeconds | Notation::AtMilliseconds)
    }

    fn in_milliseconds(self, number: i64) -> Option<i64> {
        match self {
            Notation::Seconds | Notation::AtSeconds => number.checked_mul(1000),
            Notation::Milliseconds | Notation::AtMilliseconds => Some(number),
        }
    }

    /// The deadline that SET, SETEX, PSETEX or GETEX says: its number must be positive.
    ///
    /// # Errors
    ///
    /// [`CommandError::NotAnInteger`]; [`CommandError::ExpireTime`] for a number that is not positive or overflows.
    pub(super) fn future(self, number: &[u8], now: WallMs, command: &'static str) -> Result<WallMs, CommandError> {
        let number = integer(number)?;
        let refused = CommandError::ExpireTime(command);
        if number <= 0 {
            return Err(refused);
        }
        self.milliseconds_at(number, now).map(wall).ok_or(refused)
    }

    /// The deadline that a command of the EXPIRE family says: any number that does not overflow, which may lie in the
    /// past or, negative, before the epoch.
    ///
    /// # Errors
    ///
    /// [`CommandError::NotAnInteger`]; [`CommandError::ExpireTime`] on overflow.
    pub(super) fn any(self, number: &[u8], now: WallMs, command: &'static str) -> Result<WallMs, CommandError> {
        self.milliseconds_at(integer(number)?, now)
            .map(wall)
            .ok_or(CommandError::ExpireTime(command))
    }

    /// The deadline that a command of the HEXPIRE family says: not negative, and not so far away that Redis could not keep it.
    ///
    /// # Errors
    ///
    /// [`CommandError::NotAnInteger`], [`CommandError::NegativeExpireTime`], [`CommandError::ExpireTime`].
    pub(super) fn of_field(self, number: &[u8], now: WallMs, command: &'static str) -> Result<WallMs, CommandError> {
        let number = integer(number)?;
        if number < 0 {
            return Err(CommandError::NegativeExpireTime);
        }
        let at = self.milliseconds_at(number, now);
        let at = at.filter(|&at| at <= FIELD_DEADLINE_MS_MAX);
        at.map(wall).ok_or(CommandError::ExpireTime(command))
    }

    fn milliseconds_at(self, number: i64, now: WallMs) -> Option<i64> {
        let milliseconds = self.in_milliseconds(number)?;
        if self.is_absolute() {
            Some(milliseconds)
        } else {
            milliseconds.checked_add(signed(now))
        }
    }
}

/// A time as a signed number of milliseconds, for replies: far enough for 292 million years.
pub(super) fn signed(time: WallMs) -> i64 {
    i64::try_from(time.get()).unwrap_or(i64::MAX)
}

/// What is before the epoch expired at the epoch: long ago, either way.
fn wall(milliseconds: i64) -> WallMs {
    WallMs::new(u64::try_from(milliseconds).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: WallMs = WallMs::new(1_700_000_000_000);
    const REFUSED: CommandError = CommandError::ExpireTime("x");

    #[test]
    fn each_notation_names_its_deadline() {
        let cases = [
            (Notation::Seconds, "10", 1_700_000_010_000),
            (Notation::Milliseconds, "10", 1_700_000_000_010),
            (Notation::AtSeconds, "10", 10_000),
            (Notation::AtMilliseconds, "10", 10),
            (Notation::AtMilliseconds, "9223372036854775807", i64::MAX as u64),
        ];
        for (notation, number, expected) in cases {
            assert_eq!(
                notation.future(number.as_bytes(), NOW, "x"),
                Ok(WallMs::new(expected)),
                "{notation:?}"
            );
            assert_eq!(
                notation.any(number.as_bytes(), NOW, "x"),
                Ok(WallMs::new(expected)),
                "{notation:?}"
            );
        }
    }

    #[test]
    fn a_deadline_beyond_64_bits_is_refused() {
        let cases = [
            (Notation::Seconds, "9223372036854775807"),
            (Notation::Seconds, "9223372036854775"),
            (Notation::Milliseconds, "9223372036854775807"),
            (Notation::AtSeconds, "9223372036854775807"),
        ];
        for (notation, number) in cases {
            assert_eq!(
                notation.future(number.as_bytes(), NOW, "x"),
                Err(REFUSED),
                "{notation:?} {number}"
            );
            assert_eq!(
                notation.any(number.as_bytes(), NOW, "x"),
                Err(REFUSED),
                "{notation:?} {number}"
            );
        }
        assert_eq!(Notation::Seconds.any(b"-9223372036854775808", NOW, "x"), Err(REFUSED));
    }

    #[test]
    fn only_the_expire_family_takes_numbers_that_are_not_positive() {
        for number in ["0", "-1"] {
            assert_eq!(Notation::Seconds.future(number.as_bytes(), NOW, "x"), Err(REFUSED));
        }
        assert_eq!(
            Notation::Seconds.any(b"-1", NOW, "x"),
            Ok(WallMs::new(1_699_999_999_000))
        );
        assert_eq!(Notation::AtSeconds.any(b"-1", NOW, "x"), Ok(WallMs::new(0)));
    }

    #[test]
    fn a_fields_deadline_has_46_bits() {
        let last = FIELD_DEADLINE_MS_MAX;
        let cases = [
            (Notation::AtMilliseconds, last, Ok(last as u64)),
            (Notation::AtMilliseconds, last + 1, Err(REFUSED)),
            (Notation::AtSeconds, last / 1000 + 1, Err(REFUSED)),
            (Notation::Milliseconds, last - 1_700_000_000_000, Ok(last as u64)),
            (Notation::Milliseconds, last - 1_699_999_999_999, Err(REFUSED)),
            (Notation::Seconds, i64::MAX, Err(REFUSED)),
            (Notation::AtSeconds, 0, Ok(0)),
            (Notation::Seconds, -1, Err(CommandError::NegativeExpireTime)),
        ];
        for (notation, number, expected) in cases {
            let deadline = notation.of_field(number.to_string().as_bytes(), NOW, "x");
            assert_eq!(deadline, expected.map(WallMs::new), "{notation:?} {number}");
        }
    }

    #[test]
    fn options_are_known_by_name_without_case() {
        assert_eq!(Notation::of_option(b"eXaT"), Some(Notation::AtSeconds));
        assert_eq!(Notation::of_option(b"exa"), None);
    }
}
