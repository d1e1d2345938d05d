//! What a command can refuse with, in Redis's own words.
//!
//! The texts are what client libraries and people match on, so they are Redis 7.2's to the letter (DESIGN.md section
//! 13); `Display` gives the whole error line, its code included, without the leading `-` and the line end.
//!
//! Invariant: a handler that returns a `CommandError` has changed nothing. Redis orders its checks the same way: options
//! are parsed, then the value is looked at, then the write is done. So every variant here may be answered, retried and
//! re-executed without a thought about what state it left.

use circlet_resp::ReplyBuf;

use super::geo::error::GeoError;
use super::sorted_set::error::SortedSetError;

/// Why a command was not executed. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    /// The key holds another type than the command works on.
    #[error("WRONGTYPE Operation against a key holding the wrong kind of value")]
    WrongType,
    /// An option is unknown, repeated, or stands beside one that excludes it.
    #[error("ERR syntax error")]
    Syntax,
    /// An argument or a stored value is not a 64-bit integer in Redis's strict notation.
    #[error("ERR value is not an integer or out of range")]
    NotAnInteger,
    /// HINCRBY on a field that holds no 64-bit integer.
    #[error("ERR hash value is not an integer")]
    HashNotAnInteger,
    /// HINCRBYFLOAT on a field that holds no number.
    #[error("ERR hash value is not a float")]
    HashNotAFloat,
    /// HINCRBYFLOAT by what is infinite.
    #[error("ERR value is NaN or Infinity")]
    IncrementNotFinite,
    /// HEXPIRE and its kin: no FIELDS where it must stand.
    #[error("ERR Mandatory argument FIELDS is missing or not at the right position")]
    NoFields,
    /// HEXPIRE and its kin: a count of fields that is not positive.
    #[error("ERR Parameter `numFields` should be greater than 0")]
    FieldCount,
    /// HTTL, HPERSIST and their kin: a count of fields that is not positive.
    #[error("ERR Number of fields must be a positive integer")]
    FieldCountOfRead,
    /// More or fewer fields than were announced.
    #[error("ERR The `numfields` parameter must match the number of arguments")]
    FieldCountMismatch,
    /// HEXPIRE and its kin: a negative time.
    #[error("ERR invalid expire time, must be >= 0")]
    NegativeExpireTime,
    /// SINTERCARD with fewer keys than announced.
    #[error("ERR Number of keys can't be greater than number of args")]
    TooFewKeys,
    /// VOTED of what is no command that reads one key. A text of Circlet's own.
    #[error("NOVOTE VOTED takes a command that reads one key, its first argument")]
    NotVotable,
    /// More elements with repetitions than a reply may have bytes for. A text of Circlet's own.
    #[error("ERR the reply would be longer than {} MiB", super::RANDOM_REPLY_BYTES_MAX >> 20)]
    ReplyTooLong,
    /// ZINCRBY that would add opposite infinities.
    #[error("ERR resulting score is not a number (NaN)")]
    ScoreNotANumber,
    /// A number is an integer but outside of what its option takes.
    #[error("ERR value is out of range, value must between {min} and {max}")]
    OutOfRange {
        /// The least number that the option takes.
        min: i64,
        /// The greatest number that the option takes.
        max: i64,
    },
    /// A number is negative where only a positive one makes sense.
    #[error("ERR value is out of range, must be positive")]
    NotPositive,
    /// LSET of an element that there is not.
    #[error("ERR index out of range")]
    IndexOutOfRange,
    /// LPOS with RANK 0.
    #[error(
        "ERR RANK can't be zero: use 1 to start from the first match, 2 from the second ... or use negative to start \
         from the end of the list"
    )]
    LposRankZero,
    /// An option that must not be negative. Carries the option's name.
    #[error("ERR {0} can't be negative")]
    Negative(&'static str),
    /// A timeout that is no number of seconds.
    #[error("ERR timeout is not a float or out of range")]
    TimeoutNotANumber,
    /// A timeout below zero.
    #[error("ERR timeout is negative")]
    TimeoutNegative,
    /// A timeout of more milliseconds than 63 bits count.
    #[error("ERR timeout is out of range")]
    TimeoutOutOfRange,
    /// A number that must be at least 1. Carries the argument's name.
    #[error("ERR {0} should be greater than 0")]
    NotAboveZero(&'static str),
    /// An argument or a stored value is not a floating point number.
    #[error("ERR value is not a valid float")]
    NotAFloat,
    /// INCRBYFLOAT would leave the range of finite numbers.
    #[error("ERR increment would produce NaN or Infinity")]
    NotFinite,
    /// INCR, DECR, INCRBY or DECRBY would leave the range of 64-bit integers.
    #[error("ERR increment or decrement would overflow")]
    Overflow,
    /// DECRBY by the least integer, which has no opposite.
    #[error("ERR decrement would overflow")]
    DecrementOverflow,
    /// The value would grow beyond [`VALUE_BYTES_MAX`](super::VALUE_BYTES_MAX).
    #[error("ERR string exceeds maximum allowed size (proto-max-bulk-len)")]
    TooLong,
    /// SETRANGE at a negative offset.
    #[error("ERR offset is out of range")]
    Offset,
    /// A bit offset is negative, not a number, or beyond the greatest value.
    #[error("ERR bit offset is not an integer or out of range")]
    BitOffset,
    /// SETBIT with something else than 0 or 1.
    #[error("ERR bit is not an integer or out of range")]
    Bit,
    /// BITPOS for something else than 0 or 1.
    #[error("ERR The bit argument must be 1 or 0.")]
    BitArgument,
    /// BITOP NOT of several values.
    #[error("ERR BITOP NOT must be called with a single source key.")]
    BitopNot,
    /// A type of BITFIELD that there is not.
    #[error("ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.")]
    BitfieldType,
    /// OVERFLOW of BITFIELD with something else than WRAP, SAT and FAIL.
    #[error("ERR Invalid OVERFLOW type specified")]
    BitfieldOverflow,
    /// `BITFIELD_RO` that would write.
    #[error("ERR BITFIELD_RO only supports the GET subcommand")]
    BitfieldReadOnly,
    /// SORT by numbers of what is none.
    #[error("ERR One or more scores can't be converted into double")]
    SortNotANumber,
    /// SORT with a pattern whose keys may be in other slots than the sorted one. Carries the option's name.
    #[error("ERR {0} option of SORT denied in cluster mode when keys formed by the pattern may be in different slots.")]
    SortPattern(&'static str),
    /// A time to live that is not positive or overflows. Carries the command's name.
    #[error("ERR invalid expire time in '{0}' command")]
    ExpireTime(&'static str),
    /// EXPIRE with NX beside XX, GT or LT.
    #[error("ERR NX and XX, GT or LT options at the same time are not compatible")]
    ExpireNxAndOthers,
    /// EXPIRE with GT beside LT.
    #[error("ERR GT and LT options at the same time are not compatible")]
    ExpireGtAndLt,
    /// An option of EXPIRE that does not exist. Carries the option as the client wrote it.
    #[error("ERR Unsupported option {}", String::from_utf8_lossy(.0))]
    UnsupportedOption(Box<[u8]>),
    /// RENAME of a key that does not exist.
    #[error("ERR no such key")]
    NoSuchKey,
    /// COPY of a key to itself.
    #[error("ERR source and destination objects are the same")]
    SameObject,
    /// COPY to a database other than 0, the only one there is.
    #[error("ERR DB index is out of range")]
    DbIndex,
    /// A number of random members is beyond what is answered.
    #[error("ERR value is out of range")]
    NumberOutOfRange,
    /// A cursor of a scan is no number.
    #[error("ERR invalid cursor")]
    Cursor,
    /// PFADD and its kin on a string that is no HyperLogLog.
    #[error("WRONGTYPE Key is not a valid HyperLogLog string value.")]
    NotHyperLogLog,
    /// PFADD and its kin on a string that only begins as a HyperLogLog.
    #[error("INVALIDOBJ Corrupted HLL object detected")]
    CorruptedHyperLogLog,
    /// What only commands on places refuse with.
    #[error(transparent)]
    Geo(Box<GeoError>),
    /// What only commands on sorted sets refuse with.
    #[error(transparent)]
    SortedSet(#[from] SortedSetError),
    /// LCS with both LEN and IDX.
    #[error("ERR If you want both the length and indexes, please just use IDX.")]
    LcsLenAndIdx,
    /// LCS on a key that holds no string.
    #[error("ERR The specified keys must contain string values")]
    LcsNotStrings,
    /// LCS of values whose table would exceed [`VALUE_BYTES_MAX`](super::VALUE_BYTES_MAX).
    #[error("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len")]
    LcsTooLarge,
    /// OBJECT FREQ: access frequencies are kept under no eviction policy that Circlet has.
    #[error(
        "ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when switching \
         between policies at runtime LRU and LFU data will take some time to adjust."
    )]
    NoFrequency,
    /// COMMAND GETKEYS of a command that takes no keys.
    #[error("ERR The command has no key arguments")]
    NoKeyArguments,
    /// COMMAND GETKEYS of a command that does not exist.
    #[error("ERR Invalid command specified")]
    InvalidCommand,
    /// COMMAND GETKEYS with too few or too many arguments for the command asked about.
    #[error("ERR Invalid number of arguments specified for command")]
    InvalidArity,
    /// COMMAND GETKEYS with arguments from which the keys cannot be told.
    #[error("ERR Invalid arguments specified for command")]
    InvalidArguments,
    /// Too few or too many arguments. Carries the command's full name, as `object|encoding`.
    #[error("ERR wrong number of arguments for '{0}' command")]
    WrongArity(&'static str),
    /// INCR would give a counter one run too many (DESIGN.md section 3). A text of Circlet's own.
    #[error("ERR the counter has too many runs, SET it to its value to go on")]
    TooManyRuns,
    /// The entry's base was not seen here (DESIGN.md section 3), so that the command cannot know the value. The shell
    /// fetches the full state from the other owners and executes the command again; clients never see this text.
    #[error("TRYAGAIN the key's full state is being fetched")]
    NeedFullState,
    /// What the command would add to has expired here, and another owner may know of a later expiry. The shell asks and executes the command again;
    /// clients never see this text.
    #[error("TRYAGAIN other owners are being asked whether the key has expired")]
    ExpiredHere,
}

/// The longest part of a client's own words that an error repeats, in bytes: Redis's bound.
const QUOTED_BYTES_MAX: usize = 128;

impl CommandError {
    /// Appends the error reply. As `Display`, but gives a client its own words back even where they are not UTF-8.
    #[cold]
    pub fn write(&self, reply: &mut ReplyBuf) {
        match self {
            Self::UnsupportedOption(option) => reply.error_bytes(&[b"ERR Unsupported option ", &**option].concat()),
            error => reply.error_display(error),
        }
    }

    /// The error for an option that does not exist: repeats it up to its first NUL byte, as C does, and not all of it.
    pub(super) fn unsupported_option(option: &[u8]) -> Self {
        let cut = &option[..option.len().min(QUOTED_BYTES_MAX)];
        Self::UnsupportedOption(cut.split(|&byte| byte == 0).next().unwrap_or_default().into())
    }
}

impl From<GeoError> for CommandError {
    fn from(error: GeoError) -> Self {
        Self::Geo(Box::new(error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(error: &CommandError) -> Vec<u8> {
        let mut reply = ReplyBuf::default();
        error.write(&mut reply);
        reply.take()
    }

    #[test]
    fn an_error_line_repeats_the_clients_bytes_but_no_line_end() {
        let error = CommandError::unsupported_option(b"a\r\n\xffb\0c");
        assert_eq!(written(&error), b"-ERR Unsupported option a  \xffb\r\n");
    }

    #[test]
    fn what_an_error_repeats_is_bounded() {
        assert!(written(&CommandError::unsupported_option(&[b'x'; 100_000])).len() < 200);
    }

    #[test]
    fn what_is_written_is_what_is_displayed() {
        for error in [
            CommandError::WrongType,
            CommandError::WrongArity("mset"),
            CommandError::unsupported_option(b"x"),
        ] {
            assert_eq!(written(&error), format!("-{error}\r\n").into_bytes());
        }
    }

    #[test]
    fn an_error_stays_small_enough_to_return_by_value() {
        assert!(size_of::<CommandError>() <= 24);
    }
}
