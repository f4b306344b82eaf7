//! Where a buffer of records lies.

use std::ops::Deref;
use std::ptr::NonNull;
use std::sync::Arc;

use aqueduct::buffer::frames::{Consumer, Frames, Owner, Producer};
use aqueduct::place::{Place, boxed};
use aqueduct::platform::native::Native;
use aqueduct::position::{Capacity, Position};
use aqueduct::shm::{Mapping, Name, Object};

/// The bytes of a block here.
pub const BLOCK: usize = 8;

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
#[derive(Clone)]
pub struct View {
    frames: NonNull<Frames<Native, BLOCK>>,
    memory: Memory,
}

/// What keeps the buffer where it is.
#[derive(Clone)]
enum Memory {
    Heap(Arc<Frames<Native, BLOCK>>),
    Mapped(Arc<Mapping>),
}

// SAFETY: it is a shared reference to the buffer, which travels with its memory.
unsafe impl Send for View {}

impl Deref for View {
    type Target = Frames<Native, BLOCK>;

    fn deref(&self) -> &Self::Target {
        // SAFETY: a buffer lies there for as long as the memory beside it is kept.
        unsafe { self.frames.as_ref() }
    }
}

impl View {
    /// A new buffer in `world`, behind `gap` bytes if that is a mapping, as the two sides see it.
    pub fn pair(world: World, capacity: Capacity, start: Position, gap: usize) -> [Self; 2] {
        match world {
            World::Heap => {
                let frames: Arc<Frames<Native, BLOCK>> = boxed::<Frames<_, BLOCK>>(capacity, start)
                    .expect("a small buffer")
                    .into();
                let view = Self {
                    frames: NonNull::from(&*frames),
                    memory: Memory::Heap(frames),
                };
                [view.clone(), view]
            }
            World::Mapping => {
                let [view, _] = Self::mapped(capacity, start, gap);
                [view.clone(), view]
            }
            World::TwoMappings => Self::mapped(capacity, start, gap),
        }
    }

    fn mapped(capacity: Capacity, start: Position, gap: usize) -> [Self; 2] {
        let layout = Frames::<Native, BLOCK>::layout(capacity).expect("a small buffer");
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
                frames: Frames::at(block, capacity),
                memory: Memory::Mapped(mapping),
            }
        });
        for (address, length) in views[0].surroundings() {
            // SAFETY: these bytes lie in the mapping and nobody uses them.
            unsafe { address.write_bytes(CANARY, length) };
        }
        // SAFETY: the block is zero, is aligned, and nobody uses it yet.
        unsafe { Frames::init(views[0].frames, start) };
        views
    }

    /// The bytes of the mapping before and behind the buffer, as pointer and length.
    fn surroundings(&self) -> [(*mut u8, usize); 2] {
        let mapping = match &self.memory {
            // Nothing around it is ours to look at.
            Memory::Heap(frames) => return [(Arc::as_ptr(frames).cast_mut().cast(), 0); 2],
            Memory::Mapped(mapping) => mapping,
        };
        let (start, frames) = (mapping.as_ptr(), self.frames.as_ptr().cast::<u8>());
        let before = frames.addr() - start.addr();
        let size = size_of_val::<Frames<Native, BLOCK>>(self);
        let end = frames.wrapping_add(size);
        [(start, before), (end, mapping.len() - before - size)]
    }

    /// Whether nobody has written around the buffer in its mapping.
    pub fn is_intact(&self) -> bool {
        self.surroundings().into_iter().all(|(address, length)| {
            // SAFETY: these bytes lie in the mapping, if there are any, and nobody writes to them.
            let bytes = unsafe { std::slice::from_raw_parts(address, length) };
            bytes.iter().all(|&byte| byte == CANARY)
        })
    }

    /// The address of the buffer, where its shared words begin.
    pub fn words(&self) -> *mut u64 {
        self.frames.as_ptr().cast()
    }

    /// A producer whose claims carry `number`.
    ///
    /// # Safety
    /// There is no other one of that number.
    pub unsafe fn producer(&self, number: u16) -> Producer<Self> {
        let owner = Owner::new(number).expect("a small number");
        // SAFETY: by the caller's word.
        unsafe { Producer::attach(self.clone(), owner) }
    }

    /// A consumer.
    ///
    /// # Safety
    /// There is no other one.
    pub unsafe fn consumer(&self) -> Consumer<Self> {
        // SAFETY: by the caller's word.
        unsafe { Consumer::attach(self.clone()) }
    }
}
