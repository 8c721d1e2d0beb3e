//! The tables' constraints as circlet-codegen writes them from the templates of the prover.
pub mod activate;
pub mod blinder;
pub mod evaluator;
pub mod input;
pub mod linear;
pub mod lut;
pub mod mac;
pub mod output;
