//! The sizes that allocations are rounded up to.
//!
//! mimalloc and jemalloc round a request up to one of these steps anyway: 16 bytes apart up to 128, then four to each
//! doubling. Asking for exactly a step makes the waste visible, so that it can be counted, and usable: an entry is
//! overwritten in place as long as its new size falls on the step that it has.

/// Up to here the steps are 16 bytes apart.
const FINE_BYTES_MAX: usize = 128;

/// The step that `bytes` is rounded up to: at least 16, less than a quarter more than asked for above that.
#[must_use]
#[inline]
pub const fn size_class(bytes: usize) -> usize {
    let step = if bytes <= FINE_BYTES_MAX {
        16
    } else {
        // A quarter of the largest power of two below `bytes`.
        1 << (usize::BITS - 1 - (bytes - 1).leading_zeros() - 2)
    };
    let rounded = bytes.next_multiple_of(step);
    if rounded == 0 { 16 } else { rounded }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_steps_are_those_of_the_allocators() {
        let mut steps: Vec<usize> = (0..=1024).map(size_class).collect();
        steps.dedup();
        let expected = [
            16, 32, 48, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 640, 768, 896, 1024,
        ];
        assert_eq!(steps, expected);
    }

    #[test]
    fn a_step_is_enough_and_wastes_less_than_a_quarter() {
        for bytes in 64..100_000 {
            let step = size_class(bytes);
            assert!(step >= bytes && step * 4 < bytes * 5, "{bytes} bytes get {step}");
            assert_eq!(size_class(step), step, "a step is its own step");
        }
    }
}
