//! The sum over what a header says of its messages, computed once more: without it nothing that is
//! changed there would be looked at any further.

use std::ops::Range;

/// Where a header has the sum.
pub const CHECK: Range<usize> = 64..72;
/// Of which bytes.
pub const SUMMED: Range<usize> = 72..1024;

/// The sum that a header should have: after FNV-1a, of eight bytes at a time.
pub fn computed(header: &[u8]) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325_u64;
    for word in header[SUMMED].chunks_exact(8) {
        hash ^= u64::from_ne_bytes(word.try_into().expect("eight bytes"));
        hash = hash.wrapping_mul(0x0100_0000_01b3);
        hash ^= hash >> 32;
    }
    hash
}

/// Makes the sum right.
pub fn renew(header: &mut [u8]) {
    let sum = computed(header);
    header[CHECK].copy_from_slice(&sum.to_ne_bytes());
}
