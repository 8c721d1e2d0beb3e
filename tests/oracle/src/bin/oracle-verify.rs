//! Verifies Circlet proofs with the stwo crate. 0: accepted, 1: rejected, 2: the command cannot be run.

use std::fs;
use std::process::ExitCode;

use circlet_oracle::channel::RecordingChannel;
use circlet_oracle::fixture::Fixture;
use circlet_oracle::job::{Failure, Job, Source, StatedJson};
use serde_json::Value;

const USAGE: &str = "\
usage: oracle-verify --vk KEY.json --proof PROOF.json STATEMENT [--transcript]
       oracle-verify --batch JOBS.jsonl
       oracle-verify --fixture FIXTURE.json [--transcript]
STATEMENT: [--context HEX] and for every input and output in the key's order --values a,b,.. or --private
       or: --public PUBLIC.json   with \"context\" and \"tensors\", of each \"values\", or \"root\" and \"pin\", or nothing
KEY.json holds the words of the verification key; values are integers, sample after sample.
A line of JOBS.jsonl is {\"vk\": path or words, \"proof\": path or object} and the fields of PUBLIC.json.
--transcript prints \"<operation> <digest>\" for every change of the transcript.";

#[derive(Default)]
struct Arguments {
    vk: Option<String>,
    proof: Option<String>,
    public: Option<String>,
    context: Option<String>,
    tensors: Vec<StatedJson>,
    batch: Option<String>,
    fixture: Option<String>,
    transcript: bool,
}

fn integers(option: &str, text: &str) -> Result<Vec<i64>, String> {
    let parse = |item: &str| item.trim().parse().map_err(|_| format!("{option}: '{item}' is not an integer"));
    text.split(',').map(parse).collect()
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let mut parsed = Arguments::default();
    while let Some(option) = arguments.next() {
        let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
        match option.as_str() {
            "--vk" => parsed.vk = Some(value()?),
            "--proof" => parsed.proof = Some(value()?),
            "--public" => parsed.public = Some(value()?),
            "--context" => parsed.context = Some(value()?),
            "--values" => {
                let values = integers(&option, &value()?)?;
                parsed.tensors.push(StatedJson::Values { values });
            }
            "--private" => parsed.tensors.push(StatedJson::Nothing {}),
            "--batch" => parsed.batch = Some(value()?),
            "--fixture" => parsed.fixture = Some(value()?),
            "--transcript" => parsed.transcript = true,
            _ => return Err(format!("unknown option '{option}'")),
        }
    }
    Ok(parsed)
}

fn read(path: &str) -> Result<String, String> {
    fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))
}

fn job(arguments: &Arguments) -> Result<Job, String> {
    let missing = |what: &str| format!("{what} is missing");
    let vk = Source::Path(arguments.vk.clone().ok_or_else(|| missing("--vk"))?);
    let proof = Source::Path(arguments.proof.clone().ok_or_else(|| missing("--proof"))?);
    if let Some(path) = &arguments.public {
        if !arguments.tensors.is_empty() || arguments.context.is_some() {
            return Err("--public and values on the command line exclude each other".into());
        }
        let public: Value = serde_json::from_str(&read(path)?).map_err(|error| format!("{path}: {error}"))?;
        return Job::of_public(vk, proof, &public).map_err(|error| format!("{path}: {error}"));
    }
    Ok(Job { vk, proof, context: arguments.context.clone(), tensors: arguments.tensors.clone() })
}

fn report(result: Result<(), Failure>) -> u8 {
    match result {
        Ok(()) => {
            println!("accepted");
            0
        }
        Err(Failure::Rejected(why)) => {
            println!("rejected: {why}");
            1
        }
        Err(Failure::Usage(why)) => {
            println!("error: {why}");
            2
        }
    }
}

fn run() -> Result<u8, String> {
    let arguments = parse(std::env::args().skip(1))?;
    if let Some(path) = &arguments.batch {
        let mut worst = 0;
        for (i, line) in read(path)?.lines().filter(|line| !line.trim().is_empty()).enumerate() {
            let job: Job = serde_json::from_str(line).map_err(|error| format!("{path}: job {i}: {error}"))?;
            worst = worst.max(report(job.run(&mut RecordingChannel::default())));
        }
        return Ok(worst);
    }
    let mut channel = RecordingChannel::default();
    let result = if let Some(path) = &arguments.fixture {
        let fixture: Fixture = serde_json::from_str(&read(path)?).map_err(|error| format!("{path}: {error}"))?;
        fixture.verify(&mut channel).map_err(Failure::Rejected)
    } else {
        job(&arguments)?.run(&mut channel)
    };
    if arguments.transcript {
        for line in channel.lines() {
            println!("{line}");
        }
    }
    Ok(report(result))
}

fn main() -> ExitCode {
    // The crate panics on some malformed proofs; verification catches it and gives the reason.
    std::panic::set_hook(Box::new(|_| ()));
    match run() {
        Ok(code) => ExitCode::from(code),
        Err(why) => {
            eprintln!("oracle-verify: {why}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}
