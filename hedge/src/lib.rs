//! When a second one is asked because the first is late.
//!
//! ```text
//!   answers --took--> RecentAnswers --late after--> Patience --bounds--> late? --yes--> Budget --one left--> ask a second one
//! ```
//!
//! The client's hedged reads and the coordinator's are the same decision about other things: a node that was sent a command, an owner that
//! was asked for a digest. So it stands here, below both, and neither has to know the other. Nothing reads a clock: how long an answer
//! took is an argument. What is shared by tasks are atomic numbers, whose updates may lose one another: all of it is estimates.
//!
//! After *The Tail at Scale* (Dean, Barroso 2013): a second question once the first is outstanding for longer than a high percentile of what is
//! expected, which cuts the tail for a few per cent of load more. Refused: two questions at once, twice the load; and a fixed time, which is
//! either too late where answers take 200 us, or always over where they take 20 ms.

mod budget;
mod patience;
mod recent;

pub use budget::Budget;
pub use patience::Patience;
pub use recent::RecentAnswers;
