//! The real redis-server, where there is one.

use super::{PATIENCE, skip, wait_until};
use std::net::{Ipv4Addr, TcpStream};
use std::process::{Child, Command, Stdio};

/// A redis-server of its own, until it is dropped; `None` where there is none.
pub(crate) struct Redis {
    process: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl Redis {
    /// Starts one, and returns when it takes connections.
    pub(crate) fn start() -> Option<Self> {
        let folder = tempfile::tempdir().expect("a folder");
        let port = circlet_measure::free_port().ok()?;
        let mut command = Command::new("redis-server");
        command.args(circlet_measure::redis_args(port));
        let started = command.current_dir(folder.path()).stdout(Stdio::null()).spawn();
        let Ok(process) = started else {
            skip("there is no redis-server");
            return None;
        };
        let redis = Redis {
            process,
            port,
            _folder: folder,
        };
        let answers = || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).is_ok();
        wait_until(PATIENCE, answers).expect("redis-server takes connections");
        Some(redis)
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
