//! The C++ verifier and the crate's give the same verdict on changed proofs and keys, and see the same transcript up to it.
//! $CIRCLET_ORACLE_JUDGE is the C++ program oracle-judge; with CIRCLET_FULL=1 there are many more changes.

#[path = "common/cases.rs"]
mod cases;
#[path = "common/changes.rs"]
mod changes;
#[path = "common/mutator.rs"]
mod mutator;

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use cases::{cases, job_of, run, Case};
use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::job::key_words;
use circlet_oracle::key::Key;
use mutator::{Mutator, Random};
use serde_json::{json, Value};

fn full() -> bool {
    std::env::var("CIRCLET_FULL").is_ok_and(|full| full == "1")
}

/// The C++ verifier, as a process that answers line by line.
struct Judge {
    process: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

impl Judge {
    fn start(argument: &Path) -> Self {
        let program = std::env::var("CIRCLET_ORACLE_JUDGE").expect("CIRCLET_ORACLE_JUDGE: run scripts/test-oracle");
        let command = Command::new(&program).arg(argument).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
        let mut process = command.expect(&program);
        let questions = process.stdin.take();
        let answers = BufReader::new(process.stdout.take().expect("piped"));
        Self { process, questions, answers }
    }

    /// The verdict and the transcript up to it.
    fn ask(&mut self, document: &Value) -> (Result<(), String>, Vec<String>) {
        writeln!(self.questions.as_mut().expect("running"), "{document}").expect("the judge reads");
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("the judge answers");
        let answer: Value = serde_json::from_str(&line).expect("the judge lives");
        let transcript = serde_json::from_value(answer["transcript"].clone()).expect("lines");
        (answer["rejected"].as_str().map_or(Ok(()), |why| Err(why.into())), transcript)
    }
}

impl Drop for Judge {
    fn drop(&mut self) {
        drop(self.questions.take());
        let _ = self.process.wait();
    }
}

#[derive(Default)]
struct Counts {
    accepted: usize,
    rejected: usize,
}

impl Counts {
    fn add(&mut self, accepted: bool) {
        *(if accepted { &mut self.accepted } else { &mut self.rejected }) += 1;
    }
    /// Past the capture of the test's output: the counts are part of the test's report.
    fn report(&self, what: &str) {
        let Self { accepted, rejected } = self;
        let _ = writeln!(std::io::stderr(), "{what}: {accepted} accepted and {rejected} rejected by both verifiers");
    }
}

/// Whether both verifiers accept `proof`; panics if only one of them does, or they saw different transcripts.
fn both_accept(judge: &mut Judge, case: &Case, what: &str, proof: &Value) -> bool {
    let (theirs, their_transcript) = judge.ask(proof);
    let mut channel = RecordingChannel::default();
    let ours = job_of(&case.vk, proof).ok_or("no statement".into()).and_then(|job| run(&job, &mut channel));
    let transcript = channel.lines();
    let agree = transcript.iter().zip(&their_transcript).all(|(ours, theirs)| ours == theirs);
    if ours.is_ok() != theirs.is_ok() || !agree {
        let file = std::env::temp_dir().join("circlet-verifiers-differ.json");
        fs::write(&file, json!({ "vk": case.vk, "proof": proof }).to_string()).expect("a file");
        let verdicts = format!("crate: {ours:?} after {transcript:#?}\nC++: {theirs:?} after {their_transcript:#?}");
        panic!("{}: {what}: the verifiers differ on {}\n{verdicts}", case.name, file.display());
    }
    if let Err(why) = &ours {
        assert!(!why.contains("panicked"), "{}: {what}: {why}", case.name);
    }
    ours.is_ok()
}

/// Whether all that is read of two proofs is equal.
fn same(a: &Value, b: &Value) -> bool {
    ["context", "tensors"].iter().all(|&field| a["statement"][field] == b["statement"][field])
        && ["claimed_sums", "stark_proof"].iter().all(|&field| a[field] == b[field])
}

#[test]
fn the_verdict_on_a_changed_proof_is_the_cpp_verifiers() {
    std::panic::set_hook(Box::new(|panic| {
        // The crate's panics are caught and reject.
        if panic.location().is_some_and(|location| location.file().starts_with("tests/")) {
            let _ = writeln!(std::io::stderr(), "{panic}");
        }
    }));
    let changes = if full() { 1500 } else { 100 };
    let mut counts = Counts::default();
    let mut cases = cases();
    cases.sort_by_key(|case| case.proof.to_string().len());
    for (i, case) in cases.iter().enumerate() {
        let mut judge = Judge::start(&case.folder.join("vk.json"));
        let other = fs::read(case.folder.join("other.json")).expect("other.json");
        let other: Value = serde_json::from_slice(&other).expect("other.json");
        for honest in [&case.proof, &other] {
            assert!(both_accept(&mut judge, case, "an honest proof", honest));
        }
        let mut mutator = Mutator::new(&case.proof, &other, i as u64);
        for _ in 0..changes {
            let (what, proof) = mutator.next();
            let accepted = both_accept(&mut judge, case, &what, &proof);
            assert!(!accepted || same(&proof, &case.proof) || same(&proof, &other), "{}: {what}: accepted", case.name);
            counts.add(accepted);
        }
        if full() && i < 2 {
            changes::for_each_change(&case.proof, |class, proof| {
                counts.add(both_accept(&mut judge, case, class, proof));
            });
        }
    }
    counts.report("changed proofs");
    assert!(counts.rejected > counts.accepted);
}

#[test]
fn the_same_keys_are_keys() {
    let mut judge = Judge::start(Path::new("--keys"));
    let mut counts = Counts::default();
    let mut check = |name: &str, words: &[u32]| {
        let (theirs, _) = judge.ask(&json!(words));
        let ours = Key::from_words(words);
        assert_eq!(ours.is_ok(), theirs.is_ok(), "{name}: crate: {ours:?}, C++: {theirs:?}: {words:?}");
        counts.add(theirs.is_ok());
    };
    for case in cases().iter().step_by(if full() { 1 } else { 4 }) {
        let name = &case.name;
        let words = key_words(&case.vk).expect("words");
        check(name, &words);
        for i in 0..words.len() {
            check(name, &words[..i]);
            let bits = (0..32).map(|bit| words[i] ^ 1 << bit);
            let near = [-1, 1, 2].map(|difference| words[i].wrapping_add_signed(difference));
            let small = 0..28;
            let limits = [4, 6, 10, 24, 28, 30, 31].map(|log| 1 << log);
            let around = limits.into_iter().flat_map(|limit: u32| [limit - 2, limit - 1, limit, limit + 1]);
            for word in bits.chain(near).chain(small).chain(around).chain([u32::MAX]) {
                let mut changed = words.clone();
                changed[i] = word;
                check(name, &changed);
            }
        }
        check(name, &[&words[..], &[0]].concat());
        let mut random = Random(words.len() as u64);
        for _ in 0..if full() { 20000 } else { 500 } {
            let mut changed = words.clone();
            for _ in 0..2 + random.below(3) {
                let i = random.below(changed.len());
                let shift = random.below(32);
                changed[i] = (random.next() >> 32) as u32 >> shift;
            }
            check(name, &changed);
        }
    }
    counts.report("changed keys");
    assert!(counts.accepted > 1000 && counts.rejected > 1000);
}
