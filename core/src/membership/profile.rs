//! How fast SWIM looks, and how long it doubts.

use std::fmt;
use std::num::{NonZeroU8, NonZeroUsize};
use std::time::Duration;

use super::envelope;

/// The pace of failure detection. All nodes of a cluster should run the same one.
///
/// A dead node is found after at most three probe periods (the longest gap between two probes of one member by one peer in a cluster
/// of three; less in larger ones, which have more peers to look), one more until the probe counts as failed, and the doubt. A node that stalls for less than
/// a probe period and the doubt together is never declared down.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// One machine, or one rack: probes every 150 ms, doubts for 500 ms. A killed node is down in every view within 1.5 s, a node that
    /// stalls for 500 ms is not.
    #[default]
    Fast,
    /// One data centre, or machines that are often too busy to run a thread for half a second: probes every 500 ms, doubts for 1.5 s.
    Lan,
    /// Several data centres: probes every second, doubts for 4 s.
    Wan,
}

impl Profile {
    /// Each of them.
    pub const ALL: [Self; 3] = [Self::Fast, Self::Lan, Self::Wan];

    /// The word for it, in settings.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Fast => "fast",
            Self::Lan => "lan",
            Self::Wan => "wan",
        }
    }

    /// How often one member is probed.
    #[must_use]
    pub const fn probe_period(self) -> Duration {
        Duration::from_millis(match self {
            Self::Fast => 150,
            Self::Lan => 500,
            Self::Wan => 1000,
        })
    }

    /// How long a probe waits for its answer before others are asked to probe too.
    #[must_use]
    pub const fn probe_rtt(self) -> Duration {
        Duration::from_millis(match self {
            Self::Fast => 60,
            Self::Lan => 200,
            Self::Wan => 500,
        })
    }

    /// How long a suspect may refute before it is declared down, by a node in good health.
    #[must_use]
    pub const fn suspect_to_down_after(self) -> Duration {
        Duration::from_millis(match self {
            Self::Fast => 500,
            Self::Lan => 1500,
            Self::Wan => 4000,
        })
    }

    /// A timer that fires this late says that we ourselves stood still.
    #[must_use]
    pub const fn stall_min(self) -> Duration {
        Duration::from_millis(match self {
            Self::Fast => 50,
            Self::Lan => 100,
            Self::Wan => 200,
        })
    }

    /// How long what was learnt is sent on, and how often.
    pub(crate) const fn gossip_period(self) -> Duration {
        Duration::from_millis(match self {
            Self::Fast => 50,
            Self::Lan => 100,
            Self::Wan => 250,
        })
    }

    /// The longest pause between two announcements to a member that does not answer.
    pub(crate) const fn announce_pause_max(self) -> Duration {
        Duration::from_secs(match self {
            Self::Fast => 2,
            Self::Lan => 5,
            Self::Wan => 15,
        })
    }

    /// The first pause between two announcements to a member that does not answer.
    pub(crate) const fn announce_pause_min(self) -> Duration {
        Duration::from_millis(100)
    }

    /// foca's settings for this pace among so many members, with the doubt stretched by `doubt_factor`.
    ///
    /// Down members are never forgotten (a restarted node takes the place of its former self, so they do not add up), and they are told
    /// that they are down. Announcing to them is the announcer's, which also knows the members that foca has never seen.
    pub(crate) fn foca_config(self, doubt_factor: u32, members: usize) -> foca::Config {
        let three = const { NonZeroUsize::new(3).unwrap() };
        foca::Config {
            probe_period: self.probe_period(),
            probe_rtt: self.probe_rtt(),
            num_indirect_probes: three,
            max_transmissions: transmissions_max(members),
            suspect_to_down_after: self.suspect_to_down_after() * doubt_factor,
            remove_down_after: None,
            max_packet_size: const { NonZeroUsize::new(envelope::PAYLOAD_BYTES_MAX).unwrap() },
            notify_down_members: true,
            periodic_announce: Some(foca::PeriodicParams {
                frequency: Duration::from_secs(30),
                num_members: const { NonZeroUsize::new(1).unwrap() },
            }),
            periodic_announce_to_down_members: None,
            periodic_gossip: Some(foca::PeriodicParams {
                frequency: self.gossip_period(),
                num_members: three,
            }),
        }
    }
}

/// So often each member passes a piece of news on: four times for each digit of the number of members, as
/// [memberlist](https://github.com/hashicorp/memberlist) does (`RetransmitMult`), and ten times at least.
///
/// Whom a piece of news reaches is up to chance, and of those that are told t times on average e^-t miss it. Ten times are enough for a hundred; of
/// a thousand, one in twenty pieces of news misses somebody.
fn transmissions_max(members: usize) -> NonZeroU8 {
    let digits = members.max(1).ilog10() + 1;
    let times = u8::try_from(4 * digits).unwrap_or(u8::MAX);
    const { NonZeroU8::new(10).unwrap() }.max(NonZeroU8::new(times).unwrap_or(NonZeroU8::MAX))
}

impl fmt::Display for Profile {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.word())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn news_are_passed_on_more_often_by_many() {
        let times = [0, 3, 99, 100, 999, 1_000, 4_096].map(|members| transmissions_max(members).get());
        assert_eq!(times, [10, 10, 10, 12, 12, 16, 16]);
    }

    #[test]
    fn every_profile_has_time_for_the_indirect_probe_and_tolerates_its_own_stalls() {
        for profile in Profile::ALL {
            assert!(
                profile.probe_rtt() * 2 <= profile.probe_period(),
                "{profile}: the indirect probe takes two more trips"
            );
            assert!(
                profile.stall_min() < profile.probe_rtt(),
                "{profile}: a stall that loses a probe is noticed"
            );
        }
    }

    #[test]
    fn the_default_finds_a_dead_node_in_time_by_its_own_arithmetic() {
        let fast = Profile::default();
        let worst = fast.probe_period() * 4 + fast.suspect_to_down_after();
        assert!(worst < Duration::from_millis(1200), "leaves time to spread: {worst:?}");
        let stall = fast.probe_period() + fast.suspect_to_down_after();
        assert!(
            stall >= Duration::from_millis(650),
            "a stall of 500 ms leaves time to refute: {stall:?}"
        );
    }
}
