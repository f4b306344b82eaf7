//! What may pass between processes: plain data, and values that are checked when they arrive.
//!
//! ```text
//!     every bit pattern is a value      u64, [f64; 3], a struct of such    sent as it is
//!     only some bit patterns are        bool, char, an enum, NonZeroU8     sent as Unchecked<T>
//!     its bytes mean nothing elsewhere  a reference, a Box, fn()           not sent
//!     it has bytes that are nobody's    a struct with padding              not sent
//! ```
//!
//! Bytes that stand in padding would go along and may be secret; a compiler may also forget them.
//! An address is another process's. And a peer may be broken, or built from another definition of
//! the type: its bytes are looked at before they are believed.

use core::fmt;
use core::mem::MaybeUninit;
use core::{any, slice};

use thiserror::Error;
use zerocopy::{FromBytes, IntoBytes, TryFromBytes};

use super::schema::{Parts, Schema, Type};

/// Plain data: what may pass between processes. Any bit pattern is a value of it, it has no
/// padding, and it refers to nothing.
///
/// Whatever is `Copy`, has zerocopy's `FromBytes` and `IntoBytes` and says what it consists of ([`Schema`])
/// is plain data. Types of which not every bit pattern is a value pass as [`Unchecked`].
///
/// ```
/// use aqueduct::place::{Plain, Schema};
/// use zerocopy::{FromBytes, IntoBytes};
///
/// #[derive(Clone, Copy, FromBytes, IntoBytes, Schema)]
/// #[repr(C)]
/// struct Sample {
///     time: u64,
///     value: f32,
///     /// What would be padding, by name.
///     reserved: [u8; 4],
/// }
///
/// fn passes<T: Plain>(_: T) {}
/// passes(Sample { time: 1, value: 0.5, reserved: [0; 4] });
/// ```
///
/// # Safety
/// Any bytes are a value, and every byte of a value is initialised. There is no interior
/// mutability, and nothing in it is only good in one process, such as an address.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not plain data, so it cannot pass between processes",
    label = "this is not plain data",
    note = "a struct of plain fields: make it `#[repr(C)]` and derive `Clone`, `Copy`, zerocopy's `FromBytes`, `IntoBytes` and `aqueduct::place::Schema`; where it has padding, put a field of bytes there",
    note = "`bool`, `char` and enums, of which not every bit pattern is a value: derive zerocopy's `TryFromBytes`, `IntoBytes` and `aqueduct::place::Schema`, and send `aqueduct::place::Unchecked<{Self}>`",
    note = "a reference, a `Box`, a `String` or a function pointer is an address, which means nothing in another process: send what it leads to, or an index"
)]
pub unsafe trait Plain: Schema + Copy + Send + 'static {}

// SAFETY: zerocopy's traits say that any bytes are a value and that each is initialised; so it holds
// no address that would have to be good. What has interior mutability is not `Copy`.
unsafe impl<T: FromBytes + IntoBytes + Schema + Copy + Send + 'static> Plain for T {}

/// What can be told by its bytes: whether they are a value of this type. What [`Unchecked`] carries.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be checked when it arrives, so it cannot pass between processes",
    label = "its bytes cannot be checked",
    note = "derive `Clone`, `Copy`, zerocopy's `TryFromBytes`, `IntoBytes` and `aqueduct::place::Schema`; an enum needs `#[repr(u8)]` or the like, a struct `#[repr(C)]` and no padding",
    note = "a reference, a `Box`, a `String` or a function pointer is an address, which means nothing in another process: send what it leads to, or an index"
)]
pub trait Checkable: TryFromBytes + IntoBytes + Schema + Copy + Send + 'static {}

impl<T: TryFromBytes + IntoBytes + Schema + Copy + Send + 'static> Checkable for T {}

/// The bytes of a `T` as they came, not looked at yet: plain data, whatever they are.
///
/// It is made from a value, and opened by [`get`](Unchecked::get), which copies the bytes out,
/// checks them and then says that they are a `T`, or not.
///
/// ```
/// use aqueduct::open::Options;
/// use aqueduct::place::{Schema, Unchecked};
/// use aqueduct::shm::Name;
/// use zerocopy::{IntoBytes, TryFromBytes};
///
/// #[derive(Clone, Copy, Debug, PartialEq, TryFromBytes, IntoBytes, Schema)]
/// #[repr(u8)]
/// enum Light {
///     Red = 1,
///     Green = 2,
/// }
///
/// let name = Name::parse(format!("doc-unchecked-{}", std::process::id()))?;
/// let mut sender = Options::new().sender::<Unchecked<Light>>(&name)?;
/// let mut receiver = Options::new().receiver::<Unchecked<Light>>(&name)?;
/// sender.send(Light::Green.into())?;
/// assert_eq!(receiver.recv()?.get()?, Light::Green);
/// receiver.end().remove_name()?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[repr(transparent)]
pub struct Unchecked<T>(MaybeUninit<T>);

#[expect(
    clippy::expl_impl_clone_on_copy,
    reason = "what would be derived is for `T: Clone`, which is not enough"
)]
impl<T: Copy> Clone for Unchecked<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T: Copy> Copy for Unchecked<T> {}

// SAFETY: any bytes may stand in it, and each is initialised: it is made from values of a type
// without padding, or from bytes. What has interior mutability is not `Copy`. And opened it yields no
// address: a type with one does not become bytes.
unsafe impl<T: Checkable> Plain for Unchecked<T> {}

impl<T: Schema> Schema for Unchecked<T> {
    const TYPE: &'static Type = &Type::of::<Self>(Parts::Elements(T::TYPE));
}

// The bounds stand at each method, where the compiler says in our words what is missing.
impl<T> Unchecked<T> {
    /// The bytes of `value`.
    #[must_use]
    pub const fn new(value: T) -> Self
    where
        T: Checkable,
    {
        Self(MaybeUninit::new(value))
    }

    /// The value, if the bytes are one.
    ///
    /// # Errors
    /// [`InvalidBits`] if they are not. The message was received all the same: the next one can be
    /// taken.
    pub fn get(self) -> Result<T, InvalidBits>
    where
        T: Checkable,
    {
        T::try_read_from_bytes(self.as_bytes()).map_err(|_| InvalidBits::of::<T>())
    }

    /// The bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8]
    where
        T: Checkable,
    {
        // SAFETY: all of them are initialised, and none changes while this is borrowed.
        unsafe { slice::from_raw_parts((&raw const self.0).cast(), size_of::<T>()) }
    }

    /// These bytes, as a record brought them; `None` if a `T` has not as many.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self>
    where
        T: Checkable,
    {
        let mut unchecked = Self(MaybeUninit::zeroed());
        if bytes.len() != size_of::<T>() {
            return None;
        }
        let start = unchecked.0.as_mut_ptr().cast::<u8>();
        // SAFETY: so many bytes fit, and nobody else has these.
        unsafe { start.copy_from_nonoverlapping(bytes.as_ptr(), bytes.len()) };
        Some(unchecked)
    }
}

impl<T: Checkable> From<T> for Unchecked<T> {
    fn from(value: T) -> Self {
        Self::new(value)
    }
}

/// Compares the bytes.
impl<T: Checkable> PartialEq for Unchecked<T> {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl<T: Checkable> Eq for Unchecked<T> {}

impl<T: Checkable> fmt::Debug for Unchecked<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Unchecked({:02x?})", self.as_bytes())
    }
}

/// Bytes that came are no value of the type that they were sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "the bytes of a message are no `{type_name}`: its sender is broken, or knows another \
     definition of the type; leave the message out, and build both programs from one definition"
)]
pub struct InvalidBits {
    type_name: &'static str,
}

impl InvalidBits {
    fn of<T>() -> Self {
        let type_name = any::type_name::<T>();
        Self { type_name }
    }

    /// The type that the bytes should have been.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        self.type_name
    }
}
