//! The contracts: a stateless Verifier, a registry of models and of what was verified, and two examples of consumers.
pub mod accepted;
pub mod loan_desk;
pub mod model_registry;
pub mod prediction;
pub mod prize_desk;
pub mod verifier;

#[cfg(test)]
mod tests;
