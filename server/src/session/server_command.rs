//! Commands that are not on keys: about the connection, the node, the cluster, or all keys at once.
//!
//! They run between batches, one at a time, and may wait. One file a command or family.

mod client;
mod client_kill;
mod client_list;
mod cluster;
mod cluster_addresses;
mod cluster_change;
mod cluster_explain;
mod cluster_hints;
pub(super) mod cluster_hotkeys;
mod cluster_nodes;
mod cluster_recover;
mod cluster_ring;
mod cluster_shards;
mod cluster_slots;
mod cluster_topology;
mod config;
mod connection;
mod consistency;
mod flush;
mod hello;
mod info;
mod keyspace;
mod latency;
mod memory;
mod scan;
mod slowlog;
pub(super) mod subscribe;
#[cfg(test)]
mod test_request;
mod tracking;
mod wait;

use super::client::Client;
use crate::command::{CommandError, introspection};
use crate::node::Node;
use circlet_resp::command::{CommandId, CommandSpec};
use circlet_resp::{Args, Proto, ReplyBuf};
use std::sync::Arc;
use std::time::SystemTime;

/// What becomes of the connection after a command.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum After {
    Continue,
    Close,
}

/// Runs one command and appends its reply.
pub(crate) async fn run(
    node: &Arc<Node>,
    client: &mut Client,
    spec: &'static CommandSpec,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> After {
    let start = replies.len();
    if spec.id() != CommandId::ClientCaching {
        client.caching.after_command();
    }
    match spec.id() {
        CommandId::Quit => {
            replies.ok();
            return After::Close;
        }
        CommandId::ClientKill => return client_kill::kill(node, client, args, replies),
        _ => {}
    }
    let done = match introspection(spec.id()) {
        Some(handler) => handler(args, replies),
        None => run_here(node, client, spec.id(), args, replies).await,
    };
    if let Err(error) = done {
        replies.truncate(start);
        error.write(replies);
    }
    After::Continue
}

async fn run_here(
    node: &Arc<Node>,
    client: &mut Client,
    id: CommandId,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    use CommandId as Id;
    let door = client.caller.door;
    match id {
        Id::Ping if client.takes_messages_only() => return subscribe::ping(args, replies),
        Id::Ping => return connection::ping(args, replies),
        Id::Subscribe => subscribe::subscribe(client, args, replies),
        Id::Unsubscribe => subscribe::unsubscribe(client, args, replies),
        Id::Echo => replies.bulk(&args[1]),
        Id::Select => return connection::select(client, args, replies),
        Id::Auth => return connection::auth(args, replies),
        Id::Hello => hello::hello(client, args, replies),
        Id::Reset => reset(client, replies),
        Id::Readonly => connection::read_only(client, true, replies),
        Id::Readwrite => connection::read_only(client, false, replies),
        Id::ClientList => return client_list::list(node, args, replies),
        Id::ClientConsistency => return consistency::consistency(client, args, replies),
        Id::ClientId | Id::ClientGetname | Id::ClientSetname | Id::ClientSetinfo | Id::ClientInfo | Id::ClientReply => {
            return client::client(node, client, id, args, replies);
        }
        Id::ClientPause | Id::ClientUnblock | Id::ClientUnpause | Id::ClientNoEvict | Id::ClientNoTouch => {
            return client::client(node, client, id, args, replies);
        }
        Id::ClientTracking | Id::ClientCaching | Id::ClientGetredir | Id::ClientTrackinginfo => {
            return tracking::run(node, client, id, args, replies);
        }
        Id::Dbsize => keyspace::dbsize(node, door, replies).await,
        Id::Keys => keyspace::keys(node, door, &args[1], replies).await,
        Id::Randomkey => keyspace::random_key(node, door, replies).await,
        Id::Scan => scan::scan(node, door, args, replies).await,
        Id::Flushall | Id::Flushdb => flush::flush(node, client, args, replies).await,
        Id::Info => info::info(node, door, args, replies),
        Id::Time => time(replies),
        Id::Role => role(replies),
        Id::Wait => return wait::wait(node, args, replies),
        Id::MemoryStats => memory::stats(node, replies),
        Id::MemoryDoctor => memory::doctor(node, replies),
        Id::ConfigGet | Id::ConfigSet | Id::ConfigResetstat | Id::ConfigRewrite => {
            return config::config(node, id, args, replies).await;
        }
        Id::SlowlogGet | Id::SlowlogLen | Id::SlowlogReset => return slowlog::slowlog(node, id, args, replies),
        Id::LatencyLatest | Id::LatencyHistory | Id::LatencyReset => return latency::latency(node, id, args, replies),
        Id::LatencyHistogram | Id::LatencyDoctor | Id::LatencyGraph => {
            return latency::latency(node, id, args, replies);
        }
        _ => return run_cluster(node, client, id, args, replies).await,
    }
    Ok(())
}

async fn run_cluster(
    node: &Arc<Node>,
    client: &Client,
    id: CommandId,
    args: Args<'_>,
    replies: &mut ReplyBuf,
) -> Result<(), CommandError> {
    use CommandId as Id;
    let door = client.caller.door;
    match id {
        Id::ClusterInfo | Id::ClusterNodes | Id::ClusterSlots | Id::ClusterShards => {
            return cluster::cluster(node, door, id, args, replies);
        }
        Id::ClusterMyid | Id::ClusterMyshardid | Id::ClusterReplicas => {
            return cluster::cluster(node, door, id, args, replies);
        }
        Id::ClusterTopology => cluster_topology::write(node, args, replies)?,
        Id::ClusterExplain => cluster_explain::write(node, &args[2], replies).await,
        Id::ClusterHotkeys => return cluster_hotkeys::write(node, door, args, replies).await,
        Id::ClusterHints => cluster_hints::write(node, door, replies).await,
        Id::ClusterAddresses => return cluster_addresses::addresses(node, args, replies),
        Id::ClusterRecover => return cluster_recover::recover(node, args, replies).await,
        Id::ClusterRing => cluster_ring::write(node, replies),
        Id::ClusterJoin
        | Id::ClusterLeave
        | Id::ClusterStay
        | Id::ClusterRemove
        | Id::ClusterSettings
        | Id::ClusterWeight
        | Id::ClusterZone
        | Id::ClusterMoves => {
            return cluster_change::change(node, id, args, replies).await;
        }
        Id::ClusterKeyslot | Id::ClusterCountkeysinslot | Id::ClusterGetkeysinslot => {
            return cluster::cluster(node, door, id, args, replies);
        }
        _ => return Err(CommandError::Syntax),
    }
    Ok(())
}

/// `RESET`
fn reset(client: &mut Client, replies: &mut ReplyBuf) {
    client.reset();
    replies.set_proto(Proto::Resp2);
    replies.simple("RESET");
}

/// `ROLE`: of a primary without replicas of its own, since every arc has its own owners.
fn role(replies: &mut ReplyBuf) {
    replies.array(3);
    replies.bulk(b"master");
    replies.integer(0);
    replies.array(0);
}

/// `TIME`: seconds and microseconds of the system's clock.
fn time(replies: &mut ReplyBuf) {
    let now = SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .unwrap_or_default();
    replies.array(2);
    replies.bulk_integer(now.as_secs() as i64);
    replies.bulk_integer(i64::from(now.subsec_micros()));
}
