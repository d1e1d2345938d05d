//! Whether two short byte strings are one: keys, names of fields, members.

/// Whether two names are one. Most are of 8 to 16 bytes: two words each, which takes less time than to call what compares any number of bytes.
#[must_use]
#[inline]
pub fn is_same(left: &[u8], right: &[u8]) -> bool {
    const WORDS_MAX: usize = 2 * size_of::<u64>();
    let ends = |name: &'_ [u8]| Some((*name.first_chunk::<8>()?, *name.last_chunk::<8>()?));
    if left.len() != right.len() {
        return false;
    }
    match (ends(left), ends(right)) {
        (Some(left_ends), Some(right_ends)) => left_ends == right_ends && (left.len() <= WORDS_MAX || left == right),
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn names_are_one_if_their_bytes_are(left in "[ab]{0,20}", right in "[ab]{0,20}", at in 0..20_usize) {
            prop_assert_eq!(is_same(left.as_bytes(), right.as_bytes()), left == right);
            let mut other = left.clone().into_bytes();
            prop_assert!(is_same(left.as_bytes(), &other));
            if let Some(byte) = other.get_mut(at) {
                *byte ^= 1;
                prop_assert!(!is_same(left.as_bytes(), &other));
            }
        }
    }
}
