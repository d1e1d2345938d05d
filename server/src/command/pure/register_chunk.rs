//! Parts of a HyperLogLog that merge by being there: 64 registers as one name.
//!
//! ```text
//!   0xff | index u8 | (register u8, place u8) each that is not zero, in order     if that is shorter
//!                   | 64 places in 6 bits each                                    else
//! ```

use super::hyperloglog::{PLACE_MAX, REGISTERS, pack, unpacked};

/// Registers of a chunk.
pub const CHUNK_REGISTERS: usize = 64;
/// Chunks of an estimate.
pub const CHUNKS: usize = REGISTERS / CHUNK_REGISTERS;

/// What every name begins with, and no text does.
const PREFIX: u8 = 0xff;
/// Bytes of the places when each has six bits.
const PACKED_BYTES: usize = CHUNK_REGISTERS * 6 / 8;

/// The name of these places of the chunk at `index`.
#[must_use]
pub fn name(index: u8, places: &[u8]) -> Vec<u8> {
    let mut name = vec![PREFIX, index];
    let raised = places.iter().zip(0..).filter(|&(&place, _)| place > 0);
    if raised.clone().count() * 2 < PACKED_BYTES {
        name.extend(raised.flat_map(|(&place, at): (&u8, u8)| [at, place]));
    } else {
        pack(places, &mut name);
    }
    name
}

/// The index and the places that a name stands for; `None` if it is another name.
#[must_use]
pub fn parse(name: &[u8]) -> Option<(u8, [u8; CHUNK_REGISTERS])> {
    let [PREFIX, index, rest @ ..] = name else { return None };
    let mut places = [0; CHUNK_REGISTERS];
    if rest.len() == PACKED_BYTES {
        places.copy_from_slice(&unpacked(rest));
    } else {
        let (pairs, []) = rest.as_chunks::<2>() else {
            return None;
        };
        for [at, place] in pairs {
            *places.get_mut(usize::from(*at))? = *place;
        }
    }
    places
        .iter()
        .all(|&place| place <= PLACE_MAX)
        .then_some((*index, places))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn few_registers_take_two_bytes_each_and_many_six_bits() {
        let with = |raised: usize| {
            let mut places = [0; CHUNK_REGISTERS];
            places[..raised].fill(PLACE_MAX);
            name(7, &places).len()
        };
        assert_eq!((with(0), with(1), with(23), with(24), with(64)), (2, 4, 48, 50, 50));
    }

    #[test]
    fn other_names_are_told() {
        for other in [
            &b""[..],
            b"a",
            b"\xff",
            b"\xff\x00\x01",
            b"\xff\x00\x40\x01",
            b"\xff\x00\x01\x34",
        ] {
            assert_eq!(parse(other), None, "{}", other.escape_ascii());
        }
    }

    proptest! {
        #[test]
        fn a_name_is_read_back(index: u8, places in prop::collection::vec(prop_oneof![3 => Just(0_u8), 1 => 0..=PLACE_MAX], CHUNK_REGISTERS)) {
            let read = parse(&name(index, &places));
            prop_assert_eq!(read.map(|(index, places)| (index, places.to_vec())), Some((index, places)));
        }
    }
}
