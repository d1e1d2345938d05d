//! How the topology changes: what an operator asks for, and the steps that follow from it.
//!
//! ```text
//!   Change --apply--> document: members, settings --Target--> planned owners
//!                        ^                                        |
//!                        +---- next document <------- next() <----+---- Facts: who has installed, caught up, drained
//!
//!   an arc:   at rest --> write both, read old --> write both, read new --> at rest with its new owners, the others draining --> at rest
//!                ^                 |
//!                +---- back -------+
//! ```
//!
//! Everything here is a function of the document and of what members say of themselves; nothing is remembered between two calls but the plan. So any
//! member can go on where another one died, and two that drive at once propose two documents of the same epoch, of which the register takes one.
//!
//! What may be done at once is collected into one document: a join of a thousand arcs is some five epochs, not thousands.
//!
//! The page `docs/design/moves.md` argues why no acknowledged write is lost at any step.

mod change;
mod driver;
mod facts;
mod next;
#[cfg(test)]
mod random_tests;
mod target;
#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use self::change::{Change, ChangeError, Losses, apply, losses, recover};
pub use self::driver::Driver;
pub use self::facts::{Facts, MemberFacts};
pub use self::next::{Next, next};
pub use self::target::Target;
