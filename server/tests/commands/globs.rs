//! Patterns, compared with those of a real server.

use circlet_resp::Proto;
use circlet_server::command::pure::glob::{Case, matches};
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};

use crate::redis::Redis;
use crate::table::connect;
use crate::wire::shown;

/// What keys and patterns consist of: a few letters, so that they meet, and every byte that means something.
const BYTES: &[u8] = b"aabbc-z*?[]^\\\x00\x7f\x80\xff";

fn text(random: &mut StdRng, len_max: usize) -> Vec<u8> {
    (0..random.random_range(0..=len_max))
        .map(|_| BYTES[random.random_range(0..BYTES.len())])
        .collect()
}

/// Redis answers KEYS with the keys that match; here with the one key that there is, or none.
#[test]
fn random_patterns_match_the_keys_that_redis_finds() {
    let Some(redis) = Redis::start() else { return };
    let mut connection = connect(&redis, Proto::Resp2);
    let mut random = StdRng::seed_from_u64(1);
    for _ in 0..200 {
        let key = text(&mut random, 5);
        connection.call(&[b"FLUSHALL".to_vec()]);
        connection.call(&[b"SET".to_vec(), key.clone(), b"v".to_vec()]);
        for _ in 0..20 {
            let pattern = text(&mut random, 8);
            // Redis never matches the empty key, except by `*` itself.
            if key.is_empty() && pattern.len() > 1 {
                continue;
            }
            let found = connection.call(&[b"KEYS".to_vec(), pattern.clone()]) != b"*0\r\n";
            let ours = matches(&pattern, &key, Case::Sensitive);
            assert_eq!(ours, found, "pattern {} on key {}", shown(&pattern), shown(&key));
        }
    }
}
