//! aqueduct without features, in a program without the standard library.
//!
//! That this builds as a static library is the proof that neither the library nor its dependencies
//! bring `std` along: its panic handler would be there twice.
#![cfg_attr(not(test), no_std)]

use aqueduct::buffer::spsc::{Ring, split};
use aqueduct::place::boxed;
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};

extern crate alloc;

/// Sends `rounds` numbers through a ring of `capacity`, and returns the sum of what came out.
///
/// # Panics
/// If the ring loses or reorders a number.
pub fn carry(capacity: usize, rounds: u32) -> u64 {
    let capacity = Capacity::new(capacity).expect("a capacity");
    let ring = boxed::<Ring<Native, u32>>(capacity, Position::new(0)).expect("it fits");
    let ring: &Ring<Native, u32> = &ring;
    // SAFETY: the ring is new, of this capacity, and has no other sides.
    let (mut producer, mut consumer) = unsafe { split(ring, capacity) }.expect("a new ring");
    let mut sum = 0;
    for number in 0..rounds {
        producer.push(number).expect("there is room");
        let received = consumer.pop().expect("there is a number");
        assert_eq!(received, number);
        sum += u64::from(received);
    }
    sum
}

/// Called by whoever links the static library.
#[unsafe(no_mangle)]
pub extern "C" fn lean_carry(rounds: u32) -> u64 {
    carry(3, rounds)
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
    #[test]
    fn a_ring_carries_numbers() {
        assert_eq!(super::carry(1, 10), 45);
        assert_eq!(super::carry(10, 1_000), 499_500);
    }
}
