//! The Rust client on clusters of processes.

mod commands;
mod examples;
mod failure;
mod near;
mod open_loop;

use crate::support::{Cluster, PATIENCE, circlet};
use circlet_client::prelude::*;
use std::time::Duration;

/// For tests: long enough that a busy machine makes nothing fail, since these tests are about what is answered.
fn patient() -> Options {
    Options {
        call_timeout: PATIENCE,
        connect_timeout: PATIENCE,
        ..Options::default()
    }
}

async fn connect(cluster: &Cluster, options: Options) -> Client {
    let seeds = cluster
        .client_ports()
        .into_iter()
        .map(|port| format!("127.0.0.1:{port}"));
    Client::connect(seeds, options).await.expect("the cluster answers")
}

/// Runs a test with the runtime that users have.
fn run(test: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build();
    let runtime = runtime.expect("a runtime");
    runtime.block_on(async {
        tokio::time::timeout(Duration::from_secs(120), test)
            .await
            .expect("the test ends");
    });
}

/// The pace of loops that wait for something or write on.
async fn wait_until_later() {
    tokio::time::sleep(Duration::from_millis(2)).await;
}

/// Runs `circlet` on the cluster's folder.
fn tool(cluster: &Cluster, args: &[&str]) {
    let done = circlet(args)
        .arg("--dir")
        .arg(cluster.dir())
        .output()
        .expect("`circlet` runs");
    assert!(
        done.status.success(),
        "circlet {args:?}: {}",
        String::from_utf8_lossy(&done.stderr)
    );
}

/// Waits until the client knows of so many.
async fn nodes(client: &Client, count: usize) {
    wait_until_true(|| client.nodes().len() == count).await;
}

/// The test as a whole has a deadline.
async fn wait_until_true(mut condition: impl FnMut() -> bool) {
    while !condition() {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
