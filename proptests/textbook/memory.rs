//! Where a buffer lies.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use aqueduct::buffer::textbook::{Buffer, BufferSize};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::Position;
use aqueduct::shm::{Mapping, Name, Object};

/// The memory that a buffer lies in.
#[derive(Clone, Copy, Debug)]
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
pub struct View<T> {
    buffer: NonNull<Buffer<Native, T>>,
    memory: Memory<T>,
}

/// What keeps the buffer where it is.
enum Memory<T> {
    Heap(Arc<Buffer<Native, T>>),
    Mapped(Arc<Mapping>),
}

impl<T> Clone for View<T> {
    fn clone(&self) -> Self {
        let memory = match &self.memory {
            Memory::Heap(buffer) => Memory::Heap(Arc::clone(buffer)),
            Memory::Mapped(mapping) => Memory::Mapped(Arc::clone(mapping)),
        };
        let buffer = self.buffer;
        Self { buffer, memory }
    }
}

impl<T> Deref for View<T> {
    type Target = Buffer<Native, T>;

    fn deref(&self) -> &Self::Target {
        // SAFETY: a buffer lies there for as long as the memory beside it is kept.
        unsafe { self.buffer.as_ref() }
    }
}

impl<T> View<T> {
    /// A new buffer in `world`, as the producer and the consumer see it.
    pub fn pair(world: World, size: BufferSize, start: Position, gap: usize) -> [Self; 2] {
        match world {
            World::Heap => {
                let buffer = Self::heap(size, start);
                [buffer.clone(), buffer]
            }
            World::Mapping => {
                let [buffer, _] = Self::mapped(size, start, gap);
                [buffer.clone(), buffer]
            }
            World::TwoMappings => Self::mapped(size, start, gap),
        }
    }

    /// A new buffer on the heap, which drops what is left in it.
    pub fn heap(size: BufferSize, start: Position) -> Self {
        let buffer = boxed::<Buffer<Native, T>>(size.capacity(), start);
        let buffer: Arc<Buffer<Native, T>> = buffer.expect("a small buffer").into();
        Self {
            buffer: NonNull::from(&*buffer),
            memory: Memory::Heap(buffer),
        }
    }

    /// A new buffer behind `gap` bytes of an object, as two mappings of it show it.
    pub fn mapped(size: BufferSize, start: Position, gap: usize) -> [Self; 2] {
        let layout = Buffer::<Native, T>::layout(size.capacity()).expect("a small buffer");
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
                buffer: Buffer::at(block, size.capacity()),
                memory: Memory::Mapped(mapping),
            }
        });
        for (address, length) in views[0].surroundings() {
            // SAFETY: these bytes lie in the mapping and nobody uses them.
            unsafe { address.write_bytes(CANARY, length) };
        }
        // SAFETY: the block is zero, aligned, and nobody uses it yet.
        unsafe { Buffer::init(views[0].buffer, start) };
        views
    }

    /// The bytes of the mapping before and behind the buffer, as pointer and length.
    fn surroundings(&self) -> Vec<(*mut u8, usize)> {
        let Memory::Mapped(mapping) = &self.memory else {
            return Vec::new(); // nothing is known of what stands around it
        };
        let (start, buffer) = (mapping.as_ptr(), self.buffer.as_ptr().cast::<u8>());
        let before = buffer.addr() - start.addr();
        let size = size_of_val::<Buffer<Native, T>>(self);
        let end = buffer.wrapping_add(size);
        vec![(start, before), (end, mapping.len() - before - size)]
    }

    /// Whether nobody has written around the buffer in its mapping.
    pub fn is_intact(&self) -> bool {
        self.surroundings().into_iter().all(|(address, length)| {
            // SAFETY: these bytes lie in the mapping and nobody writes to them.
            let bytes = unsafe { std::slice::from_raw_parts(address, length) };
            bytes.iter().all(|&byte| byte == CANARY)
        })
    }

    /// The address of the buffer, where its indices begin.
    pub fn words(&self) -> *mut u64 {
        self.buffer.as_ptr().cast()
    }
}
