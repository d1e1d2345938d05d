//! The grammar of commands: which there are, how many arguments they take, where their keys are, and what COMMAND says of them.
//!
//! ```text
//!   Args --> resolve --> CommandSpec --> id          (which handler)
//!               |                    \-> first_key   (which slot)
//!               |                    \-> is_write    (read or write, which quorum)
//!               \--> Refusal --> Redis's error text
//! ```
//!
//! The table says *what* a command is, never what it does. A spec is one static value built at compile time; a name is found by one
//! multiplication and, as a rule, one comparison.

mod arg;
mod docs;
mod flags;
mod keys;
mod lookup;
mod refusal;
mod repeat;
mod spec;
mod table;

pub use arg::{ArgKind, ArgSpec};
pub use docs::{write_docs, write_info};
pub use flags::{Category, Flag};
pub use keys::{KeyFind, KeyFlag, KeyPositions, KeySpec, KeyWord};
pub use lookup::{all, by_full_name, lookup, resolve};
pub use refusal::Refusal;
pub use repeat::sets_unconditionally;
pub use spec::{CommandSpec, Group};
pub use table::CommandId;
