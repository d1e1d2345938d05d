//! `LATENCY LATEST | HISTORY event | RESET [event ...] | HISTOGRAM [command ...] | DOCTOR | GRAPH event`

use crate::command::CommandError;
use crate::latency::Spike;
use crate::node::Node;
use circlet_resp::command::{CommandId, all, by_full_name};
use circlet_resp::{Args, ReplyBuf};
use std::fmt::Write as _;

/// The greatest height of a graph's bar, in characters.
const BAR_MAX: u64 = 60;

/// Runs one of LATENCY's subcommands.
pub(super) fn latency(node: &Node, id: CommandId, args: Args<'_>, replies: &mut ReplyBuf) -> Result<(), CommandError> {
    match id {
        CommandId::LatencyLatest => latest(node, replies),
        CommandId::LatencyHistory => {
            let spikes = history(node, &args[2]);
            replies.array(spikes.len());
            for spike in spikes {
                replies.array(2);
                replies.integer(spike.at_s as i64);
                replies.integer(spike.took_ms as i64);
            }
        }
        CommandId::LatencyReset => {
            let kinds: Vec<&str> = args
                .skip(2)
                .iter()
                .filter_map(|kind| std::str::from_utf8(kind).ok())
                .collect();
            let none_is_one = args.len() > 2 && kinds.is_empty();
            let gone = if none_is_one {
                0
            } else {
                node.latency.lock().reset(&kinds)
            };
            replies.integer(gone as i64);
        }
        CommandId::LatencyHistogram => histogram(node, args, replies),
        CommandId::LatencyDoctor => replies.verbatim("txt", doctor(node).as_bytes()),
        CommandId::LatencyGraph => graph(&args[2], &history(node, &args[2]), replies),
        _ => return Err(CommandError::Syntax),
    }
    Ok(())
}

fn latest(node: &Node, replies: &mut ReplyBuf) {
    let monitor = node.latency.lock();
    let latest: Vec<_> = monitor.latest().collect();
    replies.array(latest.len());
    for (kind, spike, longest_ms) in latest {
        replies.array(4);
        replies.bulk(kind.as_bytes());
        replies.integer(spike.at_s as i64);
        replies.integer(spike.took_ms as i64);
        replies.integer(longest_ms as i64);
    }
}

fn history(node: &Node, kind: &[u8]) -> Vec<Spike> {
    let kind = std::str::from_utf8(kind).unwrap_or_default();
    node.latency.lock().history(kind).collect()
}

/// Commands that were timed, with their distributions: those that came alone, not in a pipeline.
fn histogram(node: &Node, args: Args<'_>, replies: &mut ReplyBuf) {
    let asked: Vec<usize> = if args.len() == 2 {
        (0..all().len()).collect()
    } else {
        let named = args.skip(2).iter().filter_map(by_full_name);
        named.map(|spec| spec.id() as usize).collect()
    };
    let timed: Vec<_> = asked
        .into_iter()
        .map(|id| (id, node.metrics.latency().since_reset(id)))
        .filter(|(_, times)| times.count() > 0)
        .collect();
    replies.map(timed.len());
    for (id, times) in timed {
        replies.bulk(all()[id].name().as_bytes());
        replies.map(2);
        replies.bulk(b"calls");
        replies.integer(times.count() as i64);
        replies.bulk(b"histogram_usec");
        let doublings = times.doublings();
        replies.map(doublings.len());
        for (bound, calls) in doublings {
            replies.integer(i64::try_from(bound.as_micros()).unwrap_or(i64::MAX));
            replies.integer(calls as i64);
        }
    }
}

fn doctor(node: &Node) -> String {
    let threshold_ms = node.config.current().observability.latency_threshold.0;
    if threshold_ms == 0 {
        return "The latency monitor is off: CONFIG SET latency-monitor-threshold <milliseconds> turns it on.\n".into();
    }
    let mut report = String::new();
    for (kind, spike, longest_ms) in node.latency.lock().latest() {
        // Writing to a string does not fail.
        let _ = writeln!(
            report,
            "{kind}: last spike {} ms, longest {longest_ms} ms.",
            spike.took_ms
        );
    }
    if report.is_empty() {
        report = format!("No batch of commands took {threshold_ms} ms or more.\n");
    }
    report
}

fn graph(kind: &[u8], spikes: &[Spike], replies: &mut ReplyBuf) {
    let Some(longest) = spikes.iter().map(|spike| spike.took_ms).max() else {
        return replies.error_bytes(&[b"ERR No samples available for event '", kind, b"'"].concat());
    };
    let mut graph = String::new();
    for spike in spikes {
        let bar = "#".repeat((spike.took_ms * BAR_MAX / longest.max(1)).max(1) as usize);
        // Writing to a string does not fail.
        let _ = writeln!(graph, "{} {:>8} ms {bar}", spike.at_s, spike.took_ms);
    }
    replies.verbatim("txt", graph.as_bytes());
}
