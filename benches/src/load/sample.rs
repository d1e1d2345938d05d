//! What one run of the generator measured.

use crate::machine::cpu;
use circlet_measure::Histogram;
use circlet_measure::load::Tally;

pub(crate) struct Sample {
    pub(crate) operations: u64,
    pub(crate) nils: u64,
    pub(crate) seconds: f64,
    /// CPU of the server's processes, all threads.
    pub(crate) server_cpu_ns: u64,
    /// CPU of this process.
    pub(crate) client_cpu_ns: u64,
    /// Cores kept busy by neither.
    pub(crate) foreign_cores: f64,
    pub(crate) latency: Histogram,
}

impl Sample {
    pub(super) fn new(tally: Tally, before: &cpu::Reading, after: &cpu::Reading) -> Self {
        let seconds = after.at.duration_since(before.at).as_secs_f64();
        let server_cpu_ns = after.server_ns.saturating_sub(before.server_ns);
        let client_cpu_ns = after.own_ns.saturating_sub(before.own_ns);
        let busy_cores = (after.machine_busy_s - before.machine_busy_s) / seconds;
        let ours_cores = (server_cpu_ns + client_cpu_ns) as f64 / 1e9 / seconds;
        Self {
            operations: tally.operations,
            nils: tally.nils,
            seconds,
            server_cpu_ns,
            client_cpu_ns,
            foreign_cores: (busy_cores - ours_cores).max(0.0),
            latency: tally.latency,
        }
    }

    /// Server nanoseconds an operation.
    pub(crate) fn cpu_per_operation(&self) -> f64 {
        self.server_cpu_ns as f64 / self.operations.max(1) as f64
    }

    pub(crate) fn client_cpu_per_operation(&self) -> f64 {
        self.client_cpu_ns as f64 / self.operations.max(1) as f64
    }

    pub(crate) fn operations_per_second(&self) -> f64 {
        self.operations as f64 / self.seconds
    }

    /// Microseconds from a batch's write to its last reply that `share` of the batches did not exceed.
    pub(crate) fn latency_us(&self, share: f64) -> f64 {
        self.latency.quantile(share) as f64 / 1000.0
    }
}
