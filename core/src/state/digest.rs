//! A state in 64 bits, for comparing replicas.
//!
//! A digest is a wrapping sum over the state's parts (base with generation, expiry register if it says something, each
//! run), and an arc's digest a wrapping sum over its entries: so a change is "minus the old part, plus the new one", in
//! any order. Sums of hashes are only as good as the hashes: each part is mixed with the key's hash, its kind and its
//! stamp, through two 64x64-bit folded multiplications, so that equal parts under different keys do not cancel out.
//!
//! Equal states have equal digests. Different ones have different digests up to a chance of 2^-64 a pair; a client that
//! builds a collision on purpose only delays the repair of its own keys, until their next write.
//!
//! Pinned by golden files: replicas of different versions compare them.

use xxhash_rust::xxh3::xxh3_64;

use super::{Base, Expiry, Run, State};
use crate::stamp::Stamp;
use crate::time::WallMs;

/// One odd constant a kind of part (the fractional digits of the square roots of the first primes).
const KIND_UNKNOWN: u64 = 0x6a09_e667_f3bc_c909;
const KIND_NONE: u64 = 0xbb67_ae85_84ca_a73b;
const KIND_BYTES: u64 = 0x3c6e_f372_fe94_f82b;
const KIND_EXPIRES: u64 = 0xa54f_f53a_5f1d_36f1;
const KIND_PERSISTS: u64 = 0x9b05_688c_2b3e_6c1f;
const KIND_RUN: u64 = 0x510e_527f_ade6_82d1;

impl State<'_> {
    /// The digest of this state under a key that hashes to `key_hash`.
    #[must_use]
    pub fn digest(&self, key_hash: u64) -> u64 {
        let base = match self.base {
            Base::Unknown => part(key_hash, KIND_UNKNOWN, self.generation, 0),
            Base::None => part(key_hash, KIND_NONE, self.generation, 0),
            Base::Bytes(bytes) => part(key_hash, KIND_BYTES, self.generation, xxh3_64(bytes)),
        };
        let runs = self.runs.iter().map(|run| run_part(key_hash, run));
        runs.fold(base, u64::wrapping_add)
            .wrapping_add(expiry_part(key_hash, self.generation, self.expiry))
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
    let content = fold(
        fold(run.node ^ KIND_RUN, run.birth.to_bits() ^ KIND_BYTES),
        run.total.cast_unsigned(),
    );
    part(key_hash, KIND_RUN, run.stamp, content)
}

fn part(key_hash: u64, kind: u64, stamp: Stamp, content: u64) -> u64 {
    let place = fold(key_hash ^ kind, stamp.to_bits() ^ KIND_RUN);
    avalanche(fold(place ^ KIND_NONE, content ^ kind))
}

/// The 128-bit product folded to 64 bits, with the factors mixed in: a zero factor loses nothing.
const fn fold(a: u64, b: u64) -> u64 {
    let product = (a as u128).wrapping_mul(b as u128);
    (product as u64) ^ ((product >> 64) as u64) ^ a.rotate_left(32) ^ b
}

/// The finisher of MurmurHash3: each input bit turns each output bit with a chance of one half, which sums need.
const fn avalanche(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    bits = (bits ^ (bits >> 33)).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    bits ^ (bits >> 33)
}
