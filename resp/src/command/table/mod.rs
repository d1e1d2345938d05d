//! The table itself, one file a family.
//!
//! Arities, flags, key positions and the grammar of arguments are those of Redis 7.2; the descriptions are our own.

mod client;
mod cluster;
mod command;
mod config;
mod connection;
mod expiry;
mod hash;
mod keys;
mod keyspace;
mod latency;
mod list;
mod server;
mod set;
mod sorted_set_multi;
mod sorted_set_range;
mod sorted_set_read;
mod sorted_set_write;
mod string_read;
mod string_write;

use super::spec::CommandSpec;

/// Makes [`CommandId`] and the list of specs from one list, so that an id is its spec's position.
macro_rules! commands {
    ($($id:ident => $family:ident::$spec:ident,)*) => {
        /// Every command and subcommand there is.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum CommandId {
            $(
                #[doc = concat!("`", stringify!($spec), "`")]
                $id,
            )*
        }

        /// All specs, by id.
        pub(super) static SPECS: &[&CommandSpec] = &[$(&$family::$spec,)*];
    };
}

commands! {
    Get => string_read::GET,
    Getdel => string_read::GETDEL,
    Getex => string_read::GETEX,
    Mget => string_read::MGET,
    Strlen => string_read::STRLEN,
    Getrange => string_read::GETRANGE,
    Substr => string_read::SUBSTR,
    Lcs => string_read::LCS,
    Getbit => string_read::GETBIT,
    Bitcount => string_read::BITCOUNT,
    Bitpos => string_read::BITPOS,
    Set => string_write::SET,
    Setnx => string_write::SETNX,
    Setex => string_write::SETEX,
    Psetex => string_write::PSETEX,
    Getset => string_write::GETSET,
    Mset => string_write::MSET,
    Msetnx => string_write::MSETNX,
    Append => string_write::APPEND,
    Setrange => string_write::SETRANGE,
    Incr => string_write::INCR,
    Decr => string_write::DECR,
    Incrby => string_write::INCRBY,
    Decrby => string_write::DECRBY,
    Incrbyfloat => string_write::INCRBYFLOAT,
    Setbit => string_write::SETBIT,
    Hget => hash::HGET,
    Hset => hash::HSET,
    Lpush => list::LPUSH,
    Rpush => list::RPUSH,
    Lpushx => list::LPUSHX,
    Rpushx => list::RPUSHX,
    Lpop => list::LPOP,
    Rpop => list::RPOP,
    Llen => list::LLEN,
    Lindex => list::LINDEX,
    Lset => list::LSET,
    Lrange => list::LRANGE,
    Ltrim => list::LTRIM,
    Lrem => list::LREM,
    Linsert => list::LINSERT,
    Lpos => list::LPOS,
    Lmove => list::LMOVE,
    Rpoplpush => list::RPOPLPUSH,
    Lmpop => list::LMPOP,
    Blpop => list::BLPOP,
    Brpop => list::BRPOP,
    Blmove => list::BLMOVE,
    Brpoplpush => list::BRPOPLPUSH,
    Blmpop => list::BLMPOP,
    Sadd => set::SADD,
    Smembers => set::SMEMBERS,
    Zadd => sorted_set_write::ZADD,
    Zincrby => sorted_set_write::ZINCRBY,
    Zrem => sorted_set_write::ZREM,
    Zremrangebyrank => sorted_set_write::ZREMRANGEBYRANK,
    Zremrangebyscore => sorted_set_write::ZREMRANGEBYSCORE,
    Zremrangebylex => sorted_set_write::ZREMRANGEBYLEX,
    Zpopmin => sorted_set_write::ZPOPMIN,
    Zpopmax => sorted_set_write::ZPOPMAX,
    Zcard => sorted_set_read::ZCARD,
    Zscore => sorted_set_read::ZSCORE,
    Zmscore => sorted_set_read::ZMSCORE,
    Zcount => sorted_set_read::ZCOUNT,
    Zlexcount => sorted_set_read::ZLEXCOUNT,
    Zrank => sorted_set_read::ZRANK,
    Zrevrank => sorted_set_read::ZREVRANK,
    Zrandmember => sorted_set_read::ZRANDMEMBER,
    Zscan => sorted_set_read::ZSCAN,
    Zrange => sorted_set_range::ZRANGE,
    Zrevrange => sorted_set_range::ZREVRANGE,
    Zrangebyscore => sorted_set_range::ZRANGEBYSCORE,
    Zrevrangebyscore => sorted_set_range::ZREVRANGEBYSCORE,
    Zrangebylex => sorted_set_range::ZRANGEBYLEX,
    Zrevrangebylex => sorted_set_range::ZREVRANGEBYLEX,
    Zrangestore => sorted_set_range::ZRANGESTORE,
    Zmpop => sorted_set_multi::ZMPOP,
    Zunion => sorted_set_multi::ZUNION,
    Zunionstore => sorted_set_multi::ZUNIONSTORE,
    Zinter => sorted_set_multi::ZINTER,
    Zinterstore => sorted_set_multi::ZINTERSTORE,
    Zintercard => sorted_set_multi::ZINTERCARD,
    Zdiff => sorted_set_multi::ZDIFF,
    Zdiffstore => sorted_set_multi::ZDIFFSTORE,
    Del => keys::DEL,
    Unlink => keys::UNLINK,
    Exists => keys::EXISTS,
    Type => keys::TYPE,
    Touch => keys::TOUCH,
    Rename => keys::RENAME,
    Renamenx => keys::RENAMENX,
    Copy => keys::COPY,
    Object => keys::OBJECT,
    ObjectEncoding => keys::OBJECT_ENCODING,
    ObjectFreq => keys::OBJECT_FREQ,
    ObjectHelp => keys::OBJECT_HELP,
    ObjectIdletime => keys::OBJECT_IDLETIME,
    ObjectRefcount => keys::OBJECT_REFCOUNT,
    Expire => expiry::EXPIRE,
    Pexpire => expiry::PEXPIRE,
    Expireat => expiry::EXPIREAT,
    Pexpireat => expiry::PEXPIREAT,
    Ttl => expiry::TTL,
    Pttl => expiry::PTTL,
    Expiretime => expiry::EXPIRETIME,
    Pexpiretime => expiry::PEXPIRETIME,
    Persist => expiry::PERSIST,
    Randomkey => keyspace::RANDOMKEY,
    Scan => keyspace::SCAN,
    Keys => keyspace::KEYS,
    Dbsize => keyspace::DBSIZE,
    Flushall => keyspace::FLUSHALL,
    Flushdb => keyspace::FLUSHDB,
    Wait => keyspace::WAIT,
    Ping => connection::PING,
    Echo => connection::ECHO,
    Quit => connection::QUIT,
    Reset => connection::RESET,
    Hello => connection::HELLO,
    Auth => connection::AUTH,
    Select => connection::SELECT,
    Readonly => connection::READONLY,
    Readwrite => connection::READWRITE,
    Client => client::CLIENT,
    ClientConsistency => client::CLIENT_CONSISTENCY,
    ClientGetname => client::CLIENT_GETNAME,
    ClientHelp => client::CLIENT_HELP,
    ClientId => client::CLIENT_ID,
    ClientInfo => client::CLIENT_INFO,
    ClientKill => client::CLIENT_KILL,
    ClientList => client::CLIENT_LIST,
    ClientNoEvict => client::CLIENT_NO_EVICT,
    ClientNoTouch => client::CLIENT_NO_TOUCH,
    ClientPause => client::CLIENT_PAUSE,
    ClientReply => client::CLIENT_REPLY,
    ClientSetinfo => client::CLIENT_SETINFO,
    ClientSetname => client::CLIENT_SETNAME,
    ClientUnblock => client::CLIENT_UNBLOCK,
    ClientUnpause => client::CLIENT_UNPAUSE,
    Command => command::COMMAND,
    CommandCount => command::COMMAND_COUNT,
    CommandDocs => command::COMMAND_DOCS,
    CommandGetkeys => command::COMMAND_GETKEYS,
    CommandGetkeysandflags => command::COMMAND_GETKEYSANDFLAGS,
    CommandHelp => command::COMMAND_HELP,
    CommandInfo => command::COMMAND_INFO,
    CommandList => command::COMMAND_LIST,
    Config => config::CONFIG,
    ConfigGet => config::CONFIG_GET,
    ConfigHelp => config::CONFIG_HELP,
    ConfigResetstat => config::CONFIG_RESETSTAT,
    ConfigRewrite => config::CONFIG_REWRITE,
    ConfigSet => config::CONFIG_SET,
    Info => server::INFO,
    Time => server::TIME,
    Memory => server::MEMORY,
    MemoryDoctor => server::MEMORY_DOCTOR,
    MemoryHelp => server::MEMORY_HELP,
    MemoryStats => server::MEMORY_STATS,
    MemoryUsage => server::MEMORY_USAGE,
    Slowlog => latency::SLOWLOG,
    SlowlogGet => latency::SLOWLOG_GET,
    SlowlogHelp => latency::SLOWLOG_HELP,
    SlowlogLen => latency::SLOWLOG_LEN,
    SlowlogReset => latency::SLOWLOG_RESET,
    Latency => latency::LATENCY,
    LatencyDoctor => latency::LATENCY_DOCTOR,
    LatencyGraph => latency::LATENCY_GRAPH,
    LatencyHelp => latency::LATENCY_HELP,
    LatencyHistogram => latency::LATENCY_HISTOGRAM,
    LatencyHistory => latency::LATENCY_HISTORY,
    LatencyLatest => latency::LATENCY_LATEST,
    LatencyReset => latency::LATENCY_RESET,
    Cluster => cluster::CLUSTER,
    ClusterCountkeysinslot => cluster::CLUSTER_COUNTKEYSINSLOT,
    ClusterGetkeysinslot => cluster::CLUSTER_GETKEYSINSLOT,
    ClusterHelp => cluster::CLUSTER_HELP,
    ClusterInfo => cluster::CLUSTER_INFO,
    ClusterKeyslot => cluster::CLUSTER_KEYSLOT,
    ClusterMyid => cluster::CLUSTER_MYID,
    ClusterNodes => cluster::CLUSTER_NODES,
    ClusterShards => cluster::CLUSTER_SHARDS,
    ClusterSlots => cluster::CLUSTER_SLOTS,
}
