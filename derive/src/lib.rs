//! `#[derive(Schema)]` for `aqueduct::place::Schema`, which is exported beside the trait.
//!
//! ```text
//!     struct Sample {          Parts::Fields(&[
//!         time: u64,               Field { name: "time",  offset: offset_of!(Self, time),  of: u64::TYPE },
//!         value: f32,              Field { name: "value", offset: offset_of!(Self, value), of: f32::TYPE },
//!     }                        ])
//! ```
//!
//! Where a field lies, and what the number that is written behind a variant comes to, the compiler says.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt as _;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Data, DataEnum, DeriveInput, Error, Expr, Field, Fields, Generics, Index, Member, Meta, Path,
    Result, Token, Variant, parse_macro_input, parse_quote,
};

/// Describes a structure by its fields, or an enum by its variants.
#[proc_macro_derive(Schema)]
pub fn schema(input: proc_macro::TokenStream) -> proc_macro::TokenStream {
    let input = parse_macro_input!(input as DeriveInput);
    implement(input)
        .unwrap_or_else(Error::into_compile_error)
        .into()
}

fn implement(input: DeriveInput) -> Result<TokenStream> {
    let parts = match &input.data {
        Data::Struct(data) => fields(&data.fields),
        Data::Enum(data) => variants(data, &reprs(&input)?),
        Data::Union(data) => {
            let what =
                "a union does not say which of its fields is meant: send a structure of bytes";
            return Err(Error::new(data.union_token.span(), what));
        }
    };
    let (name, generics) = (&input.ident, bounded(input.generics));
    let (parameters, arguments, bounds) = generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #parameters ::aqueduct::place::Schema for #name #arguments #bounds {
            const TYPE: &'static ::aqueduct::place::schema::Type =
                &::aqueduct::place::schema::Type::of::<Self>(#parts);
        }
    })
}

/// Each type that it is made with has a schema as well, as the derives of the language would ask.
fn bounded(mut generics: Generics) -> Generics {
    for parameter in generics.type_params_mut() {
        parameter
            .bounds
            .push(parse_quote!(::aqueduct::place::Schema));
    }
    generics
}

fn fields(fields: &Fields) -> TokenStream {
    let fields = fields.iter().enumerate().map(|(index, field)| {
        let (member, of) = (member(index, field), &field.ty);
        let name = text(&member);
        quote! {
            ::aqueduct::place::schema::Field {
                name: #name,
                offset: ::core::mem::offset_of!(Self, #member),
                of: <#of as ::aqueduct::place::Schema>::TYPE,
            }
        }
    });
    quote!(::aqueduct::place::schema::Parts::Fields(const { &[#(#fields),*] }))
}

/// The compiler does not say where the fields of a variant lie.
fn variants(data: &DataEnum, reprs: &[Path]) -> TokenStream {
    let mut number = Discriminant::before();
    let variants = data.variants.iter().map(|variant| {
        number.advance(variant);
        let (name, discriminant) = (variant.ident.unraw().to_string(), number.value(reprs));
        let fields = variant.fields.iter().enumerate().map(|(index, field)| {
            let (name, of) = (text(&member(index, field)), &field.ty);
            quote!((#name, <#of as ::aqueduct::place::Schema>::TYPE))
        });
        quote! {
            ::aqueduct::place::schema::Variant {
                name: #name,
                discriminant: #discriminant,
                fields: &[#(#fields),*],
            }
        }
    });
    let variants: Vec<_> = variants.collect();
    let reprs: Vec<_> = reprs.iter().map(|repr| quote!(#repr).to_string()).collect();
    let repr = reprs.join(", ");
    quote!(::aqueduct::place::schema::Parts::Variants(#repr, const { &[#(#variants),*] }))
}

/// The number of a variant, as the language has it: what is written there, or one more than that of the
/// variant before.
struct Discriminant<'a> {
    written: Option<&'a Expr>,
    /// How far it is behind what is written, or behind 0.
    behind: i128,
}

impl<'a> Discriminant<'a> {
    /// That before the first variant.
    fn before() -> Self {
        let (written, behind) = (None, -1);
        Self { written, behind }
    }

    fn advance(&mut self, variant: &'a Variant) {
        match &variant.discriminant {
            Some((_, value)) => (self.written, self.behind) = (Some(value), 0),
            None => self.behind += 1,
        }
    }

    /// What is written is a value of the type that the enum's `repr` names.
    fn value(&self, reprs: &[Path]) -> TokenStream {
        let behind = self.behind;
        let Some(written) = self.written else {
            return quote!(#behind);
        };
        let number = reprs.iter().find(|repr| is_number(repr));
        let number = number.cloned().unwrap_or_else(|| parse_quote!(isize));
        quote!({ let written: #number = #written; written as i128 + #behind })
    }
}

fn is_number(repr: &Path) -> bool {
    let name = quote!(#repr).to_string();
    name.starts_with(['i', 'u']) && (name.ends_with("size") || name[1..].parse::<u32>().is_ok())
}

/// The words in the `repr`s of a type.
fn reprs(input: &DeriveInput) -> Result<Vec<Path>> {
    let mut paths = Vec::new();
    for attribute in &input.attrs {
        if attribute.path().is_ident("repr") {
            let reprs =
                attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
            paths.extend(reprs.into_iter().filter_map(|repr| match repr {
                Meta::Path(path) => Some(path),
                _ => None,
            }));
        }
    }
    Ok(paths)
}

fn member(index: usize, field: &Field) -> Member {
    match &field.ident {
        Some(name) => name.clone().into(),
        None => Index::from(index).into(),
    }
}

/// A name, without the sign that it is raw.
fn text(member: &Member) -> String {
    match member {
        Member::Named(name) => name.unraw().to_string(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
