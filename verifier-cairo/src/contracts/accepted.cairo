//! Which models a consumer acts on: one, or those that an owner vouches for at the time.
use super::model_registry::{Family, IModelRegistryDispatcher, IModelRegistryDispatcherTrait};

#[derive(Copy, Drop, Serde, starknet::Store)]
#[allow(starknet::store_no_default_variant)]
pub enum Accepted {
    /// This model for good: nobody revokes it.
    Model: felt252,
    /// The current members of a family: renewed keys of which its owner says that they hold the same weights.
    Family: Family,
}

#[generate_trait]
pub impl AcceptedImpl of AcceptedTrait {
    fn has(self: @Accepted, registry: IModelRegistryDispatcher, model_id: felt252) -> bool {
        match self {
            Accepted::Model(accepted) => *accepted == model_id,
            Accepted::Family(family) => registry.is_current(*family, model_id),
        }
    }
}
