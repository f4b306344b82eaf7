//! `#[derive(Schema)]` for `aqueduct::place::Schema`, which is exported beside the trait.
//!
//! ```text
//!     struct Sample {          Parts::Fields(&[
//!         time: u64,               Field { name: "time",  offset: offset_of!(Self, time),  of: u64::TYPE },
//!         value: f32,              Field { name: "value", offset: offset_of!(Self, value), of: f32::TYPE },
//!     }                        ])
//! ```
//!
//! What is written down is what the compiler says, and nothing that was read out of the source: where
//! a field lies, and what a discriminant comes to.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::{
    Data, DataEnum, DeriveInput, Error, Field, Fields, Generics, Ident, Index, Member, Meta, Path,
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
        Data::Enum(data) => variants(data, &discriminant_type(&input)?),
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

/// Each type that it is made with has a schema as well.
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
fn variants(data: &DataEnum, repr: &Path) -> TokenStream {
    let names = (0..data.variants.len()).map(|index| format_ident!("DISCRIMINANT_{index}"));
    let names: Vec<Ident> = names.collect();
    let values = data.variants.iter().enumerate().map(|(index, variant)| {
        let value = discriminant(index, variant, &names, repr);
        let name = &names[index];
        quote!(const #name: #repr = #value;)
    });
    let variants = data.variants.iter().zip(&names).map(|(variant, value)| {
        let name = text(&variant.ident.clone().into());
        let fields = variant.fields.iter().enumerate().map(|(index, field)| {
            let (name, of) = (text(&member(index, field)), &field.ty);
            quote!((#name, <#of as ::aqueduct::place::Schema>::TYPE))
        });
        quote! {
            ::aqueduct::place::schema::Variant {
                name: #name,
                discriminant: #value as i128,
                fields: &[#(#fields),*],
            }
        }
    });
    quote!(::aqueduct::place::schema::Parts::Variants(const { #(#values)* &[#(#variants),*] }))
}

/// As the language has it: what is written there, or one more than the variant before.
fn discriminant(index: usize, variant: &Variant, names: &[Ident], repr: &Path) -> TokenStream {
    match (&variant.discriminant, index) {
        (Some((_, value)), _) => quote!(#value),
        (None, 0) => quote!(0 as #repr),
        (None, _) => {
            let before = &names[index - 1];
            quote!(#before + 1)
        }
    }
}

/// The type of the discriminants: of the `repr`s, the one that is a number.
fn discriminant_type(input: &DeriveInput) -> Result<Path> {
    for attribute in &input.attrs {
        if !attribute.path().is_ident("repr") {
            continue;
        }
        let reprs = attribute.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated)?;
        let number = reprs.into_iter().find_map(|repr| match repr {
            Meta::Path(path) if !path.is_ident("C") && !path.is_ident("transparent") => Some(path),
            _ => None,
        });
        if let Some(number) = number {
            return Ok(number);
        }
    }
    Ok(parse_quote!(isize))
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
        Member::Named(name) => name.to_string().trim_start_matches("r#").to_owned(),
        Member::Unnamed(index) => index.index.to_string(),
    }
}
