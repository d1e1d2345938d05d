//! Votes of owners on a read whose quorum somebody else counts: the client.
//!
//! ```text
//!   coordinator's read:  client -- GET --> A -- digest --> B        A reads, then B is asked: two ways, one after the other
//!   voted read:          client -- VOTED GET --> A                  both are asked at once; the client compares
//!                               -- VOTE -------> B
//! ```
//!
//! A voted read is the coordinator's read with its question carried by the client. So A may answer only where and when it might coordinate the read itself
//! ([`ArcView::may_coordinate`](crate::view::ArcView::may_coordinate), and its lease holds), and B only where it would answer A's check
//! ([`ArcView::may_vote`](crate::view::ArcView::may_vote)). A check names the epoch and is refused in any other; a vote has the epoch in it, so votes of two epochs are
//! never alike. If as many owners as the level needs give the same vote, A's included, all of them held what A answers at some moment between question and
//! answer. What was acknowledged, or read at QUORUM, before the question was on a majority then, so one of the voters held it, and since they agree, all did. And
//! what is answered is on a majority, so no later reader sees less: nothing is to be repaired first.
//!
//! If they do not agree, the read is the coordinator's, which merges and repairs. Unlike a check, a vote is on the entry as its owner holds it, and not as one sees it that has
//! dropped more: two owners of which one has dropped a tombstone already do not agree until both have.
//!
//! Refused: letting the client merge what the owners hold, as Dynamo's clients do. They would need the states, the merge and its laws, and the repair would be theirs.

/// The vote of an owner: two are equal if, and but for one chance in 2^63 only if, the epoch and the digest of the entry are. Never negative.
#[must_use]
#[inline]
pub const fn of(epoch: u64, digest: u64) -> i64 {
    // Odd, so that no two epochs less than 2^63 apart move a digest alike; 2^64 over the golden ratio, so that neighbours move it far.
    const EPOCH: u64 = 0x9e37_79b9_7f4a_7c15;
    (digest.wrapping_add(epoch.wrapping_mul(EPOCH)) >> 1).cast_signed()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn owners_of_other_epochs_never_agree(digest: u64, epoch in 0..1_000_000_u64, later in 1..1_000_u64) {
            prop_assert_ne!(of(epoch, digest), of(epoch + later, digest));
            prop_assert!(of(epoch, digest) >= 0);
        }

        #[test]
        fn owners_of_other_entries_do_not_agree(digest: u64, epoch: u64, bit in 1..64_u32) {
            prop_assert_ne!(of(epoch, digest), of(epoch, digest ^ 1 << bit));
        }
    }
}
