//! Where a buffer lies: on the heap, in a mapping, or in two mappings of one object.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use aqueduct::place::{Place, boxed};
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Mapping, Name, Object};

/// The memory that a buffer lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum World {
    /// The heap.
    Heap,
    /// A mapping that both sides use.
    Mapping,
    /// A mapping for each side, at different addresses.
    TwoMappings,
}

pub const WORLDS: [World; 3] = [World::Heap, World::Mapping, World::TwoMappings];

/// What the bytes around a buffer in a mapping hold.
pub const CANARY: u8 = 0xCA;

/// How many bytes of canaries lie behind a buffer in a mapping, at the least.
const MARGIN: usize = 256;

/// How one side sees the buffer.
pub struct Placed<S: ?Sized> {
    place: NonNull<S>,
    memory: Memory<S>,
}

/// What keeps the buffer where it is.
enum Memory<S: ?Sized> {
    Heap(Arc<S>),
    Mapped(Arc<Mapping>),
}

// SAFETY: it is a shared reference to the buffer, which travels with its memory.
unsafe impl<S: Send + Sync + ?Sized> Send for Placed<S> {}

impl<S: ?Sized> Clone for Placed<S> {
    fn clone(&self) -> Self {
        let memory = match &self.memory {
            Memory::Heap(buffer) => Memory::Heap(Arc::clone(buffer)),
            Memory::Mapped(mapping) => Memory::Mapped(Arc::clone(mapping)),
        };
        let place = self.place;
        Self { place, memory }
    }
}

impl<S: ?Sized> Deref for Placed<S> {
    type Target = S;

    fn deref(&self) -> &Self::Target {
        // SAFETY: a buffer lies there for as long as the memory beside it is kept.
        unsafe { self.place.as_ref() }
    }
}

impl<S: Place + ?Sized> Placed<S> {
    /// A new buffer on the heap, which drops what is left in it.
    pub fn heap(capacity: Capacity, start: Position) -> Self {
        let buffer: Arc<S> = boxed::<S>(capacity, start).expect("a small buffer").into();
        Self {
            place: NonNull::from(&*buffer),
            memory: Memory::Heap(buffer),
        }
    }

    /// A new buffer behind `gap` bytes of an object, as two mappings of it show it.
    pub fn mapped(capacity: Capacity, start: Position, gap: usize) -> [Self; 2] {
        let layout = S::layout(capacity).expect("a small buffer");
        let offset = gap.next_multiple_of(layout.align());
        let len = offset + layout.size() + MARGIN;
        let name = Name::parse("aqueduct-test-unnamed").expect("a good name");
        let object = Object::unnamed(name, len, 0o600).expect("there is space");
        let views = [(); 2].map(|()| {
            let mapping = Arc::new(object.map(len).expect("it can be mapped"));
            // SAFETY: the buffer's block lies in the mapping.
            let block = unsafe { mapping.as_ptr().add(offset) };
            let block = NonNull::new(block).expect("no mapping is at zero");
            Self {
                place: S::at(block, capacity),
                memory: Memory::Mapped(mapping),
            }
        });
        views[0].paint();
        // SAFETY: the block was painted zero, is aligned, and nobody uses it yet.
        unsafe { S::init(views[0].place, start) };
        views
    }

    /// A new buffer in `world`, as the producer and the consumer see it.
    pub fn pair(world: World, capacity: Capacity, start: Position, gap: usize) -> [Self; 2] {
        match world {
            World::Heap => {
                let view = Self::heap(capacity, start);
                [view.clone(), view]
            }
            World::Mapping => {
                let [view, _] = Self::mapped(capacity, start, gap);
                [view.clone(), view]
            }
            World::TwoMappings => Self::mapped(capacity, start, gap),
        }
    }

    /// The bytes of the mapping before and behind the buffer, as pointer and length; none on the
    /// heap, of whose surroundings nothing is known.
    fn surroundings(&self) -> Vec<(*mut u8, usize)> {
        let Memory::Mapped(mapping) = &self.memory else {
            return Vec::new();
        };
        let (start, buffer) = (mapping.as_ptr(), self.place.as_ptr().cast::<u8>());
        let before = buffer.addr() - start.addr();
        let size = size_of_val::<S>(self);
        let end = buffer.wrapping_add(size);
        vec![(start, before), (end, mapping.len() - before - size)]
    }

    fn paint(&self) {
        for (address, length) in self.surroundings() {
            // SAFETY: these bytes lie in the mapping and nobody uses them.
            unsafe { address.write_bytes(CANARY, length) };
        }
    }

    /// Whether nobody has written around the buffer in its mapping.
    pub fn is_intact(&self) -> bool {
        self.surroundings().into_iter().all(|(address, length)| {
            // SAFETY: these bytes lie in the mapping and nobody writes to them.
            let bytes = unsafe { std::slice::from_raw_parts(address, length) };
            bytes.iter().all(|&byte| byte == CANARY)
        })
    }

    /// The address of the buffer, where its shared words begin.
    pub fn words(&self) -> *mut u64 {
        self.place.as_ptr().cast()
    }
}
