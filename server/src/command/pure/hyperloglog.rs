//! HyperLogLog: an estimate of how many different elements there were, from 16,384 registers.
//!
//! An element's hash names a register, by 14 bits, and the place of the lowest set bit among the rest. A register keeps the greatest place
//! that it saw. So adding twice changes nothing, and the union of two estimates has the greater of each two registers: it merges.
//!
//! Hash, registers, estimate and byte form are Redis's. The estimate is Ertl's ("New cardinality estimation algorithms for HyperLogLog
//! sketches", 2017), its standard error 0.81%.

use super::murmur::murmur_hash_64a;

/// Registers of an estimate.
pub const REGISTERS: usize = 1 << INDEX_BITS;
/// The greatest place that a register can hold.
pub const PLACE_MAX: u8 = PLACE_BITS as u8 + 1;

const INDEX_BITS: u32 = 14;
const PLACE_BITS: u32 = 64 - INDEX_BITS;
const SEED: u64 = 0xadc8_3b19;
/// 1 / (2 ln 2).
const ALPHA: f64 = 0.721_347_520_444_481_7;

/// What every estimate in its byte form begins with.
const MAGIC: &[u8; 4] = b"HYLL";
/// Magic, encoding, three unused bytes, and eight that Redis keeps the last estimate in.
const HEADER_BYTES: usize = 16;
/// Where the encoding stands.
const ENCODING_AT: usize = 4;
const DENSE: u8 = 0;
const SPARSE: u8 = 1;
/// The top byte of the kept estimate, and the bit that says that it holds no longer.
const STALE_AT: usize = 15;
const STALE: u8 = 1 << 7;
/// The greatest place that the sparse form can tell.
const SPARSE_PLACE_MAX: u8 = 32;
/// Registers of the longest run of a place that is not zero.
const SPARSE_RUN_MAX: usize = 4;
/// The longest sparse form: Redis's default `hll-sparse-max-bytes`.
const SPARSE_BYTES_MAX: usize = 3_000;
/// Bits of a register in the dense form.
const DENSE_BITS: usize = 6;
const DENSE_BYTES: usize = HEADER_BYTES + REGISTERS * DENSE_BITS / 8;

/// The registers of an estimate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Registers {
    // Invariant: REGISTERS of them, none above PLACE_MAX + 12: six bits.
    places: Vec<u8>,
}

/// Why bytes are no estimate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotRegisters {
    /// They never were one.
    Foreign,
    /// They begin as one, but do not end so.
    Corrupted,
}

impl Default for Registers {
    fn default() -> Self {
        Self {
            places: vec![0; REGISTERS],
        }
    }
}

impl Registers {
    /// The registers, each with its place.
    #[must_use]
    pub fn as_slice(&self) -> &[u8] {
        &self.places
    }

    /// The register that an element belongs to, and its place there.
    #[must_use]
    pub fn place_of(element: &[u8]) -> (usize, u8) {
        let hash = murmur_hash_64a(element, SEED);
        let index = hash as usize & (REGISTERS - 1);
        let rest = hash >> INDEX_BITS | 1 << PLACE_BITS;
        (index, rest.trailing_zeros() as u8 + 1)
    }

    /// Lets a register hold at least this place; says whether it held less.
    pub fn raise(&mut self, index: usize, place: u8) -> bool {
        let held = &mut self.places[index];
        let is_raised = *held < place;
        *held = place.max(*held);
        is_raised
    }

    /// Makes it the union with another one.
    pub fn merge(&mut self, other: &Self) {
        for (held, other) in self.places.iter_mut().zip(&other.places) {
            *held = (*held).max(*other);
        }
    }

    /// How many different elements were added, probably.
    #[must_use]
    pub fn estimate(&self) -> u64 {
        let mut histogram = [0_u32; 1 << DENSE_BITS];
        for &place in &self.places {
            histogram[usize::from(place)] += 1;
        }
        let registers = REGISTERS as f64;
        let count = |place: u32| f64::from(histogram[place as usize]);
        let mut z = registers * tau((registers - count(PLACE_BITS + 1)) / registers);
        for place in (1..=PLACE_BITS).rev() {
            z = 0.5 * (z + count(place));
        }
        z += registers * sigma(count(0) / registers);
        (ALPHA * registers * registers / z).round() as u64
    }

    /// Reads the byte form, dense or sparse.
    ///
    /// # Errors
    ///
    /// [`NotRegisters`].
    pub fn parse(bytes: &[u8]) -> Result<Self, NotRegisters> {
        if bytes.len() < HEADER_BYTES || !bytes.starts_with(MAGIC) {
            return Err(NotRegisters::Foreign);
        }
        match bytes[ENCODING_AT] {
            DENSE if bytes.len() == DENSE_BYTES => Ok(Self {
                places: unpacked(&bytes[HEADER_BYTES..]),
            }),
            SPARSE => Self::parse_sparse(&bytes[HEADER_BYTES..]).ok_or(NotRegisters::Corrupted),
            _ => Err(NotRegisters::Foreign),
        }
    }

    /// Runs of registers with equal places: `00nnnnnn` and `01nnnnnn nnnnnnnn` of zero, `1ppppp nn` of a place; n and p less one.
    fn parse_sparse(mut bytes: &[u8]) -> Option<Self> {
        let mut places = Vec::with_capacity(REGISTERS);
        while let [first, rest @ ..] = bytes {
            bytes = rest;
            let (place, run) = match first >> 6 {
                0 => (0, usize::from(first & 63)),
                1 => {
                    let (second, rest) = bytes.split_first()?;
                    bytes = rest;
                    (0, usize::from(first & 63) << 8 | usize::from(*second))
                }
                _ => (first >> 2 & 31, usize::from(first & 3)),
            };
            let place = if first >> 7 == 1 { place + 1 } else { 0 };
            places.resize(places.len() + run + 1, place);
            if places.len() > REGISTERS {
                return None;
            }
        }
        (places.len() == REGISTERS).then_some(Self { places })
    }

    /// The byte form, without a kept estimate: sparse as long as that is short, as Redis has it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = vec![0; HEADER_BYTES];
        bytes[..MAGIC.len()].copy_from_slice(MAGIC);
        bytes[STALE_AT] = STALE;
        match self.sparse() {
            Some(runs) => {
                bytes[ENCODING_AT] = SPARSE;
                bytes.extend_from_slice(&runs);
            }
            None => {
                bytes[ENCODING_AT] = DENSE;
                pack(&self.places, &mut bytes);
            }
        }
        bytes
    }

    /// The runs of the sparse form; `None` if it would be long, or cannot tell a place.
    fn sparse(&self) -> Option<Vec<u8>> {
        let mut runs = Vec::new();
        for run in self.places.chunk_by(|left, right| left == right) {
            let (place, len) = (run[0], run.len());
            if place == 0 {
                let less_one = len - 1;
                match u8::try_from(less_one).ok().filter(|&less_one| less_one < 1 << 6) {
                    Some(less_one) => runs.push(less_one),
                    None => runs.extend_from_slice(&[1 << 6 | (less_one >> 8) as u8, less_one as u8]),
                }
            } else if place > SPARSE_PLACE_MAX {
                return None;
            } else {
                let op = |len: usize| 1 << 7 | (place - 1) << 2 | (len - 1) as u8;
                runs.extend(run.chunks(SPARSE_RUN_MAX).map(|run| op(run.len())));
            }
            if runs.len() > SPARSE_BYTES_MAX {
                return None;
            }
        }
        Some(runs)
    }
}

/// Appends places in six bits each, the lowest bits first. Their number must be divisible by four.
pub fn pack(places: &[u8], out: &mut Vec<u8>) {
    for four in places.as_chunks::<4>().0 {
        let bits = four
            .iter()
            .rev()
            .fold(0, |bits, &place| bits << DENSE_BITS | u32::from(place));
        out.extend_from_slice(&bits.to_le_bytes()[..3]);
    }
}

/// What [`pack`] appended.
#[must_use]
pub fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let four = |three: &[u8; 3]| {
        let bits = u32::from_le_bytes([three[0], three[1], three[2], 0]);
        std::array::from_fn::<u8, 4, _>(|at| (bits >> (at * DENSE_BITS)) as u8 & 63)
    };
    bytes.as_chunks::<3>().0.iter().flat_map(four).collect()
}

/// x + x^2 + 2 x^4 + 4 x^8 + ...
fn sigma(x: f64) -> f64 {
    if x == 1.0 {
        return f64::INFINITY;
    }
    let (mut x, mut y, mut z) = (x, 1.0, x);
    loop {
        x *= x;
        let before = z;
        z += x * y;
        y += y;
        if z == before {
            return z;
        }
    }
}

fn tau(x: f64) -> f64 {
    if x == 0.0 || x == 1.0 {
        return 0.0;
    }
    let (mut x, mut y, mut z) = (x, 1.0, 1.0 - x);
    loop {
        x = x.sqrt();
        let before = z;
        y *= 0.5;
        z -= (1.0 - x).powi(2) * y;
        if z == before {
            return z / 3.0;
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(elements: impl IntoIterator<Item = u32>) -> Registers {
        let mut registers = Registers::default();
        for element in elements {
            let (index, place) = Registers::place_of(element.to_string().as_bytes());
            registers.raise(index, place);
        }
        registers
    }

    #[test]
    fn an_estimate_is_near_the_number_of_elements() {
        for count in [0, 1, 10, 1_000, 100_000] {
            let error = of(0..count).estimate().abs_diff(u64::from(count));
            assert!(error * 40 <= u64::from(count), "{count} elements, error {error}");
        }
    }

    #[test]
    fn what_is_no_estimate_is_told() {
        let dense = of(0..10_000).to_bytes();
        assert_eq!(Registers::parse(b"HYLL"), Err(NotRegisters::Foreign));
        assert_eq!(Registers::parse(&dense[1..]), Err(NotRegisters::Foreign));
        assert_eq!(Registers::parse(&dense[..dense.len() - 1]), Err(NotRegisters::Foreign));
        let sparse = |runs: &[u8]| [b"HYLL\x01\0\0\0\0\0\0\0\0\0\0\0", runs].concat();
        assert_eq!(Registers::parse(&sparse(&[0x7f, 0xff])), Ok(Registers::default()));
        for runs in [&[][..], &[0x7f], &[0x7f, 0xfe], &[0x7f, 0xff, 0]] {
            assert_eq!(
                Registers::parse(&sparse(runs)),
                Err(NotRegisters::Corrupted),
                "{runs:?}"
            );
        }
        let three = Registers::parse(&sparse(&[0x80 | 4 << 2 | 2, 0x7f, 0xfc])).expect("runs for all");
        assert_eq!(three.as_slice()[..4], [5, 5, 5, 0]);
    }

    proptest! {
        #[test]
        fn the_byte_form_is_read_back(elements in prop::collection::vec(any::<u32>(), 0..3000), place in 1..=PLACE_MAX) {
            let mut registers = of(elements);
            registers.raise(7, place);
            prop_assert_eq!(Registers::parse(&registers.to_bytes()), Ok(registers));
        }

        #[test]
        fn the_union_is_that_of_the_elements(left in prop::collection::vec(0..500_u32, 0..300), right in prop::collection::vec(0..500_u32, 0..300)) {
            let mut both = of(left.iter().copied());
            both.merge(&of(right.iter().copied()));
            prop_assert_eq!(both, of(left.into_iter().chain(right)));
        }
    }
}
