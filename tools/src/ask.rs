//! Asks a node as a client does.

use crate::args::WhereArgs;
use crate::connection::Connection;
use crate::failure::Failure;
use crate::layout::{self, NodeFiles};
use crate::process::Pid;
use circlet_resp::{ReplyLimits, ReplyParser, Value, encode_request};
use serde_json::Value as Json;
use std::io;
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::time::Duration;

/// How long a node may take: the voters of the cluster may have to agree.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(15);

/// Sends one command to the node that serves clients at `at`.
///
/// # Errors
/// When the node cannot be reached, or answers an error: that is what the failure says.
pub(crate) fn ask(at: SocketAddr, words: &[&str]) -> Result<Value, Failure> {
    match exchange(at, words, ANSWER_TIMEOUT) {
        Ok(Value::Error(error)) => Err(Failure::new(error)),
        Ok(value) => Ok(value),
        Err(error) => Err(Failure::because(format!("cannot ask {at}"), error)),
    }
}

/// One command and its answer, on a connection of its own; connecting and each read may take `patience`.
///
/// # Errors
/// What the system says, or that the answer is none.
pub(crate) fn exchange(at: SocketAddr, words: &[&str], patience: Duration) -> io::Result<Value> {
    last_answer(at, &[words], patience)
}

/// Several commands on one connection, and the answer to the last.
///
/// # Errors
/// See [`exchange`].
pub(crate) fn last_answer(at: SocketAddr, commands: &[&[&str]], patience: Duration) -> io::Result<Value> {
    let last = answers(at, commands, patience)?.pop();
    last.ok_or_else(|| io::ErrorKind::InvalidInput.into())
}

/// Several commands on one connection, and their answers.
///
/// # Errors
/// See [`exchange`].
pub(crate) fn answers(at: SocketAddr, commands: &[&[&str]], patience: Duration) -> io::Result<Vec<Value>> {
    let socket = TcpStream::connect_timeout(&at, patience)?;
    socket.set_read_timeout(Some(patience))?;
    let mut connection = Connection::new(socket, ReplyParser::new(ReplyLimits::default()));
    let mut requests = Vec::new();
    commands.iter().for_each(|words| encode_request(words, &mut requests));
    connection.send(&requests)?;
    commands.iter().map(|_| connection.reply()).collect()
}

/// What a node tells, as JSON: one command in RESP3, whose maps have names.
///
/// # Errors
/// See [`ask`].
pub(crate) fn told(at: SocketAddr, words: &[&str]) -> Result<Json, Failure> {
    told_within(at, words, ANSWER_TIMEOUT)
}

/// The same, with less patience.
///
/// # Errors
/// See [`ask`].
pub(crate) fn told_within(at: SocketAddr, words: &[&str], patience: Duration) -> Result<Json, Failure> {
    match last_answer(at, &[&["HELLO", "3"], words], patience) {
        Ok(Value::Error(error)) => Err(Failure::new(error)),
        Ok(value) => Ok(to_json(value)),
        Err(error) => Err(Failure::because(format!("cannot ask {at}"), error)),
    }
}

/// The members that CLUSTER RING told of, those too that have left.
pub(crate) fn members(ring: &Json) -> impl Iterator<Item = &Json> {
    ring["members"].as_array().into_iter().flatten()
}

/// The same of the first node of a cluster that answers.
///
/// # Errors
/// What the last one said.
pub(crate) fn told_by_any(cluster: &WhereArgs, words: &[&str]) -> Result<Json, Failure> {
    let mut last = None;
    for at in cluster_addresses(cluster)? {
        match told(at, words) {
            Ok(told) => return Ok(told),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::new("no node answers")))
}

/// Has a cluster do something: any node takes a change; one that has just gone does not answer, and the next one is asked.
///
/// # Errors
/// What the last one said.
pub(crate) fn tell_any(cluster: &WhereArgs, words: &[&str]) -> Result<(), Failure> {
    let mut last = None;
    for at in cluster_addresses(cluster)? {
        match ask(at, words) {
            Ok(_) => return Ok(()),
            Err(failure) => last = Some(failure),
        }
    }
    Err(last.unwrap_or_else(|| Failure::new("no node answers")))
}

/// Where a cluster can be asked: at the address that was named, else at the running nodes of the directory.
///
/// # Errors
/// When there is none.
pub(crate) fn cluster_addresses(cluster: &WhereArgs) -> Result<Vec<SocketAddr>, Failure> {
    match cluster.at {
        Some(at) => Ok(vec![at]),
        None => Ok(running(&cluster.dir)?.into_iter().map(|(_, at)| at).collect()),
    }
}

fn to_json(value: Value) -> Json {
    match value {
        Value::Null => Json::Null,
        Value::Integer(number) => number.into(),
        Value::Double(number) => number.into(),
        Value::Boolean(yes) => yes.into(),
        Value::Simple(text) | Value::Error(text) | Value::BigNumber(text) | Value::Digits(text) => text.into(),
        Value::Bulk(bytes) | Value::Verbatim(bytes) => String::from_utf8_lossy(&bytes).into(),
        Value::Array(items) | Value::Set(items) | Value::Push(items) => items.into_iter().map(to_json).collect(),
        Value::Map(pairs) => {
            let name = |key: Value| String::from_utf8_lossy(key.as_bytes().unwrap_or_default()).into_owned();
            let pairs = pairs.into_iter().map(|(key, value)| (name(key), to_json(value)));
            Json::Object(pairs.collect())
        }
    }
}

/// The running nodes of a directory, and where they serve clients.
///
/// # Errors
/// When there is none.
pub(crate) fn running(dir: &Path) -> Result<Vec<(NodeFiles, SocketAddr)>, Failure> {
    let mut running = Vec::new();
    for files in NodeFiles::all(dir) {
        if Pid::read(&files.pid()).is_some() {
            let at = layout::client_address(&files)?;
            running.push((files, at));
        }
    }
    if running.is_empty() {
        return Err(Failure::new(format!("no node of {} runs: circlet up", dir.display())));
    }
    Ok(running)
}
