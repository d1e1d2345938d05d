//! Asking the processor to fetch a cache line that will be needed soon.

#![allow(
    unsafe_code,
    reason = "the processors' prefetch instructions are only to be had as unsafe intrinsics"
)]

/// Starts to fetch the cache line at `address` into the first-level cache.
///
/// The address may be stale, unmapped or made up: a prefetch reads nothing that the program can see and never faults.
#[inline(always)]
pub(super) fn prefetch(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        // SAFETY: PREFETCHT0 is in every x86-64; it ignores addresses that cannot be read and has no visible effect.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(address.cast()) };
    }
    #[cfg(target_arch = "aarch64")]
    {
        // SAFETY: PRFM is a hint: it never faults and changes neither memory, registers nor flags.
        unsafe {
            std::arch::asm!("prfm pldl1keep, [{}]", in(reg) address, options(nostack, preserves_flags, readonly));
        }
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}
