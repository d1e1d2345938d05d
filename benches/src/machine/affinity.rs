//! Keeping the client off the server's core.

use rustix::thread::{CpuSet, sched_setaffinity};

use crate::error::{Doing, Result};

pub(crate) fn pin_this_thread(core: usize) -> Result<()> {
    let mut set = CpuSet::new();
    set.set(core);
    sched_setaffinity(None, &set)
        .map_err(std::io::Error::from)
        .doing(format_args!("pinning a thread to core {core}"))
}

/// How many cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
