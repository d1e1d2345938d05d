//! The real thing: Debian's redis-server on a socket of its own, to compare with.

use std::io::{BufReader, Write};
use std::os::unix::net::UnixStream;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::wire;

/// A redis-server, ended when dropped. It listens on no port, so tests that run at once do not meet.
pub(crate) struct Redis {
    process: Child,
    directory: tempfile::TempDir,
}

/// How long the server may take to listen.
const START_MAX: Duration = Duration::from_secs(20);

impl Redis {
    /// Starts a server; `None`, with a message, if there is no `redis-server` (or what `CIRCLET_REDIS_SERVER` names).
    pub(crate) fn start() -> Option<Redis> {
        let program = std::env::var("CIRCLET_REDIS_SERVER").unwrap_or_else(|_| "redis-server".to_owned());
        let directory = tempfile::tempdir().expect("a directory for the server");
        let spawned = Command::new(&program)
            .args([
                "--port",
                "0",
                "--unixsocket",
                "socket",
                "--save",
                "",
                "--databases",
                "1",
                "--daemonize",
                "no",
            ])
            .current_dir(directory.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        match spawned {
            Ok(process) => Some(Redis { process, directory }),
            Err(error) => {
                skipped(&program, &error);
                None
            }
        }
    }

    /// A new connection, once the server listens.
    pub(crate) fn connect(&self) -> Connection {
        let path = self.directory.path().join("socket");
        let started = Instant::now();
        loop {
            match UnixStream::connect(&path) {
                Ok(stream) => {
                    return Connection {
                        stream: BufReader::new(stream),
                    };
                }
                Err(error) => assert!(started.elapsed() < START_MAX, "the server does not listen: {error}"),
            }
            std::thread::yield_now();
        }
    }
}

#[allow(
    clippy::print_stderr,
    reason = "whoever runs the tests should know what was not compared"
)]
fn skipped(program: &str, error: &std::io::Error) {
    eprintln!("not compared with a real server: {program}: {error}");
}

impl Drop for Redis {
    fn drop(&mut self) {
        // Either may fail only if the server has ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A connection to a real server.
pub(crate) struct Connection {
    stream: BufReader<UnixStream>,
}

impl Connection {
    /// Sends one command and gives its reply as it came.
    pub(crate) fn call(&mut self, args: &[Vec<u8>]) -> Vec<u8> {
        self.stream
            .get_mut()
            .write_all(&wire::command(args))
            .expect("the server takes a command");
        wire::read_reply(&mut self.stream).expect("the server answers")
    }
}
