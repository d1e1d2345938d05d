//! SCAN and its kin, as streams.

use crate::client::Client;
use crate::cmd::{Cmd, cmd};
use crate::error::Error;
use crate::from_value::FromValue;
use crate::to_arg::ToArg;
use futures_core::Stream;
use std::collections::VecDeque;
use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, ready};

/// What a scan is to find.
#[derive(Debug, Clone, Default)]
pub struct ScanOptions {
    pattern: Option<Vec<u8>>,
    kind: Option<&'static str>,
    count: Option<u64>,
}

impl ScanOptions {
    /// Everything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What matches a pattern of `*`, `?` and `[a-z]`.
    #[must_use]
    pub fn matching(mut self, pattern: impl Into<Vec<u8>>) -> Self {
        self.pattern = Some(pattern.into());
        self
    }

    /// Keys that hold this type: `string`, `hash` .. For [`Scans::scan`] only.
    #[must_use]
    pub fn of_type(mut self, kind: &'static str) -> Self {
        self.kind = Some(kind);
        self
    }

    /// How many are looked at in one step: more makes fewer, longer steps. Default 1000 here.
    #[must_use]
    pub fn count(mut self, count: u64) -> Self {
        self.count = Some(count);
        self
    }
}

/// What one step of a scan answers: where to go on, and what it found.
#[derive(Debug)]
pub struct Found<T> {
    cursor: String,
    items: Vec<T>,
}

impl<T: FromValue> FromValue for Found<T> {
    fn from_value(value: crate::Value) -> Result<Self, Error> {
        let (cursor, items) = FromValue::from_value(value)?;
        Ok(Found { cursor, items })
    }
}

type Step<T> = Pin<Box<dyn Future<Output = Result<Found<T>, Error>> + Send>>;

/// A scan under way: a [`Stream`], and without one's methods at hand, [`next`](Scan::next). As in Redis, what is there all the time is found,
/// perhaps more than once; what comes or goes meanwhile may be found or not. It needs no connection of its own and holds nothing on the server:
/// any node goes on with it, also when the one asked first is gone.
pub struct Scan<T> {
    client: Client,
    /// The command up to its cursor, and what follows it.
    head: Cmd,
    tail: Cmd,
    /// `None` when all was seen.
    cursor: Option<String>,
    found: VecDeque<T>,
    step: Option<Step<T>>,
}

impl<T> fmt::Debug for Scan<T> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Scan({} at {:?})", self.head, self.cursor)
    }
}

impl<T> Unpin for Scan<T> {}

impl<T: FromValue + Send + 'static> Scan<T> {
    fn new(client: &Client, head: Cmd, options: &ScanOptions) -> Self {
        let tail = cmd("")
            .arg(options.pattern.as_ref().map(|pattern| ("MATCH", pattern)))
            .arg(("COUNT", options.count.unwrap_or(1_000)))
            .arg(options.kind.map(|kind| ("TYPE", kind)));
        Scan {
            client: client.clone(),
            head,
            tail,
            cursor: Some("0".to_owned()),
            found: VecDeque::new(),
            step: None,
        }
    }

    /// The next one; `None` when all was seen.
    ///
    /// # Errors
    /// The step's; calling again makes it again.
    pub async fn next(&mut self) -> Option<Result<T, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// All of the rest.
    ///
    /// # Errors
    /// The first step's that failed.
    pub async fn collect(mut self) -> Result<Vec<T>, Error> {
        let mut all = Vec::new();
        while let Some(item) = self.next().await {
            all.push(item?);
        }
        Ok(all)
    }

    fn begin_step(&self, cursor: &str) -> Step<T> {
        let cmd = self.head.clone().arg(cursor);
        let cmd = self.tail.args().iter().skip(1).fold(cmd, |cmd, arg| cmd.arg(arg));
        let client = self.client.clone();
        Box::pin(async move { client.call(cmd).await })
    }
}

impl<T: FromValue + Send + 'static> Stream for Scan<T> {
    type Item = Result<T, Error>;

    fn poll_next(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = self.get_mut();
        loop {
            if let Some(item) = this.found.pop_front() {
                return Poll::Ready(Some(Ok(item)));
            }
            let Some(cursor) = &this.cursor else {
                return Poll::Ready(None);
            };
            if this.step.is_none() {
                this.step = Some(this.begin_step(cursor));
            }
            let Some(step) = &mut this.step else { continue };
            let done = ready!(step.as_mut().poll(cx));
            this.step = None;
            match done {
                Err(error) => return Poll::Ready(Some(Err(error))),
                Ok(step) => {
                    this.cursor = Some(step.cursor).filter(|cursor| cursor != "0");
                    this.found = step.items.into();
                }
            }
        }
    }
}

/// SCAN and its kin.
pub trait Scans {
    /// `SCAN`: the keys of the whole cluster. O(N) for all of it.
    ///
    /// ```no_run
    /// # async fn example(client: circlet_client::Client) -> Result<(), circlet_client::Error> {
    /// use circlet_client::prelude::*;
    ///
    /// let mut users = client.scan::<String>(ScanOptions::new().matching("user:*"));
    /// while let Some(key) = users.next().await {
    ///     let key = key?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    fn scan<T: FromValue + Send + 'static>(&self, options: ScanOptions) -> Scan<T>;

    /// `HSCAN`: the fields of a hash with their values. O(N) for all of it.
    fn hscan<F, V>(&self, key: impl ToArg, options: ScanOptions) -> Scan<(F, V)>
    where
        F: FromValue + Send + 'static,
        V: FromValue + Send + 'static;

    /// `SSCAN`: the members of a set. O(N) for all of it.
    fn sscan<T: FromValue + Send + 'static>(&self, key: impl ToArg, options: ScanOptions) -> Scan<T>;

    /// `ZSCAN`: the members of a sorted set with their scores. O(N) for all of it.
    fn zscan<T: FromValue + Send + 'static>(&self, key: impl ToArg, options: ScanOptions) -> Scan<(T, f64)>;
}

impl Scans for Client {
    fn scan<T: FromValue + Send + 'static>(&self, options: ScanOptions) -> Scan<T> {
        Scan::new(self, cmd("SCAN"), &options)
    }

    fn hscan<F, V>(&self, key: impl ToArg, options: ScanOptions) -> Scan<(F, V)>
    where
        F: FromValue + Send + 'static,
        V: FromValue + Send + 'static,
    {
        Scan::new(self, cmd("HSCAN").arg(key), &options)
    }

    fn sscan<T: FromValue + Send + 'static>(&self, key: impl ToArg, options: ScanOptions) -> Scan<T> {
        Scan::new(self, cmd("SSCAN").arg(key), &options)
    }

    fn zscan<T: FromValue + Send + 'static>(&self, key: impl ToArg, options: ScanOptions) -> Scan<(T, f64)> {
        Scan::new(self, cmd("ZSCAN").arg(key), &options)
    }
}
