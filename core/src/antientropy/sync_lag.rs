//! How far behind the present the arcs of a node are synced.

use crate::stamp::Stamp;
use crate::time::WallMs;

/// The time that has passed since what arcs are synced up to, over the arcs that one node coordinates with others.
///
/// While all owners are there it goes up and down between the lag of a cut and that plus one pass of [rounds](super::Rounds). It grows without
/// bound while an owner of an arc is away: what is deleted or expires there waits for as long.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct SyncLag {
    /// Arcs that have been synced.
    pub arcs: usize,
    /// Arcs that have not, since this node has them.
    pub arcs_never: usize,
    /// The middle one, in milliseconds; the upper one of two. 0 if there is none.
    pub median_ms: u64,
    /// The greatest, in milliseconds. 0 if there is none.
    pub max_ms: u64,
}

impl SyncLag {
    /// The lag `now` of arcs that are synced up to these stamps; [`Stamp::ZERO`] is never.
    pub fn of(now: WallMs, synced: impl IntoIterator<Item = Stamp>) -> Self {
        let (mut lags, mut arcs_never) = (Vec::new(), 0);
        for synced in synced {
            if synced == Stamp::ZERO {
                arcs_never += 1;
            } else {
                lags.push(now.ms_since(synced.ms()));
            }
        }
        lags.sort_unstable();
        Self {
            arcs: lags.len(),
            arcs_never,
            median_ms: lags.get(lags.len() / 2).copied().unwrap_or_default(),
            max_ms: lags.last().copied().unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_and_the_greatest_lag_are_told_and_arcs_without_any_apart() {
        let lag = |ago_ms: &[u64]| {
            let synced = |ago_ms: &u64| Stamp::new(WallMs::new(10_000 - ago_ms), 7);
            SyncLag::of(WallMs::new(10_000), ago_ms.iter().map(synced).chain([Stamp::ZERO]))
        };
        let told = |arcs, median_ms, max_ms| SyncLag {
            arcs,
            arcs_never: 1,
            median_ms,
            max_ms,
        };
        assert_eq!(lag(&[]), told(0, 0, 0));
        assert_eq!(lag(&[300]), told(1, 300, 300));
        assert_eq!(lag(&[5000, 100, 200]), told(3, 200, 5000));
        assert_eq!(lag(&[400, 300]), told(2, 400, 400), "the upper one of two");
    }

    #[test]
    fn an_arc_that_is_synced_up_to_a_moment_of_a_faster_clock_has_no_lag() {
        let ahead = Stamp::new(WallMs::new(600), 0);
        assert_eq!(SyncLag::of(WallMs::new(500), [ahead]).max_ms, 0);
    }
}
