//! Generated programs are sound.
//!
//! `PROGRAMS=200` tries more of them, `SEED=17` one alone, whose text is printed.

#![cfg(target_os = "linux")]

use flow_syntax::Severity;
use flow_tests::check;
use flow_tests::generate;

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
