//! Clusters of up to a thousand nodes in virtual time: how long news takes to reach everyone, and what it costs.
//!
//! ```text
//!   Mesh: N control planes (real foca) --datagrams, statuses, documents; bytes counted--> agenda
//!   news: one dies | a document is chosen, and pushed | a document is chosen, and nobody is told | a node joins
//! ```
//!
//! A run of seeds ([`run_seed`](crate::run_seed)) is about promises, on few nodes, with data. Here there is no data: an exchange of an arc is answered at
//! once, the agreement on a document takes two round trips, and nothing fails but what is to be found. What remains is what grows with the
//! number of nodes. docs/scale.md has the figures; `circlet-scale` makes them.

mod mesh;
mod page;
mod placing;
mod spread;
mod wire;

pub use page::{Page, Size};
pub use placing::{Placing, place};
pub use spread::{News, Spread, spread};
