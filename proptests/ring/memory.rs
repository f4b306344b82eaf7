//! Where a ring lies.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use aqueduct::buffer::Corrupt;
use aqueduct::buffer::spsc::{Consumer, Producer, Ring};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Mapping, Name, Object};

/// The memory that a ring lies in.
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

/// What the bytes around a ring in a mapping hold.
pub const CANARY: u8 = 0xCA;

/// How many bytes of canaries lie behind a ring in a mapping, at the least.
const MARGIN: usize = 256;

/// How one side sees the ring.
pub struct View<T> {
    ring: NonNull<Ring<Native, T>>,
    memory: Memory<T>,
}

/// What keeps the ring where it is.
enum Memory<T> {
    Heap(Arc<Ring<Native, T>>),
    Mapped(Arc<Mapping>),
}

impl<T> Clone for View<T> {
    fn clone(&self) -> Self {
        let memory = match &self.memory {
            Memory::Heap(ring) => Memory::Heap(Arc::clone(ring)),
            Memory::Mapped(mapping) => Memory::Mapped(Arc::clone(mapping)),
        };
        let ring = self.ring;
        Self { ring, memory }
    }
}

impl<T> Deref for View<T> {
    type Target = Ring<Native, T>;

    fn deref(&self) -> &Self::Target {
        // SAFETY: a ring lies there for as long as the memory beside it is kept.
        unsafe { self.ring.as_ref() }
    }
}

impl<T> View<T> {
    /// A new ring on the heap, which drops what is left in it.
    pub fn heap(capacity: Capacity, start: Position) -> Self {
        let ring: Arc<Ring<Native, T>> = boxed::<Ring<_, _>>(capacity, start)
            .expect("a small ring")
            .into();
        Self {
            ring: NonNull::from(&*ring),
            memory: Memory::Heap(ring),
        }
    }

    /// A new ring behind `gap` bytes of an object, as two mappings of it show it.
    pub fn mapped(capacity: Capacity, start: Position, gap: usize) -> [Self; 2] {
        let layout = Ring::<Native, T>::layout(capacity).expect("a small ring");
        let offset = gap.next_multiple_of(layout.align());
        let len = offset + layout.size() + MARGIN;
        let name = Name::parse("aqueduct-test-unnamed").expect("a good name");
        let object = Object::unnamed(name, len, 0o600).expect("there is space");
        let views = [(); 2].map(|()| {
            let mapping = Arc::new(object.map(len).expect("it can be mapped"));
            // SAFETY: the ring's block lies in the mapping.
            let block = unsafe { mapping.as_ptr().add(offset) };
            let block = NonNull::new(block).expect("no mapping is at zero");
            Self {
                ring: Ring::at(block, capacity),
                memory: Memory::Mapped(mapping),
            }
        });
        views[0].paint();
        // SAFETY: the block was painted zero, is aligned, and nobody uses it yet.
        unsafe { Ring::init(views[0].ring, start) };
        views
    }

    /// A new ring in `world`, as the producer and the consumer see it.
    pub fn pair(world: World, capacity: Capacity, start: Position, gap: usize) -> [Self; 2] {
        match world {
            World::Heap => {
                let ring = Self::heap(capacity, start);
                [ring.clone(), ring]
            }
            World::Mapping => {
                let [ring, _] = Self::mapped(capacity, start, gap);
                [ring.clone(), ring]
            }
            World::TwoMappings => Self::mapped(capacity, start, gap),
        }
    }

    /// The bytes of the mapping before and behind the ring, as pointer and length.
    fn surroundings(&self) -> [(*mut u8, usize); 2] {
        let Memory::Mapped(mapping) = &self.memory else {
            panic!("only a mapping has bytes around the ring");
        };
        let (start, ring) = (mapping.as_ptr(), self.ring.as_ptr().cast::<u8>());
        let before = ring.addr() - start.addr();
        let size = size_of_val::<Ring<Native, T>>(self);
        let end = ring.wrapping_add(size);
        [(start, before), (end, mapping.len() - before - size)]
    }

    fn paint(&self) {
        for (address, length) in self.surroundings() {
            // SAFETY: these bytes lie in the mapping and nobody uses them.
            unsafe { address.write_bytes(CANARY, length) };
        }
    }

    /// Whether nobody has written around the ring in its mapping.
    pub fn is_intact(&self) -> bool {
        self.surroundings().into_iter().all(|(address, length)| {
            // SAFETY: these bytes lie in the mapping and nobody writes to them.
            let bytes = unsafe { std::slice::from_raw_parts(address, length) };
            bytes.iter().all(|&byte| byte == CANARY)
        })
    }

    /// The address of the ring, where its shared words begin.
    pub fn words(&self) -> *mut u64 {
        self.ring.as_ptr().cast()
    }

    /// A new producer of the ring.
    ///
    /// # Safety
    /// The ring was placed with `capacity` and has no other producer.
    pub unsafe fn producer(&self, capacity: Capacity) -> Result<Producer<Self>, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { Producer::attach(self.clone(), capacity) }
    }

    /// A new consumer of the ring.
    ///
    /// # Safety
    /// The ring was placed with `capacity` and has no other consumer.
    pub unsafe fn consumer(&self, capacity: Capacity) -> Result<Consumer<Self>, Corrupt> {
        // SAFETY: by the caller's word.
        unsafe { Consumer::attach(self.clone(), capacity) }
    }
}
