//! Collections as readers see them: what is alive in them, by name, by index, by rank.
//!
//! ```text
//!   State --> Live (the parts of one type that are alive now) --> HashView, SetView, SortedSetView, ListView
//! ```
//!
//! A view borrows a state and costs nothing to make. It shows the state as it is: what an [`Edit`](crate::mutate::Edit)
//! has changed meanwhile, only the edit knows.

mod bound;
mod elements;
mod hash_view;
mod list_view;
mod live;
mod set_view;
mod sorted_set_view;

pub use bound::{LexBound, ScoreBound};
pub use hash_view::{Field, HashView};
pub use list_view::{Element, ListView};
pub use live::{Live, Shape};
pub use set_view::SetView;
pub use sorted_set_view::{Scored, SortedSetView};
