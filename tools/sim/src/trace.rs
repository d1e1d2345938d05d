//! What happened, in order, as one hash and, if wanted, as text.
//!
//! Every event of a simulation is one line; two runs are the same run iff their hashes are equal.

use std::fmt;
use std::fmt::Write as _;

use circlet_core::time::Instant;

/// The trace of one run.
#[derive(Debug)]
pub(crate) struct Trace {
    hash: u64,
    lines: u64,
    line: String,
    /// Kept only if the run is to be shown.
    text: Option<String>,
}

impl Trace {
    pub(crate) fn new(keep_text: bool) -> Self {
        Self {
            hash: 0xcbf2_9ce4_8422_2325,
            lines: 0,
            line: String::new(),
            text: keep_text.then(String::new),
        }
    }

    pub(crate) fn note(&mut self, now: Instant, what: fmt::Arguments<'_>) {
        self.line.clear();
        let micros = now.as_nanos() / 1000;
        let written = writeln!(self.line, "{:>6}.{:03} {what}", micros / 1000, micros % 1000);
        debug_assert!(written.is_ok(), "a string takes what is written to it");
        // FNV-1a.
        for byte in self.line.bytes() {
            self.hash = (self.hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
        }
        self.lines += 1;
        if let Some(text) = &mut self.text {
            text.push_str(&self.line);
        }
    }

    pub(crate) fn hash(&self) -> u64 {
        self.hash
    }

    pub(crate) fn lines(&self) -> u64 {
        self.lines
    }

    pub(crate) fn into_text(self) -> String {
        self.text.unwrap_or_default()
    }
}
