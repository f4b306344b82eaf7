//! aqueduct without features, in a program without the standard library.
//!
//! That this builds as a static library is the proof that neither the library nor its dependencies
//! bring `std` along: its panic handler would be there twice.
#![cfg_attr(not(test), no_std)]

extern crate alloc;

pub mod frames;
pub mod mpmc;
pub mod spsc;
pub mod unbounded;

/// Called by whoever links the static library: numbers pass through each buffer.
#[unsafe(no_mangle)]
pub extern "C" fn lean_carry(rounds: u32) -> u64 {
    let bounded = [spsc::carry, mpmc::carry, frames::carry];
    let sums = bounded.map(|carry| carry(4, rounds));
    sums.iter().sum::<u64>() + unbounded::carry(rounds)
}

#[cfg(not(test))]
mod bare {
    use core::alloc::{GlobalAlloc, Layout};

    struct Nowhere;

    // SAFETY: no memory is ever handed out.
    unsafe impl GlobalAlloc for Nowhere {
        unsafe fn alloc(&self, _: Layout) -> *mut u8 {
            core::ptr::null_mut()
        }

        unsafe fn dealloc(&self, _: *mut u8, _: Layout) {}
    }

    #[global_allocator]
    static NOWHERE: Nowhere = Nowhere;

    #[panic_handler]
    fn stop(_: &core::panic::PanicInfo<'_>) -> ! {
        loop {}
    }
}

#[cfg(test)]
mod tests {
    use super::{frames, lean_carry, mpmc, spsc, unbounded};

    #[test]
    fn each_buffer_carries_numbers() {
        for carry in [spsc::carry, mpmc::carry, frames::carry] {
            assert_eq!(carry(1, 10), 45);
            assert_eq!(carry(16, 1_000), 499_500);
        }
        assert_eq!(unbounded::carry(10_000), 49_995_000);
        assert_eq!(lean_carry(10), 4 * 45);
    }
}
