//! The law of outcomes, held by emitted workflows: jobs run, are skipped and blocked as the table says.

#![cfg(target_os = "linux")]

use flow_tests::github::{self, Event, Options, Outcome};
use flow_tests::outcomes::{CASES, PROGRAM};
use flow_tests::runs::Run;
use flow_tests::world::World;

/// Emits `ci` and gives the workflow's file.
fn emitted(world: &World) -> std::path::PathBuf {
    let ran = world.run(&["emit", "ci", "--backend", "github"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    world.project().join(".github/workflows/ci.yml")
}

/// What GitHub shows of how a job ended.
fn shown(outcome: &str) -> Outcome {
    match outcome {
        "succeeded" => Outcome::Success,
        "failed" => Outcome::Failure,
        _ => Outcome::Skipped,
    }
}

#[test]
fn jobs_run_as_the_table_says() {
    let world = World::of(PROGRAM);
    let file = emitted(&world);
    for case in CASES {
        // Nobody has said what `needs` shows of a failure that is tolerated: both must do.
        for tolerated in [Outcome::Success, Outcome::Failure] {
            let inputs = vec![("how".to_owned(), case.how.to_owned())];
            let options = Options { event: Event::manual("main"), inputs, tolerated, ..Options::default() };
            let run = github::run(&file, &options);
            let found: Vec<_> = case.jobs.iter().map(|(id, _)| (*id, run.job(id).outcome)).collect();
            let expected: Vec<_> = case.jobs.iter().map(|(id, outcome)| (*id, shown(outcome))).collect();
            assert_eq!(found, expected, "{}: {}\n{}", case.how, std::fs::read_to_string(&file).unwrap(), run.log);
            let green = matches!(case.how, "succeed" | "skip");
            assert_eq!(run.job("all").outcome == Outcome::Success, green, "{}: {}", case.how, run.log);
            let first = case.jobs.iter().any(|(id, outcome)| *id == "first" && *outcome == "succeeded");
            assert_eq!(run.job("some").outcome == Outcome::Success, first, "{}: {}", case.how, run.log);
        }
    }
}

#[test]
fn a_run_on_this_machine_follows_the_same_table() {
    let world = World::of(PROGRAM);
    for case in CASES {
        let run = Run::of(&world, &["ci", "--keep-going", "--param", &format!("how={}", case.how)]);
        // A failure that is tolerated is one all the same: only for others it is none.
        let found: Vec<_> = case.jobs.iter().map(|(id, _)| (*id, run.outcome(id))).collect();
        assert_eq!(found, case.jobs, "{}:\n{}", case.how, run.ran.all());
    }
}
