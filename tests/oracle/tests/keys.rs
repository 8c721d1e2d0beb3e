//! Keys written by hand from docs/protocol.md: what is read of them, and every refusal.

use circlet_oracle::job::StatedJson;
use circlet_oracle::key::{Direction, Key, Visibility};
use circlet_oracle::statement::{Commitment, Stated, Statement};
use circlet_oracle::tables::Kind;
use num_traits::One;
use stwo::core::fields::m31::{M31, P};
use stwo::core::fields::qm31::SecureField;
use stwo::core::vcs::blake2_hash::Blake2sHash;

/// A key in parts, so that a test can change one.
#[derive(Clone)]
struct Parts {
    versions: [u32; 3],
    /// Kind, parameter, log size.
    tables: Vec<[u32; 3]>,
    /// Proof of work, blow-up, last layer, queries, fold step.
    pcs: [u32; 5],
    flags: u32,
    log_degree: u32,
    /// Lanes, reads.
    constants: Vec<[u32; 2]>,
    tensors: Vec<Vec<u32>>,
    /// Meaning, structure root, weights root.
    hashes: [u32; 24],
    pin: Vec<u32>,
}

const ONE: [u32; 3] = [1, 0, 0x3ff0_0000];

/// With one scale, 1.0; a range from -1 to 5.
fn tensor(direction: u32, visibility: u32, lanes: u32, wire: u32, rows: u32) -> Vec<u32> {
    [&[direction, visibility, 0, lanes, wire, rows, P - 1, 5][..], &ONE].concat()
}

/// Two instances of linear and of activate, two committed tensors, three lanes.
fn parts() -> Parts {
    Parts {
        versions: [5, 4, 1],
        tables: vec![[1, 2, 5], [1, 3, 6], [2, 1, 4], [2, 3, 7], [3, 0, 8], [4, 0, 4], [5, 0, 9], [5, 0, 9], [6, 0, 9]],
        pcs: [24, 2, 1, 18, 4],
        flags: 3,
        log_degree: 26,
        constants: vec![[1, 7], [1, 8], [3, 9], [64, 1 << 28]],
        tensors: vec![
            tensor(0, 0, 3, 16, 10),
            tensor(0, 1, 3, 0, 10),
            tensor(0, 2, 1, 0, 10),
            tensor(1, 2, 1, 0, 10),
            tensor(1, 0, 3, P - 1, 10),
        ],
        hashes: std::array::from_fn(|i| i as u32),
        pin: (0..5 * 2 * 4).map(|i| 1000 + i).collect(),
    }
}

impl Parts {
    fn words(&self) -> Vec<u32> {
        let count = |n: usize| u32::try_from(n).unwrap();
        let mut words = self.versions.to_vec();
        words.push(count(self.tables.len()));
        words.extend(self.tables.iter().flatten());
        words.extend(self.pcs);
        words.push(self.flags);
        words.push(self.log_degree);
        words.push(count(self.constants.len()));
        words.extend(self.constants.iter().flatten());
        words.push(count(self.tensors.len()));
        words.extend(self.tensors.iter().flatten());
        words.extend(self.hashes);
        words.extend(&self.pin);
        words
    }

    fn key(&self) -> Result<Key, String> {
        Key::from_words(&self.words())
    }
}

/// The key after a change.
fn changed(change: impl FnOnce(&mut Parts)) -> Result<Key, String> {
    let mut parts = parts();
    change(&mut parts);
    parts.key()
}

#[test]
fn a_key_is_read() {
    let key = parts().key().unwrap();
    let tables: Vec<_> = key.instances.iter().map(|table| (table.kind, table.parameter, table.log_size)).collect();
    use Kind::{Activate, Blinder, Data, Linear, Lut, Mac};
    assert_eq!(tables[..4], [(Linear, 2, 5), (Linear, 3, 6), (Activate, 1, 4), (Activate, 3, 7)]);
    assert_eq!(tables[4..], [(Lut, 0, 8), (Mac, 0, 4), (Data, 0, 9), (Data, 0, 9), (Blinder, 0, 9)]);
    assert_eq!(key.height(), 9);
    assert_eq!(key.config.pow_bits, 24);
    assert_eq!(key.config.fri_config.log_blowup_factor, 2);
    assert_eq!(key.config.fri_config.log_last_layer_degree_bound, 1);
    assert_eq!((key.config.fri_config.n_queries, key.config.fri_config.fold_step), (18, 4));
    let constants: Vec<_> = key.constants.iter().map(|wire| (wire.lanes, wire.reads)).collect();
    assert_eq!(constants, [(1, 7), (1, 8), (3, 9), (64, 1 << 28)]);
    let tensors: Vec<_> = key.tensors.iter().map(|x| (x.direction, x.visibility, x.lanes, x.claim_wire)).collect();
    use Direction::{Input, Output};
    use Visibility::{Committed, Private, Public};
    assert_eq!(tensors[..3], [(Input, Public, 3, 16), (Input, Private, 3, 0), (Input, Committed, 1, 0)]);
    assert_eq!(tensors[3..], [(Output, Committed, 1, 0), (Output, Public, 3, P - 1)]);
    assert!(key.tensors.iter().all(|tensor| (tensor.rows, tensor.min, tensor.max) == (10, -1, 5)));
    let root = |first: u8| Blake2sHash(std::array::from_fn(|i| if i % 4 == 0 { first + i as u8 / 4 } else { 0 }));
    assert_eq!((key.structure_root, key.weights_root), (root(8), root(16)));
    assert_eq!(key.weights_pin.len(), 10);
    assert_eq!(key.weights_pin[9], SecureField::from_u32_unchecked(1036, 1037, 1038, 1039));
}

#[test]
fn tables_may_be_absent() {
    let only = |tables: &[[u32; 3]], weights: u32| {
        changed(|key| {
            key.tables = tables.to_vec();
            key.pcs[2] = 0;
            key.tensors = vec![tensor(0, 0, 1, 16, 10), tensor(1, 0, 1, 17, 10)];
            key.pin = vec![0; weights as usize * 8];
        })
    };
    assert!(only(&[[2, 1, 4], [6, 0, 4]], 0).unwrap().weights_pin.is_empty());
    assert_eq!(only(&[[1, 1024, 26], [4, 0, 26], [6, 0, 26]], 1024).unwrap().instances.len(), 3);
}

#[test]
fn what_is_no_key_is_refused_for_its_reason() {
    type Change = fn(&mut Parts);
    let changes: &[(&str, Change)] = &[
        ("format version is 4", |key| key.versions[0] = 4),
        ("AIR id is 3", |key| key.versions[1] = 3),
        ("hash id is 2", |key| key.versions[2] = 2),
        ("number of tables is 1", |key| key.tables = vec![[6, 0, 9]]),
        ("number of tables is 17", |key| key.tables = [vec![[1, 2, 5]], vec![[5, 0, 9]; 15], vec![[6, 0, 9]]].concat()),
        ("no kind of table 0", |key| key.tables[0] = [0, 0, 5]),
        ("no kind of table 7", |key| key.tables[8] = [7, 0, 9]),
        ("parameter of linear is 0", |key| key.tables[0][1] = 0),
        ("parameter of linear is 1025", |key| key.tables[1][1] = 1025),
        ("parameter of activate is 0", |key| key.tables[2][1] = 0),
        ("lanes of activate is 65", |key| key.tables[3][1] = 65),
        ("lanes of activate is 255", |key| key.tables[3][1] = 255),
        ("lanes of activate is 0", |key| key.tables[3][1] = 256),
        ("lanes of activate is 65", |key| key.tables[3][1] = 65 + 256),
        ("parameter of activate is 262145", |key| key.tables[3][1] = 1 + 256 * 1024),
        ("parameter of lut is 1", |key| key.tables[4][1] = 1),
        ("parameter of mac is 1", |key| key.tables[5][1] = 1),
        ("parameter of data is 1", |key| key.tables[6][1] = 1),
        ("parameter of blinder is 1", |key| key.tables[8][1] = 1),
        ("log size is 3", |key| key.tables[0][2] = 3),
        ("log size is 27", |key| key.tables[8][2] = 27),
        ("not in order", |key| key.tables.swap(0, 2)),
        ("not in order", |key| key.tables.swap(0, 1)),
        ("not in order", |key| key.tables[1][1] = 2),
        ("not in order", |key| key.tables[3][1] = 1),
        ("not in order", |key| key.tables.insert(5, [3, 0, 8])),
        ("not in order", |key| key.tables.insert(6, [4, 0, 8])),
        ("not in order", |key| key.tables.push([6, 0, 9])),
        ("no blinder", |key| key.tables.truncate(8)),
        ("differ in size", |key| key.tables[6][2] = 8),
        ("differ in size", |key| key.tables[8][2] = 10),
        ("higher than the blinder", |key| key.tables[3][2] = 10),
        ("proof-of-work bits is 33", |key| key.pcs[0] = 33),
        ("log blow-up is 0", |key| key.pcs[1] = 0),
        ("log blow-up is 5", |key| key.pcs[1] = 5),
        ("log last layer degree bound is 5", |key| key.pcs[2] = 5),
        ("queries is 0", |key| key.pcs[3] = 0),
        ("queries is 1025", |key| key.pcs[3] = 1025),
        ("fold step is 0", |key| key.pcs[4] = 0),
        ("fold step is 5", |key| key.pcs[4] = 5),
        ("too small for the fold step", |key| {
            key.tables.iter_mut().for_each(|table| table[2] = 4);
            (key.pcs[2], key.pcs[4]) = (1, 4);
        }),
        ("public weights of a key that hides nothing", |key| key.flags = 2),
        ("flags is 4", |key| key.flags = 4),
        ("log degree of the claims is 27", |key| key.log_degree = 27),
        ("number of constant wires is 0", |key| key.constants.clear()),
        ("number of constant wires is 15", |key| key.constants = (0..15).map(|i| [i.max(1), 0]).collect()),
        ("lanes of a constant wire is 2, outside 1..1", |key| key.constants[0][0] = 2),
        ("lanes of a constant wire is 0", |key| key.constants[1][0] = 0),
        ("lanes of a constant wire is 1, outside 2", |key| key.constants[2][0] = 1),
        ("lanes of a constant wire is 3, outside 4", |key| key.constants[3][0] = 3),
        ("lanes of a constant wire is 65", |key| key.constants[3][0] = 65),
        ("reads of a constant wire is 268435457", |key| key.constants[0][1] = (1 << 28) + 1),
        ("number of tensors is 0", |key| key.tensors.clear()),
        ("number of tensors is 17", |key| key.tensors = vec![tensor(1, 0, 1, 16, 10); 17]),
        ("direction is 2", |key| key.tensors[4][0] = 2),
        ("an input after an output", |key| key.tensors.rotate_left(1)),
        ("no output", |key| key.tensors.truncate(3)),
        ("visibility is 3", |key| key.tensors[1][1] = 3),
        ("a private output", |key| key.tensors[4] = tensor(1, 1, 3, 0, 10)),
        ("form is 1, outside 0..0", |key| key.tensors[0][2] = 1),
        ("form is 4", |key| key.tensors[4][2] = 4),
        ("lanes of a tensor is 0", |key| key.tensors[0][3] = 0),
        ("lanes of a tensor is 65", |key| key.tensors[0][3] = 65),
        ("lanes of a tensor is 2, outside 1..1", |key| key.tensors[2][3] = 2),
        ("wire is 15", |key| key.tensors[0][4] = 15),
        ("wire is 2147483647", |key| key.tensors[0][4] = P),
        ("wire is 16, outside 0..0", |key| key.tensors[1][4] = 16),
        ("wire is 16, outside 0..0", |key| key.tensors[3][4] = 16),
        ("rows is 0", |key| key.tensors[0][5] = 0),
        ("rows is 16777217", |key| key.tensors[0][5] = (1 << 24) + 1),
        ("least value is 2147483647", |key| key.tensors[0][6] = P),
        ("greatest value is 2147483647", |key| key.tensors[0][7] = P),
        ("the range of a tensor is empty", |key| key.tensors[0][7] = P - 2),
        ("3 scales for 10 rows", |key| key.tensors[0][8] = 3),
        ("0 scales for 10 rows", |key| key.tensors[0][8] = 0),
        ("-1 is no scale", |key| key.tensors[0][10] = 0xbff0_0000),
        ("0 is no scale", |key| key.tensors[0][10] = 0),
        ("inf is no scale", |key| key.tensors[0][10] = 0x7ff0_0000),
        ("2 tables of values for 1 committed tensors", |key| key.tensors[2] = tensor(0, 1, 1, 0, 10)),
        ("1 tables of values for 2 committed tensors", |key| key.tables.dedup()),
        ("pin is 2147483647", |key| key.pin[39] = P),
        ("truncated at pin", |key| key.pin.truncate(39)),
        ("words left over", |key| key.pin.push(0)),
        ("a message could be used p times", |key| {
            key.tables = vec![[1, 2, 5], [1, 3, 6], [2, 64, 24], [5, 0, 24], [5, 0, 24], [6, 0, 24]];
        }),
    ];
    for (reason, change) in changes {
        let why = changed(change).expect_err(reason);
        assert!(why.contains(reason), "{why} instead of {reason}");
    }
    let words = parts().words();
    for length in 0..words.len() {
        assert!(Key::from_words(&words[..length]).is_err_and(|why| why.contains("truncated")), "{length} words");
    }
}

/// In units of 2^24, of which p has one less than 128.
#[test]
fn uses_are_summed_over_all_tables() {
    let is_key = |tables: &[[u32; 3]], weights: usize| {
        changed(|key| {
            key.tables = [tables, &[[5, 0, 24], [5, 0, 24], [6, 0, 26]]].concat();
            key.tables.iter_mut().filter(|table| table[0] == 5).for_each(|table| table[2] = 26);
            key.pin = vec![0; weights * 8];
        })
        .is_ok()
    };
    // The two tables of committed values have 4 each, and activate 2 B + 1.
    assert!(is_key(&[[2, 59, 24]], 0));
    assert!(!is_key(&[[2, 60, 24]], 0));
    assert!(!is_key(&[[2, 1, 24], [2, 59, 24]], 0));
    // A step of the claims adds nothing.
    assert!(is_key(&[[2, 59 + 256 * 1023, 24]], 0));
    assert!(!is_key(&[[2, 60 + 256, 24]], 0));
    // linear has 1 and mac 2.
    assert!(is_key(&[[2, 58, 24], [4, 0, 24]], 0));
    assert!(!is_key(&[[2, 58, 24], [4, 0, 25]], 0));
    assert!(is_key(&[[1, 1, 24], [1, 2, 23], [2, 58, 24]], 3));
    assert!(!is_key(&[[1, 1, 24], [1, 2, 24], [2, 59, 24]], 3));
    // lut yields alone.
    assert!(is_key(&[[2, 59, 24], [3, 0, 26]], 0));
}

/// What fits the tensors of `parts`.
fn statement() -> Statement {
    let commitment = Stated::Commitment(Commitment { root: Blake2sHash::default(), pin: vec![SecureField::one(); 32] });
    let values = Stated::Values((0..30).map(|i| i % 7 - 1).collect());
    Statement {
        context: [0; 8],
        tensors: vec![values.clone(), Stated::Nothing, commitment.clone(), commitment, values],
    }
}

#[test]
fn a_statement_is_of_the_keys_form() {
    let key = parts().key().unwrap();
    assert_eq!(statement().check(&key), Ok(()));
    let refused = |reason: &str, change: &dyn Fn(&mut Vec<Stated>)| {
        let mut statement = statement();
        change(&mut statement.tensors);
        let why = statement.check(&key).expect_err(reason);
        assert!(why.contains(reason), "{why} instead of {reason}");
    };
    refused("about 4 tensors", &|tensors| drop(tensors.pop()));
    refused("about 6 tensors", &|tensors| tensors.push(Stated::Nothing));
    refused("tensor 0: the statement says Private, and the key Public", &|tensors| tensors.swap(0, 1));
    refused("tensor 2: the statement says Private, and the key Committed", &|tensors| tensors[2] = Stated::Nothing);
    refused("tensor 0: the statement has 29 values", &|tensors| tensors[0] = Stated::Values(vec![0; 29]));
    refused("tensor 4: value 29 is 6", &|tensors| tensors[4] = Stated::Values([vec![0; 29], vec![6]].concat()));
    refused("tensor 3: the pin has 31 values", &|tensors| {
        tensors[3] = Stated::Commitment(Commitment { root: Blake2sHash::default(), pin: vec![SecureField::one(); 31] });
    });
}

#[test]
fn a_statement_enters_the_transcript_in_the_keys_order() {
    let mut root = [0; 32];
    root[0] = 9;
    let pin = vec![SecureField::from_m31_array([M31(1), M31(2), M31(3), M31(4)]); 2];
    let tensors = vec![
        Stated::Values(vec![-1, 5]),
        Stated::Nothing,
        Stated::Commitment(Commitment { root: Blake2sHash(root), pin }),
    ];
    let words = Statement { context: [1, 2, 3, 4, 5, 6, 7, 8], tensors }.words();
    let expected: &[&[u32]] = &[
        &[1, 2, 3, 4, 5, 6, 7, 8, 3],
        &[0, 2, P - 1, 5],
        &[1, 0],
        &[2, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 1, 2, 3, 4],
    ];
    assert_eq!(words, expected.concat());
}

#[test]
fn a_tensor_is_stated_in_one_form() {
    let stated = |text: &str| serde_json::from_str::<StatedJson>(text).is_ok();
    assert!(stated(r#"{"values": [1, -2]}"#) && stated("{}"));
    assert!(stated(r#"{"root": "00", "pin": [[[0, 1], [2, 3]]]}"#));
    for text in [
        r#"{"values": null}"#,
        r#"{"values": [1], "root": "00"}"#,
        r#"{"values": [1], "more": 0}"#,
        r#"{"root": "00"}"#,
        r#"{"pin": []}"#,
        r#"{"root": "00", "pin": [], "more": 0}"#,
        r#"{"more": 0}"#,
        "null",
        "[]",
    ] {
        assert!(!stated(text), "{text}");
    }
}
