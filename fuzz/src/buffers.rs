//! Each buffer, in memory that holds anything, against a peer that writes anything between two calls.

use std::alloc::Layout;
use std::ptr::NonNull;

use aqueduct::buffer::Owner;
use aqueduct::buffer::unbounded::{Blank as _, NoMemory, Positions, Segments, Shape, Slot};
use aqueduct::buffer::{frames, mpmc, rendezvous, spsc, textbook, unbounded};
use aqueduct::place::Place;
use aqueduct::platform::native::Native;
use aqueduct::position::Capacity;

use super::input::{Input, answered};
use super::memory::Memory;

/// The message of these buffers; any bytes are one.
type Message = [u32; 3];
const MESSAGE: Message = [7; 3];

/// A structure in memory of its own.
struct Block<S: ?Sized> {
    place: NonNull<S>,
    memory: Memory,
}

impl<S: Place + ?Sized> Block<S> {
    fn new(capacity: Capacity, input: &mut Input<'_>) -> Self {
        let memory = Memory::new(S::layout(capacity).expect("it is small"));
        let place = S::at(memory.block(), capacity);
        if input.byte().is_some_and(|choice| choice % 2 == 0) {
            memory.fill(input);
        }
        Self { place, memory }
    }

    fn get(&self) -> &S {
        // SAFETY: any bytes are such a structure, as its messages are plain.
        unsafe { self.place.as_ref() }
    }
}

fn capacity(input: &mut Input<'_>) -> Option<Capacity> {
    Capacity::new(usize::from(input.byte()? % 9) + 1).ok()
}

/// Runs what there is, until the end of the input.
fn each(input: &mut Input<'_>, mut step: impl FnMut(u8, &mut Input<'_>) -> Option<()>) {
    while let Some(choice) = input.byte() {
        if step(choice, input).is_none() {
            return;
        }
    }
}

/// The ring of one producer and one consumer.
pub fn spsc(data: &[u8]) {
    let mut input = Input(data);
    let Some(capacity) = capacity(&mut input) else {
        return;
    };
    let block = Block::<spsc::Ring<Native, Message>>::new(capacity, &mut input);
    let ring = || block.get();
    // SAFETY: it was placed so, and there is one side of each kind; any bytes are a message.
    let attach = || unsafe { spsc::split(ring(), capacity) };
    let mut sides = attach();
    each(&mut input, |choice, input| {
        if choice % 8 == 0 {
            sides = attach();
        }
        let Ok((producer, consumer)) = &mut sides else {
            block.memory.lie(input)?;
            sides = attach();
            return Some(());
        };
        match choice % 8 {
            1 => answered(producer.push(MESSAGE)),
            2 => answered(consumer.pop()),
            3 => assert!(producer.push_slice(&[MESSAGE; 12]).unwrap_or(0) <= capacity.get()),
            4 => assert!(consumer.pop_slice(&mut [MESSAGE; 12]).unwrap_or(0) <= capacity.get()),
            5 => {
                let mut batch = producer.batch();
                answered(batch.push(MESSAGE));
                block.memory.lie(input)?;
                answered(batch.push(MESSAGE));
                batch.commit();
            }
            _ => block.memory.lie(input)?,
        }
        Some(())
    });
}

/// The textbook's array.
pub fn textbook(data: &[u8]) {
    let mut input = Input(data);
    let Some(capacity) = capacity(&mut input) else {
        return;
    };
    let block = Block::<textbook::Buffer<Native, Message>>::new(capacity, &mut input);
    let size = textbook::BufferSize::new(capacity.get() + 1).expect("two or more");
    // SAFETY: as above.
    let attach = || unsafe { textbook::split(block.get(), size) };
    let mut sides = attach();
    each(&mut input, |choice, input| {
        match (choice % 4, &mut sides) {
            (0, _) => sides = attach(),
            (1, Ok((producer, _))) => answered(producer.push(MESSAGE)),
            (2, Ok((_, consumer))) => answered(consumer.pop()),
            _ => block.memory.lie(input)?,
        }
        Some(())
    });
}

/// The ring of many.
pub fn mpmc(data: &[u8]) {
    let mut input = Input(data);
    let Some(capacity) = capacity(&mut input) else {
        return;
    };
    let block = Block::<mpmc::Ring<Native, Message>>::new(capacity, &mut input);
    let (own, dead) = (Owner::new(1), Owner::new(2));
    // SAFETY: it is the only attachment of this number; any bytes are a message.
    let producer = unsafe { mpmc::Producer::attach(block.get(), own) };
    // SAFETY: as above.
    let consumer = unsafe { mpmc::Consumer::attach(block.get(), own) };
    each(&mut input, |choice, input| {
        match choice % 8 {
            0 => answered(producer.push(MESSAGE)),
            1 => answered(consumer.pop()),
            2 => assert!(producer.push_slice(&[MESSAGE; 12]).unwrap_or(0) <= capacity.get()),
            3 => assert!(consumer.pop_slice(&mut [MESSAGE; 12]).unwrap_or(0) <= capacity.get()),
            4 => {
                let claim = producer.claim();
                block.memory.lie(input)?;
                if let Ok(claim) = claim {
                    claim.write(MESSAGE);
                }
            }
            5 => {
                let message = consumer.pop_ref();
                block.memory.lie(input)?;
                if let Ok(message) = message {
                    answered(message.put_back());
                }
            }
            // SAFETY: nobody has this number.
            6 => answered(unsafe { block.get().recover(dead) }),
            _ => block.memory.lie(input)?,
        }
        Some(())
    });
}

/// Records of any length.
pub fn frames(data: &[u8]) {
    type Frames = frames::Frames<Native, 8>;
    let mut input = Input(data);
    let Some(capacity) = capacity(&mut input) else {
        return;
    };
    let block = Block::<Frames>::new(capacity, &mut input);
    let longest = Frames::longest(capacity);
    // SAFETY: it is the only attachment of this number, and the only consumer.
    let producer = unsafe { frames::Producer::attach(block.get(), Owner::new(1)) };
    let attach = || {
        // SAFETY: it is the only one, as an earlier one is not used any more.
        unsafe { frames::Consumer::attach(block.get()) }
    };
    let mut consumer = attach();
    let mut record = Vec::new();
    each(&mut input, |choice, input| {
        match choice % 8 {
            0 => consumer = attach(),
            1 => answered(producer.push(&[7; 40][..input.below(41)?])),
            2 | 3 => {
                if consumer.pop(&mut record).is_ok() {
                    assert!(
                        record.len() <= longest,
                        "{} bytes of {longest}",
                        record.len()
                    );
                }
            }
            4 => {
                let claim = producer.claim(input.below(41)?);
                block.memory.lie(input)?;
                if let Ok(mut claim) = claim {
                    claim.write(|bytes| bytes.fill(7));
                    claim.commit();
                }
            }
            5 => {
                let mut taken = consumer.take();
                answered(taken.read(<[u8]>::len));
                block.memory.lie(input)?;
                answered(taken.read(<[u8]>::len));
                taken.release();
            }
            // SAFETY: nobody has this number.
            6 => answered(unsafe { block.get().recover(Owner::new(2)) }),
            _ => block.memory.lie(input)?,
        }
        Some(())
    });
}

/// No buffer.
pub fn rendezvous(data: &[u8]) {
    type Point = rendezvous::Rendezvous<Native, Message>;
    let mut input = Input(data);
    let memory = Memory::new(Layout::new::<Point>());
    // SAFETY: any bytes are one, as its messages are plain.
    let point = unsafe { memory.block().cast::<Point>().as_ref() };
    // SAFETY: it is the only attachment of this number; any bytes are a message.
    let producer = unsafe { rendezvous::Producer::attach(point, Owner::new(1)) };
    // SAFETY: as above.
    let consumer = unsafe { rendezvous::Consumer::attach(point, Owner::new(1)) };
    each(&mut input, |choice, input| {
        match choice % 6 {
            0 => answered(producer.push(MESSAGE)),
            1 => answered(consumer.pop()),
            2 => {
                let offer = producer.offer(MESSAGE);
                memory.lie(input)?;
                if let Ok(mut offer) = offer
                    && !offer.is_taken().unwrap_or(true)
                {
                    answered(offer.withdraw());
                }
            }
            3 => {
                let want = consumer.want();
                memory.lie(input)?;
                if let Ok(Some(want)) = want {
                    answered(consumer.give_up(&want));
                }
            }
            // SAFETY: nobody has this number.
            4 => answered(unsafe { point.recover(Owner::new(2)) }),
            _ => memory.lie(input)?,
        }
        Some(())
    });
}

/// Segments that are all there, and words that anybody writes.
struct Everything {
    words: Memory,
    slots: Vec<Slot<Native, Message>>,
    shape: Shape,
}

// SAFETY: each segment has slots of its own, which are always there.
unsafe impl Segments for &Everything {
    type Words = Positions<Native>;
    type Slot = Slot<Native, Message>;
    const OWNS_MESSAGES: bool = false;

    fn words(&self) -> &Positions<Native> {
        // SAFETY: any bytes are such words.
        unsafe { self.words.block().cast().as_ref() }
    }

    fn shape(&self) -> Shape {
        self.shape
    }

    fn reserve(&self, segment: usize) -> Result<(), NoMemory> {
        assert!(segment < self.shape.segments(), "there is no such segment");
        Ok(())
    }

    unsafe fn give_back(&self, segment: usize) {
        assert!(segment < self.shape.segments(), "there is no such segment");
    }

    unsafe fn slots(&self, segment: usize) -> &[Slot<Native, Message>] {
        let count = self.shape.slots();
        &self.slots[segment * count..][..count]
    }
}

/// The buffer without a fixed size, between two.
pub fn unbounded(data: &[u8]) {
    let mut input = Input(data);
    let (Some(limit), Some(slots)) = (capacity(&mut input), capacity(&mut input)) else {
        return;
    };
    let shape = Shape::with_segment(limit, slots).expect("it is small");
    let count = shape.segments() * shape.slots();
    let everything = Everything {
        words: Memory::new(Layout::new::<Positions<Native>>()),
        slots: (0..count).map(|_| Slot::blank()).collect(),
        shape,
    };
    everything.words.fill(&mut input);
    let buffer = unbounded::Unbounded::new(&everything);
    let attach = || {
        // SAFETY: the sides before are not used any more; any bytes are a message.
        unsafe { unbounded::split(&buffer) }
    };
    let mut sides = attach();
    each(&mut input, |choice, input| {
        match (choice % 8, &mut sides) {
            (0, _) => sides = attach(),
            (1, Ok((producer, _))) => answered(producer.push(MESSAGE)),
            (2, Ok((_, consumer))) => answered(consumer.pop()),
            (3, Ok((producer, _))) => answered(producer.push_slice(&[MESSAGE; 12])),
            (4, Ok((_, consumer))) => {
                assert!(consumer.pop_slice(&mut [MESSAGE; 12]).unwrap_or(0) <= limit.get());
            }
            _ => everything.words.lie(input)?,
        }
        Some(())
    });
}
