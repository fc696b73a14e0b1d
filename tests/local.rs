//! Runs on this machine, as a user starts them: real processes, one test for each construct.

#![cfg(unix)]
use flow_tests::operators::{CASES, program};
use flow_tests::runs::Run;
use flow_tests::world::World;

#[test]
fn operators() {
    let world = World::of(&program(0..CASES.len()));
    let run = Run::of(&world, &["ops", "--keep-going"]).ends(1);
    let mut wrong = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let job = run.job(&format!("case_{number}"));
        let found = job["outputs"]["r"]["value"].as_str();
        let outcome = if case.result.is_some() { "succeeded" } else { "failed" };
        if found != case.result || job["outcome"] != outcome {
            wrong.push(format!("{case:?}\n  gave {found:?}, {}: {}", job["outcome"], job["reason"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
