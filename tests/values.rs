//! Values that are known while a run goes on, on GitHub: what is emitted is carried out, and has to give
//! what the language says.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;

use flow_tests::binary::command;
use flow_tests::github::{Options, Outcome, Run, run};
use flow_tests::operators::{CASES, program};

/// The workflow that the pipeline `name` of a program is emitted as.
fn emitted(folder: &Path, source: &str, name: &str) -> String {
    fs::write(folder.join("main.flow"), source).expect("a file");
    fs::write(folder.join("flow.toml"), "").expect("a file");
    let done = command(folder, &["emit", name, "--backend", "github"]).output().expect("flowc runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{source}\n{said}");
    fs::read_to_string(folder.join(format!(".github/workflows/{name}.yml"))).expect("a file")
}

fn ran(folder: &Path, source: &str, name: &str, options: Options) -> Run {
    emitted(folder, source, name);
    for words in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "all"]] {
        let mut git = Command::new("git");
        git.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words);
        assert!(git.status().expect("git runs").success());
    }
    let options = Options { repository: folder.to_owned(), ..options };
    run(&folder.join(format!(".github/workflows/{name}.yml")), &options)
}

/// The same program with a reader of each case's result: what nobody reads is not computed.
fn with_readers(numbers: &[usize]) -> String {
    let mut source = program(numbers.iter().copied());
    let mut readers = String::new();
    for number in numbers {
        let call = format!("    case_{number}(");
        let ty = CASES[*number].ty;
        let read = if ty.starts_with('[') { "r..." } else { "r" };
        let line = source.lines().find(|it| it.starts_with(&call)).expect("a call").to_owned();
        let with = format!("    let c_{number} = {}\n    read_{number}(c_{number})", line.trim());
        source = source.replace(&line, &with);
        let _ = writeln!(
            readers,
            "\njob read_{number}(r: {ty}) on linux {{\n    checkout = none\n    sh \"true #{{{read}}}\"\n}}"
        );
    }
    source.replace("\npipeline ops", &format!("{readers}\npipeline ops"))
}

#[test]
fn operators_give_what_the_language_says() {
    // A loop of the pipeline's is computed by a job of its own.
    let numbers: Vec<usize> = (0..CASES.len()).filter(|it| !CASES[*it].expression.starts_with("for ")).collect();
    let mut wrong = String::new();
    for some in numbers.chunks(20) {
        let folder = tempfile::tempdir().expect("a folder");
        let run = ran(folder.path(), &with_readers(some), "ops", Options::default());
        for number in some {
            let case = CASES[*number];
            let job = run.job(&format!("case_{number}"));
            let found = job.outputs.get("r").map(String::as_str);
            let right = match case.result {
                Some(result) => job.outcome == Outcome::Success && found.unwrap_or_default() == result,
                None => job.outcome == Outcome::Failure,
            };
            if !right {
                let log: String = job.legs.iter().flat_map(|it| &it.steps).map(|it| it.log.as_str()).collect();
                let _ = writeln!(wrong, "{number} {case:?}: {:?} {found:?}\n{log}", job.outcome);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}
