//! CLUSTER and its subcommands.

use super::super::CommandId as Id;
use super::super::arg::{integer, string};
use super::super::flags::Flag;
use super::super::spec::{CommandSpec, Group};
use super::cluster_change::{
    CLUSTER_ADDRESSES, CLUSTER_JOIN, CLUSTER_LEAVE, CLUSTER_MOVES, CLUSTER_RECOVER, CLUSTER_REMOVE, CLUSTER_SETTINGS,
    CLUSTER_STAY, CLUSTER_WEIGHT, CLUSTER_ZONE,
};

pub(crate) static CLUSTER: CommandSpec = CommandSpec::new(Id::Cluster, "cluster", -2, Group::Cluster, "3.0.0")
    .about("Describes the cluster.", "Depends on the subcommand.")
    .with_subcommands(&[
        &CLUSTER_ADDRESSES,
        &CLUSTER_COUNTKEYSINSLOT,
        &CLUSTER_EXPLAIN,
        &CLUSTER_GETKEYSINSLOT,
        &CLUSTER_HELP,
        &CLUSTER_HINTS,
        &CLUSTER_HOTKEYS,
        &CLUSTER_INFO,
        &CLUSTER_JOIN,
        &CLUSTER_KEYSLOT,
        &CLUSTER_LEAVE,
        &CLUSTER_MOVES,
        &CLUSTER_MYID,
        &CLUSTER_MYSHARDID,
        &CLUSTER_NODES,
        &CLUSTER_RECOVER,
        &CLUSTER_REMOVE,
        &CLUSTER_REPLICAS,
        &CLUSTER_RING,
        &CLUSTER_SETTINGS,
        &CLUSTER_SHARDS,
        &CLUSTER_SLOTS,
        &CLUSTER_STAY,
        &CLUSTER_TOPOLOGY,
        &CLUSTER_WEIGHT,
        &CLUSTER_ZONE,
    ]);

pub(crate) static CLUSTER_COUNTKEYSINSLOT: CommandSpec = CommandSpec::new(
    Id::ClusterCountkeysinslot,
    "cluster|countkeysinslot",
    3,
    Group::Cluster,
    "3.0.0",
)
.about("Counts the keys that this node holds in a slot.", "O(1)")
.with_flags(&[Flag::Stale])
.with_args(&[integer("slot")]);

pub(crate) static CLUSTER_EXPLAIN: CommandSpec =
    CommandSpec::new(Id::ClusterExplain, "cluster|explain", 3, Group::Cluster, "7.2.0")
        .about(
            "Tells where a key belongs, what each of its owners holds for it, and what is on its way.",
            "O(N), N: number of nodes",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"])
        .with_args(&[string("key")]);

pub(crate) static CLUSTER_GETKEYSINSLOT: CommandSpec = CommandSpec::new(
    Id::ClusterGetkeysinslot,
    "cluster|getkeysinslot",
    4,
    Group::Cluster,
    "3.0.0",
)
.about(
    "Lists keys that this node holds in a slot.",
    "O(N), N: number of keys asked for",
)
.with_flags(&[Flag::Stale])
.with_tips(&["nondeterministic_output"])
.with_args(&[integer("slot"), integer("count")]);

pub(crate) static CLUSTER_HELP: CommandSpec =
    CommandSpec::new(Id::ClusterHelp, "cluster|help", 2, Group::Cluster, "5.0.0")
        .about("Shows what the subcommands do.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale]);

pub(crate) static CLUSTER_HINTS: CommandSpec =
    CommandSpec::new(Id::ClusterHints, "cluster|hints", 2, Group::Cluster, "7.2.0")
        .about(
            "Lists the absent nodes that hints are held for: how many, and for how long.",
            "O(N), N: number of nodes",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLUSTER_HOTKEYS: CommandSpec =
    CommandSpec::new(Id::ClusterHotkeys, "cluster|hotkeys", -2, Group::Cluster, "7.2.0")
        .about(
            "Lists the keys that clients ask for most, and how often.",
            "O(N), N: number of nodes",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"])
        .with_args(&[integer("count").after("COUNT").optional()]);

pub(crate) static CLUSTER_INFO: CommandSpec =
    CommandSpec::new(Id::ClusterInfo, "cluster|info", 2, Group::Cluster, "3.0.0")
        .about("Answers the state of the cluster.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLUSTER_KEYSLOT: CommandSpec =
    CommandSpec::new(Id::ClusterKeyslot, "cluster|keyslot", 3, Group::Cluster, "3.0.0")
        .about("Answers the slot of a key.", "O(N), N: bytes of the key")
        .with_flags(&[Flag::Stale])
        .with_args(&[string("key")]);

pub(crate) static CLUSTER_MYID: CommandSpec =
    CommandSpec::new(Id::ClusterMyid, "cluster|myid", 2, Group::Cluster, "3.0.0")
        .about("Answers this node's id.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale]);

pub(crate) static CLUSTER_MYSHARDID: CommandSpec =
    CommandSpec::new(Id::ClusterMyshardid, "cluster|myshardid", 2, Group::Cluster, "7.2.0")
        .about("Answers the id of the shard that this node serves: its own.", "O(1)")
        .with_flags(&[Flag::Loading, Flag::Stale]);

pub(crate) static CLUSTER_NODES: CommandSpec =
    CommandSpec::new(Id::ClusterNodes, "cluster|nodes", 2, Group::Cluster, "3.0.0")
        .about(
            "Lists the nodes and their slots, one line a node.",
            "O(N), N: number of nodes",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLUSTER_REPLICAS: CommandSpec =
    CommandSpec::new(Id::ClusterReplicas, "cluster|replicas", 3, Group::Cluster, "5.0.0")
        .about(
            "Lists the nodes that are nothing but replicas of a node: none, since every node is a master.",
            "O(N), N: number of nodes",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"])
        .with_args(&[string("node-id")]);

pub(crate) static CLUSTER_RING: CommandSpec =
    CommandSpec::new(Id::ClusterRing, "cluster|ring", 2, Group::Cluster, "7.2.0")
        .about(
            "Lists the members, the owners of each arc, and the arcs that move.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLUSTER_SHARDS: CommandSpec =
    CommandSpec::new(Id::ClusterShards, "cluster|shards", 2, Group::Cluster, "7.0.0")
        .about(
            "Lists the slots and who serves them, by shard.",
            "O(N), N: number of nodes",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLUSTER_SLOTS: CommandSpec =
    CommandSpec::new(Id::ClusterSlots, "cluster|slots", 2, Group::Cluster, "3.0.0")
        .about(
            "Lists the slots and who serves them, by range.",
            "O(N), N: number of nodes",
        )
        .deprecated_since("7.0.0", "`CLUSTER SHARDS`")
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLUSTER_TOPOLOGY: CommandSpec = CommandSpec::new(
    Id::ClusterTopology,
    "cluster|topology",
    -2,
    Group::Cluster,
    "7.2.0",
)
.about(
    "Answers who owns which arc, for clients that go straight to the owners; nothing if it is what the client knows.",
    "O(N), N: number of arcs",
)
.with_flags(&[Flag::Loading, Flag::Stale])
.with_tips(&["nondeterministic_output"])
.with_args(&[integer("known-fingerprint").optional()]);
