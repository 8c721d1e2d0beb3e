//! The tables as components of the crate's constraint framework, and the columns that they commit.

use num_traits::{One, Zero};
use stwo::core::air::Component;
use stwo::core::fields::qm31::SecureField;
use stwo::core::fields::FieldExpOps;
use stwo_constraint_framework::preprocessed_columns::PreProcessedColumnId;
use stwo_constraint_framework::{FrameworkComponent, FrameworkEval, TraceLocationAllocator};

use crate::evaluator::{structure_id, EvalAtRow, TableConstants, TRACE_TREES, WEIGHTS_TREE};
use crate::generated;
use crate::key::{Instance, Key};
use crate::pin::{Pin, PinnedTable, DATA_TAG, WEIGHTS_TAG};
use crate::statement::{Challenges, Statement};
use crate::Rejection;

/// The kinds of tables, in the order of their numbers, which begin with 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Linear,
    Activate,
    Lut,
    Mac,
    Data,
    Blinder,
}

/// The parameter of `activate` is lanes + TILE_STEP (step - 1).
const TILE_STEP: usize = 256;
const MOST_TILE_LANES: usize = 64;
const MOST_STEP: u32 = 1024;

const KINDS: [Kind; 6] = [Kind::Linear, Kind::Activate, Kind::Lut, Kind::Mac, Kind::Data, Kind::Blinder];

impl Kind {
    pub fn of_number(number: u32) -> Option<Self> {
        KINDS.get(usize::try_from(number).ok()?.checked_sub(1)?).copied()
    }

    pub fn name(self) -> &'static str {
        generated::layout::NAMES[self as usize]
    }

    /// The least and the greatest parameter.
    pub fn parameters(self) -> (u32, u32) {
        match self {
            Kind::Linear => (1, 1024),
            Kind::Activate => (1, MOST_TILE_LANES as u32 + TILE_STEP as u32 * (MOST_STEP - 1)),
            Kind::Lut | Kind::Mac | Kind::Data | Kind::Blinder => (0, 0),
        }
    }

    pub fn lanes(self, parameter: usize) -> usize {
        let of_key = if self == Kind::Activate { parameter % TILE_STEP } else { parameter };
        generated::layout::LANES[self as usize].unwrap_or(of_key)
    }

    /// P: the claims of `activate` weigh its lanes by the powers of alpha^P.
    pub fn step(self, parameter: usize) -> usize {
        if self == Kind::Activate {
            1 + parameter / TILE_STEP
        } else {
            1
        }
    }

    /// Whether a parameter in range is one of this kind: not all those of `activate` have lanes.
    pub fn accepts(self, parameter: usize) -> bool {
        self != Kind::Activate || (1..=MOST_TILE_LANES).contains(&self.lanes(parameter))
    }

    /// Messages that a row uses.
    pub fn uses_per_row(self, parameter: usize) -> u64 {
        let (of_row, of_lane) = generated::layout::USES[self as usize];
        of_row + of_lane * self.lanes(parameter) as u64
    }

    /// The tree of the columns that are pinned, if the table has such, one a lane; its own tree is `data_tree`.
    fn pinned_tree(self, data_tree: usize) -> Option<usize> {
        match self {
            Kind::Linear => Some(WEIGHTS_TREE),
            Kind::Data => Some(data_tree),
            _ => None,
        }
    }

    pub fn structure_columns(self) -> &'static [&'static str] {
        match self {
            Kind::Linear => generated::linear::STRUCTURE,
            Kind::Activate => generated::activate::STRUCTURE,
            Kind::Lut => generated::lut::STRUCTURE,
            Kind::Mac => generated::mac::STRUCTURE,
            Kind::Data => generated::data::STRUCTURE,
            Kind::Blinder => generated::blinder::STRUCTURE,
        }
    }
}

/// How many instances of a key have a claimed sum: all but the blinder.
pub fn claiming_tables(key: &Key) -> usize {
    key.instances.len() - 1
}

/// The trees before the composition.
pub fn trace_trees(key: &Key) -> usize {
    TRACE_TREES + key.instances.iter().filter(|instance| instance.kind == Kind::Data).count()
}

#[derive(Clone, Debug)]
pub struct Table {
    pub kind: Kind,
    pub log_size: u32,
    pub lanes: usize,
    pub constants: TableConstants,
}

fn descending_powers(base: SecureField, n: usize) -> Vec<SecureField> {
    let mut powers: Vec<_> =
        std::iter::successors(Some(SecureField::one()), |&power| Some(power * base)).take(n).collect();
    powers.reverse();
    powers
}

impl Table {
    /// The table at `place` in the key.
    pub fn new(place: usize, key: &Key, challenges: &Challenges, claimed_sum: SecureField) -> Self {
        let Challenges { alpha, t, z, lambda } = *challenges;
        let Instance { kind, parameter, log_size } = key.instances[place];
        let lanes = kind.lanes(parameter);
        let trees_before = key.instances[..place].iter().filter(|instance| instance.kind == Kind::Data).count();
        Self {
            kind,
            log_size,
            lanes,
            constants: TableConstants {
                instance: Some(place),
                data_tree: TRACE_TREES + trees_before,
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
                step_powers: descending_powers(alpha.pow(kind.step(parameter) as u128), lanes),
            },
        }
    }

    /// The tree of the columns that are pinned, one a lane.
    pub fn pinned_tree(&self) -> Option<usize> {
        self.kind.pinned_tree(self.constants.data_tree)
    }

    pub fn evaluate_row<E: EvalAtRow>(&self, eval: &mut E) {
        match self.kind {
            Kind::Linear => generated::linear::evaluate(eval, self.lanes, &self.constants),
            Kind::Activate => generated::activate::evaluate(eval, self.lanes, &self.constants),
            Kind::Lut => generated::lut::evaluate(eval, self.lanes, &self.constants),
            Kind::Mac => generated::mac::evaluate(eval, self.lanes, &self.constants),
            Kind::Data => generated::data::evaluate(eval, self.lanes, &self.constants),
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
    key.instances
        .iter()
        .enumerate()
        .flat_map(|(place, instance)| {
            instance.kind.structure_columns().iter().map(move |column| structure_id(Some(place), column))
        })
        .collect()
}

/// The pins of a proof of the statement about the key's model: of the weights, and of each commitment.
pub fn pins(key: &Key, statement: &Statement) -> Result<Vec<Pin>, Rejection> {
    let mut pins = vec![Pin::new(WEIGHTS_TREE, WEIGHTS_TAG, key.weights_root, &key.weights_pin)?];
    for (i, commitment) in statement.commitments().into_iter().enumerate() {
        pins.push(Pin::new(TRACE_TREES + i, DATA_TAG, commitment.root, &commitment.pin)?);
    }
    Ok(pins)
}

/// The instances of a key as components, in order, with the pins of their columns. The framework's own LogUp is not used: its claimed sum
/// is zero.
pub fn components(key: &Key, pins: &[Pin], challenges: &Challenges, claimed_sums: &[SecureField]) -> Vec<PinnedTable> {
    let mut allocator = TraceLocationAllocator::new_with_preprocessed_columns(&structure_ids(key));
    (0..key.instances.len())
        .map(|place| {
            let claimed_sum = claimed_sums.get(place).copied().unwrap_or_default();
            let table = Table::new(place, key, challenges, claimed_sum);
            let pin = table.pinned_tree().and_then(|tree| pins.iter().find(|pin| pin.tree == tree)).cloned();
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
