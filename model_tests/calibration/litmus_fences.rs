//! Litmus shapes of three and four threads, most with fences.

use super::litmus::{Litmus, litmus, long};

/// Three and four threads, and where fences must stand.
pub(crate) const MANY: [Litmus; 6] = [
    litmus(
        "RWC+sc",
        "x=1 rlx | x rlx; F sc; y rlx | y=1 rlx; F sc; x rlx",
        "000:11 001:11 010:11 011:11 101:11 110:11 111:11",
    ),
    litmus(
        "RWC+sc+ar",
        "x=1 rlx | x rlx; F sc; y rlx | y=1 rlx; F ar; x rlx",
        "000:11 001:11 010:11 011:11 100:11 101:11 110:11 111:11",
    ),
    litmus(
        "W+RWC+sc",
        "x=1 rlx; z=1 rel | z acq; F sc; y rlx | y=1 rlx; F sc; x rlx",
        "000:111 001:111 010:111 011:111 101:111 110:111 111:111",
    ),
    long(
        "IRIW",
        "x=1 rlx | y=1 rlx | x rlx; y rlx | y rlx; x rlx",
        SIXTEEN,
    ),
    long(
        "IRIW+rel+acq",
        "x=1 rel | y=1 rel | x acq; y acq | y acq; x acq",
        SIXTEEN,
    ),
    long(
        "IRIW+sc",
        "x=1 rlx | y=1 rlx | x rlx; F sc; y rlx | y rlx; F sc; x rlx",
        "0000:11 0001:11 0010:11 0011:11 0100:11 0101:11 0110:11 0111:11 \
         1000:11 1001:11 1011:11 1100:11 1101:11 1110:11 1111:11",
    ),
];

const SIXTEEN: &str = "0000:11 0001:11 0010:11 0011:11 0100:11 0101:11 0110:11 0111:11 \
                       1000:11 1001:11 1010:11 1011:11 1100:11 1101:11 1110:11 1111:11";
