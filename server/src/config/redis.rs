//! Settings of Redis that say what Circlet does not do. Tools ask for them before they start (`redis-benchmark` for
//! `save` and `appendonly`), and set them to just these values.

use super::Bounds;
use super::setting::settings;

settings! {
    /// Settings of Redis that say what Circlet does not do.
    pub struct RedisSettings as redis {
        /// Points at which a snapshot is saved: none.
        "save" Fixed save: String = String::new(), Bounds::Any;
        /// Whether commands are logged to a file: they are not.
        "appendonly" Fixed appendonly: bool = false, Bounds::Any;
        /// Numbered key spaces: one, as in Redis Cluster.
        "databases" Fixed databases: u32 = 1, Bounds::Any;
        /// Classes of key events that are published: none.
        "notify-keyspace-events" Fixed notify_keyspace_events: String = String::new(), Bounds::Any;
    }
}
