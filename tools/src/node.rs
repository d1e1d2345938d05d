//! `circlet node`

use crate::allocator;
use crate::args::NodeArgs;
use crate::failure::Failure;
use crate::layout::LEFT;
use crate::output::say;
use circlet_server::config::{LiveConfig, Sources};
use circlet_server::logs::Logs;
use std::fs;
use std::path::Path;
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long a node that has left goes on: others may hear from it that it has.
const GOODBYE: Duration = Duration::from_secs(1);

/// Runs one node until it is told to stop.
///
/// # Errors
/// When the configuration is wrong, the node cannot start, or its pid file cannot be written.
pub(crate) fn run(node: NodeArgs) -> Result<(), Failure> {
    let own = [("join", node.join), ("replace", node.replace)];
    let own = own
        .into_iter()
        .filter_map(|(name, value)| Some((name.to_owned(), value?)));
    let sources = Sources {
        file: node.config,
        environment: environment(),
        flags: node.settings.into_iter().chain(own).collect(),
    };
    let live = LiveConfig::load(&sources).map_err(|error| Failure::because("the configuration is wrong", error))?;
    let config = live.current();
    fs::create_dir_all(&config.node.dir)
        .map_err(|error| Failure::because(format!("cannot make {}", config.node.dir.display()), error))?;
    let logs = Logs::start(&config.observability).map_err(|error| Failure::because("cannot write the log", error))?;
    let runtime = runtime(config.node.worker_threads)?;
    let pid = config.node.dir.join("pid");
    let done = runtime.block_on(serve(live, logs, &pid));
    // The node is gone either way; a pid file that stays is found to name no process.
    let _ = fs::remove_file(&pid);
    done
}

fn environment() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// With so many threads for commands; with 0, one for each core.
fn runtime(worker_threads: u16) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if worker_threads > 0 {
        builder.worker_threads(usize::from(worker_threads));
    }
    let cannot = |error| Failure::because("cannot start threads", error);
    let runtime = builder
        .enable_all()
        .on_thread_park(allocator::before_sleep)
        .build()
        .map_err(cannot)?;
    allocator::begin_giving_back(runtime.handle().clone()).map_err(cannot)?;
    Ok(runtime)
}

async fn serve(live: LiveConfig, logs: Logs, pid: &Path) -> Result<(), Failure> {
    let signals = || -> std::io::Result<_> { Ok((signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)) };
    let (mut terminate, mut interrupt) =
        signals().map_err(|error| Failure::because("cannot listen for signals", error))?;
    let running = circlet_server::start(live, Some(logs))
        .await
        .map_err(|error| Failure::because("the node cannot start", error))?;
    fs::write(pid, format!("{}\n", std::process::id()))
        .map_err(|error| Failure::because(format!("cannot write {}", pid.display()), error))?;
    let at = running.addresses();
    say(format!(
        "node {} serves clients on {}, Redis Cluster clients on {}, HTTP on {}",
        running.id(),
        at.client,
        at.cluster,
        at.http
    ));
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        () = running.gone() => {
            // So that `up` does not start it again. Without the file it does, and the node finds out once more.
            let _ = fs::write(pid.with_file_name(LEFT), format!("{}\n", running.id()));
            tokio::time::sleep(GOODBYE).await;
            say("this node is a member of the cluster no more: it stops");
        }
    }
    running.stop().await;
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use crate::process::wait_for;
    use circlet_server::metrics::usage;

    /// Blocks as large as the buckets of an arc of some thousand keys.
    const BLOCK_BYTES: usize = 48 << 10;
    const BLOCKS: usize = 4_000;

    #[test]
    fn what_threads_free_for_one_another_is_given_back_when_they_sleep() {
        let runtime = runtime(2).expect("threads");
        let (before, blocks) = runtime.block_on(async {
            let fill = || {
                let before = usage().resident_bytes;
                let mut blocks: Vec<Vec<u8>> = (0..BLOCKS).map(|_| vec![1; BLOCK_BYTES]).collect();
                // The pages that these are in are looked after by this thread again, not by whoever frees the last block.
                let mut number = 0;
                blocks.retain(|_| {
                    number += 1;
                    number % 5 != 0
                });
                (before, blocks)
            };
            tokio::spawn(async move { fill() }).await.expect("it fills")
        });
        let filled = usage().resident_bytes - before;
        assert!(filled > 100 << 20, "it takes memory: {filled} bytes");
        drop(blocks);
        let is_given_back = || usage().resident_bytes.saturating_sub(before) < filled / 10;
        assert!(
            wait_for(Duration::from_secs(20), is_given_back),
            "of {filled} bytes {} stay",
            usage().resident_bytes.saturating_sub(before)
        );
    }
}
