//! Commands on the server, the cluster and the connection.

use super::Ask;
use crate::call::Call;
use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::from_value::FromValue;
use crate::to_arg::ToArg;

/// Whether [`Server::flushall`] waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FlushMode {
    /// Memory is given back before the answer.
    Sync,
    /// It is given back afterwards.
    Async,
}

impl ToArg for FlushMode {
    fn write_to(&self, cmd: &mut Cmd) {
        cmd.push(match self {
            FlushMode::Sync => b"SYNC",
            FlushMode::Async => b"ASYNC",
        });
    }
}

/// Commands on the server, the cluster and the connection. Those without keys are answered by any node.
pub trait Server: Ask {
    /// `PING`: `PONG`. O(1).
    fn ping(&self) -> Call<'_, String> {
        self.ask(cmd("PING"))
    }

    /// `ECHO`: the same. O(1).
    fn echo<T: FromValue>(&self, text: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("ECHO").arg(text))
    }

    /// `DBSIZE`: how many keys the whole cluster has. O(N), N: nodes.
    fn dbsize(&self) -> Call<'_, u64> {
        self.ask(cmd("DBSIZE"))
    }

    /// `FLUSHALL`: deletes every key of the whole cluster. O(N).
    fn flushall(&self, mode: FlushMode) -> Call<'_, ()> {
        self.ask(cmd("FLUSHALL").arg(mode))
    }

    /// `TIME`: seconds and microseconds of one node's clock. O(1).
    fn time(&self) -> Call<'_, (u64, u64)> {
        self.ask(cmd("TIME"))
    }

    /// `INFO`: what one node says of itself; a section, or all for nothing. O(1).
    fn info(&self, section: Option<&str>) -> Call<'_, String> {
        self.ask(cmd("INFO").arg(section))
    }

    /// `CONFIG GET`: one node's settings that match a pattern. O(N).
    fn config_get<T: FromValue>(&self, pattern: impl ToArg) -> Call<'_, T> {
        self.ask(cmd("CONFIG").arg("GET").arg(pattern))
    }

    /// `WAIT`: waits until so many replicas have this connection's writes, at most so many milliseconds; how many have. A [level](crate::Consistency) is
    /// better.
    fn wait(&self, replicas: u64, milliseconds: u64) -> Call<'_, u64> {
        self.ask(cmd("WAIT").arg(replicas).arg(milliseconds))
    }

    /// `CLUSTER MOVES`: how far changes of the cluster have come. O(N), N: arcs. *Circlet's own.*
    fn cluster_moves<T: FromValue>(&self) -> Call<'_, T> {
        self.ask(cmd("CLUSTER").arg("MOVES"))
    }

    /// `CLUSTER HINTS`: what is held for nodes that are away. O(N), N: nodes. *Circlet's own.*
    fn cluster_hints<T: FromValue>(&self) -> Call<'_, T> {
        self.ask(cmd("CLUSTER").arg("HINTS"))
    }

    /// `COMMAND COUNT`: how many commands the server knows. O(1).
    fn command_count(&self) -> Call<'_, u64> {
        self.ask(cmd("COMMAND").arg("COUNT"))
    }
}

impl Server for Client {}
