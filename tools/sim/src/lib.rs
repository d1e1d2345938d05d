//! Whole clusters of the real core in virtual time, from one seed.
