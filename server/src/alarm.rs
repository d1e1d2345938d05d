//! One deadline, set anew again and again: what the control thread sleeps by.
//!
//! On Linux a timer of the kernel (`timerfd_create(2)`): the thread wakes when it is due, and at no other time. Refused there: the runtime's timers. Their
//! wheel wakes a sleeping thread at each border of 64 ms on the way to a deadline, which was a third of all that a node at rest did.

#[cfg(not(target_os = "linux"))]
pub(crate) use elsewhere::Alarm;
#[cfg(target_os = "linux")]
pub(crate) use linux::Alarm;

#[cfg(target_os = "linux")]
mod linux {
    use rustix::time::{
        Itimerspec, TimerfdClockId, TimerfdFlags, TimerfdTimerFlags, Timespec, timerfd_create, timerfd_settime,
    };
    use std::io::{self, ErrorKind};
    use std::time::Duration;
    use tokio::net::unix::pipe::Receiver;
    use tokio::time::Instant;

    /// See the module's header.
    pub(crate) struct Alarm {
        /// Read like a pipe: eight bytes each time that it rings, nothing else.
        timer: Receiver,
        /// When it rings; `None` once it has.
        due: Option<Instant>,
    }

    impl Alarm {
        /// One that is not set. Must be called within a runtime.
        ///
        /// # Errors
        /// The system has no more files or timers.
        pub(crate) fn new() -> io::Result<Self> {
            let timer = timerfd_create(
                TimerfdClockId::Monotonic,
                TimerfdFlags::NONBLOCK | TimerfdFlags::CLOEXEC,
            )?;
            Ok(Self {
                timer: Receiver::from_owned_fd_unchecked(timer)?,
                due: None,
            })
        }

        /// Rings at `due`, and no more at what was set before.
        ///
        /// # Errors
        /// The system's.
        pub(crate) fn set(&mut self, due: Instant) -> io::Result<()> {
            if self.due == Some(due) {
                return Ok(());
            }
            // Nothing would disarm it.
            let left = due
                .saturating_duration_since(Instant::now())
                .max(Duration::from_nanos(1));
            let at = Itimerspec {
                it_interval: Timespec { tv_sec: 0, tv_nsec: 0 },
                it_value: Timespec::try_from(left).map_err(io::Error::other)?,
            };
            timerfd_settime(&self.timer, TimerfdTimerFlags::empty(), &at)?;
            self.due = Some(due);
            Ok(())
        }

        /// Waits until it rings. May be given up, and called again.
        ///
        /// # Errors
        /// The system's.
        pub(crate) async fn rung(&mut self) -> io::Result<()> {
            loop {
                self.timer.readable().await?;
                match self.timer.try_read(&mut [0; 8]) {
                    // Set anew since it rang.
                    Err(error) if error.kind() == ErrorKind::WouldBlock => {}
                    done => {
                        self.due = None;
                        return done.map(drop);
                    }
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;
    use std::pin::Pin;
    use tokio::time::{Instant, Sleep, sleep_until};

    /// See the module's header. The runtime's timer; its functions fail nowhere.
    pub(crate) struct Alarm(Pin<Box<Sleep>>);

    impl Alarm {
        pub(crate) fn new() -> io::Result<Self> {
            Ok(Self(Box::pin(sleep_until(Instant::now()))))
        }

        pub(crate) fn set(&mut self, due: Instant) -> io::Result<()> {
            // One timer for all turns: registering a new one each turn would wake the loop a second time.
            if self.0.deadline() != due || self.0.is_elapsed() {
                self.0.as_mut().reset(due);
            }
            Ok(())
        }

        pub(crate) async fn rung(&mut self) -> io::Result<()> {
            self.0.as_mut().await;
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::time::{Instant, timeout};

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn it_rings_when_it_is_due_and_each_time_that_it_is_set() {
        let mut alarm = Alarm::new().expect("a timer");
        for after in [0, 20, 1].map(Duration::from_millis) {
            let due = Instant::now() + after;
            alarm.set(due).expect("set");
            timeout(LONG, alarm.rung()).await.expect("in time").expect("read");
            assert!(Instant::now() >= due, "not before it is due");
        }
    }

    #[tokio::test]
    async fn only_what_was_set_last_counts() {
        let mut alarm = Alarm::new().expect("a timer");
        alarm.set(Instant::now() + Duration::from_millis(1)).expect("set");
        let later = Instant::now() + Duration::from_millis(50);
        alarm.set(later).expect("set");
        timeout(LONG, alarm.rung()).await.expect("in time").expect("read");
        assert!(Instant::now() >= later);
        alarm.set(Instant::now() + LONG).expect("set");
        alarm.set(Instant::now()).expect("set");
        timeout(LONG / 2, alarm.rung()).await.expect("sooner").expect("read");
    }
}
