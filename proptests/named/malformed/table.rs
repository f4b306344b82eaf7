//! The malformed objects, and what is said of each.

use std::fs;

use super::Of::{Bytes, Link, Mailbox, Meeting, Pipe, Records};
use super::Refused::{Corrupt, Damaged, Mismatch, NoOwner, NotOurs};
use super::Row;

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
    wide(bytes, 64, new);
    wide(bytes, 88, !new);
}

/// The terms, likewise.
fn terms(bytes: &mut [u8], new: u64) {
    wide(bytes, 80, new);
    wide(bytes, 96, !new);
}

/// The length, and what the header says of it.
fn size(bytes: &mut Vec<u8>, new: usize) {
    bytes.resize(new, 0);
    wide(bytes, 72, new as u64);
}

/// The name of the type of its messages.
fn message(bytes: &mut [u8], name: &[u8]) {
    put(bytes, 32, &[0; 32]);
    put(bytes, 32, name);
}

const VERSION: usize = 8;
const ENDIAN: usize = 12;
const KIND: usize = 16;
const BODY: usize = 20;
const MESSAGE_SIZE: usize = 24;
const MESSAGE_ALIGN: usize = 28;

/// What has no header of ours.
const NO_HEADERS: [Row; 13] = [
    Row(
        Link,
        "an empty file",
        Vec::clear,
        NotOurs("it has 0 bytes, and an aqueduct object has at least 128"),
    ),
    Row(
        Link,
        "a byte",
        |bytes| bytes.truncate(1),
        NotOurs("it has 1 bytes, and an aqueduct object has at least 128"),
    ),
    Row(
        Link,
        "nothing but the magic",
        |bytes| bytes.truncate(8),
        NotOurs("it has 8 bytes, and an aqueduct object has at least 128"),
    ),
    Row(
        Link,
        "a header less its last byte",
        |bytes| bytes.truncate(127),
        NotOurs("it has 127 bytes, and an aqueduct object has at least 128"),
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
        Mismatch("its layout is version 0, this program's 2"),
    ),
    Row(
        Mailbox,
        "version 1",
        |bytes| narrow(bytes, VERSION, 1),
        Mismatch("its layout is version 1, this program's 2"),
    ),
    Row(
        Pipe,
        "version 3",
        |bytes| narrow(bytes, VERSION, 3),
        Mismatch("its layout is version 3, this program's 2"),
    ),
    Row(
        Link,
        "the last version",
        |bytes| narrow(bytes, VERSION, u32::MAX),
        Mismatch("its layout is version 4294967295, this program's 2"),
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
        |bytes| narrow(bytes, KIND, 6),
        Mismatch("it carries something of kind 6, not a mailbox"),
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
        Mismatch("its field `body` is 0, this program's 128"),
    ),
    Row(
        Mailbox,
        "a body in the header",
        |bytes| narrow(bytes, BODY, 127),
        Mismatch("its field `body` is 127, this program's 128"),
    ),
    Row(
        Pipe,
        "a body that is not aligned",
        |bytes| narrow(bytes, BODY, 129),
        Mismatch("its field `body` is 129, this program's 128"),
    ),
    Row(
        Link,
        "a body behind the end",
        |bytes| narrow(bytes, BODY, 4096),
        Mismatch("its field `body` is 4096, this program's 128"),
    ),
];

/// Messages of another type.
const MESSAGES: [Row; 12] = [
    Row(
        Link,
        "messages of no bytes",
        |bytes| narrow(bytes, MESSAGE_SIZE, 0),
        Mismatch(
            "its messages are `u64` (0 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Mailbox,
        "messages of a byte more",
        |bytes| narrow(bytes, MESSAGE_SIZE, 9),
        Mismatch(
            "its messages are `u64` (9 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "the longest messages",
        |bytes| narrow(bytes, MESSAGE_SIZE, u32::MAX),
        Mismatch(
            "its messages are `u64` (4294967295 bytes, aligned to 8), \
             not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "messages of no alignment",
        |bytes| narrow(bytes, MESSAGE_ALIGN, 0),
        Mismatch(
            "its messages are `u64` (8 bytes, aligned to 0), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Mailbox,
        "messages of an alignment that is no power of two",
        |bytes| narrow(bytes, MESSAGE_ALIGN, 3),
        Mismatch(
            "its messages are `u64` (8 bytes, aligned to 3), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Pipe,
        "a pipe of longer messages",
        |bytes| narrow(bytes, MESSAGE_SIZE, 8),
        Mismatch("its messages are `u8` (8 bytes, aligned to 1), not `u8` (1 bytes, aligned to 1)"),
    ),
    Row(
        Link,
        "messages without a name",
        |bytes| message(bytes, b""),
        Mismatch("its messages are `` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)"),
    ),
    Row(
        Link,
        "a name that is no text",
        |bytes| message(bytes, b"\xff\xfe"),
        Mismatch(
            r"its messages are `\xff\xfe` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Mailbox,
        "a name without an end",
        |bytes| message(bytes, &[b'u'; 32]),
        Mismatch(
            "its messages are `uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu` (8 bytes, aligned to 8), \
             not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "a name of which a letter is another",
        |bytes| message(bytes, b"i64"),
        Mismatch(
            "its messages are `i64` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Link,
        "a name that goes on behind its end",
        |bytes| message(bytes, b"u64\0x"),
        Mismatch(
            r"its messages are `u64\x00x` (8 bytes, aligned to 8), not `u64` (8 bytes, aligned to 8)",
        ),
    ),
    Row(
        Bytes,
        "a stream of numbers",
        |bytes| {
            narrow(bytes, MESSAGE_SIZE, 8);
            narrow(bytes, MESSAGE_ALIGN, 8);
            message(bytes, b"u64");
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
        |bytes| bytes.truncate(128),
        Damaged("it has 128 bytes, and its header says 1024"),
    ),
    Row(
        Link,
        "a byte less",
        |bytes| bytes.truncate(1023),
        Damaged("it has 1023 bytes, and its header says 1024"),
    ),
    Row(
        Link,
        "a byte more",
        |bytes| bytes.push(0),
        Damaged("it has 1025 bytes, and its header says 1024"),
    ),
    Row(
        Mailbox,
        "the half",
        |bytes| bytes.truncate(1024),
        Damaged("it has 1024 bytes, and its header says 2048"),
    ),
    Row(
        Link,
        "a header that says a byte less",
        |bytes| wide(bytes, 72, 1023),
        Damaged("it has 1024 bytes, and its header says 1023"),
    ),
    Row(
        Link,
        "a header that says a byte more",
        |bytes| wide(bytes, 72, 1025),
        Damaged("it has 1024 bytes, and its header says 1025"),
    ),
    Row(
        Meeting,
        "a header that says nothing",
        |bytes| wide(bytes, 72, 0),
        Damaged("it has 1920 bytes, and its header says 0"),
    ),
    Row(
        Link,
        "a header that says more than there can be",
        |bytes| wide(bytes, 72, u64::MAX),
        Damaged("it has 1024 bytes, and its header says 18446744073709551615"),
    ),
    Row(
        Link,
        "a header alone, which says so",
        |bytes| size(bytes, 128),
        Mismatch("its field `size` is 128, this program's 1024"),
    ),
    Row(
        Link,
        "a byte less, as it says",
        |bytes| size(bytes, 1023),
        Mismatch("its field `size` is 1023, this program's 1024"),
    ),
    Row(
        Link,
        "a page, as it says",
        |bytes| size(bytes, 4096),
        Mismatch("its field `size` is 4096, this program's 1024"),
    ),
    Row(
        Mailbox,
        "a mailbox without its ring, as it says",
        |bytes| size(bytes, 1664),
        Mismatch("its field `size` is 1664, this program's 2048"),
    ),
    Row(
        Pipe,
        "a pipe without its bytes, as it says",
        |bytes| size(bytes, 1792),
        Mismatch("its field `size` is 1792, this program's 11136"),
    ),
];

/// A capacity, or terms, that stand there twice and cannot be; or not twice.
const NUMBERS: [Row; 24] = [
    Row(
        Link,
        "another capacity, once",
        |bytes| wide(bytes, 64, 3),
        Damaged("its field `capacity` is 3, and 4 where it stands inverted"),
    ),
    Row(
        Link,
        "another inverted capacity",
        |bytes| wide(bytes, 88, !5),
        Damaged("its field `capacity` is 4, and 5 where it stands inverted"),
    ),
    Row(
        Link,
        "a capacity that is not inverted",
        |bytes| wide(bytes, 88, 4),
        Damaged("its field `capacity` is 4, and 18446744073709551611 where it stands inverted"),
    ),
    Row(
        Link,
        "other terms, once",
        |bytes| wide(bytes, 80, 1),
        Damaged("its field `terms` is 1, and 0 where it stands inverted"),
    ),
    Row(
        Mailbox,
        "other inverted terms",
        |bytes| wide(bytes, 96, !1),
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
            size(bytes, 1032);
        },
        Mismatch("its field `size` is 1032, this program's 1024"),
    ),
    Row(
        Link,
        "a capacity for which it is too short",
        |bytes| capacity(bytes, 33),
        Mismatch("its field `size` is 1024, this program's 1408"),
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
        Mismatch("its field `size` is 2048, this program's 1920"),
    ),
    Row(
        Meeting,
        "a mailbox that holds nothing and says that it does",
        |bytes| capacity(bytes, 1),
        Mismatch("its field `size` is 1920, this program's 2048"),
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
        "the first byte that nothing uses",
        |bytes| put(bytes, 104, &[1]),
        Damaged("its byte 104, which nothing uses, is 1, this program's 0"),
    ),
    Row(
        Pipe,
        "the last byte that nothing uses",
        |bytes| put(bytes, 127, &[255]),
        Damaged("its byte 127, which nothing uses, is 255, this program's 0"),
    ),
];

/// Where the words of the bodies lie.
const TAIL: usize = 640;
const HEAD: usize = 768;
const OWNER: usize = 384;
/// Of a mailbox.
const RING_HEAD: usize = 1792;
const RING_SLOT: usize = 1920;
const POINT: usize = 1664;

/// A header as it should be, and words behind it that cannot be.
const BODIES: [Row; 14] = [
    Row(
        Link,
        "more sent than it holds",
        |bytes| wide(bytes, TAIL, 5),
        Corrupt,
    ),
    Row(
        Link,
        "more received than sent",
        |bytes| wide(bytes, HEAD, 1),
        Corrupt,
    ),
    Row(
        Link,
        "half of all positions apart",
        |bytes| wide(bytes, HEAD, 1 << 63),
        Corrupt,
    ),
    Row(
        Records,
        "more than it holds, across the wrap",
        |bytes| {
            wide(bytes, HEAD, u64::MAX);
            wide(bytes, TAIL, 4);
        },
        Corrupt,
    ),
    Row(
        Bytes,
        "a tail before the head",
        |bytes| wide(bytes, TAIL, u64::MAX),
        Corrupt,
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
