//! What a run shows: a line per line of output with the job's name before it, and at the end what
//! failed, where to look, and what was made.

use std::io::Write as _;
use std::path::Path;
use std::sync::Mutex;
use std::time::Duration;

use flow_plan::model::Plan;
use flow_run::{Event, Failure, Outcome, RunOutcome, Summary};

use crate::args::Color;
use crate::terminal::Terminal;

/// The display of a run.
pub(crate) struct Progress {
    /// Ids and titles, in the plan's order.
    jobs: Vec<(String, String)>,
    /// How wide the longest title is, in characters.
    width: usize,
    /// Lines of different jobs must not mix.
    terminal: Mutex<Terminal>,
}

impl Progress {
    pub(crate) fn new(plan: &Plan, color: bool) -> Self {
        let jobs: Vec<_> = plan.jobs.iter().map(|job| (job.id.clone(), job.title.clone())).collect();
        let width = jobs.iter().map(|(_, title)| title.chars().count()).max().unwrap_or_default().min(32);
        let terminal = Terminal::new(if color { Color::Always } else { Color::Never });
        Self { jobs, width, terminal: Mutex::new(terminal) }
    }

    /// Shows an event.
    pub(crate) fn tell(&self, event: &Event) {
        let Ok(terminal) = self.terminal.lock() else { return };
        match event {
            Event::Started { jobs, .. } => {
                let s = if *jobs == 1 { "" } else { "s" };
                terminal.say(&terminal.faint(&format!("{jobs} job{s}")));
            }
            Event::JobStarted { job } => self.line(&terminal, job, &terminal.bold("started")),
            Event::StepStarted { job, step } => {
                self.line(&terminal, job, &terminal.faint(&format!("> {}", step.title)))
            }
            Event::Output { job, text, .. } => self.line(&terminal, job, &printable(text)),
            Event::StepEnded { .. } => {}
            Event::Note { job: Some(job), text } => self.line(&terminal, job, &terminal.faint(text)),
            Event::Note { job: None, text } => terminal.say(&terminal.faint(text)),
            Event::JobEnded { job, outcome, elapsed } => {
                let text = match outcome {
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
        let index = self.jobs.iter().position(|(id, _)| id == job).unwrap_or_default();
        let title = self.title(job);
        let fill = " ".repeat(self.width.saturating_sub(title.chars().count()));
        terminal.say(format!("{}{fill} | {text}", terminal.nth(index, title)).trim_end());
    }

    fn title<'a>(&'a self, job: &'a str) -> &'a str {
        self.jobs.iter().find(|(id, _)| id == job).map_or(job, |(_, title)| title)
    }

    fn titles(&self, jobs: &[String]) -> String {
        let titles: Vec<&str> = jobs.iter().map(|job| self.title(job)).collect();
        flow_analysis::suggest::list(titles)
    }

    /// Shows how the run ended.
    pub(crate) fn finish(&self, summary: &Summary, project: &Path, pipeline: &str) {
        let Ok(terminal) = self.terminal.lock() else { return };
        let _ = std::io::stdout().flush();
        for job in &summary.jobs {
            if let Outcome::Failed(failure) = &job.outcome {
                terminal.say("");
                self.failure(&terminal, failure, &job.title);
            }
        }
        terminal.say("");
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
        let of = format!("{done} of {} jobs", summary.jobs.len());
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
            terminal.say(&terminal.faint(&format!("  | {}", printable(line))));
        }
        terminal.say(&format!("  whole log: {}", failure.log.display()));
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

/// A line of a program's output, without what would move the cursor.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() || *c == '\t' || *c == '\x1b').collect()
}

/// A duration in seconds, to a tenth.
fn seconds(elapsed: Duration) -> String {
    format!("{:.1} s", elapsed.as_secs_f64())
}
