//! What a run shows: a line per line of output with the job's name before it, and at the end what
//! failed, where to look, and what was made.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use flow_plan::model::Plan;
use flow_run::{Event, Failure, Outcome, RunOutcome, Skip, StepOutcome, Summary};

use crate::args::Color;
use crate::terminal::Terminal;

/// The display of a run.
pub(crate) struct Progress {
    /// Ids and titles, in the plan's order; then those that run for the elements of lists.
    jobs: Mutex<Vec<(String, String)>>,
    /// How wide the longest title is, in characters.
    width: usize,
    /// Lines of different jobs must not mix.
    terminal: Mutex<Terminal>,
}

impl Progress {
    pub(crate) fn new(plan: &Plan, color: bool) -> Self {
        let jobs: Vec<_> = plan.jobs.iter().map(|job| (job.id.clone(), flow_run::title(plan, job))).collect();
        let width = jobs.iter().map(|(_, title)| title.chars().count()).max().unwrap_or_default().min(32);
        let terminal = Terminal::new(if color { Color::Always } else { Color::Never });
        Self { jobs: Mutex::new(jobs), width, terminal: Mutex::new(terminal) }
    }

    /// Shows an event.
    pub(crate) fn tell(&self, event: &Event) {
        let Ok(terminal) = self.terminal.lock() else { return };
        match event {
            Event::Started { jobs, .. } => {
                let s = if *jobs == 1 { "" } else { "s" };
                terminal.say(&terminal.faint(&format!("{jobs} job{s}")));
            }
            Event::JobStarted { job, title } => {
                self.know(job, title);
                self.line(&terminal, job, &terminal.bold("started"));
            }
            Event::StepStarted { job, step } => {
                self.line(&terminal, job, &terminal.faint(&format!("> {}", step.title)))
            }
            Event::Output { job, text, .. } => self.line(&terminal, job, &printable(text, terminal.color)),
            Event::StepEnded { step, outcome: StepOutcome::Failed, .. } => {
                self.line(&terminal, job_of(event), &terminal.bad(&format!("failed: {}", step.title)));
            }
            Event::StepEnded { .. } => {}
            Event::Note { job: Some(job), text } => self.line(&terminal, job, &terminal.faint(text)),
            Event::Note { job: None, text } => terminal.say(&terminal.faint(text)),
            Event::JobEnded { job, outcome, tolerated, elapsed } => {
                let text = match outcome {
                    Outcome::Failed(_) if *tolerated => {
                        terminal.faint(&format!("failed after {}, which is tolerated", seconds(*elapsed)))
                    }
                    Outcome::Skipped(why) => terminal.faint(&format!("skipped: {}", skipped(why))),
                    Outcome::Succeeded => terminal.good(&format!("succeeded in {}", seconds(*elapsed))),
                    Outcome::Failed(_) => terminal.bad(&format!("failed after {}", seconds(*elapsed))),
                    Outcome::Cancelled => terminal.bad("cancelled"),
                    Outcome::Blocked(by) => terminal.faint(&format!("not run: it needs {}", self.titles(by))),
                    Outcome::NotStarted => terminal.faint("not run"),
                };
                self.line(&terminal, job, &text);
            }
        }
    }

    fn line(&self, terminal: &Terminal, job: &str, text: &str) {
        let (index, title) = self.find(job);
        let fill = " ".repeat(self.width.saturating_sub(title.chars().count()));
        terminal.say(format!("{}{fill} | {text}", terminal.nth(index, &title)).trim_end());
    }

    /// Notes the title of what runs for an element of a list.
    fn know(&self, job: &str, title: &str) {
        if let Ok(mut jobs) = self.jobs.lock()
            && !jobs.iter().any(|(id, _)| id == job)
        {
            jobs.push((job.to_owned(), title.to_owned()));
        }
    }

    /// A job's place and title.
    fn find(&self, job: &str) -> (usize, String) {
        let jobs = self.jobs.lock().map(|it| it.clone()).unwrap_or_default();
        let found = jobs.into_iter().enumerate().find(|(_, (id, _))| id == job);
        found.map_or_else(|| (0, job.to_owned()), |(index, (_, title))| (index, title))
    }

    fn titles(&self, jobs: &[String]) -> String {
        let titles: Vec<String> = jobs.iter().map(|job| self.find(job).1).collect();
        flow_analysis::suggest::list(titles.iter().map(String::as_str))
    }

    /// Shows how the run ended.
    pub(crate) fn finish(&self, summary: &Summary, project: &Path, pipeline: &str) {
        let Ok(terminal) = self.terminal.lock() else { return };
        let _ = std::io::stdout().flush();
        for job in
            summary.jobs.iter().flat_map(|job| if job.legs.is_empty() { std::slice::from_ref(job) } else { &job.legs })
        {
            if let (Outcome::Failed(failure), false) = (&job.outcome, job.tolerated) {
                terminal.say("");
                self.failure(&terminal, failure, &job.title);
            }
        }
        terminal.say("");
        for gate in &summary.gates {
            terminal.say(&match gate.red.as_slice() {
                [] => terminal.good(&format!("{}: green", gate.title)),
                red => terminal.bad(&format!("{}: red, for {}", gate.title, self.titles(red))),
            });
        }
        for (name, value) in &summary.outputs {
            terminal.say(&format!("{} = {}", terminal.bold(name), printable(value, terminal.color)));
        }
        if !summary.exposed.is_empty() {
            for exposed in &summary.exposed {
                let path = exposed.path.strip_prefix(project).unwrap_or(&exposed.path);
                terminal.say(&format!("{}  {}", terminal.bold(&exposed.name), path.display()));
                for file in first_files(&exposed.path) {
                    terminal.say(&terminal.faint(&format!("  {file}")));
                }
            }
            terminal.say("");
        }
        let done = summary.jobs.iter().filter(|job| job.outcome.succeeded()).count();
        let skipped = summary.jobs.iter().filter(|job| matches!(job.outcome, Outcome::Skipped(_))).count();
        let meant = summary.jobs.len() - skipped;
        let of = match skipped {
            0 => format!("{done} of {meant} jobs"),
            _ => format!("{done} of {meant} jobs ({skipped} skipped)"),
        };
        let pipeline =
            summary.name.as_deref().map_or_else(|| pipeline.to_owned(), |name| printable(name, terminal.color));
        let time = seconds(summary.elapsed);
        terminal.say(&match summary.outcome {
            RunOutcome::Succeeded => terminal.good(&format!("{pipeline} succeeded: {of} in {time}")),
            RunOutcome::Failed => terminal.bad(&format!("{pipeline} failed: {of} succeeded, in {time}")),
            RunOutcome::Cancelled => terminal.bad(&format!("{pipeline} was cancelled: {of} succeeded, in {time}")),
        });
    }

    fn failure(&self, terminal: &Terminal, failure: &Failure, title: &str) {
        let step = failure.step.as_ref().map_or_else(String::new, |step| format!(": the step `{}`", step.title));
        terminal.error(&format!("{title}{step} {}", failure.cause));
        let place = &failure.place;
        terminal.say(&format!("  at {}:{}:{}", place.file, place.line, place.column));
        for line in &failure.last_lines {
            terminal.say(&terminal.faint(&format!("  | {}", printable(line, terminal.color))));
        }
        // What failed before it began has none.
        if failure.log.exists() {
            terminal.say(&format!("  whole log: {}", failure.log.display()));
        }
    }
}

/// The files and folders right in an exposed folder, the first few of them.
fn first_files(folder: &Path) -> Vec<String> {
    const SHOWN: usize = 5;
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.path().is_dir() { format!("{name}/") } else { name }
        })
        .collect();
    names.sort();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    if more > 0 {
        names.push(format!("and {more} more"));
    }
    names
}

/// Why a job was skipped.
fn skipped(why: &Skip) -> String {
    match why {
        Skip::Condition => "its condition does not hold".to_owned(),
        Skip::NoElements => "its list is empty".to_owned(),
        Skip::All => "its condition holds for no element".to_owned(),
        Skip::NotMade(job, output) => format!("`{output}` of `{job}` was not made"),
    }
}

/// The job that an event is of.
fn job_of(event: &Event) -> &str {
    match event {
        Event::JobStarted { job, .. }
        | Event::StepStarted { job, .. }
        | Event::Output { job, .. }
        | Event::StepEnded { job, .. }
        | Event::JobEnded { job, .. }
        | Event::Note { job: Some(job), .. } => job,
        Event::Started { .. } | Event::Note { job: None, .. } => "",
    }
}

/// A line of a program's output as it may stand behind a job's name: of what returns to the line's beginning the
/// last, colors where they are wanted, and nothing else that would move the cursor or change the terminal.
fn printable(text: &str, color: bool) -> String {
    let text = text.trim_end_matches('\r').rsplit('\r').next().unwrap_or_default();
    let mut line = String::with_capacity(text.len());
    let mut rest = text.chars();
    let mut colored = false;
    while let Some(c) = rest.next() {
        if c == '\x1b' {
            let mut ahead = rest.clone();
            let sequence = sequence(&mut ahead);
            rest = ahead;
            if let (Some(wanted), true) = (sequence, color) {
                colored = wanted != "0" && !wanted.is_empty();
                line.push_str(&format!("\x1b[{wanted}m"));
            }
        } else if c == '\t' || !c.is_control() {
            line.push(c);
        }
    }
    // A color that is left open would reach the lines of other jobs.
    if colored {
        line.push_str("\x1b[0m");
    }
    line
}

/// Takes what follows an escape character; gives it if it is a color.
fn sequence(rest: &mut std::str::Chars<'_>) -> Option<String> {
    match rest.next() {
        Some('[') => {
            let mut parameters = String::new();
            for c in rest.by_ref() {
                match c {
                    '0'..='?' | ' '..='/' => parameters.push(c),
                    'm' => return Some(parameters),
                    _ => return None,
                }
            }
            None
        }
        // Titles of windows, links and their like: up to a bell or another escape.
        Some(']' | 'P' | '^' | '_') => {
            while rest.next().is_some_and(|c| c != '\x07' && c != '\x1b') {}
            None
        }
        _ => None,
    }
}

/// A duration in seconds, to a tenth.
fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}
