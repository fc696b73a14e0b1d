//! The budgets of docs/architecture.md beside what is measured on this machine. It never fails: a
//! shared machine is no judge, the reader is.

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use flow_analysis::diagnostics;
use flow_benches::editor::{Editor, Typing};
use flow_benches::times::{Times, time};
use flow_benches::{Program, Shape, project, texts};
use flow_plan::elaborate;
use flow_plan::model::Backend;

/// Prints the table.
pub(crate) fn print() -> io::Result<()> {
    let flowc = project::flowc()?;
    head();
    start_up(&flowc)?;
    parse();
    edits();
    processes(&flowc)?;
    many_instances()
}

/// Prints what needs no `flowc`: what the checker, the planner and the emitters take by themselves.
pub(crate) fn print_in_process() -> io::Result<()> {
    head();
    parse();
    edits();
    many_instances()
}

fn head() {
    println!("{:52} {:>12} {:>12}", "work", "budget", "measured");
}

/// A line of the table; `None` for a budget: there is none, the number is for comparison.
fn row(work: &str, budget: Option<f64>, unit: &str, measured: f64, note: &str) {
    let shown = |value: f64| format!("{value:.1} {unit}").trim_end().to_owned();
    let verdict = match budget {
        Some(budget) if measured > budget => "MISSED",
        Some(_) => "ok",
        None => "",
    };
    let budget = budget.map_or_else(String::new, shown);
    println!("{work:52} {budget:>12} {:>12}  {verdict:6}  {note}", shown(measured));
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn start_up(flowc: &Path) -> io::Result<()> {
    let here = Path::new(".");
    project::run(flowc, &["--version"], here)?;
    let own = Times::of(100, || project::run(flowc, &["--version"], here));
    let peer = Times::of(100, || project::run(Path::new("git"), &["--version"], here));
    let note = format!("p50 of 100; `git --version` here {:.1} ms", ms(peer.p50()));
    row("start-up: flowc --version", Some(5.0), "ms", ms(own.p50()), &note);
    Ok(())
}

fn parse() {
    let text = texts::megabyte();
    let best = Times::of(10, || flow_syntax::parse(&text)).best();
    let megabytes = text.len() as f64 / 1e6;
    let note = format!("{:.1} MB/s; {megabytes:.2} MB, scaled", megabytes / best.as_secs_f64());
    row("parse 1 MB, 15 MB/s", Some(1_000.0 / 15.0), "ms", ms(best) / megabytes, &note);

    let mut ratios: Vec<(f64, &str)> = texts::NESTINGS
        .iter()
        .map(|nesting| {
            let (shallow, deep) = (nesting.text(8, 200), nesting.text(16, 200));
            let spent = |text: &str| Times::of(10, || flow_syntax::parse(text)).best().as_secs_f64();
            (spent(&deep) / spent(&shallow), nesting.open)
        })
        .collect();
    ratios.sort_by(|a, b| b.0.total_cmp(&a.0));
    let (worst, open) = ratios[0];
    let note = format!("worst of {}: {open:?}; median {:.1}", ratios.len(), ratios[ratios.len() / 2].0);
    row("parse at depth 16 over depth 8", Some(3.0), "", worst, &note);

    let mut refused: Vec<(Duration, &str)> =
        texts::unclosed().map(|(open, text)| (Times::of(5, || flow_syntax::parse(&text)).best(), open)).collect();
    refused.sort_unstable();
    if let Some((slowest, open)) = refused.last() {
        row(
            "refuse 10,000 open brackets",
            Some(50.0),
            "ms",
            ms(*slowest),
            &format!("slowest of {}: {open:?}", refused.len()),
        );
    }
}

fn edits() {
    for (name, shape, (budget_cold, budget)) in
        [("5,000 lines", Shape::lines(5_000), (Some(150.0), 20.0)), ("1,000 files", Shape::files(1_000), (None, 50.0))]
    {
        let program = shape.generate();
        let size = format!("{} files, {} lines, {} kB", program.files.len(), program.lines(), program.bytes() / 1_000);
        let cold = Times::of(3, || all_findings(&program)).best();
        row(&format!("check {name}, cold, in process"), budget_cold, "ms", ms(cold), &size);
        let mut editor = Editor::open(&program);
        for (what, typing) in [("a key in a body", Typing::InBody), ("a comment on top", Typing::OnTop)] {
            let times = Times::of(200, || editor.key(typing));
            let note = format!("p99 of 200; p50 {:.1} ms", ms(times.p50()));
            row(&format!("{what}, {name}: to all findings"), Some(budget), "ms", ms(times.p99()), &note);
        }
    }
}

fn all_findings(program: &Program) -> usize {
    let db = program.database();
    db.files().values().map(|file| diagnostics(&db, *file).len()).sum()
}

fn processes(flowc: &Path) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let folder = folder.path();
    let program = Shape::pipelines(50).generate();
    project::write(&program, folder)?;
    let size = format!("p50 of 10; {} files, {} lines", program.files.len(), program.lines());
    let cold = |args: &[&str]| -> io::Result<Times> {
        project::run(flowc, args, folder)?;
        Ok(Times::of(10, || project::run(flowc, args, folder)))
    };
    row("check 50 pipelines, cold process", None, "ms", ms(cold(&["check"])?.p50()), &size);
    row(
        "check and emit 50 pipelines, cold process",
        Some(50.0),
        "ms",
        ms(cold(&["emit", "--out", "out"])?.p50()),
        "100 files, already there",
    );
    project::run(flowc, &["emit"], folder)?;
    row(
        "emit --check when nothing changed",
        Some(20.0),
        "ms",
        ms(cold(&["emit", "--check"])?.p50()),
        "the same 50 pipelines",
    );
    run_overhead(flowc)
}

/// What a job costs beyond its shell: jobs that do nothing, one after the other; what a run costs by
/// itself is left out by comparing many with few.
fn run_overhead(flowc: &Path) -> io::Result<()> {
    const FEW: u16 = 20;
    const MANY: u16 = 120;
    let run = |jobs: u16| -> io::Result<Times> {
        let folder = tempfile::tempdir()?;
        let numbers: Vec<String> = (1..=jobs).map(|n| n.to_string()).collect();
        let program = format!(
            "job nothing(const n: int) on linux {{\n    checkout = none\n    sh \"true #{{n}}\"\n}}\n\n\
             pipeline ci {{\n    on manual\n    for n in [{}] {{ nothing(n) }}\n}}\n",
            numbers.join(", ")
        );
        std::fs::write(folder.path().join("flow.toml"), "")?;
        std::fs::write(folder.path().join("ci.flow"), program)?;
        let once = || project::run(flowc, &["run", "ci", "--jobs", "1"], folder.path());
        once()?;
        Ok(Times::of(5, once))
    };
    let (few, many) = (ms(run(FEW)?.p50()), ms(run(MANY)?.p50()));
    let shell = ms(Times::of(100, || project::run(Path::new("sh"), &["-c", "true"], Path::new("."))).p50());
    let job = (many - few) / f64::from(MANY - FEW);
    let note = format!("{job:.1} ms a job, {shell:.1} of them its shell; a run of {MANY} in {many:.0} ms");
    row("overhead of run per job", Some(5.0), "ms", job - shell, &note);
    println!("{:52} {:>12} {:>12}", "run of 50 jobs when all are reused", "20.0 ms", "not built");
    Ok(())
}

/// What [`instances`] measured in a process of its own, whose memory is nobody else's.
fn many_instances() -> io::Result<()> {
    let measure = |count: usize| -> io::Result<Vec<f64>> {
        let done = Command::new(std::env::current_exe()?).args(["instances", &count.to_string()]).output()?;
        let text = String::from_utf8_lossy(&done.stdout);
        Ok(text.lines().filter_map(|line| line.split_whitespace().next()?.parse().ok()).collect())
    };
    let (quarter, whole) = (measure(2_500)?, measure(10_000)?);
    let [check, plan, emit, memory] = whole[..] else { return Err(io::Error::other("no answer about instances")) };
    let total = check + plan + emit;
    let note = format!("check {check:.0}, plan {plan:.0}, emit {emit:.0} ms");
    row("10,000 job instances: check, plan, emit", Some(2_000.0), "ms", total, &note);
    let growth = total / quarter.iter().take(3).sum::<f64>();
    row("10,000 instances over 2,500", Some(5.0), "", growth, "4 is linear");
    row("memory for 10,000 instances", Some(1_024.0), "MiB", memory, "peak of the process");
    Ok(())
}

/// Checks, plans and emits one pipeline of so many instances; prints times in milliseconds and the
/// most memory that was used, in MiB.
pub(crate) fn instances(count: usize) -> io::Result<()> {
    let program = Shape::instances(count).generate();
    let (check, db) = time(|| {
        let db = program.database();
        let findings: usize = db.files().values().map(|file| diagnostics(&db, *file).len()).sum();
        assert_eq!(findings, 0, "generated programs are valid");
        db
    });
    let pipelines = elaborate::pipelines(&db);
    let (plan, plans) = time(|| elaborate::plan(&db, pipelines[0], Backend::Github));
    let plan_of = plans.map_err(|_| io::Error::other("generated programs can be planned"))?;
    // So many jobs are above the limit of a file: it is made, and then refused.
    let options = flow_emit::Options { command: "flowc emit".to_owned(), pins: flow_emit::Pins::default() };
    let (emit, _) = time(|| flow_emit::emit(&plan_of, &options));
    println!(
        "{:.1} ms check\n{:.1} ms plan of {} jobs\n{:.1} ms emit",
        ms(check),
        ms(plan),
        plan_of.jobs.len(),
        ms(emit)
    );
    println!("{:.1} MiB", peak_memory().unwrap_or(f64::NAN));
    Ok(())
}

/// Known on Linux only.
fn peak_memory() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<f64>().ok()? / 1024.0)
}
