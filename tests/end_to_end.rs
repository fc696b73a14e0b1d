//! Runs as a user starts them: the real binary, real processes, a repository of git in a folder of its
//! own. What the quickstart calls (`tar`, `sha256sum`) is Linux's.

#![cfg(target_os = "linux")]
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use flow_tests::world::World;
use sha2::{Digest as _, Sha256};

fn run_in(folder: &Path, program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).current_dir(folder).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program} {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_quickstart_makes_its_package() {
    let world = World::of_example("quickstart");
    let ran = world.run(&["run", "ci"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(ran.all().contains("ci succeeded: 9 of 9 jobs"), "{}", ran.all());

    let archive = std::fs::read(world.exposed("wordcount/wordcount.tar.gz")).unwrap();
    let digest: String = Sha256::digest(&archive).iter().map(|byte| format!("{byte:02x}")).collect();
    let checksum = std::fs::read_to_string(world.exposed("wordcount/wordcount.tar.gz.sha256")).unwrap();
    assert_eq!(checksum.trim_end(), format!("{digest}  wordcount.tar.gz"));

    let unpacked = world.beside("unpacked");
    std::fs::create_dir(&unpacked).unwrap();
    run_in(&unpacked, "tar", &["-xzf", world.exposed("wordcount/wordcount.tar.gz").to_str().unwrap()]);
    let version = world.git(&["describe", "--tags", "--always", "--dirty"]);
    assert_eq!(version, "v1.2.3");
    assert_eq!(std::fs::read_to_string(unpacked.join("wordcount/VERSION")).unwrap(), format!("{version}\n"));
    assert_eq!(run_in(&unpacked, "wordcount/wordcount", &["--version"]), format!("wordcount {version}\n"));
    assert!(std::fs::read_to_string(unpacked.join("wordcount/NOTICES.txt")).unwrap().starts_with("rustc "));

    let summary = std::fs::read_to_string(world.exposed("test summary/summary.md")).unwrap();
    assert_eq!(summary.matches("Suite ").count(), 3, "{summary}");
    assert_eq!(summary.matches(" 0 failed").count(), 3, "{summary}");
    assert!(!summary.contains("- "), "brief: no cases by name\n{summary}");

    // What is made is git's business no more than a build folder is.
    assert_eq!(world.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_parameter_is_passed_on() {
    let world = World::of_example("quickstart");
    let ran = world.run(&["run", "ci", "--param", "detail=full"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let summary = std::fs::read_to_string(world.exposed("test summary/summary.md")).unwrap();
    for case in ["- spaces", "- tabs", "- empty", "- last", "- accents"] {
        assert!(summary.contains(case), "{summary}");
    }
}

#[test]
fn wrong_parameters_are_wrong_use() {
    let world = World::of_example("quickstart");
    let ran = world.run(&["run", "ci", "--param", "detail=long"]);
    assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""));
    assert!(ran.err.contains("`long`") && ran.err.contains("`brief`") && ran.err.contains("`full`"), "{}", ran.err);
    let ran = world.run(&["run", "ci", "--param", "detial=full"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("did you mean `detail`?"), "{}", ran.err);
    let ran = world.run(&["run", "ci", "--param", "detail"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("name=value"), "{}", ran.err);
    let ran = world.run(&["run", "ic"]);
    assert_eq!(ran.code, Some(2));
    assert!(ran.err.contains("did you mean `ci`?"), "{}", ran.err);
    assert!(!world.exposed("").exists(), "nothing was run");
}

#[test]
fn a_failing_test_is_named_with_its_place() {
    let world = World::of_example("quickstart");
    let case = world.project().join("tests/cases/words/tabs.expected");
    std::fs::write(&case, "wrong\n").unwrap();
    let ran = world.run(&["run", "ci"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    let program = std::fs::read_to_string(world.project().join("ci.flow")).unwrap();
    let line = 1 + program.lines().position(|it| it.contains("./tests/run.sh")).unwrap();
    let all = ran.all();
    assert!(all.contains("test (words): the step `./tests/run.sh"), "{all}");
    assert!(all.contains(&format!("at ci.flow:{line}:5")), "{all}");
    assert!(all.contains("FAILED  words/tabs"), "{all}");
    assert!(all.contains("ci failed:"), "{all}");
    let log = all.lines().find_map(|it| it.trim_start().strip_prefix("whole log: ")).unwrap_or_else(|| panic!("{all}"));
    assert!(std::fs::read_to_string(log).unwrap().contains("FAILED  words/tabs"));
    assert!(!world.exposed("wordcount").exists() || !world.exposed("test summary").exists());
}

#[test]
fn one_job_at_a_time_makes_the_same() {
    let world = World::of_example("quickstart");
    let ran = world.run(&["run", "ci", "--jobs", "1"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(world.exposed("wordcount/wordcount.tar.gz").exists());
}

#[test]
fn a_job_sees_its_inputs_alone() {
    let world = World::of(
        "job look() -> (seen: file = \"seen.txt\") on linux {\n    inputs = [\"flow.toml\"]\n    sh \"ls -A > #{out seen}\"\n}\n\
         pipeline ci {\n    on manual\n    expose look() as \"seen\"\n}\n",
    );
    let ran = world.run(&["run", "ci"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert_eq!(std::fs::read_to_string(world.exposed("seen/seen.txt")).unwrap(), "flow.toml\n");
}

#[test]
fn an_output_that_a_script_does_not_write_is_named() {
    let world = World::of(
        "job make() -> (log: file = \"log.txt\") on linux {\n    sh \"echo #{out log}\"\n}\n\
         pipeline ci {\n    on manual\n    expose make() as \"log\"\n}\n",
    );
    let ran = world.run(&["run", "ci"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(ran.all().contains("log.txt") && ran.all().contains("at ci.flow:2:20"), "{}", ran.all());
}

#[test]
fn values_travel_as_they_are() {
    let world = World::of(
        "job say() -> (text: string) on linux {\n    out text = sh \"printf '%s' 'a  \\\"b\\\" $HOME `x` \\\\ ü *'\"\n}\n\
         job hear(text: string) -> (heard: file = \"heard.txt\") on linux {\n    sh \"printf '%s' #{text} > #{out heard}\"\n}\n\
         pipeline ci {\n    on manual\n    expose hear(say()) as \"heard\"\n}\n",
    );
    let ran = world.run(&["run", "ci"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert_eq!(std::fs::read_to_string(world.exposed("heard/heard.txt")).unwrap(), "a  \"b\" $HOME `x` \\ ü *");
}

/// Waits for something that comes soon; a machine under load may need long.
fn wait_for(what: &str, mut done: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !done() {
        assert!(begin.elapsed() < Duration::from_secs(120), "{what}: not in two minutes");
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// Whether a process is there and no zombie.
fn lives(id: &str) -> bool {
    let Ok(stat) = std::fs::read_to_string(format!("/proc/{}/stat", id.trim())) else { return false };
    let state = stat.rsplit(')').next().unwrap_or_default().trim_start().chars().next();
    !matches!(state, Some('Z' | 'X') | None)
}

#[test]
fn an_interrupt_ends_the_run_and_all_that_it_started() {
    let ids = tempfile::tempdir().unwrap();
    let file = ids.path().join("ids");
    // A process in the background, and one that the shell waits for.
    let script = format!("sleep 1000 & echo $! > {0}.new; echo $$ >> {0}.new; mv {0}.new {0}; wait", file.display());
    let world = World::of(&format!(
        "job endless() on linux {{\n    sh \"{script}\"\n}}\n\
         pipeline ci {{\n    on manual\n    endless()\n}}\n"
    ));
    let mut child = world.command(&["run", "ci"]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    wait_for("the script runs", || file.exists());
    let ids = std::fs::read_to_string(&file).unwrap();
    assert_eq!(ids.lines().filter(|id| lives(id)).count(), 2, "{ids}");

    run_in(Path::new("/"), "kill", &["-INT", &child.id().to_string()]);
    wait_for("the run ends", || child.try_wait().unwrap().is_some());
    let status = child.wait().unwrap();
    let mut text = String::new();
    for line in
        BufReader::new(child.stdout.take().unwrap()).lines().chain(BufReader::new(child.stderr.take().unwrap()).lines())
    {
        text.push_str(&line.unwrap());
        text.push('\n');
    }
    assert_eq!(status.code(), Some(1), "{text}");
    assert!(text.contains("ci was cancelled"), "{text}");
    wait_for("what it started ends", || !ids.lines().any(lives));
}
