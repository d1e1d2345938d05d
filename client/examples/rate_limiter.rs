//! A rate limiter: so many requests of one user in a window of time, counted by all servers of an application together.
//!
//! ```sh
//! circlet up --detach
//! cargo run -p circlet-client --example rate_limiter -- 127.0.0.1:7001
//! ```
//!
//! A window is a key that expires. Two neighbouring windows are weighed by how much of the last one is still in sight, so that a burst across
//! the border of two is not let through twice. INCR counts on two sides of a partition add up when it heals.

use circlet_client::prelude::*;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// Allows `limit` requests in `window`.
pub struct RateLimiter {
    client: Client,
    limit: u64,
    window: Duration,
}

impl RateLimiter {
    /// A limiter that counts by this client.
    pub fn new(client: Client, limit: u64, window: Duration) -> Self {
        RateLimiter { client, limit, window }
    }

    /// Whether one more request of `user` is allowed now; if so it counts.
    pub async fn allow(&self, user: &str) -> Result<bool, Error> {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.allow_at(user, now).await
    }

    async fn allow_at(&self, user: &str, now: Duration) -> Result<bool, Error> {
        let number = now.as_millis() / self.window.as_millis();
        let passed = (now.as_millis() % self.window.as_millis()) as f64 / self.window.as_millis() as f64;
        // One tag, so one node has both.
        let key = |number: u128| format!("rate:{{{user}}}:{number}");
        let before: Option<u64> = self.client.get(key(number - 1)).await?;
        let weighed = before.unwrap_or(0) as f64 * (1.0 - passed);
        let count = self.client.incr(key(number)).await?;
        if count == 1 {
            // Kept for as long as the next window looks at it.
            self.client.expire(key(number), self.window * 2).await?;
        }
        let allowed = weighed + count as f64 <= self.limit as f64;
        if !allowed {
            self.client.decr(key(number)).await?;
        }
        Ok(allowed)
    }
}

/// What the example shows; it panics if it is not so.
pub async fn run(client: Client) -> Result<(), Error> {
    let limiter = RateLimiter::new(client, 10, Duration::from_secs(60));
    let start = Duration::from_secs(60 * 1_000_000);
    let mut allowed = 0;
    for _ in 0..15 {
        allowed += u32::from(limiter.allow_at("ann", start).await?);
    }
    assert_eq!(allowed, 10, "ten in a window, and no more");
    assert!(
        limiter.allow_at("bob", start).await?,
        "each user has a window of their own"
    );
    let half = start + Duration::from_secs(90);
    let mut later = 0;
    for _ in 0..15 {
        later += u32::from(limiter.allow_at("ann", half).await?);
    }
    assert_eq!(later, 5, "half of the last window is still in sight");
    assert!(limiter.allow("carol").await?);
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Error> {
    let node = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:7001".to_owned());
    run(Client::connect([node], Options::default()).await?).await
}
