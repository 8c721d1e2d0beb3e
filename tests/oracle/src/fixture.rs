//! Small test AIRs and their proofs, as JSON: what the C++ prover is compared with, byte for byte. `comps` lists (kind, log size,
//! columns); kind 0: each column is the sum of the squares of the two before; 1: a mask [-1, 0] and two preprocessed columns;
//! 2: LogUp in pairs; 3: LogUp in singles.

use num_traits::{One, Zero};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use stwo::core::air::Component;
use stwo::core::channel::Channel;
use stwo::core::fields::m31::M31;
use stwo::core::fields::qm31::SecureField;
use stwo::core::pcs::CommitmentSchemeVerifier;
use stwo_constraint_framework::logup::LookupElements;
use stwo_constraint_framework::preprocessed_columns::PreProcessedColumnId;
use stwo_constraint_framework::{
    EvalAtRow, FrameworkComponent, FrameworkEval, Relation, RelationEFTraitBound, RelationEntry, TraceLocationAllocator,
};

use crate::channel::RecordingChannel;
use crate::proof::{check_shape, parse_stark};
use crate::verify::{sample_counts, verify_stark};
use crate::{require, Rejection};

/// Field order is that of the file.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Fixture {
    pub name: String,
    pub channel: String,
    pub comps: Vec<(u32, u32, u32)>,
    pub pp: Vec<(String, u32)>,
    /// Whether preprocessed columns that no constraint reads are sampled too.
    pub all_pp: bool,
    pub claimed: Vec<SecureField>,
    pub crate_verdict: String,
    pub proof: Value,
}

#[derive(Clone, Debug)]
pub struct TestLookup(pub LookupElements<2>);

impl TestLookup {
    pub fn draw(channel: &mut impl Channel) -> Self {
        Self(LookupElements::draw(channel))
    }
}

impl<F: Clone, EF: RelationEFTraitBound<F>> Relation<F, EF> for TestLookup {
    fn combine(&self, values: &[F]) -> EF {
        self.0.combine(values)
    }
    fn get_name(&self) -> &str {
        "test"
    }
    fn get_size(&self) -> usize {
        2
    }
}

#[derive(Clone, Debug)]
pub struct TestAir {
    pub kind: u32,
    pub log_size: u32,
    pub columns: u32,
    pub lookup: TestLookup,
}

impl FrameworkEval for TestAir {
    fn log_size(&self) -> u32 {
        self.log_size
    }
    fn max_constraint_log_degree_bound(&self) -> u32 {
        self.log_size + 1
    }
    fn evaluate<E: EvalAtRow>(&self, mut eval: E) -> E {
        let preprocessed = |eval: &mut E, stem: &str| {
            eval.get_preprocessed_column(PreProcessedColumnId { id: format!("{stem}_{}", self.log_size) })
        };
        match self.kind {
            0 => {
                let mut before = eval.next_trace_mask();
                let mut last = eval.next_trace_mask();
                for _ in 2..self.columns {
                    let next = eval.next_trace_mask();
                    eval.add_constraint(next.clone() - (before.clone() * before + last.clone() * last.clone()));
                    (before, last) = (last, next);
                }
            }
            1 => {
                let is_first = preprocessed(&mut eval, "isf");
                let p = preprocessed(&mut eval, "pp");
                let [previous, a] = eval.next_interaction_mask(1, [-1, 0]);
                let b = eval.next_trace_mask();
                let one = E::F::one();
                eval.add_constraint(
                    (one - is_first.clone()) * (a.clone() - previous.clone() * previous.clone() - p.clone()),
                );
                eval.add_constraint(is_first * (a.clone() - E::F::from(M31(5))));
                eval.add_constraint(b - a * previous - p);
            }
            2 => {
                let v = eval.next_trace_mask();
                let w = eval.next_trace_mask();
                let multiplicity = eval.next_trace_mask();
                eval.add_constraint(w.clone() - v.clone() * v.clone());
                eval.add_to_relation(RelationEntry::new(&self.lookup, E::EF::one(), &[v.clone(), w.clone()]));
                eval.add_to_relation(RelationEntry::new(&self.lookup, E::EF::one(), &[w, v.clone()]));
                eval.add_to_relation(RelationEntry::new(&self.lookup, -E::EF::from(multiplicity), &[v]));
                eval.finalize_logup_in_pairs();
            }
            _ => {
                let p = preprocessed(&mut eval, "pp");
                let v = eval.next_trace_mask();
                let multiplicity = eval.next_trace_mask();
                eval.add_constraint(multiplicity.clone() - v.clone() * p.clone());
                eval.add_to_relation(RelationEntry::new(&self.lookup, E::EF::from(multiplicity), &[v.clone()]));
                eval.add_to_relation(RelationEntry::new(&self.lookup, -E::EF::one(), &[p, v]));
                eval.finalize_logup();
            }
        }
        eval
    }
}

impl Fixture {
    pub fn has_logup(&self) -> bool {
        self.comps.iter().any(|&(kind, ..)| kind >= 2)
    }

    /// Log size of the highest component.
    pub fn height(&self) -> u32 {
        self.comps.iter().map(|&(_, log_size, _)| log_size).max().unwrap_or(0)
    }

    pub fn component_words(&self) -> Vec<u32> {
        self.comps.iter().flat_map(|&(kind, log_size, columns)| [kind, log_size, columns]).collect()
    }

    /// Rejects what the test AIRs are not defined for.
    pub fn check(&self) -> Result<(), Rejection> {
        require(self.channel == "blake2s", || format!("no channel '{}'", self.channel))?;
        require(!self.comps.is_empty(), || "no components".into())?;
        for &(kind, log_size, columns) in &self.comps {
            require(kind <= 3, || format!("no component of kind {kind}"))?;
            require((1..=24).contains(&log_size), || format!("log size {log_size} is outside 1..24"))?;
            require(kind != 0 || (2..=1000).contains(&columns), || format!("{columns} columns is outside 2..1000"))?;
            for stem in ["isf", "pp"].iter().skip(usize::from(kind != 1)).take(if kind % 2 == 1 { 2 } else { 0 }) {
                let column = (format!("{stem}_{log_size}"), log_size);
                require(self.pp.contains(&column), || {
                    format!("kind {kind} needs the preprocessed column {}", column.0)
                })?;
            }
        }
        Ok(())
    }

    pub fn components(&self, lookup: &TestLookup, claimed: &[SecureField]) -> Vec<FrameworkComponent<TestAir>> {
        let ids: Vec<_> = self.pp.iter().map(|(id, _)| PreProcessedColumnId { id: id.clone() }).collect();
        let mut allocator = TraceLocationAllocator::new_with_preprocessed_columns(&ids);
        self.comps
            .iter()
            .zip(claimed)
            .map(|(&(kind, log_size, columns), &claimed_sum)| {
                let air = TestAir { kind, log_size, columns, lookup: lookup.clone() };
                FrameworkComponent::new(&mut allocator, air, claimed_sum)
            })
            .collect()
    }

    /// Verifies `proof` with the crate, for the configuration that it carries.
    pub fn verify(&self, channel: &mut RecordingChannel) -> Result<(), Rejection> {
        self.check()?;
        require(self.claimed.len() == self.comps.len(), || "claimed: not one sum a component".into())?;
        let stark = parse_stark(&self.proof)?;
        let trees = if self.has_logup() { 3 } else { 2 };
        require(stark.commitments.len() == trees + 1, || "commitments: wrong number of trees".into())?;
        let config = stark.config;
        let mut sizes = vec![self.pp.iter().map(|&(_, log_size)| log_size).collect::<Vec<_>>()];
        let dummy = TestLookup(LookupElements::dummy());
        for component in self.components(&dummy, &vec![SecureField::zero(); self.comps.len()]) {
            let bounds = component.trace_log_degree_bounds().0;
            sizes.resize(trees, Vec::new());
            for (tree, columns) in bounds.into_iter().enumerate().skip(1) {
                sizes[tree].extend(columns);
            }
        }
        let mut scheme = CommitmentSchemeVerifier::new(config);
        config.mix_into(channel);
        scheme.commit(stark.commitments[0], &sizes[0], channel);
        channel.mix_u32s(&self.component_words());
        scheme.commit(stark.commitments[1], &sizes[1], channel);
        let lookup = if self.has_logup() {
            let lookup = TestLookup::draw(channel);
            channel.mix_felts(&self.claimed);
            scheme.commit(stark.commitments[2], &sizes[2], channel);
            lookup
        } else {
            dummy
        };
        let components = self.components(&lookup, &self.claimed);
        let components: Vec<&dyn Component> = components.iter().map(|component| component as &dyn Component).collect();
        let height = config.lifting_log_size.map_or(self.height(), |size| size - config.fri_config.log_blowup_factor);
        let mut counts = sample_counts(&components, &sizes, height);
        if self.all_pp {
            counts[0].fill(1);
        }
        check_shape(&stark, &config, height, &counts)?;
        verify_stark(&components, channel, &mut scheme, stark, height, self.all_pp)
    }
}
