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
use crate::generated::layout::{TREES, WEIGHTS_TREE};
use crate::key::{Key, Tensor, commitment_id, read_key};
use crate::layout;
use crate::merkle::{Step, plan, root_of, same};
use crate::pin::{Pin, WEIGHTS_TAG, append_pinned, pin};
use crate::statement::{Stated, append_statement, commitments, public_messages, read_statement};
use crate::weighted::{EMPTY, Sum};
use crate::tape::{HashTape, HashTapeTrait, ValueTape, ValueTapeTrait, secure_felts};

/// What a proof that holds says of a tensor of its key.
#[derive(Copy, Drop)]
pub struct Said {
    pub tensor: Tensor,
    /// Public values as they came, eight a felt in base 2^31; of committed ones the two halves of their id; none of private ones.
    pub felts: Span<felt252>,
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

/// Returns what a proof that holds for the model of the key `vk` says of its tensors, in the key's order, or panics.
pub fn verify<impl O: Observer>(
    vk: Span<felt252>, context: felt252, values: Span<felt252>, hashes: Span<felt252>,
) -> Span<Said> {
    let key = read_key(vk);
    let mut tape = ValueTapeTrait::new(values);
    let mut hash_tape = HashTapeTrait::new(hashes);
    let statement = read_statement(@key, ref tape, ref hash_tape);
    let commitments = replay::<O>(@key, context, statement, ref tape, ref hash_tape);
    let mut plan = plan(commitments.positions, key.log_size + key.log_blowup);
    let widths = layout::tree_columns(key.instances);
    let mut evaluations = open_trees(@commitments, widths, plan, ref tape, ref hash_tape);
    for layer in commitments.layers {
        plan = plan.slice(layer.step, plan.len() - layer.step);
        evaluations = fold_layer(layer, evaluations.span(), plan, ref tape, ref hash_tape);
    }
    for evaluation in evaluations {
        assert(evaluation.value == commitments.last, 'circlet: FRI last layer');
    }
    tape.finish();
    hash_tape.finish();
    said(@key, statement)
}

fn said(key: @Key, mut statement: Span<Stated>) -> Span<Said> {
    let mut result = array![];
    for tensor in *key.tensors {
        let stated = statement.pop_front().unwrap();
        let felts = match *stated.commitment {
            Some(commitment) => {
                let (low, high) = halves(commitment_id(key, tensor, commitment.root, commitment.pin.words));
                array![low, high].span()
            },
            None => *stated.felts,
        };
        result.append(Said { tensor: *tensor, felts });
    }
    result.span()
}

fn replay<impl O: Observer>(
    key: @Key, context: felt252, statement: Span<Stated>, ref tape: ValueTape, ref hashes: HashTape,
) -> Commitments {
    let instances = *key.instances;
    let mut channel = ChannelTrait::new();
    let mut words = channel.start();
    append_hash(ref words, *key.digest);
    channel.mix_u32s::<O>(words);
    mix_config::<O>(ref channel, key);
    channel.mix_root::<O>(*key.structure_root);
    channel.mix_root::<O>(*key.weights_root);
    mix_statement::<O>(ref channel, key, context, statement);
    let witness_root = hashes.next();
    channel.mix_root::<O>(witness_root);
    let (alpha, t) = channel.draw_secure_felts();
    let fingerprint_root = hashes.next();
    channel.mix_root::<O>(fingerprint_root);
    let (z, lambda) = channel.draw_secure_felts();
    let challenges = Challenges { alpha, t, z, lambda };
    let claimed = mix_tape_felts::<O>(ref channel, ref tape, instances.len() - 1);
    let logup_root = hashes.next();
    channel.mix_root::<O>(logup_root);
    let mut roots = array![
        *key.structure_root, *key.weights_root, witness_root, fingerprint_root, logup_root,
    ];
    let mut pins = array![];
    if !(*key.weights_pin).is_empty() {
        pins.append(pin(WEIGHTS_TAG, *key.weights_root, *key.weights_pin));
    }
    for commitment in commitments(statement) {
        channel.mix_root::<O>(*commitment.root);
        roots.append(*commitment.root);
        pins.append(*commitment.pin);
    }
    let pins = pins.span();
    let mut balance = public_messages(key, statement, @challenges);
    for sum in claimed {
        balance = balance + *sum;
    }
    assert(balance == ZERO, 'circlet: bus balance');

    let rho = channel.draw_secure_felt();
    let composition_root = hashes.next();
    channel.mix_root::<O>(composition_root);
    roots.append(composition_root);
    let point = point_from(channel.draw_secure_felt());
    let samples = mix_samples::<O>(ref channel, ref tape, key, pins);
    let mut vanishing = point.x;
    for _ in 1..*key.log_size {
        vanishing = double_x(vanishing);
    }
    let composition = samples.slice(samples.len() - 8, 8);
    let left = from_partial_evals(*composition[0], *composition[1], *composition[2], *composition[3]);
    let right = from_partial_evals(*composition[4], *composition[5], *composition[6], *composition[7]);
    assert(vanishing != ZERO, 'circlet: out-of-domain point');
    assert(
        (left + vanishing * right) * vanishing == constraints(samples, @challenges, claimed, rho, instances),
        'circlet: composition',
    );
    let gamma = channel.draw_secure_felt();
    let deep = deep::prepare(key, samples, pins, point, gamma);

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

fn mix_statement<impl O: Observer>(ref channel: Channel, key: @Key, context: felt252, statement: Span<Stated>) {
    let mut words = channel.start();
    let context: u256 = context.into();
    crate::key::append_words(ref words, context.low, 4);
    crate::key::append_words(ref words, context.high, 4);
    append_statement(ref words, key, statement);
    channel.mix_u32s::<O>(words);
}

/// Mixes the samples, the next section of the tape, with the pinned values in their places, and returns the samples.
fn mix_samples<impl O: Observer>(
    ref channel: Channel, ref tape: ValueTape, key: @Key, mut pins: Span<Pin>,
) -> Span<QM31> {
    let mut stated = array![];
    tape.read_exactly(ref stated, 4 * layout::samples(*key.instances));
    let mut rest = stated.span();
    let mut words = channel.start();
    for tree in 0..TREES {
        if tree == WEIGHTS_TREE && !(*key.weights_pin).is_empty() {
            append_pinned(ref words, ref rest, pins.pop_front().unwrap());
        } else {
            let count = 4 * layout::samples_of_tree(*key.instances, tree);
            words.append_span(rest.slice(0, count));
            rest = rest.slice(count, rest.len() - count);
        }
    }
    for pin in pins {
        append_pinned(ref words, ref rest, pin);
    }
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
    commitments: @Commitments, widths: Span<u32>, plan: Span<Span<Step>>, ref tape: ValueTape, ref hashes: HashTape,
) -> Array<Evaluation> {
    let deep = commitments.deep;
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
