//! What the kernel says about this machine and the processes on it.

pub(crate) mod affinity;
pub(crate) mod cpu;
pub(crate) mod describe;
pub(crate) mod memory;
pub(crate) mod quiet;
