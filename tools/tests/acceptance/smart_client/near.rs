//! The near cache: hits are its own, and nothing that it answers is older than it may be.

mod checker;

use super::{connect, nodes, run, tool, wait_until_true};
use crate::support::{Cluster, report};
use checker::{Checker, OLDEST};
use circlet_client::prelude::*;
use circlet_client::{NearCache, NearOptions, Observer};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;

/// Checked reads, unless `NEAR_READS` says otherwise.
const READS: u64 = 60_000;

/// Parts of the test, which share the reads.
const STEPS: u64 = 6;

#[test]
fn what_is_read_twice_is_answered_here_until_somebody_changes_it() {
    let cluster = Cluster::start();
    run(async {
        let (client, writer) = (
            connect(&cluster, super::patient()).await,
            connect(&cluster, super::patient()).await,
        );
        let near = client.near_cache(NearOptions::default());
        writer.set("k", "one").await.unwrap();
        wait_until_kept(&near, "k").await;
        assert_eq!(near.get::<String>("k").await.unwrap(), "one");
        writer.set("k", "two").await.unwrap();
        let started = Instant::now();
        while near.get::<String>("k").await.unwrap() != "two" {
            assert!(started.elapsed() < OLDEST, "told at once, not when it is old");
        }
        writer.del("k").await.unwrap();
        while near.get::<Option<String>>("k").await.unwrap().is_some() {
            assert!(started.elapsed() < OLDEST * 2);
        }
        // A key's own time counts as well.
        writer.set_ex("short", 1, Duration::from_millis(400)).await.unwrap();
        near.get::<Option<i64>>("short").await.unwrap();
        let set = Instant::now();
        while near.get::<Option<i64>>("short").await.unwrap().is_some() {
            assert!(set.elapsed() < Duration::from_secs(2));
        }
        assert!(near.get::<i64>("near").await.is_err(), "nothing is no number");
        writer.hset("hash", "f", 1).await.unwrap();
        let wrong = near.get::<Option<String>>("hash").await;
        assert!(wrong.is_err_and(|error| error.kind() == ErrorKind::WrongType));
        let only = client.near_cache(NearOptions {
            prefixes: vec![(b"kept:".to_vec(), Duration::from_secs(60))],
            ..NearOptions::default()
        });
        wait_until_kept(&only, "kept:1").await;
        only.get::<Option<String>>("else:1").await.unwrap();
        assert_eq!(only.len(), 1);
    });
}

/// Reads until the value is kept.
async fn wait_until_kept(near: &NearCache, key: &str) {
    while near.is_empty() {
        near.get::<Option<String>>(key).await.unwrap();
        super::wait_until_later().await;
    }
}

/// Reads on until the share of a step is done, or a task has failed.
async fn one_step(checker: &Checker, tasks: &[JoinHandle<()>], share: u64) {
    let goal = checker.reads.load(Ordering::Relaxed) + share;
    wait_until_true(|| checker.reads.load(Ordering::Relaxed) >= goal || tasks.iter().any(JoinHandle::is_finished))
        .await;
}

/// Waits until each of the first three nodes that runs sees so many.
async fn whole(cluster: &Cluster, count: u16) {
    wait_until_true(|| (1..=3).all(|node| cluster.alive(node) == Some(count))).await;
}

/// `NEAR_READS=1000000 cargo test -p circlet --test acceptance -- smart_client::near::no_answer` is the long form.
#[test]
fn no_answer_is_older_than_a_push_that_has_come_through_kills_a_join_and_a_leave() {
    let reads = std::env::var("NEAR_READS").map_or(READS, |reads| reads.parse().expect("a number"));
    // Ports for a fourth node, which is not started with the others.
    let mut cluster = Cluster::prepare(4);
    let port = cluster.client_port(1).to_string();
    tool(&cluster, &["up", "--detach", "--nodes", "3", "--port", &port]);
    run(async {
        let checker = Arc::new(Checker::new());
        let options = |observer| Options {
            call_timeout: Duration::from_secs(30),
            refresh_every: Duration::from_millis(500),
            observer,
            ..Options::default()
        };
        let client = connect(&cluster, options(Some(Arc::clone(&checker) as Arc<dyn Observer>))).await;
        let near = client.near_cache(NearOptions::default());
        let mut tasks = Vec::new();
        for number in 0..4 {
            // A client each, as if they were other programs.
            let writer = connect(&cluster, options(None)).await;
            tasks.push(tokio::spawn(Arc::clone(&checker).write(writer, number)));
        }
        // Many, since one that misses waits.
        for number in 0..16 {
            tasks.push(tokio::spawn(Arc::clone(&checker).read(near.clone(), number)));
        }
        let began = Instant::now();
        for step in 0..STEPS {
            match step {
                1 => cluster.kill(2),
                2 => {
                    cluster.restart(2);
                    whole(&cluster, 3).await;
                }
                // Its arcs are still on their way when another node is killed.
                3 => {
                    tokio::task::block_in_place(|| tool(&cluster, &["join"]));
                    cluster.kill(3);
                    cluster.restart(3);
                    nodes(&client, 4).await;
                    whole(&cluster, 4).await;
                }
                4 => {
                    tokio::task::block_in_place(|| tool(&cluster, &["leave", "4"]));
                    nodes(&client, 3).await;
                }
                _ => {}
            }
            one_step(&checker, &tasks, reads.div_ceil(STEPS)).await;
        }
        checker.stop();
        for task in tasks {
            task.await.expect("nobody saw anything too old");
        }
        report(&format!(
            "near cache: {} in {:.0?} through two kills, a join and a leave",
            checker.summary(),
            began.elapsed()
        ));
        assert!(checker.reads.load(Ordering::Relaxed) >= reads);
        checker.assert_it_has_checked();
    });
}
