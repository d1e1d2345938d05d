//! A child process that does not outlive its value.

use std::ffi::OsString;
use std::fs::{self, File};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::error::{Doing, Error, Result};

/// How long a process may take to end when asked to, before it is killed.
const END_MAX: Duration = Duration::from_secs(5);
const SETPRIV: &str = "/usr/bin/setpriv";
const LOG_TAIL_LINES: usize = 5;

pub(crate) struct Process {
    child: Child,
    log: PathBuf,
}

impl Process {
    /// Starts `program` in a process group of its own, on `core` only if one is given, its output in `log`, whose directory it
    /// runs in: a replica leaves a file behind.
    pub(crate) fn start(
        program: &Path,
        args: &[String],
        env: &[(String, String)],
        core: Option<usize>,
        log: PathBuf,
    ) -> Result<Self> {
        let output = File::create(&log).doing(format_args!("creating {}", log.display()))?;
        let errors = output.try_clone().doing("sharing a log file")?;
        let mut words = wrappers(core);
        words.push(program.as_os_str().to_owned());
        let mut command = Command::new(&words[0]);
        command
            .args(&words[1..])
            .args(args)
            .envs(env.iter().cloned())
            .process_group(0);
        command.current_dir(log.parent().unwrap_or(Path::new(".")));
        command.stdin(Stdio::null()).stdout(output).stderr(errors);
        let child = command.spawn().doing(format_args!("starting {}", program.display()))?;
        Ok(Self { child, log })
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// An error with the end of its log, if it has ended.
    pub(crate) fn check_running(&mut self, name: &str) -> Result<()> {
        let Some(status) = self.child.try_wait().doing("looking after a child process")? else {
            return Ok(());
        };
        let log = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = log.lines().collect();
        let tail = lines[lines.len().saturating_sub(LOG_TAIL_LINES)..].join(" | ");
        Err(Error::Answer(format!("{name} ended with {status}: {tail}")))
    }

    fn signal(&self, signal: Signal) {
        // A group that has ended already needs no signal.
        if let Some(group) = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw) {
            let _ = kill_process_group(group, signal);
        }
    }
}

/// The programs before the program: each becomes the next, so the child's id is the program's.
fn wrappers(core: Option<usize>) -> Vec<OsString> {
    let mut words = Vec::new();
    // An interrupted run leaves no server behind: the kernel ends it with us.
    if Path::new(SETPRIV).exists() {
        words.extend([SETPRIV, "--pdeathsig", "TERM"].map(OsString::from));
    }
    if let Some(core) = core {
        words.extend(["taskset".into(), "-c".into(), core.to_string().into()]);
    }
    words
}

impl Drop for Process {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < END_MAX && matches!(self.child.try_wait(), Ok(None)) {
            thread::sleep(Duration::from_millis(10));
        }
        self.signal(Signal::KILL);
        let _ = self.child.wait();
    }
}

/// The command as a shell would be given it.
pub(crate) fn command_line(program: &Path, args: &[String], env: &[(String, String)], core: Option<usize>) -> String {
    let mut words: Vec<String> = env.iter().map(|(name, value)| format!("{name}={value}")).collect();
    if let Some(core) = core {
        words.push(format!("taskset -c {core}"));
    }
    let file = program.file_name().map(|name| name.to_string_lossy().into_owned());
    words.push(file.unwrap_or_else(|| program.display().to_string()));
    words.extend(
        args.iter()
            .map(|arg| if arg.is_empty() { "\"\"".to_owned() } else { arg.clone() }),
    );
    words.join(" ")
}
