//! Pins (docs/protocol.md section 4): the values of a tree's columns, without salts, at points that follow from its root. The crate's verifier
//! takes a component's sample points as they come, so a component whose columns are pinned is the generated one with more of them.

use stwo::core::air::accumulation::PointEvaluationAccumulator;
use stwo::core::air::Component;
use stwo::core::channel::{Blake2sChannel, Channel, MerkleChannel};
use stwo::core::circle::CirclePoint;
use stwo::core::fields::qm31::SecureField;
use stwo::core::fields::FieldExpOps;
use stwo::core::pcs::TreeVec;
use stwo::core::vcs::blake2_hash::Blake2sHash;
use stwo::core::vcs_lifted::blake2_merkle::Blake2sMerkleChannel;
use stwo::core::ColumnVec;
use stwo_constraint_framework::FrameworkComponent;

use num_traits::{One, Zero};

use crate::proof::Stark;
use crate::tables::Table;
use crate::{require, Rejection};

/// Points of a pin.
pub const PIN_POINTS: usize = 2;
/// "pin", little-endian: of weights.
pub const WEIGHTS_TAG: u32 = 0x006e_6970;
/// "data", little-endian: of committed values.
pub const DATA_TAG: u32 = 0x6174_6164;

#[derive(Clone, Debug)]
pub struct Pin {
    pub tree: usize,
    pub points: Vec<CirclePoint<SecureField>>,
    /// Column after column, one a point.
    pub values: Vec<SecureField>,
}

impl Pin {
    pub fn new(tree: usize, tag: u32, root: Blake2sHash, values: &[SecureField]) -> Result<Self, Rejection> {
        let mut channel = Blake2sChannel::default();
        channel.mix_u32s(&[tag]);
        Blake2sMerkleChannel::mix_root(&mut channel, root);
        let mut points = Vec::new();
        for t in channel.draw_secure_felts(PIN_POINTS) {
            let (one, square) = (SecureField::one(), t * t);
            require(!(one + square).is_zero(), || "the root gives no point to pin it at".into())?;
            let inverse = (one + square).inverse();
            points.push(CirclePoint { x: (one - square) * inverse, y: (t + t) * inverse });
        }
        Ok(Self { tree, points, values: values.to_vec() })
    }

    /// Puts the values before the samples that a proof states.
    pub fn insert(&self, stark: &mut Stark) -> Result<(), Rejection> {
        let columns = stark.0.sampled_values.0.get_mut(self.tree).map_or(&mut [][..], |tree| &mut tree[..]);
        let pinned = self.values.chunks(PIN_POINTS);
        require(columns.len() >= pinned.len(), || format!("sampled_values[{}]: too few columns", self.tree))?;
        for (column, values) in columns.iter_mut().zip(pinned) {
            column.splice(0..0, values.iter().copied());
        }
        Ok(())
    }
}

/// A table, and the pin of the tree in which its columns are pinned, one a lane, if there are such.
pub struct PinnedTable {
    pub table: FrameworkComponent<Table>,
    pub pin: Option<Pin>,
}

impl Component for PinnedTable {
    fn n_constraints(&self) -> usize {
        self.table.n_constraints()
    }
    fn max_constraint_log_degree_bound(&self) -> u32 {
        self.table.max_constraint_log_degree_bound()
    }
    fn trace_log_degree_bounds(&self) -> TreeVec<ColumnVec<u32>> {
        self.table.trace_log_degree_bounds()
    }
    fn mask_points(
        &self,
        point: CirclePoint<SecureField>,
        max_log_degree_bound: u32,
    ) -> TreeVec<ColumnVec<Vec<CirclePoint<SecureField>>>> {
        let mut points = self.table.mask_points(point, max_log_degree_bound);
        if let Some(pin) = &self.pin {
            for column in &mut points[pin.tree][..self.table.lanes] {
                column.splice(0..0, pin.points.iter().copied());
            }
        }
        points
    }
    fn preprocessed_column_indices(&self) -> ColumnVec<usize> {
        Component::preprocessed_column_indices(&self.table)
    }
    fn evaluate_constraint_quotients_at_point(
        &self,
        point: CirclePoint<SecureField>,
        mask: &TreeVec<ColumnVec<Vec<SecureField>>>,
        evaluation_accumulator: &mut PointEvaluationAccumulator,
        max_log_degree_bound: u32,
    ) {
        let Some(pin) = &self.pin else {
            let accumulator = evaluation_accumulator;
            return self.table.evaluate_constraint_quotients_at_point(point, mask, accumulator, max_log_degree_bound);
        };
        let mut own = mask.clone();
        let place = self.table.trace_locations().iter().find(|place| place.tree_index == pin.tree).expect("a place");
        for column in &mut own[pin.tree][place.col_start..][..self.table.lanes] {
            column.drain(..pin.points.len());
        }
        self.table.evaluate_constraint_quotients_at_point(point, &own, evaluation_accumulator, max_log_degree_bound);
    }
}
