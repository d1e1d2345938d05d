//! Where the bytes of parts are, behind numbers that stay what they are.

use crate::size_class::size_class;

/// Places that are allocated together; a power of two, as the capacities of growing vectors are.
const CHUNK_PLACES: usize = 512;

/// Encoded parts, one allocation each. Growing never moves more than one chunk.
///
/// Places that were freed are used again, but not given back before the whole is: 16 bytes for each part that there was at most.
#[derive(Default)]
pub(super) struct Slab {
    // Invariant: all but the last are full.
    chunks: Vec<Vec<Box<[u8]>>>,
    /// Numbers that are not in use.
    free: Vec<u32>,
    // Invariant: the lengths of all parts together.
    part_bytes: usize,
    // Invariant: their allocations, by size class.
    allocated_bytes: usize,
}

impl Slab {
    /// The part at `place`; empty if there is none.
    #[inline]
    pub(super) fn get(&self, place: u32) -> &[u8] {
        let place = place as usize;
        let chunk = self.chunks.get(place / CHUNK_PLACES);
        chunk
            .and_then(|chunk| chunk.get(place % CHUNK_PLACES))
            .map_or(&[], |part| part)
    }

    /// Puts a part somewhere and answers where.
    pub(super) fn insert(&mut self, part: Box<[u8]>) -> u32 {
        if let Some(place) = self.free.pop() {
            self.replace(place, part);
            return place;
        }
        if self.chunks.last().is_none_or(|chunk| chunk.len() == CHUNK_PLACES) {
            self.chunks.push(Vec::new());
        }
        self.count(&part, 1);
        let last = self.chunks.len() - 1;
        let chunk = &mut self.chunks[last];
        chunk.push(part);
        // 2^32 parts would be 64 GiB of places alone; a state has no more either.
        u32::try_from(last * CHUNK_PLACES + chunk.len() - 1).unwrap_or(u32::MAX)
    }

    /// Puts another part at `place`.
    pub(super) fn replace(&mut self, place: u32, part: Box<[u8]>) {
        self.count(&part, 1);
        let at = place as usize;
        let chunk = self.chunks.get_mut(at / CHUNK_PLACES);
        if let Some(old) = chunk.and_then(|chunk| chunk.get_mut(at % CHUNK_PLACES)) {
            let old = std::mem::replace(old, part);
            self.count(&old, -1);
        }
    }

    /// Frees `place`.
    pub(super) fn remove(&mut self, place: u32) {
        self.replace(place, Box::default());
        self.free.push(place);
    }

    /// The lengths of all parts together, in bytes.
    pub(super) const fn part_bytes(&self) -> usize {
        self.part_bytes
    }

    /// The memory of parts and places, in bytes.
    pub(super) fn memory_bytes(&self) -> usize {
        let full = self.chunks.len().saturating_sub(1) * CHUNK_PLACES;
        let places = full + self.chunks.last().map_or(0, Vec::capacity);
        self.allocated_bytes
            + places * size_of::<Box<[u8]>>()
            + self.chunks.capacity() * size_of::<Vec<Box<[u8]>>>()
            + self.free.capacity() * size_of::<u32>()
    }

    fn count(&mut self, part: &[u8], sign: isize) {
        if part.is_empty() {
            return;
        }
        let signed = |bytes: usize| sign * bytes.cast_signed();
        self.part_bytes = self.part_bytes.wrapping_add_signed(signed(part.len()));
        self.allocated_bytes = self.allocated_bytes.wrapping_add_signed(signed(size_class(part.len())));
    }
}
