//! What the machine allows, by the fewest instructions that will do.

use std::cell::UnsafeCell;
use std::hint;
use std::mem::MaybeUninit;
use std::ptr;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::Instant;

use crossbeam_utils::CachePadded;
use nix::libc;

use super::contestant::{About, Contestant, Field, made};
use super::course::Course;
use super::ends::{RecvBlock, RecvWord, SendBlock, SendWord, bytes_of};
use super::sides::{Between, Board, Zeroed, shared};
use super::spread::Spread;
use crate::platform::Futex as _;
use crate::platform::native::Native;

/// A look at the line of a sample: so many round trips, of which the median of as many parts counts.
const TRIPS: u64 = 2_000;
const PARTS: u64 = 20;

/// The limits of each course that has one.
pub(super) fn all() -> Vec<Contestant> {
    let both = [(Between::Processes, ""), (Between::Threads, ", threads")];
    let mut all: Vec<_> = both.into_iter().flat_map(|(b, s)| busy(b, s)).collect();
    all.push(asleep::<false>("futex", "FUTEX_WAIT and FUTEX_WAKE"));
    let settings = "futex_waitv on two words, and FUTEX_WAKE";
    all.push(asleep::<true>("futex, life watched", settings));
    all
}

/// The least that sleeping costs, for who is also woken by the death of the other side, or is not.
fn asleep<const WATCHES: bool>(name: &str, settings: &str) -> Contestant {
    let about = About::new(Field::Limit, Between::Processes, name, settings).asleep();
    Contestant::round_trip(Course::Asleep, about, |_| {
        let [there, back]: &[Bell; 2] = shared()?;
        made(
            || Ringing::<WATCHES>::new(there, back),
            || Ringing::<WATCHES>::new(back, there),
        )
    })
}

/// The limits where nobody sleeps.
fn busy(between: Between, suffix: &str) -> [Contestant; 5] {
    let about = |name: &str, settings| {
        About::new(Field::Limit, between, &format!("{name}{suffix}"), settings)
    };
    let line = about("line", "one word, which both write and read");
    let lines = about(
        "two lines",
        "a word for each side, which it writes and the other reads",
    );
    let words = about("words", "65,536 words, 0 is none");
    let blocks = about("blocks", "64 blocks, a flag for each");
    [
        Contestant::round_trip(Course::RoundTrip, line, |_| {
            let line: &Line = shared()?;
            made(move || Turn::<0, 1>(line), move || Turn::<1, 0>(line))
        }),
        Contestant::round_trip(Course::RoundTrip, lines, |_| {
            let [there, back]: &[Line; 2] = shared()?;
            made(|| OneWay::new(there, back), || OneWay::new(back, there))
        }),
        Contestant::one_by_one(words, |_| {
            let words: &Words = shared()?;
            made(|| Run::new(words), || Run::new(words))
        }),
        copies::<{ 1 << 10 }>(Course::Kilobytes, blocks.clone()),
        copies::<{ 1 << 16 }>(Course::Blocks, blocks),
    ]
}

fn copies<const BYTES: usize>(course: Course, about: About) -> Contestant {
    Contestant::blocks(course, about, |_| {
        let blocks: &Blocks<BYTES> = shared()?;
        made(|| Run::new(blocks), || Run::new(blocks))
    })
}

/// A word that holds a number, and in its lowest bit who has written it.
#[repr(transparent)]
pub(super) struct Line(CachePadded<AtomicU64>);

// SAFETY: words.
unsafe impl Zeroed for Line {}

/// A side, which reads what has the bit `READS` and writes what has the bit `WRITES`.
struct Turn<'a, const READS: u64, const WRITES: u64>(&'a Line);

impl<const READS: u64, const WRITES: u64> SendWord for Turn<'_, READS, WRITES> {
    #[inline]
    fn send(&mut self, word: u64) {
        self.0.0.store(word << 1 | WRITES, Ordering::Release);
    }
}

impl<const READS: u64, const WRITES: u64> RecvWord for Turn<'_, READS, WRITES> {
    #[inline]
    fn recv(&mut self) -> u64 {
        loop {
            let word = self.0.0.load(Ordering::Acquire);
            if word & 1 == READS {
                return word >> 1;
            }
            hint::spin_loop();
        }
    }
}

/// A side, which writes one line and reads the other one: numbers, and 1, of which no two that follow each
/// other are the same.
struct OneWay<'a> {
    writes: &'a Line,
    reads: &'a Line,
    seen: u64,
}

impl<'a> OneWay<'a> {
    fn new(writes: &'a Line, reads: &'a Line) -> Self {
        Self {
            writes,
            reads,
            seen: 0,
        }
    }
}

impl SendWord for OneWay<'_> {
    #[inline]
    fn send(&mut self, word: u64) {
        self.writes.0.store(word + 1, Ordering::Release);
    }
}

impl RecvWord for OneWay<'_> {
    #[inline]
    fn recv(&mut self) -> u64 {
        loop {
            let word = self.reads.0.load(Ordering::Acquire);
            if word != self.seen {
                self.seen = word;
                return word - 1;
            }
            hint::spin_loop();
        }
    }
}

impl Board {
    /// Bounces the line, and says how long a round trip took, in nanoseconds.
    pub(super) fn ask_line(&self) -> f64 {
        let mut line = Turn::<0, 1>(&self.line);
        let mut trip = |number| {
            line.send(number);
            assert_eq!(line.recv(), number);
        };
        trip(0);
        let parts = (0..PARTS).map(|_| {
            let start = Instant::now();
            (0..TRIPS / PARTS).for_each(&mut trip);
            start.elapsed().as_nanos() as f64 * PARTS as f64 / TRIPS as f64
        });
        Spread::of(parts).expect("there are parts").median()
    }

    /// The other side of [`ask_line`](Self::ask_line).
    pub(super) fn answer_line(&self) {
        let mut line = Turn::<1, 0>(&self.line);
        for _ in 0..=TRIPS {
            let number = line.recv();
            line.send(number);
        }
    }
}

/// How many words a run of them has.
const WORDS: usize = 1 << 16;

/// Words each of which is empty, or holds a number and 1.
struct Words([AtomicU64; WORDS]);

// SAFETY: words.
unsafe impl Zeroed for Words {}

/// A side, and where it goes on.
struct Run<'a, M> {
    memory: &'a M,
    next: usize,
}

impl<'a, M> Run<'a, M> {
    fn new(memory: &'a M) -> Self {
        Self { memory, next: 0 }
    }

    /// The number of the next one of so many.
    #[inline]
    fn advance(&mut self, count: usize) -> usize {
        let index = self.next % count;
        self.next += 1;
        index
    }
}

/// Waits until a word is what is wanted, and returns it.
#[inline]
fn until(word: &AtomicU64, wanted: impl Fn(u64) -> bool) -> u64 {
    loop {
        let found = word.load(Ordering::Acquire);
        if wanted(found) {
            return found;
        }
        hint::spin_loop();
    }
}

impl SendWord for Run<'_, Words> {
    #[inline]
    fn send(&mut self, word: u64) {
        let slot = &self.memory.0[self.advance(WORDS)];
        until(slot, |found| found == 0);
        slot.store(word + 1, Ordering::Release);
    }
}

impl RecvWord for Run<'_, Words> {
    #[inline]
    fn recv(&mut self) -> u64 {
        let slot = &self.memory.0[self.advance(WORDS)];
        let word = until(slot, |found| found != 0);
        slot.store(0, Ordering::Release);
        word - 1
    }
}

/// How many blocks there are.
const BLOCKS: usize = 64;

/// Blocks, and for each whether it is full.
struct Blocks<const BYTES: usize> {
    full: [CachePadded<AtomicU64>; BLOCKS],
    blocks: [UnsafeCell<MaybeUninit<[u8; BYTES]>>; BLOCKS],
}

// SAFETY: a block belongs to the side that its flag says.
unsafe impl<const BYTES: usize> Sync for Blocks<BYTES> {}

// SAFETY: words, and bytes that are empty.
unsafe impl<const BYTES: usize> Zeroed for Blocks<BYTES> {}

impl<const BYTES: usize> SendBlock for Run<'_, Blocks<BYTES>> {
    #[inline]
    fn send_block(&mut self, fill: impl FnOnce(&mut [MaybeUninit<u8>])) {
        let index = self.advance(BLOCKS);
        let flag = &self.memory.full[index];
        until(flag, |full| full == 0);
        let block = self.memory.blocks[index].get();
        // SAFETY: it is empty, so it is this side's.
        fill(bytes_of(unsafe { &mut *block }));
        flag.store(1, Ordering::Release);
    }
}

impl<const BYTES: usize> RecvBlock for Run<'_, Blocks<BYTES>> {
    #[inline]
    fn recv_block<R>(&mut self, read: impl FnOnce(&[u8]) -> R) -> R {
        let index = self.advance(BLOCKS);
        let flag = &self.memory.full[index];
        until(flag, |full| full == 1);
        let block: *const [u8; BYTES] = self.memory.blocks[index].get().cast();
        // SAFETY: it is full, so it is this side's, and all of it was written.
        let result = read(unsafe { &*block });
        flag.store(0, Ordering::Release);
        result
    }
}

/// A number, and a word to sleep on that counts them; and one that would tell of a death.
struct Bell {
    count: CachePadded<AtomicU32>,
    number: AtomicU64,
    life: AtomicU32,
}

// SAFETY: words.
unsafe impl Zeroed for Bell {}

/// A side, which rings one bell and sleeps on the other, and on the life beside it if it watches that.
struct Ringing<'a, const WATCHES: bool> {
    rings: &'a Bell,
    sleeps: &'a Bell,
    heard: u32,
}

impl<'a, const WATCHES: bool> Ringing<'a, WATCHES> {
    fn new(rings: &'a Bell, sleeps: &'a Bell) -> Self {
        Self {
            rings,
            sleeps,
            heard: 0,
        }
    }
}

impl<const WATCHES: bool> SendWord for Ringing<'_, WATCHES> {
    fn send(&mut self, word: u64) {
        self.rings.number.store(word, Ordering::Relaxed);
        self.rings.count.fetch_add(1, Ordering::Release);
        futex(&self.rings.count, libc::FUTEX_WAKE, 1);
    }
}

impl<const WATCHES: bool> RecvWord for Ringing<'_, WATCHES> {
    fn recv(&mut self) -> u64 {
        let Bell {
            count,
            number,
            life,
        } = self.sleeps;
        while count.load(Ordering::Acquire) == self.heard {
            if WATCHES {
                Native::wait_any(&[(count, self.heard), (life, 0)], None);
            } else {
                futex(count, libc::FUTEX_WAIT, self.heard);
            }
        }
        self.heard = self.heard.wrapping_add(1);
        number.load(Ordering::Relaxed)
    }
}

/// The system call; whatever it says, the caller looks again.
fn futex(word: &AtomicU32, operation: i32, value: u32) {
    let no_limit = ptr::null::<libc::timespec>();
    // SAFETY: the word outlives the call, and there is no limit of time.
    unsafe { libc::syscall(libc::SYS_futex, word.as_ptr(), operation, value, no_limit) };
}
