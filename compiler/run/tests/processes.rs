//! Processes: how they start, what they see, how they end.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use std::time::Duration;

use flow_plan::model::{Const, Shell, Value};
use flow_run::{Cause, Event, Outcome, RunOutcome, Stream};
use support::*;

#[tokio::test]
async fn standard_input_is_empty() {
    let world = World::new();
    world.succeed(&plan([job("a").sh("cat; read line || echo nothing")])).await;
    assert_eq!(world.lines("a"), ["nothing"]);
}

#[tokio::test]
async fn shells_are_strict() {
    let world = World::new();
    let failing = |shell, text| plan([job("a").step(in_shell("s", shell, text, &[]))]);
    for (shell, text, code) in [
        (Shell::Sh, "false\necho on", 1),
        (Shell::Bash, "false | cat\necho on", 1),
        (Shell::Python, "import sys\nsys.exit(3)", 3),
    ] {
        if shell == Shell::Python && !has_python() {
            continue;
        }
        let failure = world.fail(&failing(shell, text), "a").await;
        assert!(matches!(failure.cause, Cause::Exit(it) if it == code), "{text}: {:?}", failure.cause);
    }
    assert!(world.lines("a").is_empty());
}

#[tokio::test]
async fn a_signal_is_named() {
    let failure = World::new().fail(&plan([job("a").sh("kill -SEGV $$")]), "a").await;
    assert_eq!(cause(&failure), "was ended by signal 11 (SIGSEGV)");
}

#[tokio::test]
async fn the_environment_is_what_is_allowed_and_what_is_written() {
    let mut world = World::new();
    world.options.environment.insert("SECRET_OF_MINE".into(), "x".into());
    world.options.environment.insert("LANG".into(), "C.UTF-8".into());
    let mut with_env = job("a").step(in_shell(
        "s",
        Shell::Sh,
        "echo @read(TEXT)/$JOB/$STEP/$LANG/${SECRET_OF_MINE-unset}; [ -w \"$TMPDIR\" ]; test \"$TMPDIR\" != /tmp",
        &[("TEXT", Value::Join(vec![Value::Const(Const::Text("it's $HOME \"".into())), Value::Const(Const::Int(1))]))],
    ));
    with_env.env = vec![("JOB".into(), Value::Ctx("job".into())), ("STEP".into(), Value::Const(Const::Bool(true)))];
    with_env.steps[0].env = vec![("STEP".into(), Value::Const(Const::Duration(90_000)))];
    world.succeed(&plan([with_env])).await;
    assert_eq!(world.lines("a"), ["it's $HOME \"1/a/90s/C.UTF-8/unset"]);
}

#[tokio::test]
async fn output_of_all_kinds_arrives() {
    let world = World::new();
    let text = r"printf 'one\r\ntw'; printf 'o\n\377\376\n\nlast'; echo err >&2";
    world.succeed(&plan([job("a").sh(text)])).await;
    let events = world.events.lock().unwrap().clone();
    let of = |wanted: Stream| {
        let lines = events.iter().filter_map(|event| match event {
            Event::Output { stream, text, .. } if *stream == wanted => Some(text.as_str()),
            _ => None,
        });
        lines.collect::<Vec<_>>()
    };
    assert_eq!(of(Stream::Out), ["one", "two", "\u{fffd}\u{fffd}", "", "last"]);
    assert_eq!(of(Stream::Err), ["err"]);
}

#[tokio::test]
async fn a_line_of_a_million_bytes_is_whole_in_the_log() {
    let world = World::new();
    let summary = world.succeed(&plan([job("a").sh("head -c 1000000 /dev/zero | tr '\\0' x; echo; echo end")])).await;
    let lines = world.lines("a");
    assert!(lines.iter().all(|it| it.len() <= 16 * 1024));
    assert_eq!(lines.concat().len(), 1_000_003);
    let log = std::fs::read_to_string(summary.jobs[0].log.as_ref().unwrap()).unwrap();
    assert!(log.lines().any(|it| it.len() == 1_000_000) && log.ends_with("\nend\n"));
}

#[tokio::test]
async fn secrets_are_masked_everywhere() {
    let mut world = World::new();
    world.options.environment.insert("TOKEN".into(), "s3cr3t-value".into());
    let mut leaking = job("a").step(in_shell(
        "s",
        Shell::Sh,
        "echo got @read(T); printf 's3cr3t'; sleep 0.02; echo -value; echo $T >&2; exit 1",
        &[("T", Value::Secret("TOKEN".into()))],
    ));
    leaking.env = vec![("COPY".into(), Value::Secret("TOKEN".into()))];
    let failure = world.fail(&plan([leaking]), "a").await;
    let log = std::fs::read_to_string(&failure.log).unwrap();
    for text in [log, failure.last_lines.join("\n"), world.lines("a").join("\n")] {
        assert!(text.contains("got ***") && !text.contains("s3cr3t"), "{text}");
    }
    assert_eq!(world.lines("a").iter().filter(|it| it.contains("***")).count(), 3);
}

/// Starts a process in the background, writes its id, and waits for ever.
fn with_child(world: &World, child: &str) -> String {
    format!("{child} & echo $! > {0}.new; mv {0}.new {0}; wait; sleep 1000", pid_file(world).display())
}

fn pid_file(world: &World) -> std::path::PathBuf {
    world.path().join("pid")
}

/// A process that has ended may stay in the table, as a zombie, until someone asks for it.
fn is_running(world: &World) -> bool {
    let pid = std::fs::read_to_string(pid_file(world)).unwrap();
    let pid = pid.trim();
    if std::path::Path::new("/proc/self/stat").exists() {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        return stat.rsplit_once(')').is_some_and(|(_, state)| !state.trim_start().starts_with('Z'));
    }
    std::process::Command::new("sh").args(["-c", &format!("kill -0 {pid}")]).status().unwrap().success()
}

#[tokio::test]
async fn a_timeout_ends_grandchildren_too() {
    let world = World::new();
    let mut slow = job("a").sh(&with_child(&world, "sleep 1000")).sh("echo never");
    slow.steps[0].timeout_seconds = Some(1);
    let failure = world.fail(&plan([slow]), "a").await;
    assert_eq!(cause(&failure), "was stopped: it took longer than its 1 s");
    assert!(!is_running(&world));
}

#[tokio::test]
async fn a_group_that_ignores_the_request_is_killed_after_the_grace() {
    let mut world = World::new();
    world.options.grace = Duration::from_millis(50);
    let stubborn = format!("trap '' TERM; {}", with_child(&world, "(trap '' TERM; sleep 1000)"));
    let mut slow = job("a").sh(&stubborn);
    slow.timeout_seconds = 1;
    let failure = world.fail(&plan([slow]), "a").await;
    assert_eq!(cause(&failure), "was stopped: its job took longer than 1 s");
    assert!(!is_running(&world));
}

#[tokio::test]
async fn what_a_step_leaves_running_serves_the_next_and_ends_with_the_job() {
    let world = World::new();
    let pid = pid_file(&world).display().to_string();
    let background =
        job("a").sh(&format!("sleep 1000 & echo $! > {pid}")).sh(&format!("kill -0 $(cat {pid}) && echo alive"));
    world.succeed(&plan([background])).await;
    assert_eq!(world.lines("a"), ["alive"]);
    assert!(!is_running(&world));
}

#[tokio::test]
async fn cancelling_ends_processes_and_starts_no_more() {
    let world = World::new();
    let plan = plan([job("a").sh(&with_child(&world, "sleep 1000")), job("b").after("a"), job("c").after("b")]);
    let (summary, ()) = tokio::join!(world.run(&plan), async {
        until(|| pid_file(&world).exists()).await;
        world.options.cancel.cancel();
    });
    assert_eq!(summary.outcome, RunOutcome::Cancelled);
    assert!(matches!(outcome(&summary, "a"), Outcome::Cancelled));
    assert!(matches!(outcome(&summary, "c"), Outcome::Blocked(by) if by == ["a"]));
    assert!(!is_running(&world));
    assert!(!summary.folder.join("records/a.json").exists() && !summary.folder.join("scratch").exists());
}

#[tokio::test]
async fn cancelling_twice_does_not_wait_for_the_stubborn() {
    let mut world = World::new();
    world.options.grace = Duration::from_secs(1000);
    let plan = plan([job("a").sh(&format!("trap '' TERM; {}", with_child(&world, "(trap '' TERM; sleep 1000)")))]);
    let (summary, ()) = tokio::join!(world.run(&plan), async {
        until(|| pid_file(&world).exists()).await;
        world.options.cancel.cancel();
        tokio::task::yield_now().await;
        world.options.cancel.cancel();
    });
    assert_eq!(summary.outcome, RunOutcome::Cancelled);
    until(|| !is_running(&world)).await;
}

#[tokio::test]
async fn a_run_that_nobody_waits_for_leaves_no_process() {
    let world = World::new();
    let plan = plan([job("a").sh(&with_child(&world, "sleep 1000"))]);
    tokio::select! {
        _ = world.run(&plan) => unreachable!(),
        () = until(|| pid_file(&world).exists()) => {}
    }
    until(|| !is_running(&world)).await;
}

#[tokio::test]
async fn a_folder_to_run_in_that_is_not_there_is_named() {
    let world = World::new();
    world.write("sub/x", "");
    let mut there = job("a").checkout().sh("ls");
    there.steps[0].workdir = Some("sub".into());
    world.succeed(&plan([there.clone()])).await;
    assert_eq!(world.lines("a"), ["x"]);
    there.steps[0].workdir = Some("sup".into());
    let failure = world.fail(&plan([there]), "a").await;
    assert_eq!(cause(&failure), "cannot run in `sup`: there is no such folder in the sources");
}
