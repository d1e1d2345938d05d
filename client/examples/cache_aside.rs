//! Cache-aside: read the cache, else the source, and keep what it gave. With *single-flight*: of many who miss at once one asks the source. With
//! *stale-while-revalidate*: what is a little too old is answered at once, and one task fetches it anew.
//!
//! ```sh
//! circlet up --detach
//! cargo run -p circlet-client --example cache_aside -- 127.0.0.1:7001
//! ```
//!
//! Within a process callers of one key wait for one fetch. Between processes a short lock in the cache does the same; whoever does not get it answers what
//! is stale, or asks the source after all.

use circlet_client::prelude::*;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use tokio::sync::OnceCell;

/// How long a fetch may take, before another process tries.
const LOCK: Duration = Duration::from_secs(5);

/// A cache in front of a source.
pub struct Cached<S> {
    client: Client,
    source: Arc<S>,
    fresh: Duration,
    stale: Duration,
    /// Fetches under way in this process.
    flights: Arc<Mutex<HashMap<String, Arc<OnceCell<String>>>>>,
}

impl<S> Clone for Cached<S> {
    fn clone(&self) -> Self {
        Cached {
            client: self.client.clone(),
            source: Arc::clone(&self.source),
            flights: Arc::clone(&self.flights),
            ..*self
        }
    }
}

/// Where values come from: slow, and not to be asked more than need be.
pub trait Source: Send + Sync + 'static {
    /// The value of `key`.
    fn fetch(&self, key: &str) -> impl Future<Output = String> + Send;
}

/// What the cache holds: the value, and until when it is fresh.
struct Entry {
    fresh_until_ms: u64,
    value: String,
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    now.as_millis() as u64
}

impl<S: Source> Cached<S> {
    /// Values are fresh for `fresh`, and may be answered for `stale` after that while they are fetched anew.
    pub fn new(client: Client, source: S, fresh: Duration, stale: Duration) -> Self {
        Cached {
            client,
            source: Arc::new(source),
            fresh,
            stale,
            flights: Arc::default(),
        }
    }

    /// The value of `key`.
    pub async fn get(&self, key: &str) -> Result<String, Error> {
        match self.look(key).await? {
            Some(entry) if entry.fresh_until_ms > now_ms() => Ok(entry.value),
            Some(stale) => {
                self.refresh_behind(key);
                Ok(stale.value)
            }
            None => Ok(self.fetch(key).await),
        }
    }

    async fn look(&self, key: &str) -> Result<Option<Entry>, Error> {
        let fields: Vec<Option<String>> = self.client.hmget(cache_key(key), ["until", "value"]).await?;
        let [Some(until), Some(value)] = <[_; 2]>::try_from(fields).unwrap_or_default() else {
            return Ok(None);
        };
        let fresh_until_ms = until.parse().unwrap_or(0);
        Ok(Some(Entry { fresh_until_ms, value }))
    }

    /// One fetch for all who ask for it meanwhile.
    async fn fetch(&self, key: &str) -> String {
        let flight = {
            let mut flights = self.flights.lock().unwrap_or_else(PoisonError::into_inner);
            Arc::clone(flights.entry(key.to_owned()).or_default())
        };
        let value = flight.get_or_init(|| async {
            let value = self.source.fetch(key).await;
            // The cache may be away; the value is there all the same.
            let _ = self.keep(key, &value).await;
            value
        });
        let value = value.await.clone();
        self.flights.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
        value
    }

    async fn keep(&self, key: &str, value: &str) -> Result<(), Error> {
        let until = now_ms() + self.fresh.as_millis() as u64;
        let key = cache_key(key);
        self.client
            .hset_all(&key, [("until", until.to_string().as_str()), ("value", value)])
            .await?;
        self.client.expire(&key, self.fresh + self.stale).await?;
        Ok(())
    }

    fn refresh_behind(&self, key: &str) {
        let (this, key) = (self.clone(), key.to_owned());
        tokio::spawn(async move {
            // One process at a time: SET NX, gone by itself if this one dies.
            let lock = SetOptions::new().if_absent().expire_in(LOCK);
            let locked = this.client.set_with::<bool>(format!("lock:{key}"), 1, lock).await;
            if locked.is_ok_and(|locked| locked) {
                this.fetch(&key).await;
                let _ = this.client.del(format!("lock:{key}")).await;
            }
        });
    }
}

fn cache_key(key: &str) -> String {
    format!("cache:{key}")
}

/// A source that counts how often it is asked.
#[derive(Default)]
struct Slow {
    asked: Arc<Mutex<u32>>,
}

impl Source for Slow {
    async fn fetch(&self, key: &str) -> String {
        tokio::time::sleep(Duration::from_millis(20)).await;
        let mut asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        *asked += 1;
        format!("{key} {asked}")
    }
}

/// What the example shows; it panics if it is not so.
pub async fn run(client: Client) -> Result<(), Error> {
    client.del([cache_key("page"), "lock:page".to_owned()]).await?;
    let source = Slow::default();
    let asked = Arc::clone(&source.asked);
    let asked = move || *asked.lock().unwrap_or_else(PoisonError::into_inner);
    let cache = Cached::new(
        client.clone(),
        source,
        Duration::from_millis(300),
        Duration::from_secs(60),
    );
    let readers: Vec<_> = (0..50)
        .map(|_| {
            let cache = cache.clone();
            tokio::spawn(async move { cache.get("page").await })
        })
        .collect();
    for reader in readers {
        assert_eq!(reader.await.expect("no panic")?, "page 1", "fifty readers, one fetch");
    }
    assert_eq!(cache.get("page").await?, "page 1");
    assert_eq!(asked(), 1);
    // It becomes stale: answered at once, and fetched anew behind.
    let old = client.hset(cache_key("page"), "until", 0);
    old.await?;
    assert_eq!(cache.get("page").await?, "page 1");
    while cache.get("page").await? == "page 1" {
        tokio::task::yield_now().await;
    }
    assert_eq!((cache.get("page").await?.as_str(), asked()), ("page 2", 2));
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let node = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7001".to_owned());
    run(Client::connect([node], Options::default()).await?).await
}
