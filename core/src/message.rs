//! What nodes say to each other over TCP, and its bytes.
//!
//! Every frame is `length u32 | kind u8 | body`, little endian, `length` counting what follows it. A link is dialled by the node
//! that asks; answers come back on the same connection. The page `docs/design/peer-protocol.md` documents the layout; golden bytes
//! in this module's tests pin it.
//!
//! | kind | frame | direction | body |
//! |---|---|---|---|
//! | 1 | [`batch`] | ask | the items of one turn: deltas to apply, digests to check, commands to run, states to fetch |
//! | 2 | [`batch_reply`] | answer | one result an item, or one byte when there is nothing to say |
//! | 3 | [`hello`] | ask | who dials: protocol version, cluster, node, life, epoch |
//! | 4 | [`hello`] | answer | who answers, or why not |
//! | 5 | [`status`] | ask | which arcs the sender has caught up on; no answer |
//! | 6 | [`pull`] | ask | an arc's digest; "send me what you have if yours differs" |
//! | 7 | [`pull`] | answer | a chunk of the arc's states |
//! | 8 | [`stale`] | ask | arcs that the receiver missed writes in, too many to name them; no answer |
//! | 9 | [`round`] | ask | sums of many arcs up to a cut |
//! | 10 | [`round`] | answer | whether they are the same |
//! | 11 | [`round`] | ask | arcs that are synced up to a cut; no answer |
//! | 12 | [`wait`] | ask | a command that is to wait for somebody to write |
//! | 13 | [`wait`] | ask, no answer | the end of such a wait |
//! | 14 | [`wait`] | answer | what became of it, whenever that is |
//! | 15, 17, 20 | [`register`] | ask | the next topology document: promise an attempt, vote for a document, send me a newer one |
//! | 16, 18, 19 | [`register`] | answer | a promise, a vote, a refusal |
//! | 21 | [`register`] | ask without answer, or answer | a chosen document |
//! | 22 | [`digests`] | ask | the digests of many arcs; "are yours the same?" |
//! | 23 | [`digests`] | answer | whether they are |
//!
//! Written by hand rather than derived: a replica's share of a write is 130 to 190 ns, of which a general codec would take half,
//! and bytes that two versions of the program must agree on should be visible in one place.
//!
//! Lengths from the wire are checked before they size anything: a frame is at most [`frame::FRAME_BYTES_MAX`], and readers hand
//! out slices of the frame, never copies.

pub mod batch;
pub mod batch_reply;
pub mod digests;
pub mod frame;
mod held_arc;
pub mod hello;
pub mod pull;
mod reader;
pub mod register;
pub mod round;
pub mod stale;
pub mod status;
pub mod wait;

pub use held_arc::HeldArc;
pub use reader::Malformed;
pub(crate) use reader::Reader;
