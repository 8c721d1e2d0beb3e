//! The tables' constraints as circlet-codegen writes them from the templates of the prover.
#[rustfmt::skip]
pub mod activate;
#[rustfmt::skip]
pub mod blinder;
#[rustfmt::skip]
pub mod input;
#[rustfmt::skip]
pub mod linear;
#[rustfmt::skip]
pub mod lut;
#[rustfmt::skip]
pub mod mac;
#[rustfmt::skip]
pub mod output;
