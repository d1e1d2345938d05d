//! Settings of Redis that say what Circlet does not do, or by which bounds it answers OBJECT ENCODING. Tools ask for them
//! before they start (`redis-benchmark` for `save` and `appendonly`), and set them to just these values.

use super::Bounds;
use super::setting::settings;
use crate::command::encoding::{
    HASH_LISTPACK_ENTRIES_MAX, INTSET_ENTRIES_MAX, LIST_LISTPACK_SIZE, LISTPACK_VALUE_BYTES_MAX,
    SET_LISTPACK_ENTRIES_MAX, SORTED_SET_LISTPACK_ENTRIES_MAX,
};

settings! {
    /// Settings of Redis that say what Circlet does not do, or how it answers OBJECT ENCODING.
    pub struct RedisSettings as redis {
        /// Points at which a snapshot is saved: none.
        "save" Fixed save: String = String::new(), Bounds::Any;
        /// Whether commands are logged to a file: they are not.
        "appendonly" Fixed appendonly: bool = false, Bounds::Any;
        /// Numbered key spaces: one, as in Redis Cluster.
        "databases" Fixed databases: u32 = 1, Bounds::Any;
        /// Classes of key events that are published: none.
        "notify-keyspace-events" Fixed notify_keyspace_events: String = String::new(), Bounds::Any;
        /// Fields up to which OBJECT ENCODING calls a hash a listpack.
        "hash-max-listpack-entries" Fixed hash_listpack_entries_max: u32 = HASH_LISTPACK_ENTRIES_MAX, Bounds::Any;
        /// Bytes of a name or value up to which OBJECT ENCODING calls a hash a listpack.
        "hash-max-listpack-value" Fixed hash_listpack_bytes_max: u32 = LISTPACK_VALUE_BYTES_MAX, Bounds::Any;
        /// Integers up to which OBJECT ENCODING calls a set an intset.
        "set-max-intset-entries" Fixed intset_entries_max: u32 = INTSET_ENTRIES_MAX, Bounds::Any;
        /// Members up to which OBJECT ENCODING calls a set a listpack.
        "set-max-listpack-entries" Fixed set_listpack_entries_max: u32 = SET_LISTPACK_ENTRIES_MAX, Bounds::Any;
        /// Bytes of a member up to which OBJECT ENCODING calls a set a listpack.
        "set-max-listpack-value" Fixed set_listpack_bytes_max: u32 = LISTPACK_VALUE_BYTES_MAX, Bounds::Any;
        /// Members up to which OBJECT ENCODING calls a sorted set a listpack.
        "zset-max-listpack-entries" Fixed zset_listpack_entries_max: u32 = SORTED_SET_LISTPACK_ENTRIES_MAX, Bounds::Any;
        /// Bytes of a member up to which OBJECT ENCODING calls a sorted set a listpack.
        "zset-max-listpack-value" Fixed zset_listpack_bytes_max: u32 = LISTPACK_VALUE_BYTES_MAX, Bounds::Any;
        /// Size up to which OBJECT ENCODING calls a list a listpack; -2 means 8 KiB.
        "list-max-listpack-size" Fixed list_listpack_size: i64 = LIST_LISTPACK_SIZE, Bounds::Any;
    }
}
