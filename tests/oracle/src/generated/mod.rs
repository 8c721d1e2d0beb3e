//! The tables' constraints as circlet-codegen writes them from the templates of the prover.
#[rustfmt::skip]
pub mod activate;
#[rustfmt::skip]
pub mod blinder;
#[rustfmt::skip]
pub mod data;
#[rustfmt::skip]
pub mod layout;
#[rustfmt::skip]
pub mod linear;
#[rustfmt::skip]
pub mod lut;
#[rustfmt::skip]
pub mod mac;
