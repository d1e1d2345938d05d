//! What one client asks for: commands by their weights, with keys, values and times to live drawn from one seed.

use super::asked::{Asked, Ttl, hole};
use super::keys::Draw;
use super::sizes::Sizes;
use super::slots::Slots;
use circlet_measure::Random;
use circlet_measure::load::{Endpoint, Fill, Out, Redirect, Requests, write_digits};
use std::io::Write as _;
use std::sync::Arc;

/// What all clients of a run have in common.
#[derive(Debug)]
pub(crate) struct Mix {
    /// Commands, and up to where of 0 to 1 each goes.
    pub(crate) commands: Vec<(Asked, f64)>,
    pub(crate) sizes: Sizes,
    /// As long as the longest value.
    pub(crate) value: Vec<u8>,
    pub(crate) ttl: Option<Ttl>,
    /// Different fields of a collection.
    pub(crate) fields: u64,
    /// `__rand__` is below it.
    pub(crate) keys: u64,
    /// Which lane a slot's node is at; without it, all lanes know all keys.
    pub(crate) slots: Option<Arc<Slots>>,
}

impl Mix {
    /// The commands' names.
    pub(crate) fn name(&self) -> String {
        let names: Vec<&str> = self.commands.iter().map(|(asked, _)| asked.name.as_str()).collect();
        names.join("+")
    }
}

/// One client's requests.
pub(crate) struct Source {
    mix: Arc<Mix>,
    filler: Filler,
    /// The lane of what has no key.
    turn: usize,
    key: Vec<u8>,
}

/// Fills holes.
struct Filler {
    mix: Arc<Mix>,
    random: Random,
    draw: Draw,
    /// The key that was drawn for the request, until it is used.
    ahead: Option<u64>,
    /// Whether it stays for further keys of the request.
    keeps: bool,
    digits: Vec<u8>,
}

impl Source {
    /// The requests of a client; `seed` and its number make what it draws.
    pub(crate) fn new(mix: &Arc<Mix>, draw: Draw, seed: u64, client: u64) -> Self {
        // Mixed once: seeds of splitmix64 that follow each other by its step give the same numbers, shifted.
        let random = Random::new(Random::new(seed).next() ^ Random::new(client).next());
        Source {
            mix: Arc::clone(mix),
            filler: Filler {
                mix: Arc::clone(mix),
                random,
                draw,
                ahead: None,
                keeps: false,
                digits: Vec::new(),
            },
            turn: client as usize,
            key: Vec::new(),
        }
    }

    /// The lane of the request whose key was drawn.
    fn lane(&mut self, command: usize, lanes: usize) -> usize {
        let (asked, _) = &self.mix.commands[command];
        let routed = self.mix.slots.as_ref().zip(asked.key.as_ref()).zip(self.filler.ahead);
        let Some(((slots, (before, after)), number)) = routed else {
            self.turn += 1;
            return self.turn % lanes;
        };
        self.key.clear();
        self.key.extend_from_slice(before);
        let text = self.filler.draw.text(number);
        if text.is_empty() {
            let at = self.key.len();
            self.key.resize(at + usize::from(super::asked::KEY_DIGITS), b'0');
            write_digits(number, &mut self.key[at..]);
        } else {
            self.key.extend_from_slice(text);
        }
        self.key.extend_from_slice(after);
        slots.lane(&self.key).min(lanes - 1)
    }
}

impl Requests for Source {
    fn build(&mut self, count: usize, lanes: &mut [Out]) -> usize {
        for built in 0..count {
            let command = match self.mix.commands.len() {
                1 => 0,
                _ => {
                    let at = self.filler.random.fraction();
                    let found = self.mix.commands.iter().position(|(_, end)| at < *end);
                    found.unwrap_or(self.mix.commands.len() - 1)
                }
            };
            let (asked, _) = &self.mix.commands[command];
            if asked.key.is_some() {
                let Some(key) = self.filler.draw.next(&mut self.filler.random) else {
                    return built;
                };
                self.filler.ahead = Some(key);
                self.filler.keeps = asked.one_number;
            }
            let lane = if lanes.len() == 1 {
                0
            } else {
                self.lane(command, lanes.len())
            };
            let (asked, _) = &self.mix.commands[command];
            asked.template.append(&mut lanes[lane].bytes, &mut self.filler);
            lanes[lane].replies += 1;
        }
        count
    }

    fn on_error(&mut self, reply: &[u8]) -> Option<Redirect> {
        let slots = self.mix.slots.as_ref()?;
        slots.on_redirect(String::from_utf8_lossy(reply.get(1..)?).trim_end())
    }

    fn follows(&self) -> bool {
        self.mix.slots.is_some()
    }

    fn endpoint(&self, lanes: usize) -> Option<Endpoint> {
        self.mix.slots.as_ref()?.endpoint(lanes)
    }

    fn is_wanted(&self, lane: usize) -> bool {
        self.mix.slots.as_ref().is_none_or(|slots| slots.is_wanted(lane))
    }

    fn on_lost(&mut self) {
        if let Some(slots) = &self.mix.slots {
            slots.on_lost();
        }
    }
}

impl Filler {
    /// The key for the next place of one in the request.
    fn key(&mut self) -> u64 {
        let ahead = if self.keeps { self.ahead } else { self.ahead.take() };
        // A draw that ends is asked once a request, and has an answer for the first key of each: what is over has that again.
        ahead.or_else(|| self.draw.next(&mut self.random)).unwrap_or_default()
    }
}

impl Fill for Filler {
    fn number(&mut self, hole: u8) -> u64 {
        match hole {
            hole::KEY => self.key(),
            hole::FIELD => self.random.below(self.mix.fields),
            _ => self.random.below(self.mix.keys),
        }
    }

    fn bytes(&mut self, hole: u8) -> &[u8] {
        match hole {
            hole::KEY => {
                let key = self.key();
                self.draw.text(key)
            }
            hole::DATA => &self.mix.value[..self.mix.sizes.next(&mut self.random) as usize],
            _ => {
                let ttl_s = self.mix.ttl.map_or(1, |ttl| {
                    u64::from(ttl.first_s) + self.random.below(u64::from(ttl.last_s - ttl.first_s) + 1)
                });
                self.digits.clear();
                // Writing to a Vec cannot fail.
                let _ = write!(self.digits, "{ttl_s}");
                &self.digits
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::asked::{Preset, Style};
    use super::super::greeting::Greeting;
    use super::super::keys::KeyDistribution;
    use super::*;
    use circlet_ring::Slot;
    use std::net::SocketAddr;

    fn style() -> Style {
        Style {
            key_prefix: None,
            keys_are_texts: false,
            value_bytes: None,
            ttl: Some(Ttl { first_s: 5, last_s: 7 }),
            one_slot: true,
        }
    }

    fn mix(commands: &[(Preset, f64)], slots: Option<Arc<Slots>>) -> Arc<Mix> {
        let asked = |(preset, end): &(Preset, f64)| (Asked::preset(*preset, &style()).expect("a preset"), *end);
        Arc::new(Mix {
            commands: commands.iter().map(asked).collect(),
            sizes: "1..9".parse().expect("sizes"),
            value: vec![b'x'; 9],
            ttl: style().ttl,
            fields: 10,
            keys: 1_000,
            slots,
        })
    }

    fn source(mix: &Arc<Mix>, client: u64) -> Source {
        let draw = Draw::new(&KeyDistribution::Uniform, 1_000, None);
        Source::new(mix, draw, 42, client)
    }

    fn built(source: &mut Source, count: usize, lanes: usize) -> Vec<(String, usize)> {
        let mut outs: Vec<Out> = (0..lanes).map(|_| Out::default()).collect();
        source.build(count, &mut outs);
        outs.into_iter()
            .map(|out| (String::from_utf8_lossy(&out.bytes).into_owned(), out.replies))
            .collect()
    }

    #[test]
    fn the_same_seed_asks_the_same_and_clients_differ() {
        let mix = mix(&[(Preset::Set, 1.0)], None);
        let asks = |client| built(&mut source(&mix, client), 50, 1);
        assert_eq!(asks(0), asks(0));
        assert_ne!(asks(0), asks(1));
    }

    #[test]
    fn a_mix_has_each_command_by_its_share_with_sizes_and_times_in_range() {
        let mix = mix(&[(Preset::Get, 0.8), (Preset::Set, 1.0)], None);
        let all = &built(&mut source(&mix, 0), 10_000, 1)[0];
        let gets = all.0.matches("GET").count() as f64;
        assert!((gets - 8_000.0).abs() < 200.0, "{gets} of 10,000 are GETs");
        assert_eq!(all.1, 10_000);
        for ttl in 5..=7 {
            assert!(
                all.0.contains(&format!("EX\r\n$1\r\n{ttl}\r\n")),
                "no value lives {ttl} s"
            );
        }
        assert!((1..=9).all(|size| all.0.contains(&format!("${size}\r\n{}\r\n", "x".repeat(size)))));
    }

    #[test]
    fn every_request_goes_to_the_lane_of_its_slot() {
        let at = |port: u16| SocketAddr::from(([127, 0, 0, 1], port));
        let slots = Arc::new(Slots::new(&[at(1), at(2)], Greeting::default(), |slot| {
            (slot >= 8_000).then_some(at(2)).or(Some(at(1)))
        }));
        let mix = mix(&[(Preset::Get, 0.5), (Preset::Mget, 1.0)], Some(slots));
        let lanes = built(&mut source(&mix, 0), 500, 2);
        assert_eq!(lanes[0].1 + lanes[1].1, 500);
        for (lane, (text, _)) in lanes.iter().enumerate() {
            for key in text.split("\r\n").filter(|word| word.contains("key:")) {
                assert_eq!(usize::from(Slot::of_key(key.as_bytes()).get() >= 8_000), lane, "{key}");
            }
        }
    }
}
