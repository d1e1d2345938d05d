//! The single counters of a node.

/// Declares the counters: a variant, the name that Prometheus sees, and what is counted, in one place.
macro_rules! counts {
    ($( $(#[doc = $doc:literal])+ $Variant:ident = $name:literal, )+) => {
        /// Something that a node counts.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Count { $( $(#[doc = $doc])+ $Variant, )+ }

        impl Count {
            /// Every counter, in the order of the enum.
            pub const ALL: &'static [Self] = &[ $( Self::$Variant, )+ ];

            /// The name that Prometheus sees.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $( Self::$Variant => $name, )+ }
            }

            /// What is counted.
            #[must_use]
            pub fn help(self) -> &'static str {
                match self { $( Self::$Variant => concat!($($doc),+).trim(), )+ }
            }
        }
    };
}

counts! {
    /// Client connections accepted.
    ConnectionsAccepted = "circlet_connections_accepted_total",
    /// Client connections refused because of maxclients.
    ConnectionsRefused = "circlet_connections_refused_total",
    /// Client connections closed for silence.
    ConnectionsShed = "circlet_connections_shed_total",
    /// Client connections closed for replies that were not read.
    ConnectionsOverOutputLimit = "circlet_connections_over_output_limit_total",
    /// Commands received from clients.
    CommandsReceived = "circlet_commands_received_total",
    /// Commands that took the slow path: repaired, retried, or waited for an arc.
    SlowPath = "circlet_commands_slow_path_total",
    /// Bytes received from clients.
    ClientBytesReceived = "circlet_client_bytes_received_total",
    /// Bytes sent to clients.
    ClientBytesSent = "circlet_client_bytes_sent_total",
    /// Requests that were no RESP.
    ProtocolErrors = "circlet_protocol_errors_total",
    /// Commands, or keys' shares of commands, sent on to the node that coordinates their key.
    CommandsForwarded = "circlet_commands_forwarded_total",
    /// Keys that a read found.
    KeyspaceHits = "circlet_keyspace_hits_total",
    /// Keys that a read did not find.
    KeyspaceMisses = "circlet_keyspace_misses_total",
    /// Entries removed because they had expired.
    EntriesExpired = "circlet_entries_expired_total",
    /// Frames sent to peers.
    PeerFramesSent = "circlet_peer_frames_sent_total",
    /// Frames received from peers.
    PeerFramesReceived = "circlet_peer_frames_received_total",
    /// Bytes sent to peers over links.
    PeerBytesSent = "circlet_peer_bytes_sent_total",
    /// Bytes received from peers over links.
    PeerBytesReceived = "circlet_peer_bytes_received_total",
    /// Deltas on their way to other owners, those included that became hints at the last moment.
    DeltasSent = "circlet_deltas_sent_total",
    /// Deltas of other coordinators merged.
    DeltasMerged = "circlet_deltas_merged_total",
    /// Deltas, states, cuts and flushes refused because their stamp was too far ahead.
    DeltasAhead = "circlet_deltas_ahead_total",
    /// Times that a write was stamped anew because an owner held a greater stamp.
    WritesRestamped = "circlet_writes_restamped_total",
    /// Reads whose owners disagreed.
    DigestMismatches = "circlet_digest_mismatches_total",
    /// States written back to owners by reads that found them different.
    ReadRepairs = "circlet_read_repairs_total",
    /// Digests asked of one more owner because one of those asked was late.
    ReadHedges = "circlet_read_hedges_total",
    /// Votes given on reads whose quorum the client counts.
    Votes = "circlet_votes_total",
    /// Keys remembered for an absent owner.
    HintsRecorded = "circlet_hints_recorded_total",
    /// Entries received while exchanging arcs.
    EntriesPulled = "circlet_entries_pulled_total",
    /// Entries sent to nodes that exchange arcs with this one.
    EntriesGiven = "circlet_entries_given_total",
    /// Arcs remembered as a whole because too many of their keys were.
    HintsCollapsed = "circlet_hints_collapsed_total",
    /// Keys replayed to an owner that is back.
    HintsReplayed = "circlet_hints_replayed_total",
    /// Bytes received while exchanging arcs.
    ExchangeBytes = "circlet_exchange_bytes_total",
    /// Rounds that this node began: comparisons of a window of arcs with all of their other owners.
    RoundsBegun = "circlet_rounds_begun_total",
    /// Arcs that a round of this node found alike on all owners.
    ArcsSynced = "circlet_arcs_synced_total",
    /// Arcs that a round of this node found to differ.
    ArcsDifferent = "circlet_arcs_different_total",
    /// Arcs that an owner did not compare in a round of this node.
    ArcsRefused = "circlet_arcs_refused_total",
    /// Deleted entries dropped because every owner knows of it.
    TombstonesDropped = "circlet_tombstones_dropped_total",
    /// States not believed because they contain what was dropped here.
    StatesIgnored = "circlet_states_ignored_total",
    /// Exchanges of an arc with another owner.
    ArcsExchanged = "circlet_arcs_exchanged_total",
    /// Gossip packets sent.
    GossipSent = "circlet_gossip_packets_sent_total",
    /// Gossip packets received.
    GossipReceived = "circlet_gossip_packets_received_total",
    /// Gossip packets that were not understood.
    GossipRefused = "circlet_gossip_packets_refused_total",
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_counter_is_named_once_as_prometheus_wants_counters_named() {
        let mut seen = std::collections::BTreeSet::new();
        for (place, count) in Count::ALL.iter().enumerate() {
            assert_eq!(*count as usize, place, "the place in ALL is the cell");
            assert!(
                count.name().starts_with("circlet_") && count.name().ends_with("_total"),
                "{}",
                count.name()
            );
            assert!(seen.insert(count.name()), "{} is there twice", count.name());
            assert!(count.help().ends_with('.'), "{} needs a sentence", count.name());
        }
    }
}
