//! Waiting until nobody else uses the machine, but not for ever.

use std::thread;
use std::time::{Duration, Instant};

use super::cpu::machine_busy_s;
use crate::error::Result;

/// The machine counts as quiet below so many busy cores.
const BUSY_CORES_MAX: f64 = 0.15;
const LOOK: Duration = Duration::from_millis(300);

/// How much more waiting a run may do. One allowance for the whole run, so that a machine that never gets quiet
/// costs a known time.
pub(crate) struct Patience {
    left: Duration,
}

impl Patience {
    pub(crate) fn new(total: Duration) -> Self {
        Self { left: total }
    }

    /// Waits until the machine is quiet or the allowance is spent; says which. Servers under test are idle meanwhile.
    pub(crate) fn wait(&mut self) -> Result<bool> {
        loop {
            let (started, before) = (Instant::now(), machine_busy_s()?);
            thread::sleep(LOOK);
            let busy_cores = (machine_busy_s()? - before) / started.elapsed().as_secs_f64();
            if busy_cores < BUSY_CORES_MAX {
                return Ok(true);
            }
            if self.left.is_zero() {
                return Ok(false);
            }
            self.left = self.left.saturating_sub(started.elapsed());
        }
    }
}
