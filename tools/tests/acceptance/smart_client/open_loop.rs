//! Calls that keep their rate while a node is killed: the small form of `clients kill`.

use super::{connect, run};
use crate::support::{Cluster, report};
use circlet_client::Repeat;
use circlet_client::prelude::*;
use circlet_measure::load::{Plan, run_tickets};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

const PLAN: Plan = Plan {
    rate: 2_000,
    window: Duration::from_secs(1),
    windows: 3,
    in_flight_max: 20_000,
    drain_max: Duration::from_secs(40),
};

/// GETs, and every fourth a SET.
fn nth(number: u64) -> circlet_client::Cmd {
    let key = format!("open:{}", number * 7 % 1_000);
    match number % 4 {
        0 => cmd("SET").arg(key).arg(number),
        _ => cmd("GET").arg(key),
    }
}

#[test]
fn no_call_fails_at_a_constant_rate_when_a_node_is_killed() {
    let mut cluster = Cluster::start();
    run(async {
        let options = Options {
            call_timeout: Duration::from_secs(30),
            reads: Some(Consistency::Quorum),
            writes: Some(Consistency::Quorum),
            ..Options::default()
        };
        let client = connect(&cluster, options).await;
        let (runtime, begun) = (tokio::runtime::Handle::current(), Arc::new(AtomicU64::new(0)));
        let counted = Arc::clone(&begun);
        let start = Instant::now();
        let load = tokio::task::spawn_blocking(move || {
            run_tickets(start, PLAN, |number, ticket| {
                let client = client.clone();
                counted.fetch_add(1, Ordering::Relaxed);
                runtime.spawn(async move {
                    let cmd = nth(number);
                    let class = Repeat::of(&cmd);
                    let done = client.call::<Value>(cmd).await;
                    ticket.end(done.map(drop).map_err(|error| {
                        let curable = class.is_safe_after(&error);
                        (
                            format!("{class:?} {:?}, curable: {curable}", error.kind()),
                            error.to_string(),
                        )
                    }));
                });
            })
        });
        while begun.load(Ordering::Relaxed) < u64::from(PLAN.rate) {
            super::wait_until_later().await;
        }
        tokio::task::block_in_place(|| cluster.kill(2));
        let windows = load.await.expect("the load ends");
        let quantile = |window: usize, share| Duration::from_nanos(windows[window].latency.quantile(share));
        report(&format!(
            "client: {} calls a second through a kill -9: p99.9 {:?} before, {:?} in that second, {:?} after; the longest {:?}",
            PLAN.rate,
            quantile(0, 0.999),
            quantile(1, 0.999),
            quantile(2, 0.999),
            (0..PLAN.windows).map(|window| quantile(window, 1.0)).max(),
        ));
        let ended: u64 = windows.iter().map(|window| window.latency.count()).sum();
        assert_eq!(
            ended,
            u64::from(PLAN.rate) * PLAN.windows as u64,
            "every call ends, and counts"
        );
        // Reads and plain SETs: for a node that is killed, all that fails could have been cured.
        for window in &windows {
            assert!(
                window.errors.is_empty(),
                "a safe retry cures these: {:#?}",
                window.errors
            );
        }
    });
}
