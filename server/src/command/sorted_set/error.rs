//! What only commands on sorted sets refuse with.

/// Why a command on sorted sets was not executed, in Redis's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SortedSetError {
    /// ZADD with NX beside XX.
    #[error("ERR XX and NX options at the same time are not compatible")]
    NxAndXx,
    /// ZADD with two of GT, LT and NX.
    #[error("ERR GT, LT, and/or NX options at the same time are not compatible")]
    GtLtNx,
    /// ZADD INCR with several members.
    #[error("ERR INCR option supports a single increment-element pair")]
    IncrOfSeveral,
    /// A bound of scores is no number.
    #[error("ERR min or max is not a float")]
    ScoreBound,
    /// A bound of names does not begin with `[` or `(`, and is not `-` or `+`.
    #[error("ERR min or max not valid string range item")]
    LexBound,
    /// ZRANGE with LIMIT between ranks.
    #[error("ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX")]
    LimitOfRanks,
    /// ZRANGE with BYLEX and WITHSCORES.
    #[error("ERR syntax error, WITHSCORES not supported in combination with BYLEX")]
    ScoresByLex,
    /// ZUNION and its kin without keys. Carries the command's name.
    #[error("ERR at least 1 input key is needed for '{0}' command")]
    NoInputKey(&'static str),
    /// A weight of ZUNION or ZINTER is no number.
    #[error("ERR weight value is not a float")]
    Weight,
}
