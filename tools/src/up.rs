//! `circlet up`

use crate::args::UpArgs;
use crate::down;
use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::output::{is_terminal, redraw, say};
use crate::process::{Pid, wait_for};
use crate::status;
use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::signal::unix::{SignalKind, signal};

/// How long the nodes may take to answer.
const READY_TIMEOUT: Duration = Duration::from_secs(20);

/// How often the table is redrawn.
const REDRAW: Duration = Duration::from_millis(500);

/// Starts the nodes; stays with them, unless it is to detach.
///
/// # Errors
/// When the directory is another cluster's, nodes of it run already, or one does not come up. Then none is left running.
pub(crate) fn run(up: &UpArgs) -> Result<(), Failure> {
    let nodes = start(up)?;
    announce(&nodes, up)?;
    if up.detach {
        return Ok(());
    }
    stay(&nodes)
}

/// Starts the nodes and waits until all are ready.
///
/// # Errors
/// As [`run`].
pub(crate) fn start(up: &UpArgs) -> Result<Vec<NodeFiles>, Failure> {
    fs::create_dir_all(&up.dir)
        .map_err(|error| Failure::because(format!("cannot make {}", up.dir.display()), error))?;
    let layout = layout::prepare(up)?;
    let nodes = &layout.nodes;
    if let Some(files) = nodes.iter().find(|files| Pid::read(&files.pid()).is_some()) {
        return Err(Failure::new(format!(
            "node {} runs already: `circlet down` stops it",
            files.number
        )));
    }
    let mut starting = Vec::new();
    for files in nodes {
        starting.push(Starting::spawn(files, &up.settings)?);
    }
    if let Err(failure) = wait_ready(&mut starting) {
        layout.take_back();
        starting.iter_mut().for_each(Starting::end);
        return Err(failure);
    }
    Ok(starting.into_iter().map(|node| node.files).collect())
}

/// A node that was just started.
pub(crate) struct Starting {
    files: NodeFiles,
    child: Child,
    /// How long its log was before.
    log_from: usize,
}

impl Starting {
    /// Starts the process of a node, with settings over those of its file.
    ///
    /// # Errors
    /// When that cannot be done, or its log not be written.
    pub(crate) fn spawn(files: &NodeFiles, settings: &[(String, String)]) -> Result<Self, Failure> {
        let log_from = fs::metadata(files.log()).map_or(0, |log| log.len() as usize);
        Ok(Starting {
            files: files.clone(),
            child: spawn(files, settings)?,
            log_from,
        })
    }

    /// Ends the process, if it has not ended by itself.
    pub(crate) fn end(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    fn has_ended(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(Some(_)) | Err(_))
    }

    /// That it did not come up, with the end of what it has said since it was started.
    fn failure(&self, what: &str) -> Failure {
        let (number, log) = (self.files.number, self.files.log());
        let said = match last_lines(&log, self.log_from) {
            said if said.is_empty() => "says nothing: is there room to write to?".to_owned(),
            said => format!("ends with:\n{said}"),
        };
        Failure::new(format!("node {number} {what}; its log {} {said}", log.display()))
    }
}

/// Starts the process of a node, with settings over those of its file.
pub(crate) fn spawn(files: &NodeFiles, settings: &[(String, String)]) -> Result<Child, Failure> {
    let say_why = |what: &str, error| Failure::because(format!("cannot {what} node {}", files.number), error);
    let program = std::env::current_exe().map_err(|error| say_why("start", error))?;
    let log = File::options().create(true).append(true).open(files.log());
    let log = log.map_err(|error| say_why("write the log of", error))?;
    let out = log.try_clone().map_err(|error| say_why("write the log of", error))?;
    let mut command = Command::new(program);
    command.arg("node").arg("--config").arg(files.config());
    for (key, value) in settings {
        command.arg("--set").arg(format!("{key}={value}"));
    }
    // A group of its own: Ctrl-C is for `up`, which then asks the nodes to stop.
    std::os::unix::process::CommandExt::process_group(&mut command, 0);
    command.stdin(Stdio::null()).stdout(out).stderr(log);
    command.spawn().map_err(|error| say_why("start", error))
}

/// Waits until every node is ready; finds out early when one has died. One that is a member no more, and was told so now, is taken off the list.
///
/// # Errors
/// When one does not become ready, or none is a member.
pub(crate) fn wait_ready(starting: &mut Vec<Starting>) -> Result<(), Failure> {
    let mut died = None;
    let ready = wait_for(READY_TIMEOUT, || {
        starting.retain(|node| !node.files.has_left());
        died = starting.iter_mut().position(Starting::has_ended);
        died.is_some() || starting.iter().all(|node| status::is_ready(&node.files))
    });
    if let Some(at) = died {
        return Err(starting[at].failure("did not start"));
    }
    if starting.is_empty() {
        return Err(Failure::new("no node is a member of the cluster any more"));
    }
    if ready {
        return Ok(());
    }
    match starting.iter().find(|node| !status::is_ready(&node.files)) {
        Some(late) => Err(late.failure("did not become ready in time")),
        None => Ok(()),
    }
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    last_lines(log, 0)
}

/// The last lines of what a log has beyond its first bytes.
fn last_lines(log: &Path, from: usize) -> String {
    let bytes = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(bytes.get(from..).unwrap_or_default()).into_owned();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(8)..].join("\n")
}

fn announce(nodes: &[NodeFiles], up: &UpArgs) -> Result<(), Failure> {
    for files in nodes {
        let at = layout::client_address(files)?;
        say(format!(
            "node {} is ready: redis-cli -h {} -p {}",
            files.number,
            at.ip(),
            at.port()
        ));
    }
    if up.detach {
        say(format!("stop them with: circlet down --dir {}", up.dir.display()));
    }
    Ok(())
}

/// Shows the nodes until Ctrl-C or SIGTERM, then stops them.
fn stay(nodes: &[NodeFiles]) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Failure::because("cannot wait for signals", error))?;
    runtime.block_on(watch(nodes))?;
    let running: Vec<(u16, Pid)> = nodes
        .iter()
        .filter_map(|files| Some((files.number, Pid::read(&files.pid())?)))
        .collect();
    down::stop(&running)
}

async fn watch(nodes: &[NodeFiles]) -> Result<(), Failure> {
    let listen = |kind| signal(kind).map_err(|error| Failure::because("cannot listen for signals", error));
    let (mut interrupt, mut terminate) = (listen(SignalKind::interrupt())?, listen(SignalKind::terminate())?);
    let mut tick = tokio::time::interval(REDRAW);
    let mut drawn = 0;
    loop {
        tokio::select! {
            _ = interrupt.recv() => return Ok(()),
            _ = terminate.recv() => return Ok(()),
            _ = tick.tick(), if is_terminal() => {
                let nodes = nodes.to_vec();
                // A closed terminal ends the program by signal; a panic in drawing would be a bug, and is passed on.
                let table = tokio::task::spawn_blocking(move || status::table(&nodes)).await;
                let table = table.map_err(|error| Failure::because("cannot draw", error))?;
                redraw(&table, drawn);
                drawn = table.lines().count();
            }
        }
    }
}
