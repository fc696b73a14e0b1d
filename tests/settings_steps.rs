//! Settings of steps as GitHub has them: what is emitted, and that it does what it says when it runs.

#![cfg(target_os = "linux")]

use std::path::PathBuf;

use flow_emit::{EmitError, Options as EmitOptions};
use flow_plan::model::Backend;
use flow_tests::check::Program;
use flow_tests::github::{self, Event, Leg, Options, Outcome, Run, Stub};
use flow_tests::world::World;

macro_rules! snapshot {
    ($name:expr, $program:expr) => {
        let text = Program::of($program).emit(None, Backend::Github).text;
        let body = text.split_once("\nname: ").expect("a workflow has a name").1;
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($name, format!("name: {body}")) })
    };
}

/// The errors of a program that cannot be emitted.
fn refused(program: &str) -> Vec<EmitError> {
    let plan = Program::of(program).plan(None, Backend::Github);
    flow_emit::emit(&plan, &EmitOptions::default()).expect_err("it cannot be emitted")
}

/// A program in a repository, emitted for GitHub.
struct Emitted {
    world: World,
    file: PathBuf,
}

impl Emitted {
    fn new(program: &str) -> Self {
        let world = World::of(program);
        let file = world.project().join(".github/workflows/ci.yml");
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, Program::of(program).emit(Some("ci"), Backend::Github).text).unwrap();
        Self { world, file }
    }

    fn run(&self, options: &Options) -> Run {
        let options = Options { repository: self.world.project(), ..options.clone() };
        github::run(&self.file, &options)
    }
}

fn ran(program: &str) -> Run {
    Emitted::new(program).run(&Options { event: Event::push("main"), ..Options::default() })
}

fn leg<'a>(run: &'a Run, job: &str) -> &'a Leg {
    &run.job(job).legs[0]
}

/// A pipeline whose only job has this body.
fn job(body: &str) -> String {
    format!("job a() on linux {{\n{body}\n}}\npipeline ci {{\non push\nbackends = [github]\na()\n}}")
}

const TRIED: &str = r#"
job a() -> (count: int, dir: opaque) on linux {
    step "Flaky" {
        retry { times = 3, delay = 1s }
        sh """
            echo again >> "$RUNNER_TEMP/tried"
            ls #{out dir}
            touch #{out dir}/"file$(wc -l < "$RUNNER_TEMP/tried")"
            [ "$(wc -l < "$RUNNER_TEMP/tried")" -gt 2 ]
            false || echo "the line after"
            echo 7 > #{out count}
            """
    }
    step "In Python" {
        retry = 2
        python """
            import os, sys
            with open(os.environ["RUNNER_TEMP"] + "/python", "a+") as file:
                file.write("x")
                file.seek(0)
                sys.exit(0 if len(file.read()) == 2 else 3)
            """
    }
    bash "ls #{dir}"
}
job b(count: int) on linux { sh "echo count=#{count}" }
pipeline ci { on push backends = [github] b(a().count) }
"#;

#[test]
fn scripts_are_tried_again() {
    snapshot!("scripts_are_tried_again", TRIED);
    let run = ran(TRIED);
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
    let flaky = leg(&run, "a").step("Flaky");
    assert!(flaky.log.contains("Attempt 1 of 4 failed with exit code 1: trying again in a second."), "{}", flaky.log);
    assert!(flaky.log.contains("Attempt 2 of 4"), "{}", flaky.log);
    assert!(!flaky.log.contains("Attempt 3 of 4"), "{}", flaky.log);
    assert!(!flaky.log.contains("file1"), "what was promised is empty before each attempt: {}", flaky.log);
    assert_eq!(leg(&run, "a").step("ls dir").log.trim(), "file3");
    assert!(leg(&run, "a").step("In Python").log.contains("Attempt 1 of 3 failed with exit code 3"), "{}", run.log);
    assert!(run.log.contains("count=7"), "{}", run.log);
}

#[test]
fn an_attempt_stops_at_its_first_failing_command() {
    let run = ran(&job(
        "step \"Fails\" { retry = 1\nbash \"\"\"\n    false\n    echo \"never here\"\n    \"\"\" }\nstep \"Exits\" { retry = 1 sh \"exit 9\" }",
    ));
    let fails = leg(&run, "a").step("Fails");
    assert_eq!((fails.outcome, fails.exit), (Outcome::Failure, Some(1)), "{}", fails.log);
    assert!(!fails.log.contains("never here") && fails.log.contains("Attempt 1 of 2"), "{}", fails.log);
    let run = ran(&job("step \"Exits\" { retry = 1 sh \"exit 9\" }"));
    assert_eq!(leg(&run, "a").step("Exits").exit, Some(9));
}

#[test]
fn cmd_is_not_tried_again() {
    let program =
        "job a() on windows { step \"x\" { retry = 2 cmd \"dir\" } }\npipeline ci { on push backends = [github] a() }";
    assert!(refused(program)[0].message.contains("cmd cannot try a script again"), "{:?}", refused(program));
}

const LAST: &str = r#"
job a(fails: bool) on linux {
    step "Tolerated" {
        continue_on_error = true
        timeout = 5min
        sh "exit 3"
    }
    step "Main" {
        env { FAILS = fails }
        sh "! $FAILS"
    }
    sh "echo after"
    on_failure {
        step "Report" { sh "exit 4" }
        step "Report more" { sh "echo more" }
    }
    finally {
        step "Clean" { sh "exit 5" }
        step "Clean more" { sh "echo clean" }
    }
}
pipeline ci { on manual param fails: bool = false  backends = [github] a(fails) }
"#;

#[test]
fn what_comes_last() {
    snapshot!("what_comes_last", LAST);
    let emitted = Emitted::new(LAST);
    for (fails, expected) in [
        ("true", ["failure", "failure", "skipped", "failure", "success", "failure", "success"]),
        ("false", ["failure", "success", "success", "skipped", "skipped", "failure", "success"]),
    ] {
        let inputs = vec![("fails".to_owned(), fails.to_owned())];
        let run = emitted.run(&Options { inputs, ..Options::default() });
        let names = ["Tolerated", "Main", "echo after", "Report", "Report more", "Clean", "Clean more"];
        let outcomes = names.map(|it| leg(&run, "a").step(it).outcome.name());
        assert_eq!(outcomes, expected, "{}", run.log);
        assert_eq!(run.outcome, Outcome::Failure, "a clean-up that fails, fails the job");
    }
}

#[test]
fn nothing_is_cleaned_up_before_anything_began() {
    let program = job("sh \"make\"\nfinally { step \"Clean\" { sh \"echo clean\" } }");
    let emitted = Emitted::new(&program);
    let text = std::fs::read_to_string(&emitted.file).unwrap();
    let broken = text.replace(
        "          persist-credentials: false",
        "          persist-credentials: false\n          ref: no-such-branch",
    );
    assert_ne!(text, broken);
    std::fs::write(&emitted.file, broken).unwrap();
    let run = emitted.run(&Options { event: Event::push("main"), ..Options::default() });
    assert_eq!(leg(&run, "a").step("Check out the sources").outcome, Outcome::Failure, "{}", run.log);
    assert_eq!(leg(&run, "a").step("Clean").outcome, Outcome::Skipped);
}

const WORDS: &str = r#"
job a(name: string, folder: string) -> (notes: file = "notes.md") on linux {
    let text = sh "printf 'two\nlines'; echo; echo NAME=forged"
    export PLAIN = "it's plain"
    export LINES = text
    export NAME = name
    add_path "tools"
    add_path "~/.local/made"
    add_path folder
    sh "mkdir -p tools && printf '#!/bin/sh\necho from tools' > tools/hello && chmod +x tools/hello"
    sh "printf '# Notes\n' > #{out notes}"
    summary "made for #{name}"
    summary notes
    summary "known"
    step "See" {
        bash """
            hello
            echo "$PLAIN|$NAME"
            printf '%s\n' "$LINES"
            echo "$PATH"
            """
    }
}
pipeline ci { on manual param name: string = "x"  param folder: string = "/opt/it"  backends = [github] a(name, folder) }
"#;

#[test]
fn exports_paths_and_summaries() {
    snapshot!("exports_paths_and_summaries", WORDS);
    let inputs =
        vec![("name".to_owned(), "a `b` $(c) \"d\"".to_owned()), ("folder".to_owned(), "rel/ative".to_owned())];
    let run = Emitted::new(WORDS).run(&Options { inputs, ..Options::default() });
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
    let see = &leg(&run, "a").step("See").log;
    assert!(see.contains("from tools\nit's plain|a `b` $(c) \"d\"\ntwo\nlines\nNAME=forged\n"), "{see}");
    let path = see.lines().last().unwrap();
    assert!(path.contains("/rel/ative:") && path.contains("/.local/made:") && !path.contains('~'), "{path}");
    let summaries: String = leg(&run, "a").steps.iter().map(|it| it.summary.as_str()).collect();
    assert_eq!(summaries, "made for a `b` $(c) \"d\"\n# Notes\nknown\n");
}

const FOREIGN: &str = r#"
secret TOKEN

extern action scan = "acme/scan/deep@0123456789abcdef0123456789abcdef01234567" {
    in target: path
    in levels: [string] joined ","
    in strict: bool = true
    in note: string?
    secret token
    out count: int
    out report: string
    out hint: string?
    permissions { security_events = write }
}

job a() -> (tool: exec = "tool") on linux {
    sh "printf '#!/bin/sh\n' > #{out tool} && chmod +x #{out tool}"
    /// Looks at what was built.
    let found = scan(target: tool, levels: ["a", "b"], token: TOKEN)
    sh "echo #{found.count} #{found.report}"
    let setup = uses "actions/setup-node@v7" { node_version = "22" }
    step "Local" { uses "./ci/local" }
    uses "docker://alpine:3@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef" { args = "echo" }
    export HIT = setup.outputs["cache-hit"]
}
pipeline ci { on push backends = [github] a() }
"#;

/// The lines that hold none of these.
fn without(program: &str, words: &[&str]) -> String {
    program.lines().filter(|line| !words.iter().any(|it| line.contains(it))).map(|line| format!("{line}\n")).collect()
}

#[test]
fn steps_of_others() {
    snapshot!("steps_of_others", FOREIGN);
    let emitted = Emitted::new(&without(FOREIGN, &["./ci/local", "docker://"]));
    let answer = |count: &str, report: &str| {
        let outputs = [("count", count), ("report", report), ("hint", "h")].map(|(a, b)| (a.to_owned(), b.to_owned()));
        let script = "test -x \"$INPUT_TARGET\" && echo \"$INPUT_LEVELS $INPUT_STRICT\"".to_owned();
        let stub = Stub { outputs: outputs.to_vec(), script };
        let names = ["acme/scan", "acme/scan/deep"].map(|it| (it.to_owned(), stub.clone()));
        let mut stubs: std::collections::BTreeMap<_, _> = names.into();
        stubs.insert("actions/setup-node".to_owned(), Stub::default());
        Options {
            event: Event::push("main"),
            stubs,
            secrets: vec![("TOKEN".into(), "s3cret".into())],
            ..Options::default()
        }
    };
    let run = emitted.run(&answer("12", "two words"));
    assert!(run.log.contains("12 two words"), "{}", run.log);
    for (count, report, why) in
        [("1.5", "x", "count of scan is not a whole number"), ("1", "", "report of scan is empty")]
    {
        let run = emitted.run(&answer(count, report));
        let step = leg(&run, "a").step("Check what “scan” gave");
        assert_eq!(step.outcome, Outcome::Failure, "{}", run.log);
        assert!(step.annotations.iter().any(|it| it.contains(why)), "{:?}", step.annotations);
    }
}

#[test]
fn what_is_not_pinned_is_refused() {
    let errors = refused(&job("uses \"acme/scan@v2\""));
    assert!(errors[0].message.contains("nothing says which commit `acme/scan@v2` is"), "{errors:?}");
    assert!(errors[0].help.contains("flowc lock"), "{errors:?}");
}

const FETCHED: &str = r#"
secret TOKEN
job a(branch: string) on linux {
    checkout { depth = 0, submodules = true, lfs = true, ref = branch }
    checkout { repo = "acme/other", path = "other", tags = true, depth = 20, token = TOKEN }
    sh "ls other"
}
pipeline ci { on manual param branch: string = "main"  backends = [github] a(branch) }
"#;

#[test]
fn sources_of_other_places() {
    snapshot!("sources_of_other_places", FETCHED);
}

const CACHED: &str = r#"
job a(version: string) on linux {
    cache cargo { paths = ["~/.cargo", "target"], key = [version, "1"], fallback = true }
    cache tools { paths = ["tools"], key = ["1"] }
    sh "mkdir -p tools target && ls tools && date > tools/made"
}
pipeline ci {
    on push
    on pull_request
    on manual
    param version: string = "7"
    backends = [github]
    a(version)
}
"#;

#[test]
fn caches() {
    snapshot!("caches", CACHED);
    let emitted = Emitted::new(CACHED);
    let cache = emitted.world.beside("cache");
    std::fs::create_dir(&cache).unwrap();
    let run = |event| emitted.run(&Options { event, cache: Some(cache.clone()), ..Options::default() });
    let saved = |run: &Run| leg(run, "a").step("Save the cache tools").outcome;
    let foreign = run(Event::pull_request(1, "more", "main", "{}"));
    assert_eq!(saved(&foreign), Outcome::Skipped, "{}", foreign.log);
    let first = run(Event::push("main"));
    assert_eq!(saved(&first), Outcome::Success, "{}", first.log);
    assert!(!leg(&first, "a").steps.iter().any(|it| it.log.contains("made\n")));
    let again = run(Event::push("main"));
    assert_eq!(saved(&again), Outcome::Skipped, "{}", again.log);
    assert!(again.log.contains("made"), "{}", again.log);
}

const INSIDE: &str = r#"
job make() -> (all: opaque) on linux { sh "touch #{out all}/x" }
job a(all: opaque) -> (app: file = "app") on linux {
    container = "rust:1@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
    step "Make" {
        env { FROM = all }
        sh "cp #{all}/x #{out app}"
    }
    uses "acme/look@0123456789abcdef0123456789abcdef01234567" { path = app }
}
job b(app: file) on linux { sh "cat #{app}" }
pipeline ci { on push backends = [github] b(a(make().all)) }
"#;

#[test]
fn paths_in_containers() {
    snapshot!("paths_in_containers", INSIDE);
    let text = Program::of(INSIDE).emit(None, Backend::Github).text;
    let job = text.split_once("\n  a:\n").unwrap().1.split_once("\n  b:\n").unwrap().0;
    assert!(!job.contains("runner.temp"), "a folder of the host is nowhere inside\n{job}");
    // The executor carries it out on this machine: the paths lead to the same place all the same.
    let emitted = Emitted::new(&INSIDE.replace("        env { FROM = all }\n", ""));
    let stub = Stub { script: "test -f \"$INPUT_PATH\"".to_owned(), ..Stub::default() };
    let stubs = [("acme/look".to_owned(), stub)].into();
    let run = emitted.run(&Options { event: Event::push("main"), stubs, ..Options::default() });
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
}
