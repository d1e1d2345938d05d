//! How long a command waits, as clients say it: seconds, with a fraction; 0 is for ever.

use super::extended::Extended;
use crate::command::error::CommandError;

/// The milliseconds that a text of seconds stands for, rounded up as in Redis; 0 is for ever.
///
/// # Errors
///
/// [`CommandError::TimeoutNotANumber`], [`CommandError::TimeoutNegative`], [`CommandError::TimeoutOutOfRange`] (beyond 2^63
/// milliseconds).
pub fn parse(text: &[u8]) -> Result<u64, CommandError> {
    let seconds = Extended::parse(text).ok_or(CommandError::TimeoutNotANumber)?;
    let milliseconds = (seconds.to_f64() * 1_000.0).ceil();
    if milliseconds >= 9_223_372_036_854_775_808.0 {
        Err(CommandError::TimeoutOutOfRange)
    } else if milliseconds < 0.0 {
        Err(CommandError::TimeoutNegative)
    } else {
        // Checked just above; a negative zero is zero.
        Ok(milliseconds as u64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn timeouts_are_seconds_with_a_fraction() {
        let cases: [(&[u8], Result<u64, CommandError>); 15] = [
            (b"0", Ok(0)),
            (b"1", Ok(1_000)),
            (b"0.5", Ok(500)),
            (b".01", Ok(10)),
            (b"0.0001", Ok(1)),
            (b"1e-30", Ok(1)),
            (b"1e-4000", Ok(1)),
            (b"-0.0001", Ok(0)),
            (b"0x10p-4", Ok(1_000)),
            (b"9000000000000000", Ok(9_000_000_000_000_000_000)),
            (b"9223372036854776", Err(CommandError::TimeoutOutOfRange)),
            (b"inf", Err(CommandError::TimeoutOutOfRange)),
            (b"-1", Err(CommandError::TimeoutNegative)),
            (b"x", Err(CommandError::TimeoutNotANumber)),
            (b"nan", Err(CommandError::TimeoutNotANumber)),
        ];
        for (text, expected) in cases {
            assert_eq!(parse(text), expected, "{}", String::from_utf8_lossy(text));
        }
    }
}
