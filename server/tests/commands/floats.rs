//! INCRBYFLOAT, compared with a real server on numbers of every size and notation.

use circlet_resp::Proto;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::local::Local;
use crate::random::setting;
use crate::redis::Redis;
use crate::table::{connect, now};
use crate::wire::shown;

/// Sums, unless `CIRCLET_STEPS` says another number.
const STEPS: u64 = 1_000;

#[test]
fn random_floats_add_up_as_in_redis() {
    let Some(redis) = Redis::start() else { return };
    let mut connection = connect(&redis, Proto::Resp2);
    let mut local = Local::new(Proto::Resp2);
    let seed = setting("CIRCLET_SEED", 1);
    let mut random = StdRng::seed_from_u64(seed);
    for step in 0..setting("CIRCLET_STEPS", STEPS) {
        let (left, right) = (number(&mut random), number(&mut random));
        let set = ["SET", "k", &left].map(|word| word.as_bytes().to_vec());
        let add = ["INCRBYFLOAT", "k", &right].map(|word| word.as_bytes().to_vec());
        connection.call(&set);
        local.call(&set, now());
        let (theirs, ours) = (connection.call(&add), local.call(&add, now()));
        assert_eq!(
            shown(&ours),
            shown(&theirs),
            "seed {seed} step {step}: {left} + {right}"
        );
    }
}

fn number(random: &mut StdRng) -> String {
    let sign = ["", "", "-", "+"][random.random_range(0..4)];
    let text = match random.random_range(0..20) {
        0..4 => {
            let count = random.random_range(1..19);
            digits(random, "0123456789", count)
        }

        4..10 => {
            let (whole, fraction) = (random.random_range(0..13), random.random_range(0..26));
            format!(
                "{}.{}",
                digits(random, "0123456789", whole),
                digits(random, "0123456789", fraction)
            )
        }
        10..13 => format!("{:e}", f64::from_bits(random.random::<u64>() >> 1)),
        13..16 => {
            let exponent = random.random_range(-4_990..4_960);
            format!(
                "{}.{}e{exponent}",
                random.random_range(0..100),
                random.random_range(0..1_000_000_000)
            )
        }
        16..18 => {
            let (whole, fraction) = (random.random_range(0..24), random.random_range(0..24));
            let exponent = random.random_range(-16_600..16_500);
            let hexadecimal = "0123456789abcdef";
            format!(
                "0x{}.{}p{exponent}",
                digits(random, hexadecimal, whole),
                digits(random, hexadecimal, fraction)
            )
        }
        18 => {
            let count = random.random_range(0..9);
            digits(random, "0123456789.e+-xinf", count)
        }
        _ => {
            let count = random.random_range(100..5_150);
            digits(random, "0123456789", count)
        }
    };
    format!("{sign}{text}")
}

fn digits(random: &mut StdRng, alphabet: &str, count: usize) -> String {
    (0..count)
        .map(|_| char::from(alphabet.as_bytes()[random.random_range(0..alphabet.len())]))
        .collect()
}
