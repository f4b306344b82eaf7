//! The types of the language and of zerocopy.

use core::marker::PhantomData;
use core::num::{NonZero, Wrapping};

use zerocopy::{Unalign, byteorder};

use super::{Parts, Schema, Type};

/// Types without parts that have names.
macro_rules! whole {
    ($($name:ty),+ $(,)?) => {
        $(impl Schema for $name {
            const TYPE: &'static Type = &Type::of::<Self>(Parts::Whole);
        })+
    };
}

whole!((), bool, char, f32, f64);

/// A number, and what has the same bits.
macro_rules! integer {
    ($($name:ty),+ $(,)?) => {
        $(whole!($name, NonZero<$name>, Option<NonZero<$name>>);)+
    };
}

integer!(
    u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize
);

/// The numbers of zerocopy, whose byte order stands in their type.
macro_rules! ordered {
    ($($name:ident),+ $(,)?) => {
        $(impl<O> Schema for byteorder::$name<O> {
            const TYPE: &'static Type = &Type::of::<Self>(Parts::Whole);
        })+
    };
}

ordered!(
    F32, F64, I16, I32, I64, I128, Isize, U16, U32, U64, U128, Usize
);

/// What consists of values of another type.
macro_rules! made_of {
    ($($name:ty),+ $(,)?) => {
        $(impl<T: Schema> Schema for $name {
            const TYPE: &'static Type = &Type::of::<Self>(Parts::Elements(T::TYPE));
        })+
    };
}

made_of!(Wrapping<T>, Unalign<T>);

impl<T: Schema, const N: usize> Schema for [T; N] {
    const TYPE: &'static Type = &Type::of::<Self>(Parts::Elements(T::TYPE));
}

impl<T: ?Sized> Schema for PhantomData<T> {
    const TYPE: &'static Type = &Type::of::<Self>(Parts::Whole);
}
