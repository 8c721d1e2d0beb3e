//! The tables' constraints as circlet-codegen writes them from the templates of the prover.
pub mod activate;
pub mod blinder;
pub mod data;
pub mod evaluator;
pub mod layout;
pub mod linear;
pub mod lut;
pub mod mac;
