//! Generated programs: sound, and the same by `flowc run` and as an emitted workflow.
//!
//! `PROGRAMS=200` tries more of them, each started in all its ways, `SEED=17` one alone, whose text is
//! printed. Unless asked, each is started in one way, the other for every second.

#![cfg(target_os = "linux")]

use flow_syntax::Severity;
use flow_tests::check;
use flow_tests::generate::{self, Program};
use flow_tests::github::Order;
use flow_tests::parity::{Pipeline, Start};
use flow_tests::world::World;

/// The seeds to try.
fn seeds() -> Vec<u64> {
    let number = |name| std::env::var(name).ok().map(|it: String| it.parse().expect("a number"));
    match number("SEED") {
        Some(seed) => vec![seed],
        None => (0..number("PROGRAMS").unwrap_or(50)).collect(),
    }
}

#[test]
fn generated_programs_are_sound() {
    for seed in seeds() {
        let text = generate::program(seed).text;
        let found = check::Program::of(&text).findings();
        let errors: Vec<String> = found
            .iter()
            .filter(|it| it.severity == Severity::Error)
            .map(|it| format!("line {}: {it}", it.line + 1))
            .collect();
        assert!(errors.is_empty(), "seed {seed}:\n{text}\n{}", errors.join("\n"));
        if std::env::var_os("SEED").is_some() {
            println!("{text}");
        }
    }
}

/// What differs for a program.
fn differences(seed: u64, program: &Program) -> Vec<String> {
    let all = ["SEED", "PROGRAMS"].iter().any(|it| std::env::var_os(it).is_some());
    let world = World::of(&program.text);
    let pipeline = Pipeline::new(&world, "ci");
    let mut found = Vec::new();
    let starts = program.starts.iter().enumerate();
    for (_, it) in starts.filter(|(index, _)| all || (*index as u64 + seed).is_multiple_of(2)) {
        let params: Vec<(&str, &str)> = it.params.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut start = if it.event == "push" { Start::push(it.branch) } else { Start::manual(it.branch, &params) };
        if it.event == "push" {
            start.options.order = Order::Last;
        }
        let both = pipeline.run(&start);
        let these = both.differences();
        if !these.is_empty() {
            found.push(format!("--- on {}\n{}\n{}\n{}", it.event, both.hosted.log, both.said, these.join("\n")));
        }
    }
    found
}

#[test]
fn generated_programs_do_the_same_everywhere() {
    let seeds = seeds();
    let next = std::sync::Mutex::new(seeds.into_iter());
    std::thread::scope(|scope| {
        let work = || {
            loop {
                let Some(seed) = next.lock().expect("nobody panics with it").next() else { return };
                let program = generate::program(seed);
                let found = differences(seed, &program);
                assert!(found.is_empty(), "seed {seed}:\n{}\n{}", program.text, found.join("\n"));
            }
        };
        let workers: Vec<_> = (0..2).map(|_| scope.spawn(work)).collect();
        for worker in workers {
            worker.join().expect("no program differs");
        }
    });
}
