//! What a command does to an entry: from the state it found, and a stamp, to the delta that says what changed.
//!
//! Nothing here changes anything: the caller merges the delta into its own entry and sends the same bytes to the other
//! owners. The stamp must be above every stamp of the state that was found, which the arc's clock sees to as long as
//! every state merged is observed.
//!
//! ```text
//!   command      generation of the delta          base            expiry            runs
//!   SET          the stamp                        the value       as given          none
//!   DEL          the stamp                        none            none              none
//!   INCR         what it found; of an expired     what it found   what it found     its own, born or raised
//!                entry the greatest stamp in it
//!   EXPIRE       what it found                    unknown (*)     new, own stamp    none (*)
//!   HSET, SREM,  what it found; of an expired     unknown, or     what it found     none; but the parts that it
//!   LPUSH ...    entry the greatest stamp in it   none (**)                         changed, each like the above
//!
//!   (*) what it found, if that is small     (**) if what it found was nothing
//! ```
//!
//! Whole-value overwrites raise the generation and so win over all that came before. INCR and EXPIRE do not, so that a
//! first INCR on each side of a partition both count, and an EXPIRE of the old value loses to a SET of the new one
//! (schedules 1 and 15). Commands that find nothing write a generation that depends only on what they found.

mod changes;
mod edit;
mod expire;
mod incr;
mod list_edit;
mod one_part;
mod order_key;

pub use edit::Edit;
pub use expire::expire;
pub use incr::{Author, incr, raise};
pub use list_edit::{End, ListEdit};
pub use one_part::{ToWrite, pushed, write_part};
pub use order_key::{OrderKey, OrderKeys};

use crate::stamp::Stamp;
use crate::state::{Base, Expiry, Parts, Runs, State, Value};
use crate::time::WallMs;

/// A base of up to this many bytes goes along with every delta, which makes the delta readable by itself: a replica
/// that lacks the entry (because it dropped it as expired just before) then need not fetch it.
const WHOLE_BASE_BYTES_MAX: usize = 64;

/// Up to this many runs go along too. Counters have one or two: one a node and life that added to them.
const WHOLE_RUNS_MAX: usize = 8;

/// Runs that an entry may have before INCR refuses to start another one: 128 KiB. It takes as many restarts of nodes,
/// each followed by an INCR, and no SET in between.
const RUNS_MAX: usize = 4_096;

/// Why a command cannot be decided on the state that was found. Nothing was changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MutateError {
    /// The value is not here: fetch the full state from another owner, merge it, run the command again.
    #[error("the value must be fetched first")]
    Unreadable,
    /// The key holds a value of another type.
    #[error("the value is of another type")]
    WrongType,
    /// The score would be neither a number nor infinite.
    #[error("resulting score is not a number (NaN)")]
    NotANumber,
    /// The value is not the decimal form of a 64-bit integer.
    #[error("value is not an integer or out of range")]
    NotAnInteger,
    /// The sum would leave 64 bits.
    #[error("increment or decrement would overflow")]
    Overflow,
    /// The counter has too many runs; a SET of its value starts it afresh.
    #[error("counter has {RUNS_MAX} runs; SET it to its value to go on")]
    TooManyRuns,
}

/// The delta of a whole-value overwrite: SET, GETSET, APPEND, SETRANGE, INCRBYFLOAT ...
#[must_use]
pub const fn set(stamp: Stamp, expires_at: Option<WallMs>, value: &[u8]) -> State<'_> {
    State::plain(stamp, expires_at, value)
}

/// The delta of DEL: the same whether there was something or not, since another owner may hold what is missing here.
#[must_use]
pub const fn delete(stamp: Stamp) -> State<'static> {
    State::tombstone(stamp)
}

/// What a command that keeps the generation starts from: the state as found, or what an expired one counts as.
///
/// An expired entry was deleted at its greatest stamp: none outranks the bytes of that generation, and no run of it
/// lives on. Being a function of the entry alone, two nodes that find it expired leave states that merge.
#[must_use]
pub fn found(current: State<'_>, now: WallMs) -> State<'_> {
    if current.is_expired(now) {
        State::tombstone(current.max_stamp())
    } else {
        current
    }
}

/// Whether `state` may go along whole with a delta.
fn is_small(state: State<'_>) -> bool {
    let base = if let Base::Bytes(bytes) = state.base {
        bytes.len()
    } else {
        0
    };
    base <= WHOLE_BASE_BYTES_MAX && state.runs.len() <= WHOLE_RUNS_MAX && state.parts.is_empty()
}

/// `state` without what a partial delta leaves out.
fn partial(state: State<'_>) -> State<'_> {
    State {
        base: Base::Unknown,
        runs: Runs::EMPTY,
        parts: Parts::EMPTY,
        ..state
    }
}

/// What stands before the parts in the delta of a command that wrote at `stamp` to what it `found` at `now`.
fn head_of_delta(found: State<'_>, now: WallMs, stamp: Stamp) -> State<'static> {
    let is_all = found.is_tombstone() || found == State::ABSENT;
    State {
        base: if is_all { Base::None } else { Base::Unknown },
        expiry: kept_expiry(found, now, stamp),
        ..State::tombstone(found.generation)
    }
}

/// The register that goes on when a command writes to what it `found` at `now`.
///
/// A collection goes away with its last part, and its expiry goes with it: what is written there later does not inherit it.
fn kept_expiry(found: State<'_>, now: WallMs, stamp: Stamp) -> Expiry {
    if found.expiry.at.is_some() && found.value(now) == Value::Missing {
        Expiry { at: None, stamp }
    } else {
        found.expiry
    }
}
