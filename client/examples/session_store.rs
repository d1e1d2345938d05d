//! A session store: a hash a session, which ends when it was not used for a while.
//!
//! ```sh
//! circlet up --detach
//! cargo run -p circlet-client --example session_store -- 127.0.0.1:7001
//! ```
//!
//! Fields are by themselves: two requests of one session that each set another field never undo each other, not even on two sides of a partition.

use circlet_client::prelude::*;
use std::collections::HashMap;
use std::time::Duration;

/// Sessions that end after `idle` without use.
pub struct Sessions {
    client: Client,
    idle: Duration,
}

impl Sessions {
    /// Sessions kept by this client.
    pub fn new(client: Client, idle: Duration) -> Self {
        Sessions { client, idle }
    }

    fn key(id: &str) -> String {
        format!("session:{id}")
    }

    /// Begins a session of this user.
    pub async fn begin(&self, id: &str, user: &str) -> Result<(), Error> {
        let key = Self::key(id);
        self.client.hset(&key, "user", user).await?;
        self.client.expire(&key, self.idle).await?;
        Ok(())
    }

    /// What the session holds, which counts as use; nothing if it is over.
    pub async fn load(&self, id: &str) -> Result<Option<HashMap<String, String>>, Error> {
        let key = Self::key(id);
        let mut pipeline = self.client.pipeline();
        let fields = pipeline.add(self.client.hgetall::<HashMap<String, String>>(&key));
        let used = pipeline.add(self.client.expire(&key, self.idle));
        let mut replies = pipeline.run().await?;
        let fields = replies.take(&fields)?;
        Ok(replies.take(&used)?.then_some(fields))
    }

    /// Sets one field; false if the session is over.
    pub async fn set(&self, id: &str, field: &str, value: &str) -> Result<bool, Error> {
        let key = Self::key(id);
        if self.client.exists(&key).await? == 0 {
            return Ok(false);
        }
        self.client.hset(&key, field, value).await?;
        self.client.expire(&key, self.idle).await
    }

    /// Ends it. It does not come back, also if a replica was away.
    pub async fn end(&self, id: &str) -> Result<(), Error> {
        self.client.del(Self::key(id)).await?;
        Ok(())
    }
}

/// What the example shows; it panics if it is not so.
pub async fn run(client: Client) -> Result<(), Error> {
    let sessions = Sessions::new(client.clone(), Duration::from_secs(1_800));
    sessions.begin("s1", "ann").await?;
    assert!(sessions.set("s1", "cart", "3 apples").await?);
    let session = sessions.load("s1").await?.expect("it was begun");
    assert_eq!(session["user"], "ann");
    assert_eq!(session["cart"], "3 apples");
    assert!(client.ttl(Sessions::key("s1")).await? > 1_700, "using it keeps it");
    sessions.end("s1").await?;
    assert_eq!(sessions.load("s1").await?, None);
    assert!(!sessions.set("s1", "cart", "late").await?);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let node = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7001".to_owned());
    run(Client::connect([node], Options::default()).await?).await
}
