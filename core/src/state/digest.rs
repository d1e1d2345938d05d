//! A state in 64 bits, for comparing replicas.
//!
//! A digest is a wrapping sum over the state's parts (base with generation, expiry register if it says something, each
//! run, and those of each part of a collection under a hash of key, type and name), and an arc's digest a wrapping sum over its entries: so a change is "minus the old part, plus the new one", in
//! any order. Sums of hashes are only as good as the hashes: a part's is avalanched twice, once over key, kind and
//! stamp, and once more with the hash of its content, each step a bijection of what is added: parts that differ in one
//! field only never have equal digests, except by a collision of xxh3 over their content.
//!
//! Equal states have equal digests. Different ones have different digests up to a chance of 2^-64 a pair; a client that
//! builds a collision on purpose only delays the repair of its own keys, until their next write.
//!
//! Refused: folded 64x64-bit multiplication (as wyhash has it), which is a little faster. Zero and all ones are special
//! to it: a run with total 0 and one with total -1 had the same digest.
//!
//! Pinned by golden files: replicas of different versions compare them.

use xxhash_rust::xxh3::xxh3_64;

use super::{Base, Expiry, Kind, Part, Run, Runs, State};
use crate::stamp::Stamp;
use crate::time::WallMs;

/// One odd constant a kind of part (the fractional digits of the square roots of the first primes).
const KIND_UNKNOWN: u64 = 0x6a09_e667_f3bc_c909;
const KIND_NONE: u64 = 0xbb67_ae85_84ca_a73b;
const KIND_BYTES: u64 = 0x3c6e_f372_fe94_f82b;
const KIND_EXPIRES: u64 = 0xa54f_f53a_5f1d_36f1;
const KIND_PERSISTS: u64 = 0x9b05_688c_2b3e_6c1f;
const KIND_RUN: u64 = 0x510e_527f_ade6_82d1;
const KIND_LIST: u64 = 0x1f83_d9ab_fb41_bd6b;
const KIND_SET: u64 = 0x5be0_cd19_137e_2179;
const KIND_SORTED_SET: u64 = 0xcbbb_9d5d_c105_9ed9;
const KIND_HASH: u64 = 0x629a_292a_367c_d507;
/// Odd, so that no two stamps are taken for one: 2^64 over the golden ratio.
const STAMP_SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

impl State<'_> {
    /// The digest of this state under a key that hashes to `key_hash`.
    #[must_use]
    pub fn digest(&self, key_hash: u64) -> u64 {
        let mut sum = self.parts.digest(key_hash);
        self.for_each_own_digest(key_hash, &mut |part: Summand| sum = sum.wrapping_add(part.digest));
        sum
    }

    /// Visits the summands of [`State::digest`]: base and generation, expiry register if it says something, runs; then those of the parts, which
    /// are states under hashes of their own.
    pub fn for_each_digest(&self, key_hash: u64, mut visit: impl FnMut(Summand)) {
        self.for_each_own_digest(key_hash, &mut visit);
        for part in self.parts.iter() {
            part.for_each_digest(key_hash, &mut visit);
        }
    }

    /// Visits those of [`State::for_each_digest`] that are not of parts.
    pub fn for_each_own_digest(&self, key_hash: u64, visit: &mut impl FnMut(Summand)) {
        let base = match self.base {
            Base::Unknown => part(key_hash, KIND_UNKNOWN, self.generation, 0),
            Base::None => part(key_hash, KIND_NONE, self.generation, 0),
            Base::Bytes(bytes) => part(key_hash, KIND_BYTES, self.generation, xxh3_64(bytes)),
        };
        visit(Summand {
            stamp: self.generation,
            digest: base,
            is_grave: self.base == Base::None,
        });
        let expiry = expiry_part(key_hash, self.generation, self.expiry);
        if expiry != 0 {
            visit(Summand {
                stamp: self.expiry.stamp,
                digest: expiry,
                is_grave: false,
            });
        }
        self.runs.for_each_digest(key_hash, visit);
    }
}

impl Runs<'_> {
    /// Visits the summands of [`State::digest`] that are of these runs.
    pub(super) fn for_each_digest(&self, key_hash: u64, visit: &mut impl FnMut(Summand)) {
        for run in self.iter() {
            visit(Summand {
                stamp: run.stamp,
                digest: run_part(key_hash, run),
                is_grave: false,
            });
        }
    }
}

impl Part<'_> {
    /// The share of this part in the digest of an entry whose key hashes to `key_hash`.
    #[must_use]
    pub fn digest(&self, key_hash: u64) -> u64 {
        let mut sum: u64 = 0;
        self.for_each_digest(key_hash, &mut |part: Summand| sum = sum.wrapping_add(part.digest));
        sum
    }

    /// Visits the summands of [`Part::digest`].
    pub fn for_each_digest(&self, key_hash: u64, visit: &mut impl FnMut(Summand)) {
        self.state.for_each_own_digest(self.digest_hash(key_hash), visit);
    }

    /// The hash that stands for key, type and name in the part's share.
    pub(super) fn digest_hash(&self, key_hash: u64) -> u64 {
        part_hash(key_hash, self.kind, self.name)
    }
}

/// The hash that stands for key, type and name in the share of a part.
#[inline]
pub(super) fn part_hash(key_hash: u64, kind: Kind, name: &[u8]) -> u64 {
    let kind = match kind {
        Kind::String | Kind::List => KIND_LIST,
        Kind::Set => KIND_SET,
        Kind::SortedSet => KIND_SORTED_SET,
        Kind::Hash => KIND_HASH,
    };
    part(key_hash, kind, Stamp::ZERO, xxh3_64(name))
}

/// One part's share of a digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Summand {
    /// The part's own stamp.
    pub stamp: Stamp,
    /// What is added.
    pub digest: u64,
    /// Whether there is no value in the part: it only keeps older ones dead.
    pub is_grave: bool,
}

impl Summand {
    /// The only one of a value written at `stamp`, under `hash`, that does not expire.
    #[inline]
    pub(super) fn of_plain(hash: u64, stamp: Stamp, value: &[u8]) -> Self {
        Self {
            stamp,
            digest: part(hash, KIND_BYTES, stamp, xxh3_64(value)),
            is_grave: false,
        }
    }
}

/// The digest of [`State::plain`]`(generation, expires_at, value)`, for the path of every SET.
#[must_use]
pub fn plain_digest(key_hash: u64, generation: Stamp, expires_at: Option<WallMs>, value: &[u8]) -> u64 {
    let base = part(key_hash, KIND_BYTES, generation, xxh3_64(value));
    match expires_at {
        None => base,
        Some(at) => base.wrapping_add(part(key_hash, KIND_EXPIRES, generation, at.get())),
    }
}

/// Nothing for the register that every entry begins with: no expiry, said with the generation.
fn expiry_part(key_hash: u64, generation: Stamp, expiry: Expiry) -> u64 {
    match expiry.at {
        None if expiry.stamp == generation => 0,
        None => part(key_hash, KIND_PERSISTS, expiry.stamp, 0),
        Some(at) => part(key_hash, KIND_EXPIRES, expiry.stamp, at.get()),
    }
}

fn run_part(key_hash: u64, run: Run) -> u64 {
    part(key_hash, KIND_RUN, run.stamp, xxh3_64(&run.to_bytes()))
}

fn part(key_hash: u64, kind: u64, stamp: Stamp, content: u64) -> u64 {
    avalanche(avalanche(key_hash ^ kind ^ stamp.to_bits().wrapping_mul(STAMP_SPREAD)) ^ content)
}

/// The finisher of MurmurHash3: a bijection in which each input bit turns each output bit with a chance of one half.
const fn avalanche(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}

#[cfg(test)]
mod tests {
    use super::*;

    const EDGES: [u64; 8] = [
        0,
        1,
        2,
        0x8000,
        1 << 63,
        i64::MAX.cast_unsigned(),
        u64::MAX - 1,
        u64::MAX,
    ];

    #[test]
    fn no_two_runs_that_differ_in_one_field_have_one_digest() {
        let run = Run {
            node: 7,
            birth: Stamp::from_bits(100),
            stamp: Stamp::from_bits(u64::MAX),
            total: 5,
        };
        let digest = |run: Run| {
            let bytes = run.to_bytes();
            let runs = Runs::new(&bytes).unwrap();
            State {
                runs,
                ..State::tombstone(Stamp::ZERO)
            }
            .digest(0)
        };
        let mut digests = vec![digest(run)];
        digests.extend(EDGES.map(|node| digest(Run { node, ..run })));
        digests.extend(EDGES.map(|total| {
            digest(Run {
                total: total.cast_signed(),
                ..run
            })
        }));
        digests.extend(EDGES.map(|birth| {
            digest(Run {
                birth: Stamp::from_bits(birth),
                ..run
            })
        }));
        digests.extend(EDGES[3..7].iter().map(|stamp| {
            digest(Run {
                stamp: Stamp::from_bits(*stamp),
                ..run
            })
        }));
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }

    #[test]
    fn no_two_expiries_or_generations_have_one_digest() {
        let mut digests = Vec::new();
        for generation in &EDGES[1..7] {
            let state = State::plain(Stamp::from_bits(*generation), None, b"");
            digests.push(state.digest(0));
            let register = |at, stamp| State {
                expiry: Expiry { at, stamp },
                ..state
            };
            digests.push(register(None, Stamp::MAX).digest(0));
            for at in EDGES {
                digests.push(register(Some(WallMs::new(at)), Stamp::MAX).digest(0));
                digests.push(register(Some(WallMs::new(at)), state.generation).digest(0));
            }
        }
        let count = digests.len();
        digests.sort_unstable();
        digests.dedup();
        assert_eq!(digests.len(), count);
    }
}
