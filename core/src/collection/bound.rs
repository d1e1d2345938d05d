//! The ends of a range of a sorted set, as ZRANGEBYSCORE and ZRANGEBYLEX give them.

/// A score that a range begins or ends at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ScoreBound {
    /// The range contains it.
    Included(f64),
    /// The range does not contain it: `(5`.
    Excluded(f64),
}

/// A member that a range begins or ends at, among members of equal score.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LexBound<'a> {
    /// Before all members: `-`.
    Least,
    /// After all members: `+`.
    Greatest,
    /// The range contains it: `[a`.
    Included(&'a [u8]),
    /// The range does not contain it: `(a`.
    Excluded(&'a [u8]),
}

impl ScoreBound {
    /// Whether a score lies before a range that begins here.
    #[must_use]
    pub fn excludes_from_below(self, score: f64) -> bool {
        match self {
            Self::Included(bound) => score < bound,
            Self::Excluded(bound) => score <= bound,
        }
    }

    /// Whether a range that ends here reaches a score.
    #[must_use]
    pub fn reaches(self, score: f64) -> bool {
        match self {
            Self::Included(bound) => score <= bound,
            Self::Excluded(bound) => score < bound,
        }
    }
}

impl LexBound<'_> {
    /// Whether a member lies before a range that begins here.
    #[must_use]
    pub fn excludes_from_below(self, member: &[u8]) -> bool {
        match self {
            Self::Least => false,
            Self::Greatest => true,
            Self::Included(bound) => member < bound,
            Self::Excluded(bound) => member <= bound,
        }
    }

    /// Whether a range that ends here reaches a member.
    #[must_use]
    pub fn reaches(self, member: &[u8]) -> bool {
        match self {
            Self::Least => false,
            Self::Greatest => true,
            Self::Included(bound) => member <= bound,
            Self::Excluded(bound) => member < bound,
        }
    }
}
