//! Commands and merges together: in order they behave as on one plain map, out of order they converge and lose nothing.

mod support;

use circlet_core::mutate::MutateError;
use circlet_core::time::WallMs;
use proptest::prelude::*;
use support::replica::{Delta, Replica};

const REPLICAS: usize = 3;

#[derive(Clone, Debug)]
enum Command {
    Set(&'static str, Option<u64>),
    Delete,
    Incr(i64),
    /// In how many milliseconds; `None` is PERSIST.
    Expire(Option<u64>),
}

fn commands() -> impl Strategy<Value = Command> {
    let text = prop::sample::select(vec!["", "text", "0", "41", "-7", "007", "9223372036854775807"]);
    prop_oneof![
        2 => (text, prop::option::of(0..30_u64)).prop_map(|(text, ttl)| Command::Set(text, ttl)),
        1 => Just(Command::Delete),
        5 => prop_oneof![4 => -3..9_i64, 1 => Just(i64::MAX), 1 => Just(i64::MIN)].prop_map(Command::Incr),
        2 => prop::option::of(0..30_u64).prop_map(Command::Expire),
    ]
}

/// Runs `command`; its reply as text, and its delta if it changed something.
fn run(replica: &mut Replica, now: WallMs, command: &Command) -> (String, Option<Delta>) {
    let later = |ms: u64| WallMs::new(now.get() + ms);
    match *command {
        Command::Set(text, ttl) => ("OK".into(), Some(replica.set(now, ttl.map(later), text))),
        Command::Delete => ("OK".into(), Some(replica.delete(now))),
        Command::Incr(by) => match replica.incr(now, by) {
            Ok((value, delta)) => (value.to_string(), Some(delta)),
            Err(error) => (error.to_string(), None),
        },
        Command::Expire(ttl) => match replica.expire(now, ttl.map(later)) {
            Ok(delta) => (delta.is_some().to_string(), delta),
            Err(error) => (error.to_string(), None),
        },
    }
}

/// What one plain map would do.
#[derive(Default)]
struct PlainKey(Option<(String, Option<u64>)>);

impl PlainKey {
    fn run(&mut self, now: u64, command: &Command) -> String {
        self.0.take_if(|(_, at)| at.is_some_and(|at| now > at));
        match *command {
            Command::Set(text, ttl) => {
                self.0 = Some((text.to_string(), ttl.map(|ttl| now + ttl)));
                "OK".into()
            }
            Command::Delete => {
                self.0 = None;
                "OK".into()
            }
            Command::Expire(ttl) => {
                let key = self.0.as_mut();
                key.map(|(_, at)| *at = ttl.map(|ttl| now + ttl)).is_some().to_string()
            }
            Command::Incr(by) => {
                let (text, at) = self.0.clone().unwrap_or(("0".into(), None));
                let Some(number) = text.parse::<i64>().ok().filter(|number| number.to_string() == text) else {
                    return "value is not an integer or out of range".into();
                };
                let Some(sum) = number.checked_add(by) else {
                    return "increment or decrement would overflow".into();
                };
                self.0 = Some((sum.to_string(), at));
                sum.to_string()
            }
        }
    }

    fn get(&self, now: u64) -> Option<String> {
        self.0
            .clone()
            .filter(|(_, at)| at.is_none_or(|at| now <= at))
            .map(|(text, _)| text)
    }
}

fn replicas() -> Vec<Replica> {
    (1..).take(REPLICAS).map(Replica::new).collect()
}

/// All exchange all, starting with `first`, until everyone has everything.
fn exchange_all(replicas: &mut [Replica], first: usize) {
    for round in 0..2 * REPLICAS {
        let from = replicas[(first + round) % REPLICAS].clone();
        if let Some(state) = from.entry {
            replicas.iter_mut().for_each(|replica| replica.take(&state));
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn commands_in_order_do_what_they_do_on_one_map_whoever_coordinates(
        steps in prop::collection::vec((0..REPLICAS, 0..20_u64, commands()), 1..30)
    ) {
        let (mut replicas, mut plain, mut now) = (replicas(), PlainKey::default(), 1_000);
        for (who, pause, command) in steps {
            now += pause;
            let (reply, delta) = run(&mut replicas[who], WallMs::new(now), &command);
            prop_assert_eq!(reply, plain.run(now, &command), "{:?}", command);
            if let Some(delta) = delta {
                for other in (0..REPLICAS).filter(|other| *other != who) {
                    replicas[other].take(&delta);
                }
            }
            for replica in &replicas {
                prop_assert_eq!(replica.get(WallMs::new(now)), plain.get(now), "after {:?}", command);
                prop_assert_eq!(&replica.entry, &replicas[0].entry);
            }
        }
    }

    #[test]
    fn replicas_converge_whatever_is_lost_repeated_or_overtaken(
        steps in prop::collection::vec((0..REPLICAS, 0..20_u64, commands()), 1..20),
        deliveries in prop::collection::vec((any::<prop::sample::Index>(), 0..REPLICAS), 0..40),
        ahead_ms in prop::collection::vec(0..100_u64, REPLICAS),
        hash: u64,
    ) {
        let (mut replicas, mut now, mut deltas) = (replicas(), 1_000, Vec::new());
        for (replica, ahead_ms) in replicas.iter_mut().zip(ahead_ms) {
            replica.ahead_ms = ahead_ms;
        }
        let mut deliveries = deliveries.into_iter();
        for (who, pause, command) in steps {
            now += pause;
            deltas.extend(run(&mut replicas[who], WallMs::new(now), &command).1);
            for (which, to) in deliveries.by_ref().take(2).filter(|_| !deltas.is_empty()) {
                replicas[to].take(which.get::<Delta>(&deltas));
            }
        }
        let (mut one, mut other) = (replicas.clone(), replicas);
        exchange_all(&mut one, 0);
        exchange_all(&mut other, 2);
        for replica in one.iter().chain(&other) {
            prop_assert_eq!(&replica.entry, &one[0].entry);
            prop_assert_eq!(replica.state().digest(hash), one[0].state().digest(hash));
            let value = replica.get(WallMs::new(now));
            prop_assert_ne!(value.as_deref(), Some("(unreadable)"), "someone had the value");
        }
    }

    #[test]
    fn no_increment_is_lost_or_counted_twice(
        steps in prop::collection::vec((0..REPLICAS, -9..99_i64, any::<prop::sample::Index>(), 0..REPLICAS, 0..8_u8), 1..40),
    ) {
        let (mut replicas, mut sum) = (replicas(), 0);
        // One that never forgets, and hears everything once.
        let mut archive = Replica::new(99);
        let mut past = Vec::new();
        for (now, (who, by, which, to, event)) in (1_000..).map(WallMs::new).zip(steps) {
            let mut done = replicas[who].incr(now, by);
            if done == Err(MutateError::Unreadable) {
                // It forgot the entry and then got a partial delta: it fetches the rest and runs the command again.
                replicas[who].take(archive.entry.as_ref().unwrap());
                done = replicas[who].incr(now, by);
            }
            let (_, delta) = done.unwrap();
            sum += by;
            archive.take(&delta);
            past.push(delta);
            past.extend(replicas[to].entry.clone());
            match event {
                0 => replicas[to].fall_back_to(now, None),
                1 => replicas[to].fall_back_to(now, Some(which.get::<Delta>(&past).clone())),
                _ => replicas[to].take(which.get::<Delta>(&past)),
            }
        }
        replicas.iter().filter_map(|replica| replica.entry.as_ref()).for_each(|state| archive.take(state));
        prop_assert_eq!(archive.get(WallMs::new(9_000)), Some(sum.to_string()));
    }
}
