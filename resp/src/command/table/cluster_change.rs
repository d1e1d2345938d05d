//! CLUSTER's subcommands that change the cluster, Circlet's own.

use super::super::CommandId as Id;
use super::super::arg::{integer, string};
use super::super::flags::Flag;
use super::super::spec::{CommandSpec, Group};

pub(crate) static CLUSTER_JOIN: CommandSpec =
    CommandSpec::new(Id::ClusterJoin, "cluster|join", -3, Group::Cluster, "7.2.0")
        .about(
            "Takes a node into the cluster, perhaps in the place of one that is gone. Sent by the node itself.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("entry"), string("replaces")]);

pub(crate) static CLUSTER_LEAVE: CommandSpec =
    CommandSpec::new(Id::ClusterLeave, "cluster|leave", 3, Group::Cluster, "7.2.0")
        .about(
            "Has a node give its data to the others, and leave.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("node-id")]);

pub(crate) static CLUSTER_ADDRESSES: CommandSpec =
    CommandSpec::new(Id::ClusterAddresses, "cluster|addresses", 3, Group::Cluster, "7.2.0")
        .about(
            "Tells where a member is, and answers where all of them are. Sent by the member itself.",
            "O(N), N: number of nodes",
        )
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("entry")]);

pub(crate) static CLUSTER_MOVES: CommandSpec =
    CommandSpec::new(Id::ClusterMoves, "cluster|moves", 2, Group::Cluster, "7.2.0")
        .about(
            "Shows how far changes of the cluster have come.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Loading, Flag::Stale])
        .with_tips(&["nondeterministic_output"]);

pub(crate) static CLUSTER_RECOVER: CommandSpec =
    CommandSpec::new(Id::ClusterRecover, "cluster|recover", -5, Group::Cluster, "7.2.0")
        .about(
            "Goes on without nodes that are gone for good though they are the majority of the voters. Unsafe.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("force"), string("cluster-name"), string("node-id").multiple()]);

pub(crate) static CLUSTER_REMOVE: CommandSpec =
    CommandSpec::new(Id::ClusterRemove, "cluster|remove", -3, Group::Cluster, "7.2.0")
        .about(
            "Takes a node that is gone for good off the cluster; others get its data from its replicas.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("node-id"), string("force")]);

pub(crate) static CLUSTER_STAY: CommandSpec =
    CommandSpec::new(Id::ClusterStay, "cluster|stay", 3, Group::Cluster, "7.2.0")
        .about("Has a node that is leaving stay after all.", "O(N), N: number of arcs")
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("node-id")]);

pub(crate) static CLUSTER_WEIGHT: CommandSpec =
    CommandSpec::new(Id::ClusterWeight, "cluster|weight", 4, Group::Cluster, "7.2.0")
        .about(
            "Has a node take more or less of the data than others of weight 1.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("node-id"), integer("weight")]);

pub(crate) static CLUSTER_SETTINGS: CommandSpec =
    CommandSpec::new(Id::ClusterSettings, "cluster|settings", -4, Group::Cluster, "7.2.0")
        .about(
            "Changes how many owners keys have, and how many of them reads and writes wait for.",
            "O(N), N: number of arcs",
        )
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("name"), string("value")]);

pub(crate) static CLUSTER_ZONE: CommandSpec =
    CommandSpec::new(Id::ClusterZone, "cluster|zone", 4, Group::Cluster, "7.2.0")
        .about("Says what a node fails with.", "O(N), N: number of arcs")
        .with_flags(&[Flag::Admin, Flag::Stale])
        .with_args(&[string("node-id"), string("zone")]);
