//! Epoll, edge-triggered: a socket's readability and writability are asked for once, and cost nothing more unless a write blocks.

use rustix::buffer::spare_capacity;
use rustix::event::{Timespec, epoll};
use rustix::fd::{AsFd, OwnedFd};
use std::io;
use std::time::Duration;

const EVENTS_MAX: usize = 1024;

/// A lane that has something to do.
#[derive(Clone, Copy, Debug)]
pub(super) struct Ready {
    pub(super) number: u64,
    /// The other side has ended the connection: no further event may come, so what there is must be read to its end now.
    pub(super) is_last: bool,
}

pub(super) struct Poller {
    epoll: OwnedFd,
    events: Vec<epoll::Event>,
}

impl Poller {
    pub(super) fn new() -> io::Result<Self> {
        // Sleeps of this thread end when they are over, and not up to 50 us later: that would be seen in every latency of an open loop.
        rustix::thread::set_current_timer_slack(std::num::NonZeroU64::new(1))?;
        Ok(Poller {
            epoll: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            events: Vec::with_capacity(EVENTS_MAX),
        })
    }

    /// Asks to be told of `source` under this number; closing it ends that.
    pub(super) fn add(&self, source: impl AsFd, number: u64) -> io::Result<()> {
        let flags = epoll::EventFlags::IN | epoll::EventFlags::OUT | epoll::EventFlags::RDHUP | epoll::EventFlags::ET;
        Ok(epoll::add(
            &self.epoll,
            source,
            epoll::EventData::new_u64(number),
            flags,
        )?)
    }

    /// Waits for events, at most so long, and answers who has some.
    pub(super) fn wait(&mut self, timeout: Duration) -> io::Result<impl Iterator<Item = Ready>> {
        let timeout = Timespec {
            tv_sec: timeout.as_secs() as i64,
            tv_nsec: i64::from(timeout.subsec_nanos()),
        };
        self.events.clear();
        match epoll::wait(&self.epoll, spare_capacity(&mut self.events), Some(&timeout)) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
        let over = epoll::EventFlags::RDHUP | epoll::EventFlags::HUP | epoll::EventFlags::ERR;
        Ok(self.events.iter().map(move |event| Ready {
            number: event.data.u64(),
            // By value: the event is packed.
            is_last: { event.flags }.intersects(over),
        }))
    }
}
