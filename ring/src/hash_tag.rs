//! The part of a key that decides its slot: Redis Cluster's hash tag rule.

/// Keys of so many bytes are looked through eight bytes at a time, where they stand: to call a vector search takes longer.
const SHORT_BYTES_MAX: usize = 32;

/// What is between the first `{` and the first `}` after it, if there is anything; otherwise the whole key.
///
/// Keys with the same tag live in the same slot, which is how a client keeps keys together that one command must touch:
/// `{user:7}:name` and `{user:7}:mail`. As in Redis Cluster, `{}` is no tag, and only the first `{` counts, so that `{}{a}`
/// is hashed whole.
#[must_use]
#[inline]
pub fn hash_tag(key: &[u8]) -> &[u8] {
    if key.len() > SHORT_BYTES_MAX || has_open(key) {
        tag(key)
    } else {
        key
    }
}

#[inline]
fn has_open(key: &[u8]) -> bool {
    let has = |word: &[u8; 8]| has_byte(u64::from_le_bytes(*word), b'{');
    match key.last_chunk() {
        // The last word overlaps those before it.
        Some(last) => key.as_chunks().0.iter().any(has) || has(last),
        None => key.contains(&b'{'),
    }
}

/// Whether one of the bytes of `word` is this one: exact, as a whole (Warren: Hacker's Delight, section 6-1).
#[inline]
const fn has_byte(word: u64, byte: u8) -> bool {
    const LOW_BITS: u64 = u64::MAX / 255;
    let zero_where_equal = word ^ (LOW_BITS * byte as u64);
    zero_where_equal.wrapping_sub(LOW_BITS) & !zero_where_equal & (LOW_BITS << 7) != 0
}

/// Out of line: most keys are short and have no brace.
#[inline(never)]
fn tag(key: &[u8]) -> &[u8] {
    let Some(open) = memchr::memchr(b'{', key) else {
        return key;
    };
    let after = &key[open + 1..];
    match memchr::memchr(b'}', after) {
        None | Some(0) => key,
        Some(close) => &after[..close],
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The rule as Redis Cluster's specification words it.
    fn hash_tag_by_specification(key: &[u8]) -> &[u8] {
        let Some(open) = key.iter().position(|&byte| byte == b'{') else {
            return key;
        };
        let Some(length) = key[open + 1..].iter().position(|&byte| byte == b'}') else {
            return key;
        };
        if length == 0 {
            key
        } else {
            &key[open + 1..open + 1 + length]
        }
    }

    #[test]
    fn the_examples_of_the_specification_hold() {
        let cases: [(&[u8], &[u8]); 9] = [
            (b"{user1000}.following", b"user1000"),
            (b"foo{}{bar}", b"foo{}{bar}"),
            (b"foo{{bar}}zap", b"{bar"),
            (b"foo{bar}{zap}", b"bar"),
            (b"foo{bar", b"foo{bar"),
            (b"foo}bar{", b"foo}bar{"),
            (b"}{a}", b"a"),
            (b"", b""),
            (b"{", b"{"),
        ];
        for (key, tag) in cases {
            assert_eq!(hash_tag(key), tag, "the tag of {}", String::from_utf8_lossy(key));
        }
    }

    proptest! {
        #[test]
        fn the_vector_search_equals_the_specification(key in "[{}ab]{0,40}") {
            prop_assert_eq!(hash_tag(key.as_bytes()), hash_tag_by_specification(key.as_bytes()));
        }
    }
}
