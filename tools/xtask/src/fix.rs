//! `fix`: the one command that rewrites. Formatting last, since clippy's repairs are not formatted.

use crate::step::{cargo, quiet, timed};
use crate::tidy;
use std::path::Path;

/// Repairs what a program can, and returns whether each repair ran.
pub(crate) fn run(root: &Path) -> bool {
    let clippy = [
        "clippy",
        "--fix",
        "--allow-dirty",
        "--allow-staged",
        "--workspace",
        "--all-targets",
        "--quiet",
    ];
    let mut passed = timed("clippy --fix", || quiet(&mut cargo(root, &clippy)).map(drop));
    passed &= timed("fmt", || quiet(&mut cargo(root, &["fmt", "--all"])).map(drop));
    passed &= timed("tidy-allow.txt", || tidy::tighten(root));
    passed
}
