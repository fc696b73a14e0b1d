//! The same pipeline by `flowc run` and as an emitted workflow: the same values, files and outcomes.
//!
//! The programs are the examples, and those in tests/parity/. A line `// start: EVENT REF NAME=VALUE…` of
//! these starts them once: with parameters on `manual`, with secrets elsewhere. `PROGRAM=loops` runs one.

#![cfg(target_os = "linux")]

use flow_tests::github::Order;
use flow_tests::parity::{Pipeline, Start};
use flow_tests::world::World;

/// An archive holds the time, its checksum too.
const ARCHIVE: &[&str] = &["wordcount.tar.gz", "wordcount.tar.gz.sha256"];

#[test]
fn the_quickstart() {
    let world = World::of_example("quickstart");
    let pipeline = Pipeline::new(&world, "ci");
    let starts = [Start::pull_request("more"), Start::manual("main", &[("detail", "full")])];
    for start in starts {
        let start = start.where_vary(ARCHIVE);
        pipeline.run(&start).assert_same(&format!("{:?}", start.options.event.name));
    }
}

#[test]
fn a_quickstart_whose_tests_fail() {
    let world = World::of_example("quickstart");
    std::fs::write(world.project().join("tests/cases/words/tabs.expected"), "wrong\n").expect("a file");
    world.git(&["commit", "--quiet", "--all", "--message", "A wrong expectation"]);
    let start = Start::push("main").where_vary(ARCHIVE);
    Pipeline::new(&world, "ci").run(&start).assert_same("a failing suite");
}

/// What a line `// start: …` says; words may hold spaces after their `=`.
fn start(line: &str) -> Start {
    let mut words: Vec<String> = Vec::new();
    for word in line.split(' ') {
        match words.last_mut() {
            Some(last) if last.contains('=') && !word.contains('=') => last.push_str(&format!(" {word}")),
            _ => words.push(word.to_owned()),
        }
    }
    let [event, reference, rest @ ..] = words.as_slice() else { panic!("no event and branch: {line}") };
    let pairs: Vec<(&str, &str)> = rest.iter().map(|it| it.split_once('=').expect("NAME=VALUE")).collect();
    if event == "manual" {
        return Start::manual(reference, &pairs);
    }
    let start = if event == "push" { Start::push(reference) } else { Start::pull_request(reference) };
    pairs.into_iter().fold(start, |start, (name, value)| start.with_secret(name, value))
}

fn program(name: &str) {
    if std::env::var("PROGRAM").is_ok_and(|it| it != name) {
        return;
    }
    let file = flow_tests::repository().join(format!("tests/parity/{name}.flow"));
    let text = std::fs::read_to_string(file).expect("a program");
    let world = World::of(&text);
    let starts: Vec<&str> = text.lines().filter_map(|it| it.strip_prefix("// start: ")).collect();
    assert!(!starts.is_empty());
    let pipeline = Pipeline::new(&world, "ci");
    let mut found = Vec::new();
    for (index, line) in starts.iter().enumerate() {
        let mut start = start(line);
        start.options.order = if index % 2 == 0 { Order::Last } else { Order::First };
        let both = pipeline.run(&start);
        let these = both.differences();
        if !these.is_empty() {
            found.push(format!(
                "=== {line}\n{}\n--- locally\n{}\n--- differences\n{}",
                both.hosted.log,
                both.said,
                these.join("\n")
            ));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

macro_rules! programs {
    ($($name:ident)*) => {
        $(#[test] fn $name() { program(stringify!($name)); })*

        #[test]
        fn no_program_is_left_out() {
            let folder = flow_tests::repository().join("tests/parity");
            let mut there: Vec<String> = std::fs::read_dir(folder).expect("a folder").map(|it| {
                it.expect("an entry").path().file_stem().expect("a name").to_string_lossy().into_owned()
            }).collect();
            there.sort();
            assert_eq!(there, [$(stringify!($name)),*]);
        }
    };
}

programs! { absent actions context failures files known lacking loops optionals secrets values }
