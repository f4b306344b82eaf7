//! The malformed objects, and what is said of each.

use std::fs;

use super::Of::{Bytes, Link, Mailbox, Meeting, Pipe, Records};
use super::Refused::{Corrupt, Damaged, Mismatch, NoOwner, NotOurs, Positions};
use super::Row;
use crate::fuzzed::targets::sum;
use crate::layout::{APART, WORDS};

/// All of them.
pub(super) fn table() -> impl Iterator<Item = &'static Row> {
    let parts: [&[Row]; 6] = [
        &NO_HEADERS,
        &OTHER_PROGRAMS,
        &MESSAGES,
        &SIZES,
        &NUMBERS,
        &BODIES,
    ];
    parts.into_iter().flatten()
}

/// Writes over what stands at an offset.
fn put(bytes: &mut [u8], offset: usize, new: &[u8]) {
    bytes[offset..offset + new.len()].copy_from_slice(new);
}

fn narrow(bytes: &mut [u8], offset: usize, new: u32) {
    put(bytes, offset, &new.to_ne_bytes());
}

fn wide(bytes: &mut [u8], offset: usize, new: u64) {
    put(bytes, offset, &new.to_ne_bytes());
}

/// The capacity, both times, so that it is no damage.
fn capacity(bytes: &mut [u8], new: u64) {
    wide(bytes, 24, new);
    wide(bytes, 48, !new);
}

/// The terms, likewise.
fn terms(bytes: &mut [u8], new: u64) {
    wide(bytes, 40, new);
    wide(bytes, 56, !new);
}

/// The length, and what the header says of it.
fn size(bytes: &mut Vec<u8>, new: usize) {
    bytes.resize(new, 0);
    wide(bytes, 32, new as u64);
}

/// The size of its messages, with the right sum, so that it is no damage.
fn message_size(bytes: &mut [u8], new: u32) {
    narrow(bytes, 80, new);
    sum::renew(bytes);
}

/// Their alignment, likewise.
fn message_align(bytes: &mut [u8], new: u32) {
    narrow(bytes, 84, new);
    sum::renew(bytes);
}

/// The schema of their type, likewise.
fn schema(bytes: &mut [u8], text: &[u8]) {
    bytes[88..1024].fill(0);
    put(bytes, 88, text);
    sum::renew(bytes);
}

/// All words of a position.
fn position(bytes: &mut [u8], first: usize, new: u64) {
    (0..WORDS).for_each(|word| wide(bytes, first + word * APART, new));
}

const VERSION: usize = 8;
const ENDIAN: usize = 12;
const KIND: usize = 16;
const BODY: usize = 20;

/// What has no header of ours.
const NO_HEADERS: [Row; 13] = [
    Row(
        Link,
        "an empty file",
        Vec::clear,
        NotOurs("it has 0 bytes, and an aqueduct object has at least 1024"),
    ),
    Row(
        Link,
        "a byte",
        |bytes| bytes.truncate(1),
        NotOurs("it has 1 bytes, and an aqueduct object has at least 1024"),
    ),
    Row(
        Link,
        "nothing but the magic",
        |bytes| bytes.truncate(8),
        NotOurs("it has 8 bytes, and an aqueduct object has at least 1024"),
    ),
    Row(
        Link,
        "a header less its last byte",
        |bytes| bytes.truncate(1023),
        NotOurs("it has 1023 bytes, and an aqueduct object has at least 1024"),
    ),
    Row(
        Link,
        "a text",
        |bytes| *bytes = b"Dear reader, ".repeat(100),
        NotOurs(r#"it begins with "Dear rea", not with "aqueduct""#),
    ),
    Row(
        Link,
        "a script",
        |bytes| put(bytes, 0, b"#!/bin/sh\n"),
        NotOurs(r##"it begins with "#!/bin/s", not with "aqueduct""##),
    ),
    Row(
        Link,
        "a program",
        |bytes| *bytes = fs::read("/proc/self/exe").expect("this one")[..4096].to_vec(),
        NotOurs(r#"it begins with "\x7fELF\x02\x01\x01\x00", not with "aqueduct""#),
    ),
    Row(
        Link,
        "zeros",
        |bytes| bytes.fill(0),
        NotOurs(r#"it begins with "\x00\x00\x00\x00\x00\x00\x00\x00", not with "aqueduct""#),
    ),
    Row(
        Pipe,
        "ones",
        |bytes| bytes.fill(0xff),
        NotOurs(r#"it begins with "\xff\xff\xff\xff\xff\xff\xff\xff", not with "aqueduct""#),
    ),
    Row(
        Mailbox,
        "the magic in capitals",
        |bytes| put(bytes, 0, b"AQUEDUCT"),
        NotOurs(r#"it begins with "AQUEDUCT", not with "aqueduct""#),
    ),
    Row(
        Link,
        "another last letter",
        |bytes| put(bytes, 7, b"s"),
        NotOurs(r#"it begins with "aqueducs", not with "aqueduct""#),
    ),
    Row(
        Link,
        "everything a byte further on",
        |bytes| bytes.insert(0, 0),
        NotOurs(r#"it begins with "\x00aqueduc", not with "aqueduct""#),
    ),
    Row(
        Link,
        "the magic backwards",
        |bytes| bytes[..8].reverse(),
        NotOurs(r#"it begins with "tcudeuqa", not with "aqueduct""#),
    ),
];

/// Another machine's, another version's, or of no kind that is known.
const OTHER_PROGRAMS: [Row; 14] = [
    Row(
        Link,
        "version 0",
        |bytes| narrow(bytes, VERSION, 0),
        Mismatch("its layout is version 0, this program's 6"),
    ),
    Row(
        Mailbox,
        "version 1",
        |bytes| narrow(bytes, VERSION, 1),
        Mismatch("its layout is version 1, this program's 6"),
    ),
    Row(
        Pipe,
        "version 5",
        |bytes| narrow(bytes, VERSION, 5),
        Mismatch("its layout is version 5, this program's 6"),
    ),
    Row(
        Link,
        "the last version",
        |bytes| narrow(bytes, VERSION, u32::MAX),
        Mismatch("its layout is version 4294967295, this program's 6"),
    ),
    Row(
        Link,
        "the other byte order",
        |bytes| narrow(bytes, ENDIAN, 0x0403_0201),
        Mismatch("its byte order mark is 0x04030201, this machine's 0x01020304"),
    ),
    Row(
        Mailbox,
        "the byte order of a PDP-11",
        |bytes| narrow(bytes, ENDIAN, 0x0201_0403),
        Mismatch("its byte order mark is 0x02010403, this machine's 0x01020304"),
    ),
    Row(
        Pipe,
        "no byte order",
        |bytes| narrow(bytes, ENDIAN, 0),
        Mismatch("its byte order mark is 0x00000000, this machine's 0x01020304"),
    ),
    Row(
        Link,
        "no kind",
        |bytes| narrow(bytes, KIND, 0),
        Mismatch("it carries something of kind 0, not messages of one type"),
    ),
    Row(
        Mailbox,
        "a kind to come",
        |bytes| narrow(bytes, KIND, 12),
        Mismatch("it carries something of kind 12, not a mailbox"),
    ),
    Row(
        Pipe,
        "the last kind",
        |bytes| narrow(bytes, KIND, u32::MAX),
        Mismatch("it carries something of kind 4294967295, not a pipe"),
    ),
    Row(
        Link,
        "a body at the first byte",
        |bytes| narrow(bytes, BODY, 0),
        Mismatch("its field `body` is 0, this program's 1024"),
    ),
    Row(
        Mailbox,
        "a body in the header",
        |bytes| narrow(bytes, BODY, 1023),
        Mismatch("its field `body` is 1023, this program's 1024"),
    ),
    Row(
        Pipe,
        "a body that is not aligned",
        |bytes| narrow(bytes, BODY, 1025),
        Mismatch("its field `body` is 1025, this program's 1024"),
    ),
    Row(
        Link,
        "a body behind the end",
        |bytes| narrow(bytes, BODY, 4096),
        Mismatch("its field `body` is 4096, this program's 1024"),
    ),
];

/// Messages of another type.
const MESSAGES: [Row; 14] = [
    Row(
        Link,
        "messages of no bytes",
        |bytes| message_size(bytes, 0),
        Mismatch(
            "its messages are `u64` (0 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Mailbox,
        "messages of a byte more",
        |bytes| message_size(bytes, 9),
        Mismatch(
            "its messages are `u64` (9 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "the longest messages",
        |bytes| message_size(bytes, u32::MAX),
        Mismatch(
            "its messages are `u64` (4294967295 bytes, aligned to 8), \
             not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "messages of no alignment",
        |bytes| message_align(bytes, 0),
        Mismatch(
            "its messages are `u64` (8 bytes, aligned to 0), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Mailbox,
        "messages of an alignment that is no power of two",
        |bytes| message_align(bytes, 3),
        Mismatch(
            "its messages are `u64` (8 bytes, aligned to 3), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Pipe,
        "a pipe of longer messages",
        |bytes| message_size(bytes, 8),
        Mismatch("its messages are `u8` (8 bytes, aligned to 1), not `u8` (1 bytes, aligned to 1)"),
    ),
    Row(
        Link,
        "messages without a name",
        |bytes| schema(bytes, b""),
        Mismatch("its messages are `` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)"),
    ),
    Row(
        Link,
        "a name that is no text",
        |bytes| schema(bytes, b"\xff\xfe"),
        Mismatch(
            "its messages are `\u{fffd}\u{fffd}` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Mailbox,
        "another fingerprint",
        |bytes| {
            wide(bytes, 72, 0);
            sum::renew(bytes);
        },
        Mismatch(
            "its messages are another `u64` than this program's: \
             they differ behind line 1 of their schema",
        ),
    ),
    Row(
        Link,
        "a name that would clear the screen",
        |bytes| schema(bytes, b"\x1b[2J\n"),
        Mismatch(
            r"its messages are `\u{1b}[2J` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "a number that has a part",
        |bytes| schema(bytes, b"u64\n low: u32 in 0..4\n"),
        Mismatch(
            "its messages are another `u64` than this program's: \
             of `u64` it has `low: u32 in 0..4`, this program nothing more",
        ),
    ),
    Row(
        Link,
        "a name of which a letter is another",
        |bytes| schema(bytes, b"i64\n"),
        Mismatch(
            "its messages are `i64` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "a name that goes on behind its end",
        |bytes| schema(bytes, b"u64\0x"),
        Mismatch(
            r"its messages are `u64\0x` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Bytes,
        "a stream of numbers",
        |bytes| {
            message_size(bytes, 8);
            message_align(bytes, 8);
            schema(bytes, b"u64\n");
        },
        Mismatch(
            "its messages are `u64` (8 bytes, aligned to 8), not `u8` (1 bytes, aligned to 1)",
        ),
    ),
];

/// Of another length than the header says, or than it should have.
const SIZES: [Row; 13] = [
    Row(
        Link,
        "a header alone",
        |bytes| bytes.truncate(1024),
        Damaged("it has 1024 bytes, and its header says 18048"),
    ),
    Row(
        Link,
        "a byte less",
        |bytes| bytes.truncate(18_047),
        Damaged("it has 18047 bytes, and its header says 18048"),
    ),
    Row(
        Link,
        "a byte more",
        |bytes| bytes.push(0),
        Damaged("it has 18049 bytes, and its header says 18048"),
    ),
    Row(
        Mailbox,
        "the half",
        |bytes| bytes.truncate(1472),
        Damaged("it has 1472 bytes, and its header says 2944"),
    ),
    Row(
        Link,
        "a header that says a byte less",
        |bytes| wide(bytes, 32, 18_047),
        Damaged("it has 18048 bytes, and its header says 18047"),
    ),
    Row(
        Link,
        "a header that says a byte more",
        |bytes| wide(bytes, 32, 18_049),
        Damaged("it has 18048 bytes, and its header says 18049"),
    ),
    Row(
        Meeting,
        "a header that says nothing",
        |bytes| wide(bytes, 32, 0),
        Damaged("it has 2816 bytes, and its header says 0"),
    ),
    Row(
        Link,
        "a header that says more than there can be",
        |bytes| wide(bytes, 32, u64::MAX),
        Damaged("it has 18048 bytes, and its header says 18446744073709551615"),
    ),
    Row(
        Link,
        "a header alone, which says so",
        |bytes| size(bytes, 1024),
        Mismatch("its field `size` is 1024, this program's 18048"),
    ),
    Row(
        Link,
        "a byte less, as it says",
        |bytes| size(bytes, 18_047),
        Mismatch("its field `size` is 18047, this program's 18048"),
    ),
    Row(
        Link,
        "a page, as it says",
        |bytes| size(bytes, 4096),
        Mismatch("its field `size` is 4096, this program's 18048"),
    ),
    Row(
        Mailbox,
        "a mailbox without its ring, as it says",
        |bytes| size(bytes, 2560),
        Mismatch("its field `size` is 2560, this program's 2944"),
    ),
    Row(
        Pipe,
        "a pipe without its bytes, as it says",
        |bytes| size(bytes, 2688),
        Mismatch("its field `size` is 2688, this program's 12032"),
    ),
];

/// A capacity, or terms, that stand there twice and cannot be; or not twice.
const NUMBERS: [Row; 24] = [
    Row(
        Link,
        "another capacity, once",
        |bytes| wide(bytes, 24, 3),
        Damaged("its field `capacity` is 3, and 4 where it stands inverted"),
    ),
    Row(
        Link,
        "another inverted capacity",
        |bytes| wide(bytes, 48, !5),
        Damaged("its field `capacity` is 4, and 5 where it stands inverted"),
    ),
    Row(
        Link,
        "a capacity that is not inverted",
        |bytes| wide(bytes, 48, 4),
        Damaged("its field `capacity` is 4, and 18446744073709551611 where it stands inverted"),
    ),
    Row(
        Link,
        "other terms, once",
        |bytes| wide(bytes, 40, 1),
        Damaged("its field `terms` is 1, and 0 where it stands inverted"),
    ),
    Row(
        Mailbox,
        "other inverted terms",
        |bytes| wide(bytes, 56, !1),
        Damaged("its field `terms` is 0, and 1 where it stands inverted"),
    ),
    Row(
        Link,
        "a capacity of 0",
        |bytes| capacity(bytes, 0),
        Mismatch("its capacity is 0, which cannot be"),
    ),
    Row(
        Link,
        "a smaller capacity",
        |bytes| capacity(bytes, 1),
        Mismatch("its capacity is 1, and 4 was asked for"),
    ),
    Row(
        Link,
        "a larger capacity, of the same length",
        |bytes| capacity(bytes, 5),
        Mismatch("its capacity is 5, and 4 was asked for"),
    ),
    Row(
        Link,
        "a larger capacity, of a wrong length",
        |bytes| {
            capacity(bytes, 5);
            size(bytes, 18_056);
        },
        Mismatch("its field `size` is 18056, this program's 18048"),
    ),
    Row(
        Link,
        "a capacity for which it is too short",
        |bytes| capacity(bytes, 33),
        Mismatch("its field `size` is 18048, this program's 18432"),
    ),
    Row(
        Link,
        "a capacity of more bytes than there can be",
        |bytes| capacity(bytes, 1 << 60),
        Mismatch("its capacity is 1152921504606846976, which cannot be"),
    ),
    Row(
        Link,
        "half of the largest capacity",
        |bytes| capacity(bytes, 1 << 63),
        Mismatch("its capacity is 9223372036854775808, which cannot be"),
    ),
    Row(
        Link,
        "the largest capacity",
        |bytes| capacity(bytes, u64::MAX),
        Mismatch("its capacity is 18446744073709551615, which cannot be"),
    ),
    Row(
        Mailbox,
        "a mailbox for more than there can be",
        |bytes| capacity(bytes, 1 << 62),
        Mismatch("its capacity is 4611686018427387904, which cannot be"),
    ),
    Row(
        Mailbox,
        "a bounded mailbox that says that it holds nothing",
        |bytes| capacity(bytes, 0),
        Mismatch("its field `size` is 2944, this program's 2816"),
    ),
    Row(
        Meeting,
        "a mailbox that holds nothing and says that it does",
        |bytes| capacity(bytes, 1),
        Mismatch("its field `size` is 2816, this program's 2944"),
    ),
    Row(
        Pipe,
        "a pipe of less than it can have",
        |bytes| capacity(bytes, 4096),
        Mismatch("its capacity is 4096, which cannot be"),
    ),
    Row(
        Pipe,
        "a pipe of no power of two",
        |bytes| capacity(bytes, 12_288),
        Mismatch("its capacity is 12288, which cannot be"),
    ),
    Row(
        Pipe,
        "a pipe of more than there can be",
        |bytes| capacity(bytes, u64::MAX - 1),
        Mismatch("its capacity is 18446744073709551614, which cannot be"),
    ),
    Row(
        Link,
        "a link that is handed over",
        |bytes| terms(bytes, 1),
        Mismatch("its field `terms` is 1, this program's 0"),
    ),
    Row(
        Mailbox,
        "terms to come",
        |bytes| terms(bytes, 2),
        Mismatch("its field `terms` is 2, this program's 0"),
    ),
    Row(
        Pipe,
        "a pipe with the last terms",
        |bytes| terms(bytes, u64::MAX),
        Mismatch("its field `terms` is 18446744073709551615, this program's 0"),
    ),
    Row(
        Link,
        "messages of another size, and the sum of what was there",
        |bytes| narrow(bytes, 80, 4),
        Damaged(
            "its field `check` is 0xe3e5078d1efff1eb, \
             and what it says of its messages comes to 0xd916fe2684933a93",
        ),
    ),
    Row(
        Pipe,
        "a byte behind what is said of its messages",
        |bytes| put(bytes, 1023, &[255]),
        Damaged(
            "its field `check` is 0xd1c5cd6d374872b3, \
             and what it says of its messages comes to 0xc8c5cd6d2e4872b3",
        ),
    ),
];

/// Where the words of the bodies lie.
const TAIL: usize = 1536;
const HEAD: usize = 9728;
const OWNER: usize = 1280;
/// Of a mailbox.
const RING_HEAD: usize = 2688;
const RING_SLOT: usize = 2816;
const POINT: usize = 2560;

/// A header as it should be, and words behind it that cannot be.
const BODIES: [Row; 15] = [
    Row(
        Link,
        "more sent than it holds",
        |bytes| wide(bytes, TAIL, 5),
        Positions("5 sent and 0 received cannot be, as it holds 4"),
    ),
    Row(
        Link,
        "more sent than it holds, by the last word that tells of it",
        |bytes| wide(bytes, TAIL + (WORDS - 1) * APART, 5),
        Positions("5 sent and 0 received cannot be, as it holds 4"),
    ),
    Row(
        Link,
        "more received than sent",
        |bytes| wide(bytes, HEAD, 1),
        Positions("0 sent and 1 received cannot be, as it holds 4"),
    ),
    Row(
        Link,
        "half of all positions apart",
        |bytes| position(bytes, HEAD, 1 << 63),
        Positions("0 sent and 9223372036854775808 received cannot be, as it holds 4"),
    ),
    Row(
        Records,
        "more than it holds, across the wrap",
        |bytes| {
            position(bytes, HEAD, u64::MAX);
            position(bytes, TAIL, 4);
        },
        Positions("4 sent and 18446744073709551615 received cannot be, as it holds 4"),
    ),
    Row(
        Bytes,
        "a tail before the head",
        |bytes| position(bytes, TAIL, u64::MAX),
        Positions("18446744073709551615 sent and 0 received cannot be, as it holds 4"),
    ),
    Row(
        Mailbox,
        "a message that came back, and a head at a slot that there is not",
        |bytes| {
            wide(bytes, RING_SLOT, 1 << 18 | 2 << 16);
            wide(bytes, RING_HEAD, 3);
        },
        Corrupt,
    ),
    Row(
        Meeting,
        "a point in no state",
        |bytes| wide(bytes, POINT, 5),
        Corrupt,
    ),
    Row(
        Meeting,
        "a point of ones",
        |bytes| wide(bytes, POINT, u64::MAX),
        Corrupt,
    ),
    Row(
        Mailbox,
        "an owner behind the last seat",
        |bytes| narrow(bytes, OWNER, 121),
        NoOwner("its owner is 0x79, and it has seats from 1 to 120"),
    ),
    Row(
        Meeting,
        "an owner that is the first one by its lower bits",
        |bytes| narrow(bytes, OWNER, 0x0001_0001),
        NoOwner("its owner is 0x10001, and it has seats from 1 to 120"),
    ),
    Row(
        Mailbox,
        "an owner of what is closed",
        |bytes| narrow(bytes, OWNER, 0x4000_0001),
        NoOwner("its owner is 0x40000001, and it has seats from 1 to 120"),
    ),
    Row(
        Pipe,
        "a reader behind the last seat",
        |bytes| narrow(bytes, OWNER, 0x7a),
        NoOwner("its owner is 0x7a, and it has seats from 1 to 120"),
    ),
    Row(
        Pipe,
        "a reader that said goodbye and died",
        |bytes| narrow(bytes, OWNER, 0xc000_0000),
        NoOwner("its owner is 0xc0000000, and it has seats from 1 to 120"),
    ),
    Row(
        Pipe,
        "a reader of ones",
        |bytes| narrow(bytes, OWNER, u32::MAX),
        NoOwner("its owner is 0xffffffff, and it has seats from 1 to 120"),
    ),
];
