//! What clients and peers can make a node hold. Each limit says what happens at it.

use super::setting::settings;
use super::{Bounds, EvictionPolicy, MemorySize, OutputLimits};

/// Redis refuses to let these fall below 1 MiB: a request could then not be read.
const MIB: i64 = 1 << 20;

settings! {
    /// What clients and peers can make this node hold.
    pub struct Limits as limits {
        /// Client connections served at once, both doors together; one more is told so and closed. Raising it: a file descriptor and some kilobytes each.
        "maxclients" Live clients_max: u32 = 10_000, Bounds::Range(1, 1_000_000);
        /// Bytes of one argument of a command; a longer one is a protocol error. Raising it: memory that one client can claim.
        "proto-max-bulk-len" Live bulk_bytes_max: MemorySize = MemorySize::mib(512), Bounds::Range(MIB, i64::MAX);
        /// Bytes of one connection's unread requests; above it the connection is closed. Raising it: memory that one client can claim.
        "client-query-buffer-limit" Live query_bytes_max: MemorySize = MemorySize::mib(1_024), Bounds::Range(MIB, i64::MAX);
        /// Bytes of replies that a client has not read: hard limit, soft limit and the soft limit's seconds, for each class; above them the connection is closed. 0: none.
        "client-output-buffer-limit" Live output: OutputLimits = OutputLimits::DEFAULT, Bounds::Any;
        /// Commands of one connection that run, and wait for other nodes, at once; the node reads no more from the connection until all of them are answered. Raising it: fewer, longer turns for deep pipelines, memory, and longer waits for the first reply of one.
        "client-inflight-max" Live client_inflight_max: u32 = 64, Bounds::Range(1, 1_024);
        /// Bytes that wait to be sent to one peer, questions and answers each. At it a command that cannot do without the peer is answered `-BUSY` at once, with nothing changed; a write that reaches its level without the peer leaves it a hint; a peer that does not read its answers loses the link. Raising it: memory while a peer is slow, twice as much for each.
        "peer-queue-bytes-max" Live peer_queue_bytes_max: MemorySize = MemorySize::mib(64), Bounds::Range(MIB, i64::MAX);
        /// Bytes a second that this node takes from others while arcs move to it, or while it catches up in the background; what a command waits for is not held back. 0: no limit. Raising it: moves end sooner, and take more of the network.
        "move-bytes-per-second-max" Live move_bytes_per_second_max: MemorySize = MemorySize::mib(64), Bounds::Range(0, i64::MAX);
        /// Of a hundred digests that reads ask other owners for, so many may be asked of one more owner, because the first is later with its answer than usual; 128 may be saved up. 0: none, a read waits for 50 ms before it asks another owner. Raising it: fewer reads wait for an owner that stands still, and more is asked twice.
        "read-hedge-percent-max" Live read_hedge_percent_max: u32 = 5, Bounds::Range(0, 100);
        /// Keys remembered for one absent owner; above it they collapse into whole arcs to compare. Raising it: some 100 bytes a key.
        "hint-keys-max" Live hint_keys_max: u32 = 100_000, Bounds::Range(0, 100_000_000);
        /// Connections that the kernel queues before they are accepted.
        "tcp-backlog" Restart tcp_backlog: u32 = 1_024, Bounds::Range(1, 65_535);
        /// Bytes of keys, values and what surrounds them that this node holds, counted by size class; above it commands that it coordinates and that may need memory are answered `-OOM`. Deltas of other coordinators are taken all the same. 0: no limit.
        "maxmemory" Live memory_bytes_max: MemorySize = MemorySize(0), Bounds::Range(0, i64::MAX);
        /// What goes when `maxmemory` is reached: nothing. Redis's policies that evict are refused.
        "maxmemory-policy" Live eviction: EvictionPolicy = EvictionPolicy::NoEviction, Bounds::Any;
    }
}
