//! Why members cannot be placed.

use super::{MEMBERS_MAX, REPLICAS_MAX};
use crate::NodeId;

/// Why there is no placement of these members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// There is nobody to own anything.
    #[error("a placement needs a member")]
    NoMembers,
    /// More members than [`MEMBERS_MAX`].
    #[error("{0} members are more than {MEMBERS_MAX}")]
    TooManyMembers(usize),
    /// Two members have one id.
    #[error("{0} is a member twice")]
    MemberTwice(NodeId),
    /// The number of replicas is 0, or more than [`REPLICAS_MAX`].
    #[error("{0} replicas are not 1 to {REPLICAS_MAX}")]
    Replicas(u8),
}
