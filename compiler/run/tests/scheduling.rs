//! Order, parallelism and what a failure does to other jobs.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use std::num::NonZeroUsize;

use flow_plan::model::{Os, Shell};
use flow_run::{Cause, Event, Outcome, RunError, RunOutcome};
use support::*;

/// Says that it is there and waits for the other: only jobs that overlap get to the end.
fn meet(world: &World, own: &str, other: &str) -> String {
    let path = |name: &str| world.path().join(name).display().to_string();
    format!(": > {}; while [ ! -e {} ]; do sleep 0.01; done", path(own), path(other))
}

#[tokio::test]
async fn jobs_that_need_nothing_of_each_other_overlap() {
    let world = World::new();
    let plan = plan([job("a").sh(&meet(&world, "a", "b")), job("b").sh(&meet(&world, "b", "a"))]);
    world.succeed(&plan).await;
}

#[tokio::test]
async fn a_job_starts_after_what_it_needs() {
    let world = World::new();
    let log = world.path().join("log").display().to_string();
    let note = |name: &str| job(name).sh(&format!("echo {name} >> {log}"));
    let plan = plan([
        note("base"),
        note("left").after("base"),
        note("right").after("base").after("left"),
        note("top").after("left").after("right"),
    ]);
    world.succeed(&plan).await;
    assert_eq!(std::fs::read_to_string(&log).unwrap(), "base\nleft\nright\ntop\n");
}

#[tokio::test]
async fn one_place_means_the_order_of_the_plan() {
    let mut world = World::new();
    world.options.jobs = NonZeroUsize::MIN;
    let plan = plan([job("a"), job("b").after("a"), job("c"), job("d").after("a"), job("e")]);
    world.succeed(&plan).await;
    assert_eq!(world.started(), ["a", "b", "c", "d", "e"]);
}

#[tokio::test]
async fn a_failure_names_the_step_its_place_and_its_last_lines() {
    let world = World::new();
    let failing = job("fails")
        .sh("echo fine")
        .sh("for i in $(seq 30); do echo line $i; done; echo wrong >&2; exit 7")
        .sh("echo never");
    let failure = world.fail(&plan([failing]), "fails").await;
    assert!(matches!(failure.cause, Cause::Exit(7)));
    assert_eq!(failure.step.as_ref().unwrap().title.as_ref(), "step s2");
    assert_eq!(failure.place.line, 102);
    assert_eq!(failure.last_lines.len(), 20);
    assert!(failure.last_lines.contains(&"wrong".to_owned()) && failure.last_lines.contains(&"line 30".to_owned()));
    let log = std::fs::read_to_string(&failure.log).unwrap();
    assert!(log.contains("fine") && log.contains("line 1\n") && !log.contains("never"));
}

#[tokio::test]
async fn after_a_failure_running_jobs_end_and_no_other_starts() {
    let mut world = World::new();
    world.options.jobs = NonZeroUsize::new(2).unwrap();
    let failed = world.path().join("failed").display().to_string();
    let slow = format!("while [ ! -e {failed} ]; do sleep 0.01; done; sleep 0.05");
    let jobs = [
        job("fails").sh(&format!(": > {failed}; false")),
        job("slow").sh(&slow),
        job("dependant").after("fails"),
        job("indirect").after("dependant").after("slow"),
        job("other"),
    ];
    let summary = world.run(&plan(jobs.clone())).await;
    assert_eq!(summary.outcome, RunOutcome::Failed);
    assert!(matches!(outcome(&summary, "fails"), Outcome::Failed(_)));
    assert!(outcome(&summary, "slow").succeeded());
    assert!(matches!(outcome(&summary, "dependant"), Outcome::Blocked(by) if by == ["fails"]));
    assert!(matches!(outcome(&summary, "indirect"), Outcome::Blocked(by) if by == ["fails"]));
    assert!(matches!(outcome(&summary, "other"), Outcome::NotStarted));
    let ends = world.events.lock().unwrap().iter().filter(|it| matches!(it, Event::JobEnded { .. })).count();
    assert_eq!(ends, 5);
    assert!(summary.folder.join("jobs/fails").is_dir() && !summary.folder.join("jobs/slow").exists());

    world.options.keep_going = true;
    let summary = world.run(&plan(jobs)).await;
    assert_eq!(summary.outcome, RunOutcome::Failed);
    assert!(outcome(&summary, "other").succeeded());
    assert!(matches!(outcome(&summary, "indirect"), Outcome::Blocked(_)));
}

#[tokio::test]
async fn two_hundred_jobs() {
    let world = World::new();
    let jobs = (0..200).map(|index| {
        let job = job(&format!("j{index}")).sh("echo done");
        if index < 20 { job } else { job.after(&format!("j{}", index - 20)) }
    });
    let summary = world.succeed(&plan(jobs)).await;
    assert_eq!(summary.jobs.len(), 200);
    assert_eq!(world.started().len(), 200);
}

#[tokio::test]
async fn nothing_at_all_succeeds() {
    let summary = World::new().succeed(&plan([])).await;
    assert!(summary.jobs.is_empty());
}

#[tokio::test]
async fn jobs_for_another_system_stop_the_run_before_it_starts() {
    let world = World::new();
    let mut foreign = job("build-windows");
    foreign.runner.os = Os::Windows;
    let plan = plan([job("a").sh("true"), foreign, job("test").after("build-windows")]);
    let error = world.try_run(&plan).await.unwrap_err();
    assert!(matches!(&error, RunError::Foreign { jobs, .. } if jobs.len() == 1));
    let text = error.to_string();
    assert!(text.contains("`build-windows` runs on windows (ci.flow:100:5); needed by `test`"), "{text}");
    assert!(world.started().is_empty());
}

#[tokio::test]
async fn a_missing_shell_stops_the_run_before_it_starts() {
    let mut world = World::new();
    let bin = world.path().join("bin");
    std::fs::create_dir(&bin).unwrap();
    world.options.environment.insert("PATH".into(), bin.into());
    let plan = plan([job("a").step(in_shell("s", Shell::Pwsh, "echo", &[]))]);
    let text = world.try_run(&plan).await.unwrap_err().to_string();
    assert_eq!(text, "`pwsh` is not in PATH, and step `step s` of job `a` (ci.flow:101:5) runs in it");
}

#[tokio::test]
async fn a_plan_that_contradicts_itself_is_refused() {
    let world = World::new();
    for bad in [
        plan([job("a").after("b"), job("b")]),
        plan([job("a"), job("a")]),
        plan([job("a"), job("b").consumes("x", "a", "nothing")]),
        plan([job("a"), job("b").step(in_shell("s", Shell::Sh, "@read(X)", &[("X", output("a", "x"))]))]),
    ] {
        assert!(matches!(world.try_run(&bad).await, Err(RunError::Plan(_))));
    }
}
