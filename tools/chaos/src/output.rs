//! What the program says.

use std::io::Write as _;

/// One line on standard output.
pub(crate) fn say(line: &str) {
    // Nobody is left to be told when standard output is closed.
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

/// One line on standard error.
pub(crate) fn complain(line: &str) {
    // As above.
    let _ = writeln!(std::io::stderr().lock(), "circlet-chaos: {line}");
}
