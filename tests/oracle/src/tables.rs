//! The tables as components of the crate's constraint framework, and the columns that they commit.

use num_traits::{One, Zero};
use stwo::core::air::Component;
use stwo::core::fields::qm31::SecureField;
use stwo::core::fields::FieldExpOps;
use stwo_constraint_framework::preprocessed_columns::PreProcessedColumnId;
use stwo_constraint_framework::{FrameworkComponent, FrameworkEval, TraceLocationAllocator};

use crate::evaluator::{structure_id, EvalAtRow, TableConstants, TRACE_TREES, WEIGHTS_TREE};
use crate::generated;
use crate::key::{Key, Visibility};
use crate::pin::{Pin, PinnedTable};
use crate::statement::Challenges;
use crate::Rejection;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Linear,
    Activate,
    Lut,
    Mac,
    Input,
    Output,
    Blinder,
}

/// Committed values of a row, whatever the key.
const DATA_LANES: usize = 16;

/// The components of a key, in order. All but the last have a claimed sum.
pub fn kinds(key: &Key) -> Vec<Kind> {
    let mut kinds = vec![Kind::Linear, Kind::Activate, Kind::Lut, Kind::Mac];
    for (kind, tensor) in [(Kind::Input, &key.input), (Kind::Output, &key.output)] {
        if tensor.visibility == Visibility::Committed {
            kinds.push(kind);
        }
    }
    kinds.push(Kind::Blinder);
    kinds
}

/// How many components of a key have a claimed sum.
pub fn claiming_tables(key: &Key) -> usize {
    kinds(key).len() - 1
}

/// The trees before the composition.
pub fn trace_trees(key: &Key) -> usize {
    TRACE_TREES + [&key.input, &key.output].iter().filter(|tensor| tensor.visibility == Visibility::Committed).count()
}

#[derive(Clone, Debug)]
pub struct Table {
    pub kind: Kind,
    pub log_size: u32,
    pub lanes: usize,
    pub constants: TableConstants,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Kind::Linear => generated::linear::NAME,
            Kind::Activate => generated::activate::NAME,
            Kind::Lut => generated::lut::NAME,
            Kind::Mac => generated::mac::NAME,
            Kind::Input => generated::input::NAME,
            Kind::Output => generated::output::NAME,
            Kind::Blinder => generated::blinder::NAME,
        }
    }

    pub fn structure_columns(self) -> &'static [&'static str] {
        match self {
            Kind::Linear => generated::linear::STRUCTURE,
            Kind::Activate => generated::activate::STRUCTURE,
            Kind::Lut => generated::lut::STRUCTURE,
            Kind::Mac => generated::mac::STRUCTURE,
            Kind::Input => generated::input::STRUCTURE,
            Kind::Output => generated::output::STRUCTURE,
            Kind::Blinder => generated::blinder::STRUCTURE,
        }
    }
}

fn descending_powers(base: SecureField, n: usize) -> Vec<SecureField> {
    let mut powers: Vec<_> =
        std::iter::successors(Some(SecureField::one()), |&power| Some(power * base)).take(n).collect();
    powers.reverse();
    powers
}

impl Table {
    pub fn new(kind: Kind, key: &Key, challenges: &Challenges, claimed_sum: SecureField) -> Self {
        let Challenges { alpha, t, z, lambda } = *challenges;
        let [linear, activate, lut, mac, height] = key.log_sizes;
        let (log_size, lanes) = match kind {
            Kind::Linear => (linear, key.lanes),
            Kind::Activate => (activate, key.batch),
            Kind::Lut => (lut, 1),
            Kind::Mac => (mac, 1),
            Kind::Input | Kind::Output => (height, DATA_LANES),
            Kind::Blinder => (height, 1),
        };
        // The tree of the input, if there is one, is the first after those that every proof has.
        let after_input = kind == Kind::Output && key.input.visibility == Visibility::Committed;
        Self {
            kind,
            log_size,
            lanes,
            constants: TableConstants {
                table: Some(kind.name()),
                data_tree: TRACE_TREES + usize::from(after_input),
                t,
                t_to_the_lanes: t.pow(lanes as u128),
                z_minus_wire: z - SecureField::one(),
                z_minus_look_up: z - SecureField::one() - SecureField::one(),
                minus_lambda: -lambda,
                minus_lambda_2: -(lambda * lambda),
                minus_lambda_3: -(lambda * lambda * lambda),
                claimed_sum,
                alpha_powers: descending_powers(alpha, lanes),
                t_powers: descending_powers(t, lanes),
            },
        }
    }

    pub fn evaluate_row<E: EvalAtRow>(&self, eval: &mut E) {
        match self.kind {
            Kind::Linear => generated::linear::evaluate(eval, self.lanes, &self.constants),
            Kind::Activate => generated::activate::evaluate(eval, self.lanes, &self.constants),
            Kind::Lut => generated::lut::evaluate(eval, self.lanes, &self.constants),
            Kind::Mac => generated::mac::evaluate(eval, self.lanes, &self.constants),
            Kind::Input => generated::input::evaluate(eval, self.lanes, &self.constants),
            Kind::Output => generated::output::evaluate(eval, self.lanes, &self.constants),
            Kind::Blinder => generated::blinder::evaluate(eval, self.lanes, &self.constants),
        }
    }
}

impl FrameworkEval for Table {
    fn log_size(&self) -> u32 {
        self.log_size
    }
    fn max_constraint_log_degree_bound(&self) -> u32 {
        self.log_size + 1
    }
    fn evaluate<E: EvalAtRow>(&self, mut eval: E) -> E {
        self.evaluate_row(&mut eval);
        eval
    }
}

/// The structure columns of all tables, in commitment order.
fn structure_ids(key: &Key) -> Vec<PreProcessedColumnId> {
    kinds(key)
        .iter()
        .flat_map(|kind| kind.structure_columns().iter().map(|column| structure_id(Some(kind.name()), column)))
        .collect()
}

/// The pins of a proof about the key's model.
pub fn pins(key: &Key) -> Result<Vec<Pin>, Rejection> {
    Ok(vec![Pin::new(WEIGHTS_TREE, key.weights_root, &key.weights_pin)?])
}

/// The components of a key, in order, with those of these pins that are theirs. The framework's own LogUp is not used: its claimed sum is zero.
pub fn components(
    key: &Key,
    pins: &[Pin],
    challenges: &Challenges,
    claimed_sums: &[SecureField],
) -> Vec<PinnedTable> {
    let mut allocator = TraceLocationAllocator::new_with_preprocessed_columns(&structure_ids(key));
    kinds(key)
        .into_iter()
        .enumerate()
        .map(|(i, kind)| {
            let claimed_sum = claimed_sums.get(i).copied().unwrap_or_default();
            let table = Table::new(kind, key, challenges, claimed_sum);
            let own_tree = match kind {
                Kind::Linear => Some(WEIGHTS_TREE),
                _ => None,
            };
            let pin = pins.iter().find(|pin| Some(pin.tree) == own_tree).cloned();
            PinnedTable { table: FrameworkComponent::new(&mut allocator, table, SecureField::zero()), pin }
        })
        .collect()
}

/// Log sizes of the columns of every tree before the composition.
pub fn column_log_sizes(key: &Key) -> Vec<Vec<u32>> {
    let zero = SecureField::zero();
    let challenges = Challenges { alpha: zero, t: zero, z: zero, lambda: zero };
    let mut sizes = vec![Vec::new(); trace_trees(key)];
    for component in components(key, &[], &challenges, &[]) {
        let log_size = component.table.log_size;
        sizes[0].extend(component.table.kind.structure_columns().iter().map(|_| log_size));
        for (tree, columns) in component.trace_log_degree_bounds().0.into_iter().enumerate().skip(1) {
            sizes[tree].extend(columns);
        }
    }
    sizes
}
