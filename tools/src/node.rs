//! `circlet node`

use crate::args::NodeArgs;
use crate::failure::Failure;
use crate::layout::LEFT;
use crate::output::say;
use circlet_server::config::{Config, LiveConfig, Sources};
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
    let runtime = runtime(&config)?;
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

fn runtime(config: &Config) -> Result<tokio::runtime::Runtime, Failure> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if config.node.worker_threads > 0 {
        builder.worker_threads(usize::from(config.node.worker_threads));
    }
    builder
        .enable_all()
        .build()
        .map_err(|error| Failure::because("cannot start threads", error))
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
