//! Facts about platforms that have bitten others (docs/design/backends.md lists them): each has a test
//! here that fails when what handles it is gone.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;

use flow_plan::model::Backend;
use flow_tests::check::Program;
use flow_tests::github::{self, Options, Outcome, Previous, Run};
use flow_tests::world::World;

/// The program as a workflow, carried out.
fn hosted(world: &World, options: &Options) -> Run {
    let emitted = world.run(&["emit", "ci", "--backend", "github"]);
    assert_eq!(emitted.code, Some(0), "{}", emitted.all());
    github::run(&world.project().join(".github/workflows/ci.yml"), options)
}

fn text(program: &str, backend: Backend) -> String {
    Program::of(program).emit(None, backend).text
}

fn outcomes(run: &Run) -> Vec<(&str, Outcome)> {
    run.jobs.iter().map(|(id, job)| (id.as_str(), job.outcome)).collect()
}

/// Two jobs, and one artifact between them.
const PASSES_ON: &str = r#"
job make() -> (log: file = "log.txt") on linux {
    checkout = none
    sh "date +%N > #{out log}"
}

job read(log: file) on linux {
    checkout = none
    sh "cat #{log}"
}

pipeline ci {
    on manual
    let made = make()
    expose made.log as "log"
    read(made.log)
}
"#;

#[test]
fn a_second_attempt_replaces_artifacts() {
    let world = World::of(PASSES_ON);
    let first = hosted(&world, &Options::default());
    assert_eq!(first.outcome, Outcome::Success, "{}", first.log);
    let artifacts = first.folder.path().join("artifacts");

    // All jobs again, and only one that is said to have failed.
    for kept in [BTreeMap::new(), BTreeMap::from([("make".to_owned(), first.job("make").clone())])] {
        let previous = Some(Previous { artifacts: artifacts.clone(), kept });
        let again = hosted(&world, &Options { previous, ..Options::default() });
        assert_eq!(again.outcome, Outcome::Success, "{}", again.log);
    }
}

#[test]
fn artifacts_of_azure_have_a_name_for_each_attempt() {
    let emitted = text(PASSES_ON, Backend::Ado);
    let names: Vec<&str> = emitted.lines().filter_map(|it| it.trim().strip_prefix("artifact: ")).collect();
    let wanted = ["ci.make.log.$(System.StageAttempt).$(System.JobAttempt)", "log$(flow_again)", "$(flow_in_log)"];
    assert_eq!(names, wanted, "{emitted}");
}

#[test]
fn uploads_lose_nothing_that_is_asked_for() {
    let world = World::of(
        r#"
job make() -> (tree: opaque, tool: exec = "tool", env: file = ".env") on linux {
    checkout = none
    sh """
        dir=#{out tree}
        mkdir -p "$dir/empty" "$dir/.hidden/below"
        echo text > "$dir/.hidden/file"
        echo text > "$dir/sub file"
        printf '#!/bin/sh\necho tool\n' > "$dir/tool"
        chmod 755 "$dir/tool"
        ln -s ../tool "$dir/.hidden/link"
        cp "$dir/tool" #{out tool}
        echo A=1 > #{out env}
        """
}

job read(tree: opaque, tool: exec, env: file) on linux {
    checkout = none
    sh "test \"$(#{tool})\" = tool"
    sh "grep A=1 #{env}"
    sh """
        cd #{tree}
        test -d empty
        test -d .hidden/below
        test -f .hidden/file
        test ! -x .hidden/file
        test "$(readlink .hidden/link)" = ../tool
        test "$(./tool)" = tool
        """
}

pipeline ci {
    on manual
    let made = make()
    read(made.tree, made.tool, made.env)
}
"#,
    );
    let run = hosted(&world, &Options::default());
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
}

/// What YAML 1.1 takes for something else than a text.
const NOT_TEXTS: &[&str] =
    &["yes", "no", "on", "off", "y", "n", "true", "false", "null", "1", "0x10", "1e3", "1:30", "~"];

#[test]
fn words_that_old_yaml_misreads_are_quoted() {
    let variants = "yes, no, on, off, y, n";
    let mut program = format!("enum Word {{ {variants} }}\n\njob tell(word: Word) on linux {{\n    checkout = none\n");
    for (index, word) in NOT_TEXTS.iter().enumerate() {
        program.push_str(&format!("    step \"{word}\" {{\n        env {{ A{index} = \"{word}\" }}\n        sh \"echo #{{word}} $A{index}\"\n    }}\n"));
    }
    program.push_str("}\n\npipeline ci {\n    on push { branches = [\"on\", \"1e3\"] }\n    on manual\n    param word: Word = Word.no\n    tell(word)\n}\n");
    for backend in [Backend::Github, Backend::Ado] {
        let emitted = text(&program, backend);
        for line in emitted.lines() {
            let value = line.trim().trim_start_matches("- ");
            let value = value.split_once(": ").map_or(value, |(_, value)| value);
            let text = NOT_TEXTS.contains(&value);
            // Truth values and numbers of settings are meant as such.
            let key = line.trim().split(':').next().unwrap_or_default();
            let meant = [
                "cancel-in-progress",
                "persist-credentials",
                "persistCredentials",
                "clean",
                "batch",
                "timeout-minutes",
                "fetch-depth",
                "fetchDepth",
                "default",
                "required",
                "sparse-checkout-cone-mode",
            ];
            assert!(!text || meant.contains(&key) && !NOT_TEXTS[..6].contains(&value), "{line}\n{emitted}");
        }
        let Ok(serde_yaml::Value::Mapping(_)) = serde_yaml::from_str(&emitted) else { panic!("{emitted}") };
        assert!(emitted.contains("'no'") || emitted.contains("\"no\""), "{emitted}");
    }
}

#[test]
fn azure_finds_no_macro_in_scripts() {
    let emitted = text(
        r#"
job tell() on linux {
    checkout = none
    sh "echo $(date) $(System.AccessToken) \"$(uname)\""
}

pipeline ci {
    on manual
    tell()
}
"#,
        Backend::Ado,
    );
    let script = emitted.lines().find(|it| it.trim_start().starts_with("echo")).expect("the script");
    for word in ["$(date)", "$(System.AccessToken)", "$(uname)"] {
        assert!(!script.contains(word), "{word} would be a variable: {script}");
    }
}

#[test]
fn no_secret_is_an_output_of_a_job() {
    let found = Program::of(
        r##"secret TOKEN

job leak() -> (token: string, hidden: string) on linux {
    out token = TOKEN
    step "Write" {
        env { A = TOKEN }
        sh "echo $A > #{out hidden}"
    }
}

job read(token: string, hidden: string) on linux { sh "echo #{token} #{hidden}" }

pipeline ci {
    on manual
    let leaked = leak()
    read(leaked.token, leaked.hidden)
}
"##,
    )
    .findings();
    let at: Vec<(usize, &str)> = found.iter().map(|it| (it.line + 1, it.code)).collect();
    assert_eq!(at, [(4, "F0321"), (7, "F0320")], "{found:?}");
}

/// A value that happens to hold a secret is dropped on its way: its reader fails, and says why.
#[test]
fn a_value_that_was_dropped_fails_its_reader() {
    let world = World::of(
        r#"
secret TOKEN

job make() -> (name: string) on linux {
    checkout = none
    step "Use the secret" {
        env { TOKEN = TOKEN }
        sh "test -n \"$TOKEN\""
    }
    out name = sh "echo the hidden word"
}

job read(name: string) on linux {
    checkout = none
    step "Read" { sh "echo name is #{name}" }
}

pipeline ci {
    on manual
    read(make())
}
"#,
    );
    let secrets = |value: &str| Options { secrets: vec![("TOKEN".to_owned(), value.to_owned())], ..Options::default() };
    let run = hosted(&world, &secrets("another"));
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
    let run = hosted(&world, &secrets("hidden"));
    assert_eq!(outcomes(&run), [("make", Outcome::Success), ("read", Outcome::Failure)], "{}", run.log);
    assert!(run.job("read").legs[0].step("Read").log.contains("arrived empty"), "{}", run.log);
}

#[test]
fn a_required_check_that_may_never_start_is_told() {
    let found = Program::of(
        "job a() on linux { sh \"make\" }\n\npipeline ci {\n    on pull_request { paths = [\"src/**\"] }\n    a()\n    gate \"ok\"\n}\n",
    )
    .findings();
    assert!(found.iter().any(|it| it.code == "F0647" && it.headline.contains("wait for the gate")), "{found:?}");
}

/// One job without a good file would disable every trigger of it: whatever is emitted can be read.
#[test]
fn every_expression_of_every_example_can_be_read() {
    let mut count = 0;
    for example in std::fs::read_dir(flow_tests::repository().join("examples")).expect("examples") {
        let folder = example.expect("an entry").path().join(".github/workflows");
        for file in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let text = std::fs::read_to_string(file.path()).expect("a file");
            count += 1;
            let found = github::misread(&text);
            assert!(found.is_empty(), "{}: {found:#?}", file.path().display());
        }
    }
    assert!(count > 0);
    let wrong = "jobs:\n  a:\n    if: github.x ==\n    env:\n      A: ${{ nothing('x') }}\n      B: ${{ unknown.x }}\n";
    assert_eq!(github::misread(wrong).len(), 3, "{:#?}", github::misread(wrong));
}

/// Git's tools take `D:\…` for another machine: no archive is named by its path.
#[test]
fn windows_has_the_shell_and_the_tools_of_git() {
    let emitted = text(
        r#"
job make() -> (tree: opaque) on windows {
    checkout = none
    sh "cp -r . #{out tree}"
}

job read(tree: opaque) on windows {
    checkout = none
    sh "ls #{tree}"
}

pipeline ci {
    on manual
    read(make())
}
"#,
        Backend::Github,
    );
    let calls: Vec<&str> = emitted.lines().map(str::trim).filter(|it| it.contains("tar -")).collect();
    assert!(calls.len() >= 2, "{emitted}");
    for call in calls {
        assert!(call.contains("f -"), "an archive by its path: {call}");
    }
    assert!(emitted.contains("shell: bash"), "the default of Windows is PowerShell:\n{emitted}");
}

/// `skipped` is who has a guard that does not hold; the rest comes after it.
#[test]
fn what_comes_after_a_skipped_job_runs() {
    let world = World::of(
        r#"
job skipped() on linux {
    checkout = none
    sh "exit 1"
}

job next() -> (word: string) on linux {
    checkout = none
    out word = sh "echo next"
}

job last(word: string) on linux {
    checkout = none
    sh "echo #{word}"
}

job cleaned() on linux {
    checkout = none
    sh "echo cleaned"
}

pipeline ci {
    on manual
    param go: bool = false
    let before = if go { skipped() }
    let word = next() after before
    last(word)
    gate "ok"
    on_failure { cleaned() }
}
"#,
    );
    // A direct reader of the skipped job runs, and so does what has it as a distant ancestor.
    let run = hosted(&world, &Options::default());
    let wanted = [
        ("cleaned", Outcome::Skipped),
        ("last", Outcome::Success),
        ("next", Outcome::Success),
        ("ok", Outcome::Success),
        ("skipped", Outcome::Skipped),
    ];
    assert_eq!(outcomes(&run), wanted, "{}", run.log);
    // Where it is not skipped but fails, nothing runs by accident.
    let run = hosted(&world, &Options { inputs: vec![("go".to_owned(), "true".to_owned())], ..Options::default() });
    let wanted = [
        ("cleaned", Outcome::Success),
        ("last", Outcome::Skipped),
        ("next", Outcome::Skipped),
        ("ok", Outcome::Failure),
        ("skipped", Outcome::Failure),
    ];
    assert_eq!(outcomes(&run), wanted, "{}", run.log);
}

#[test]
fn a_job_whose_time_is_up_counts_as_failed() {
    let world = World::of(
        r#"
job slow() on linux {
    checkout = none
    timeout = 1min
    sh "sleep 60"
}

job told() on linux {
    checkout = none
    sh "echo told"
}

job last() on linux {
    checkout = none
    sh "echo last"
}

pipeline ci {
    on manual
    slow()
    gate "ok"
    on_failure { told() }
    finally { last() }
}
"#,
    );
    let minute = std::time::Duration::from_millis(700);
    let run = hosted(&world, &Options { minute, ..Options::default() });
    let wanted = [
        ("last", Outcome::Success),
        ("ok", Outcome::Failure),
        ("slow", Outcome::Cancelled),
        ("told", Outcome::Success),
    ];
    assert_eq!(outcomes(&run), wanted, "{}", run.log);
}

#[test]
fn schedules_are_in_the_time_of_their_zone() {
    let program = |zone: &str| {
        format!(
            "job a() on linux {{\n    sh \"make\"\n}}\n\npipeline ci {{\n    on schedule {{ cron = \"30 2 * * *\"{zone} }}\n    a()\n}}\n"
        )
    };
    let plain = text(&program(""), Backend::Github);
    assert!(plain.contains("cron: 30 2 * * *") && !plain.contains("timezone"), "{plain}");
    let here = text(&program(", timezone = \"Europe/Berlin\""), Backend::Github);
    assert!(here.contains("cron: 30 2 * * *") && here.contains("timezone: Europe/Berlin"), "{here}");
}

/// Without a token a run's id says nothing: the artifact would be looked for in the run itself.
#[test]
fn artifacts_of_other_runs_come_with_a_token() {
    let program = Program::of(
        r#"
job make() -> (log: file = "log.txt") on linux {
    checkout = none
    sh "echo made > #{out log}"
}

job read(log: file?) on linux {
    checkout = none
    if log != none {
        sh "cat #{log}"
    }
}

job certain(log: file) on linux {
    checkout = none
    sh "cat #{log}"
}

pipeline nightly {
    on manual
    expose make() as "log"
}

pipeline ci {
    on manual
    param id: int
    read(nightly.run(id: id).log)
}

pipeline asks {
    on manual
    let earlier = nightly.latest(branch: "main").log
    if earlier != none { certain(earlier) }
}
"#,
    );
    let emitted = program.emit(Some("ci"), Backend::Github).text;
    let steps: Vec<&str> = emitted.split("- name:").filter(|it| it.contains("run-id:")).collect();
    assert!(!steps.is_empty(), "{emitted}");
    for step in steps {
        assert!(step.contains("github-token:"), "{step}");
    }
    assert!(emitted.contains("actions: read"), "{emitted}");
    // A condition that nobody can compute is told, with its place.
    let plan = program.plan(Some("asks"), Backend::Github);
    let refused = flow_emit::emit(&plan, &flow_emit::Options::default()).expect_err("it cannot be said");
    assert!(refused[0].message.contains("an earlier run has exposed"), "{refused:?}");
}
