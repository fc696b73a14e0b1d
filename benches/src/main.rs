//! `flow-benches`: the budgets beside what is measured, and generated programs on disk.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "this program's output is its purpose")]
#![allow(clippy::disallowed_methods, reason = "measuring needs the clock, and processes that are measured")]
#![allow(clippy::indexing_slicing, reason = "a benchmark that indexes badly should end")]

mod budgets;

use std::io;
use std::path::Path;
use std::process::ExitCode;

use flow_benches::{Shape, project};

const USAGE: &str = "\
usage: flow-benches budgets                    every budget beside what is measured here
       flow-benches budgets --in-process       those that need no flowc
       flow-benches instances N                check, plan and emit that many job instances
       flow-benches generate DIR KIND N        write a program: KIND is lines, files, pipelines or instances";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let done = match args.as_slice() {
        ["budgets"] => budgets::print(),
        ["budgets", "--in-process"] => budgets::print_in_process(),
        ["instances", n] if let Ok(n) = n.parse() => budgets::instances(n),
        ["generate", folder, kind, n] if let (Ok(n), Some(shape)) = (n.parse(), shape(kind)) => {
            generate(folder, shape(n))
        }
        _ => Err(io::Error::other(USAGE)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn shape(kind: &str) -> Option<fn(usize) -> Shape> {
    match kind {
        "lines" => Some(Shape::lines),
        "files" => Some(Shape::files),
        "pipelines" => Some(Shape::pipelines),
        "instances" => Some(Shape::instances),
        _ => None,
    }
}

fn generate(folder: &str, shape: Shape) -> io::Result<()> {
    let program = shape.generate();
    project::write(&program, Path::new(folder))?;
    println!("{folder}: {} files, {} lines, {} bytes", program.files.len(), program.lines(), program.bytes());
    Ok(())
}
