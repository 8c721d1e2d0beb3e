//! The verifier: docs/protocol.md from the key to the last FRI layer, in its order. A failure panics with the step's name.
use core::traits::TryInto;
#[feature("bounded-int-utils")]
use core::internal::bounded_int::upcast;
use crate::air::{Challenges, constraints};
use crate::blake2s::{Hash, append_hash, append_zeros, halves, hash_padded};
use crate::channel::{Channel, ChannelTrait, Observer};
use crate::circle::{double_x, point_from};
use crate::deep;
use crate::fields::{QM31, QM31Add, QM31Mul, ZERO, from_partial_evals};
use crate::fri::{Evaluation, Layer, fold_layer, power_of_two};
use crate::key::{Key, Tensor, commitment_id, read_key};
use crate::layout;
use crate::merkle::{Step, plan, root_of, same};
use crate::pin::{Pin, append_pinned, pin};
use crate::statement::{Stated, append_stated, public_messages, read_stated};
use crate::weighted::{EMPTY, Sum};
use crate::tape::{HashTape, HashTapeTrait, ValueTape, ValueTapeTrait, secure_felts};

/// What a proof that holds states: public values packed as they came, eight a felt in base 2^31; of committed ones the id
/// (`packed`).
#[derive(Copy, Drop)]
pub struct Statement {
    pub n_inputs: u32,
    pub inputs: Span<felt252>,
    pub n_outputs: u32,
    pub outputs: Span<felt252>,
    /// What the outputs are (contracts/prediction.cairo).
    pub output_form: u32,
}

/// What the transcript fixes before the queries.
#[derive(Drop)]
struct Commitments {
    /// In tree order; the composition's is last.
    roots: Array<Hash>,
    deep: deep::Deep,
    layers: Array<Layer>,
    last: QM31,
    positions: Span<u32>,
}

/// Returns the statement of a proof that holds for the model of the key `vk`, or panics.
pub fn verify<impl O: Observer>(
    vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
) -> Statement {
    let key = read_key(vk);
    let mut tape = ValueTapeTrait::new(values);
    let mut hash_tape = HashTapeTrait::new(hashes);
    let inputs = read_stated(@key.input, ref tape, ref hash_tape);
    let outputs = read_stated(@key.output, ref tape, ref hash_tape);
    let commitments = replay::<O>(@key, context, @inputs, @outputs, ref tape, ref hash_tape);
    let mut plan = plan(commitments.positions, key.log_size + key.log_blowup);
    let mut evaluations = open_trees(@commitments, key.committed, plan, ref tape, ref hash_tape);
    for layer in commitments.layers {
        plan = plan.slice(layer.step, plan.len() - layer.step);
        evaluations = fold_layer(layer, evaluations.span(), plan, ref tape, ref hash_tape);
    }
    for evaluation in evaluations {
        assert(evaluation.value == commitments.last, 'circlet: FRI last layer');
    }
    tape.finish();
    hash_tape.finish();
    let (n_inputs, n_outputs) = (inputs.values.len(), outputs.values.len());
    Statement {
        n_inputs,
        inputs: packed(@key, @key.input, @inputs, values),
        n_outputs,
        outputs: packed(@key, @key.output, @outputs, values.slice((n_inputs + 7) / 8, (n_outputs + 7) / 8)),
        output_form: key.output_form,
    }
}

/// The values' felts, with which `tape` starts; or the low and the high 128 bits of the id of committed values, 32 bytes in
/// little-endian order.
fn packed(key: @Key, tensor: @Tensor, stated: @Stated, tape: Span<felt252>) -> Span<felt252> {
    match *stated.root {
        Some(root) => {
            let (low, high) = halves(commitment_id(key, tensor, root));
            array![low, high].span()
        },
        None => tape.slice(0, ((*stated.values).len() + 7) / 8),
    }
}

fn replay<impl O: Observer>(
    key: @Key, context: felt252, inputs: @Stated, outputs: @Stated, ref tape: ValueTape, ref hashes: HashTape,
) -> Commitments {
    let committed = *key.committed;
    let mut channel = ChannelTrait::new();
    let mut words = channel.start();
    append_hash(ref words, *key.digest);
    channel.mix_u32s::<O>(words);
    mix_config::<O>(ref channel, key);
    channel.mix_root::<O>(*key.structure_root);
    channel.mix_root::<O>(*key.weights_root);
    mix_statement::<O>(ref channel, context, inputs, outputs);
    let witness_root = hashes.next();
    channel.mix_root::<O>(witness_root);
    let (alpha, t) = channel.draw_secure_felts();
    let fingerprint_root = hashes.next();
    channel.mix_root::<O>(fingerprint_root);
    let (z, lambda) = channel.draw_secure_felts();
    let challenges = Challenges { alpha, t, z, lambda };
    let claimed = mix_tape_felts::<O>(ref channel, ref tape, layout::claims(committed));
    let logup_root = hashes.next();
    channel.mix_root::<O>(logup_root);
    let mut roots = array![
        *key.structure_root, *key.weights_root, witness_root, fingerprint_root, logup_root,
    ];
    mix_stated_root::<O>(ref channel, inputs, ref roots);
    mix_stated_root::<O>(ref channel, outputs, ref roots);
    let mut balance = public_messages(key, *inputs.values, *outputs.values, @challenges);
    for sum in claimed {
        balance = balance + *sum;
    }
    assert(balance == ZERO, 'circlet: bus balance');

    let rho = channel.draw_secure_felt();
    let composition_root = hashes.next();
    channel.mix_root::<O>(composition_root);
    roots.append(composition_root);
    let point = point_from(channel.draw_secure_felt());
    let weights_pin = pin(*key.weights_root, *key.weights_pin);
    let samples = mix_samples::<O>(ref channel, ref tape, committed, @weights_pin);
    let mut vanishing = point.x;
    for _ in 1..*key.log_size {
        vanishing = double_x(vanishing);
    }
    let composition = samples.slice(samples.len() - 8, 8);
    let left = from_partial_evals(*composition[0], *composition[1], *composition[2], *composition[3]);
    let right = from_partial_evals(*composition[4], *composition[5], *composition[6], *composition[7]);
    assert(vanishing != ZERO, 'circlet: out-of-domain point');
    assert(
        (left + vanishing * right) * vanishing == constraints(samples, @challenges, claimed, rho, committed),
        'circlet: composition',
    );
    let gamma = channel.draw_secure_felt();
    let deep = deep::prepare(key, samples, weights_pin, point, gamma);

    let layers = replay_fri::<O>(ref channel, key, ref hashes);
    let last = *mix_tape_felts::<O>(ref channel, ref tape, 1)[0];
    let nonce: u64 = tape.next().try_into().expect('circlet: proof of work');
    let (high, low) = DivRem::div_rem(nonce, 0x100000000);
    let (high, low) = (high.try_into().unwrap(), low.try_into().unwrap());
    assert(channel.verify_pow(*key.pow_bits, low, high), 'circlet: proof of work');
    channel.mix_u64::<O>(low, high);
    let positions = draw_positions(ref channel, *key.n_queries, *key.log_size + *key.log_blowup);
    Commitments { roots, deep, layers, last, positions }
}

fn mix_config<impl O: Observer>(ref channel: Channel, key: @Key) {
    let mut words = channel.start();
    words.append(*key.pow_bits);
    words.append(*key.log_blowup);
    words.append(*key.n_queries);
    words.append(0);
    words.append(*key.fold_step);
    append_zeros(ref words, 3);
    channel.mix_felts::<O>(words);
}

/// The tree of committed values, whose root is stated.
fn mix_stated_root<impl O: Observer>(ref channel: Channel, stated: @Stated, ref roots: Array<Hash>) {
    if let Some(root) = *stated.root {
        channel.mix_root::<O>(root);
        roots.append(root);
    }
}

fn mix_statement<impl O: Observer>(ref channel: Channel, context: felt252, inputs: @Stated, outputs: @Stated) {
    let mut words = channel.start();
    let context: u256 = context.into();
    crate::key::append_words(ref words, context.low, 4);
    crate::key::append_words(ref words, context.high, 4);
    append_stated(ref words, inputs);
    append_stated(ref words, outputs);
    channel.mix_u32s::<O>(words);
}

/// Mixes the samples, the next section of the tape, with the pinned values in their places, and returns the samples.
fn mix_samples<impl O: Observer>(
    ref channel: Channel, ref tape: ValueTape, committed: u32, weights_pin: @Pin,
) -> Span<QM31> {
    let mut stated = array![];
    tape.read_exactly(ref stated, 4 * layout::samples(committed));
    let mut rest = stated.span();
    let mut words = channel.start();
    // The weights come after the structure, which is sampled column by column.
    let structure = 4 * *layout::tree_columns(committed)[0];
    words.append_span(rest.slice(0, structure));
    rest = rest.slice(structure, rest.len() - structure);
    append_pinned(ref words, ref rest, weights_pin);
    words.append_span(rest);
    channel.mix_felts::<O>(words);
    secure_felts(stated.span()).span()
}

/// Mixes the next section of the tape, `count` felts, and returns them.
fn mix_tape_felts<impl O: Observer>(ref channel: Channel, ref tape: ValueTape, count: u32) -> Span<QM31> {
    let mut words = channel.start();
    tape.read_exactly(ref words, 4 * count);
    let felts = secure_felts(words.span().slice(8, 4 * count));
    channel.mix_felts::<O>(words);
    felts.span()
}

/// The first layer folds the circle domain by 2^fold_step; each next one as much, or what is left of the degree bound.
fn replay_fri<impl O: Observer>(ref channel: Channel, key: @Key, ref hashes: HashTape) -> Array<Layer> {
    let mut layers = array![];
    let mut log_degree = *key.log_size;
    let mut circle = true;
    while circle || log_degree != 0 {
        let root = hashes.next();
        channel.mix_root::<O>(root);
        let step = core::cmp::min(*key.fold_step, log_degree);
        let alpha = channel.draw_secure_felt();
        layers.append(Layer { root, alpha, log_size: log_degree + *key.log_blowup, step, circle });
        log_degree -= step;
        circle = false;
    }
    layers
}

/// Words of draws modulo the domain's size, until there are `count`; sorted, without repetitions.
fn draw_positions(ref channel: Channel, count: u32, log_domain: u32) -> Span<u32> {
    let size: NonZero<u32> = power_of_two(log_domain).try_into().unwrap();
    let mut positions = array![].span();
    let mut drawn = 0;
    while drawn != count {
        for word in channel.draw_u32s().span() {
            if drawn != count {
                let (_, position) = DivRem::div_rem(*word, size);
                positions = insert(positions, position);
                drawn += 1;
            }
        }
    }
    positions
}

fn insert(mut sorted: Span<u32>, value: u32) -> Span<u32> {
    let mut result = array![];
    while let Some(next) = sorted.pop_front() {
        if *next >= value {
            if *next > value {
                result.append(value);
            }
            result.append(*next);
            result.append_span(sorted);
            return result.span();
        }
        result.append(*next);
    }
    result.append(value);
    result.span()
}

/// Reads the leaves at every position, checks them against the roots, and returns FRI's evaluations.
fn open_trees(
    commitments: @Commitments, committed: u32, plan: Span<Span<Step>>, ref tape: ValueTape, ref hashes: HashTape,
) -> Array<Evaluation> {
    let deep = commitments.deep;
    let widths = layout::tree_columns(committed);
    let mut quotients = deep::no_quotients();
    // The hashes of the leaves, by tree.
    let mut trees: Array<Array<Hash>> = array![];
    for _ in 0..widths.len() {
        trees.append(array![]);
    }
    for position in *commitments.positions {
        let mut leaves = array![];
        let mut sum = EMPTY;
        let mut weights = deep.leaf_weights.span();
        for columns in widths {
            let mut nodes = trees.pop_front().unwrap();
            sum = open_leaf(ref nodes, ref leaves, *columns, *weights.pop_front().unwrap(), ref tape, sum);
            trees.append(nodes);
        }
        deep::add_position(deep, ref quotients, *position, sum, leaves.span());
    }
    let mut roots = commitments.roots.span();
    for leaves in trees {
        let root = root_of(leaves.span(), plan, ref hashes);
        assert(same(root, *roots.pop_front().unwrap()), 'circlet: tree root');
    }
    let mut evaluations = array![];
    let mut positions = *commitments.positions;
    for value in deep::codewords(deep, quotients) {
        evaluations.append(Evaluation { position: *positions.pop_front().unwrap(), value });
    }
    evaluations
}

/// Reads the next leaf, of `columns` values, and appends its hash to `nodes` and its values, padded with zeros, to `leaves`.
/// Returns `sum` plus their weighted sum at z.
fn open_leaf(
    ref nodes: Array<Hash>,
    ref leaves: Array<Span<u32>>,
    columns: u32,
    weights: Span<felt252>,
    ref tape: ValueTape,
    sum: Sum,
) -> Sum {
    let mut words = array![];
    let sum = tape.read_weighted(ref words, columns, weights, sum);
    append_zeros(ref words, words.len() % 16);
    let leaf = words.span();
    nodes.append(hash_padded(leaf, 4 * columns));
    leaves.append(leaf);
    sum
}
