//! Limits on replies that a client does not read, per class of client, in Redis's notation.

use super::memory::MemorySize;
use super::setting::Kind;
use super::value::SettingValue;
use super::{Bounds, Seconds};

/// Limits of one class: closed at once above the hard one, and after some seconds above the soft one. 0: none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BufferLimit {
    /// Closed above it.
    pub hard: MemorySize,
    /// Closed above it for [`soft_time`](Self::soft_time).
    pub soft: MemorySize,
    /// How long the soft limit may be exceeded.
    pub soft_time: Seconds,
}

impl BufferLimit {
    const fn mib(hard: u64, soft: u64, seconds: u64) -> Self {
        Self {
            hard: MemorySize::mib(hard),
            soft: MemorySize::mib(soft),
            soft_time: Seconds(seconds),
        }
    }

    fn show(&self) -> String {
        format!("{} {} {}", self.hard.0, self.soft.0, self.soft_time.0)
    }
}

/// The limits of each class of client. Only `normal` clients exist yet; Redis's other classes are kept as they are set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLimits {
    /// Clients that send commands.
    pub normal: BufferLimit,
    /// Replicas of a Redis; Circlet's own links have [`peer-queue-bytes-max`](super::Limits::peer_queue_bytes_max).
    pub replica: BufferLimit,
    /// Clients that have subscribed.
    pub pubsub: BufferLimit,
}

impl OutputLimits {
    /// As in Redis, but that clients without a limit could take all memory: a gigabyte, or a quarter for a minute.
    pub const DEFAULT: Self = Self {
        normal: BufferLimit::mib(1_024, 256, 60),
        replica: BufferLimit::mib(256, 64, 60),
        pubsub: BufferLimit::mib(32, 8, 60),
    };
}

impl SettingValue for OutputLimits {
    const KIND: Kind = Kind::Text;

    fn parse(text: &str, bounds: Bounds) -> Result<Self, String> {
        Self::parse_over(&Self::DEFAULT, text, bounds)
    }

    /// `class hard soft seconds`, for one class or more.
    fn parse_over(current: &Self, text: &str, _bounds: Bounds) -> Result<Self, String> {
        let words: Vec<&str> = text.split_whitespace().collect();
        if words.is_empty() || !words.len().is_multiple_of(4) {
            return Err("Wrong number of arguments in buffer limit configuration.".to_string());
        }
        let mut limits = *current;
        for group in words.chunks_exact(4) {
            let limit = match group[0].to_ascii_lowercase().as_str() {
                "normal" => &mut limits.normal,
                "slave" | "replica" => &mut limits.replica,
                "pubsub" => &mut limits.pubsub,
                _ => return Err("Invalid client class specified in buffer limit configuration.".to_string()),
            };
            let wrong = || "Error in hard, soft or soft_seconds setting in buffer limit configuration.".to_string();
            *limit = BufferLimit {
                hard: MemorySize::read(group[1]).ok_or_else(wrong)?,
                soft: MemorySize::read(group[2]).ok_or_else(wrong)?,
                soft_time: Seconds(group[3].parse().map_err(|_| wrong())?),
            };
        }
        Ok(limits)
    }

    fn show(&self) -> String {
        format!(
            "normal {} slave {} pubsub {}",
            self.normal.show(),
            self.replica.show(),
            self.pubsub.show()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_class_may_be_set_alone() {
        let before = OutputLimits {
            pubsub: BufferLimit::mib(7, 7, 7),
            ..OutputLimits::DEFAULT
        };
        let limits = OutputLimits::parse_over(&before, "normal 1mb 2mb 3", Bounds::Any).unwrap();
        assert_eq!(
            limits,
            OutputLimits {
                normal: BufferLimit::mib(1, 2, 3),
                ..before
            },
            "the others stay as they were"
        );
    }

    #[test]
    fn it_is_shown_as_redis_shows_it() {
        let text = "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60";
        assert_eq!(OutputLimits::parse(text, Bounds::Any).unwrap().show(), text);
    }

    #[test]
    fn what_redis_refuses_is_refused_in_its_words() {
        for (text, why) in [
            ("normal 1 2", "Wrong number of arguments in buffer limit configuration."),
            (
                "other 1 2 3",
                "Invalid client class specified in buffer limit configuration.",
            ),
            (
                "normal 1 x 3",
                "Error in hard, soft or soft_seconds setting in buffer limit configuration.",
            ),
        ] {
            assert_eq!(OutputLimits::parse(text, Bounds::Any).unwrap_err(), why);
        }
    }
}
