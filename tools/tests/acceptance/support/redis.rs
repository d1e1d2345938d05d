//! The real redis-server, where there is one.

use super::{PATIENCE, skip, wait_until};
use std::fs;
use std::process::{Child, Command, ExitStatus, Stdio};

/// A redis-server of its own, until it is dropped; `None` where there is none.
pub(crate) struct Redis {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Redis {
    /// Starts one, and returns when it takes connections; at another port if somebody else was quicker to take the first.
    pub(crate) fn start() -> Option<Self> {
        std::iter::repeat_with(Self::start_at_a_free_port)
            .take(5)
            .find_map(Result::ok)
            .expect("redis-server takes connections")
    }

    /// # Errors
    /// It has ended.
    fn start_at_a_free_port() -> Result<Option<Self>, ExitStatus> {
        let folder = tempfile::tempdir().expect("a folder");
        let port = circlet_measure::free_port().expect("a free port");
        let mut command = Command::new("redis-server");
        command.args(circlet_measure::redis_args(port));
        let log = folder.path().join("log");
        command.arg("--logfile").arg(&log);
        let started = command.current_dir(folder.path()).stdout(Stdio::null()).spawn();
        let Ok(process) = started else {
            skip("there is no redis-server");
            return Ok(None);
        };
        let mut redis = Redis {
            process,
            port,
            _folder: folder,
        };
        // Whoever answers at the port may be another one.
        let is_ready = || fs::read_to_string(&log).is_ok_and(|log| log.contains("Ready to accept connections"));
        let mut ended = None;
        let is_settled = || {
            ended = redis.process.try_wait().expect("its state");
            ended.is_some() || is_ready()
        };
        wait_until(PATIENCE, is_settled).expect("redis-server starts");
        ended.map_or(Ok(Some(redis)), Err)
    }

    /// Where it listens, on loopback.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// `127.0.0.1:PORT`
    pub(crate) fn at(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        // One that has ended by itself is no trouble.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
