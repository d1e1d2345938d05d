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

/// The step that `bytes` is rounded up to for what grows piece by piece: a step of [`size_class`], less than half more than asked for above 64.
#[must_use]
#[inline]
pub const fn roomy_size_class(bytes: usize) -> usize {
    // Half of the largest power of two below `bytes`.
    let step = 1 << (usize::BITS - 1 - (bytes.saturating_sub(1) | 32).leading_zeros() - 1);
    size_class(bytes.next_multiple_of(step))
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
    fn what_grows_has_two_steps_to_a_doubling() {
        let mut steps: Vec<usize> = (0..=2048).map(roomy_size_class).collect();
        steps.dedup();
        assert_eq!(
            steps,
            [16, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768, 1024, 1536, 2048]
        );
        for bytes in 64..100_000 {
            let step = roomy_size_class(bytes);
            assert!(step >= bytes && step * 2 < bytes * 3, "{bytes} bytes get {step}");
            assert!(size_class(step) == step && roomy_size_class(step) == step);
        }
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
