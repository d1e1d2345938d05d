//! How long a node waits: for clients, for other nodes, for its own end.

use super::setting::settings;
use super::{Bounds, Millis, Seconds};

/// The greatest number of seconds that Redis accepts.
const INT: i64 = i32::MAX as i64;

settings! {
    /// How long this node waits.
    pub struct Timeouts as timeouts {
        /// Milliseconds that comparing all arcs with their other owners takes. Deleted and expired entries stay in memory for so long and three seconds more. Raising it: they stay longer. Lowering it: a little more work at rest.
        "antientropy-period-ms" Restart antientropy_period: Millis = Millis(5_000), Bounds::Range(200, 3_600_000);
        /// Seconds that a client may say nothing before it is closed. 0: for ever.
        "timeout" Live client_idle: Seconds = Seconds(0), Bounds::Range(0, INT);
        /// Seconds of silence after which the kernel asks whether a client is still there. 0: never.
        "tcp-keepalive" Live tcp_keepalive: Seconds = Seconds(300), Bounds::Range(0, INT);
        /// Milliseconds that a command waits for other nodes before it is answered WRITETIMEOUT or READTIMEOUT. Raising it: a client waits longer on a node that is stuck, but sees fewer unknown outcomes.
        "request-timeout-ms" Live request: Millis = Millis(1_000), Bounds::Range(10, 600_000);
        /// Milliseconds that one try to connect to a peer may take, until it has answered this node's hello: two round trips. Raising it: a peer that accepts and says nothing is tried again later.
        "peer-connect-timeout-ms" Live peer_connect: Millis = Millis(2_000), Bounds::Range(10, 60_000);
        /// Longest pause in milliseconds between two tries to connect to a peer. Raising it: a peer that is back is used later.
        "peer-reconnect-ms-max" Live peer_reconnect_max: Millis = Millis(500), Bounds::Range(10, 60_000);
        /// Seconds that a stopping node finishes what is in flight, then it closes what is left.
        "shutdown-timeout" Live shutdown: Seconds = Seconds(10), Bounds::Range(0, INT);
    }
}
