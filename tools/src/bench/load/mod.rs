//! The load: operations at their times, verified answers, latencies since the due moment.

mod checks;
mod generator;
mod link;
mod record;
pub(super) mod routes;
mod source;
#[cfg(test)]
mod stalled;
mod workload;

pub(crate) use checks::Checks;
pub(crate) use generator::{Generator, Manner, Order};
#[cfg(test)]
pub(crate) use record::{BUCKET, Done};
pub(crate) use record::{Bucket, Phase, Record};
pub(crate) use source::{Source, Sweep};
pub(crate) use workload::Workload;
