//! The members of `ctx` in a run on this machine.
//!
//! | member | here |
//! |---|---|
//! | `event` | what the caller says, else `manual` |
//! | `sha`, `short_sha` | the commit that is checked out, whole and its first 7 digits; uncommitted changes do not show |
//! | `branch`, `tag` | what the caller says, else the branch that is checked out, if any, and no tag; nothing on a pull request |
//! | `ref` | that of the tag, the branch, or the pull request; else the commit |
//! | `repo` | `owner/name` from the address of the remote `origin`, else the name of the repository's folder |
//! | `actor` | the user's name on this machine |
//! | `run_id`, `run_number`, `attempt` | the run's id; 0; 1 |
//! | `job`, `os`, `arch`, `backend` | the job's id; its runner's; `local` |
//! | `workspace`, `temp` | the folder that the job runs in; its private folder |
//! | `pull_request.*` | on a pull request what the caller says, else what a pull request of the branch that is checked out would have |
//! | `github.…`, `ado.…` | nothing |
//!
//! Git is asked only if a job reads what it knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flow_plan::model::{Arch, Const, Job, Plan, SettingValue, Value, ValueType};

use crate::environment;
use crate::error::{ContextProblem, RunError, nearest};
use crate::options::Options;
use crate::sources::git::git_text;
use crate::values;

/// The fields of a pull request in `ctx`, in the order of its type.
const PULL_REQUEST: [&str; 9] = [
    "pull_request.number",
    "pull_request.title",
    "pull_request.body",
    "pull_request.branch",
    "pull_request.base",
    "pull_request.sha",
    "pull_request.author",
    "pull_request.draft",
    "pull_request.fork",
];

/// What else may be said of a run.
const OTHERS: [&str; 6] = ["sha", "repo", "actor", "run_id", "run_number", "attempt"];

/// The member's type, as far as it is no text.
fn type_of(name: &str) -> ValueType {
    match name {
        "run_number" | "attempt" | "pull_request.number" => ValueType::Int,
        "pull_request.draft" | "pull_request.fork" => ValueType::Bool,
        "pull_request.body" => ValueType::Optional(ValueType::String.into()),
        _ => ValueType::String,
    }
}

/// What the caller says of the run.
struct Said<'a> {
    event: &'a str,
    members: BTreeMap<&'a str, Const>,
}

/// Checks what the caller says; all that is wrong is told together.
fn said<'a>(plan: &Plan, options: &'a Options) -> Result<Said<'a>, RunError> {
    let mut problems = Vec::new();
    let mut events: Vec<&str> = plan.triggers.iter().map(|it| it.event.name()).collect();
    events.push("manual");
    events.sort_unstable();
    events.dedup();
    let event = options.event.as_deref().unwrap_or("manual");
    if !events.contains(&event) {
        let suggestion = nearest(event, events.iter().copied());
        let known = events.iter().map(|it| (*it).to_owned()).collect();
        problems.push(ContextProblem::Event { given: event.to_owned(), suggestion, known });
    }
    let pull_request = event == "pull_request";
    let mut members = BTreeMap::new();
    let known: Vec<String> = OTHERS.iter().chain(&PULL_REQUEST).map(|it| (*it).to_owned()).collect();
    for (name, text) in &options.context {
        if !known.contains(name) {
            let suggestion = nearest(name, known.iter().map(String::as_str));
            problems.push(ContextProblem::Unknown { name: name.clone(), suggestion, known: known.clone() });
            continue;
        }
        if name.starts_with("pull_request.") && !pull_request {
            problems.push(ContextProblem::NoPullRequest(name.clone()));
            continue;
        }
        match values::parse(&type_of(name), text) {
            Ok(value) => {
                if members.insert(name.as_str(), value).is_some() {
                    problems.push(ContextProblem::Repeated(name.clone()));
                }
            }
            Err(_) => problems.push(ContextProblem::Invalid {
                name: name.clone(),
                given: text.clone(),
                expected: values::expected(&type_of(name)),
            }),
        }
    }
    if options.tag.is_some() && (options.branch.is_some() || pull_request) {
        let other = if pull_request { "a pull request" } else { "a branch" };
        problems.push(ContextProblem::TagAnd(other));
    }
    if problems.is_empty() { Ok(Said { event, members }) } else { Err(RunError::ContextGiven(problems)) }
}

/// The members that are the same for all jobs, as far as the plan reads them.
pub(crate) fn of_run(plan: &Plan, run: &str, options: &Options) -> Result<BTreeMap<String, Const>, RunError> {
    let said = said(plan, options)?;
    let mut names = BTreeSet::new();
    read(plan, &mut |value| {
        if let Value::Ctx(name) = value {
            names.insert(name.as_str());
        }
    });
    let whole = names.remove("pull_request");
    if whole {
        names.extend(PULL_REQUEST);
    }
    // What the run exposes is found by its branch, and so is what it reads of earlier runs.
    let mut earlier = plan.jobs.iter().any(|it| !it.exposes.is_empty());
    plan.jobs.iter().flat_map(|it| &it.consumes).for_each(|it| earlier |= !it.from.is_of_run());
    if earlier {
        names.insert("branch");
    }
    let asked = Asked { said: &said, run, project: &options.project, options };
    let mut context = BTreeMap::new();
    for name in &names {
        if let Some(value) = asked.member(name)? {
            context.insert((*name).to_owned(), value);
        }
    }
    if said.event == "pull_request" && whole {
        let field = |name: &&str| {
            let value = context.get(*name).cloned().unwrap_or(Const::None);
            (name.trim_start_matches("pull_request.").to_owned(), value)
        };
        context.insert("pull_request".to_owned(), Const::Record(PULL_REQUEST.iter().map(field).collect()));
    }
    Ok(context)
}

/// The branch that a pull request goes to.
pub(crate) fn base(plan: &Plan, options: &Options) -> Result<Option<String>, RunError> {
    let said = said(plan, options)?;
    if said.event != "pull_request" {
        return Ok(None);
    }
    let asked = Asked { said: &said, run: "", project: &options.project, options };
    Ok(asked.member("pull_request.base")?.map(|it| it.text()))
}

/// Calls `visit` for each value of the plan.
pub(crate) fn read<'a>(plan: &'a Plan, visit: &mut dyn FnMut(&'a Value)) {
    plan.jobs.iter().for_each(|job| job.values(visit));
    plan.run_name.iter().for_each(|value| value.each(visit));
    if let Some(it) = &plan.concurrency {
        it.group.each(visit);
        it.cancel.each(visit);
    }
    for output in &plan.outputs {
        if let flow_plan::model::PipelineOutputKind::Value { value, .. } = &output.kind {
            value.each(visit);
        }
    }
    for secret in &plan.secrets {
        if let Some(SettingValue::Value(value)) = &secret.source {
            value.each(visit);
        }
    }
}

struct Asked<'a> {
    said: &'a Said<'a>,
    run: &'a str,
    project: &'a Path,
    options: &'a Options,
}

impl Asked<'_> {
    fn git(&self, arguments: &[&str]) -> Option<String> {
        git_text(self.project, arguments, &self.options.environment).ok().filter(|it| !it.is_empty())
    }

    fn commit(&self, member: &str) -> Result<String, RunError> {
        if let Some(said) = self.said.members.get("sha") {
            return Ok(said.text());
        }
        git_text(self.project, &["rev-parse", "--verify", "HEAD"], &self.options.environment).map_err(|error| {
            RunError::Context {
                member: member.to_owned(),
                why: format!("it is read from the commit that is checked out ({error})"),
            }
        })
    }

    /// The branch that the run is said to be on, or that is checked out.
    fn branch(&self) -> Option<String> {
        self.options.branch.clone().or_else(|| self.git(&["symbolic-ref", "-q", "--short", "HEAD"]))
    }

    fn actor(&self) -> String {
        let said = self.said.members.get("actor").map(Const::text);
        let found = || {
            let name = ["USER", "USERNAME", "LOGNAME"].iter().find_map(|it| {
                let name = environment::get(&self.options.environment, it)?;
                (!name.is_empty()).then(|| name.to_string_lossy().into_owned())
            });
            name.unwrap_or_else(|| "unknown".to_owned())
        };
        said.unwrap_or_else(found)
    }

    /// A member; `None`: jobs differ in it, or there is none.
    fn member(&self, name: &str) -> Result<Option<Const>, RunError> {
        if let Some(said) = self.said.members.get(name) {
            return Ok(Some(said.clone()));
        }
        let text = |it: String| Some(Const::Text(it)).filter(|it| *it != Const::Text(String::new()));
        let pull_request = self.said.event == "pull_request";
        Ok(match name {
            "event" => text(self.said.event.to_owned()),
            "sha" => text(self.commit(name)?),
            "short_sha" => text(self.commit(name)?.chars().take(7).collect()),
            "branch" if pull_request || self.options.tag.is_some() => None,
            "branch" => self.branch().map(Const::Text),
            "tag" => self.options.tag.clone().map(Const::Text),
            "ref" if pull_request => {
                let number = self.member("pull_request.number")?.map_or_else(String::new, |it| it.text());
                text(format!("refs/pull/{number}/merge"))
            }
            "ref" => text(match (&self.options.tag, self.branch()) {
                (Some(tag), _) => format!("refs/tags/{tag}"),
                (None, Some(branch)) => format!("refs/heads/{branch}"),
                (None, None) => self.commit(name)?,
            }),
            "repo" => {
                let address = self.git(&["config", "remote.origin.url"]).unwrap_or_default();
                let folder = || Some(self.project.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned());
                repository(&address).or_else(folder).and_then(text)
            }
            "actor" => text(self.actor()),
            "run_id" => text(self.run.to_owned()),
            "run_number" => Some(Const::Int(0)),
            "attempt" => Some(Const::Int(1)),
            "backend" => text("local".to_owned()),
            "job" | "os" | "arch" | "workspace" | "temp" => None,
            _ if name.starts_with("github.") || name.starts_with("ado.") => None,
            _ => match name.strip_prefix("pull_request.") {
                Some(field) if pull_request => self.field(name, field)?,
                Some(_) => None,
                None => {
                    let why = "a run on this machine does not have it".to_owned();
                    return Err(RunError::Context { member: name.to_owned(), why });
                }
            },
        })
    }

    /// A field of a pull request of the branch that is checked out.
    fn field(&self, name: &str, field: &str) -> Result<Option<Const>, RunError> {
        Ok(match field {
            "number" => Some(Const::Int(1)),
            "title" => {
                let subject = self.git(&["log", "-1", "--format=%s"]);
                Some(Const::Text(subject.or_else(|| self.branch()).unwrap_or_else(|| "a pull request".to_owned())))
            }
            "branch" => Some(Const::Text(self.branch().unwrap_or_else(|| "HEAD".to_owned()))),
            "base" => {
                let remote = self.git(&["symbolic-ref", "-q", "--short", "refs/remotes/origin/HEAD"]);
                let remote = remote.and_then(|it| it.strip_prefix("origin/").map(str::to_owned));
                Some(Const::Text(remote.unwrap_or_else(|| "main".to_owned())))
            }
            "sha" => Some(Const::Text(self.commit(name)?)),
            "author" => Some(Const::Text(self.actor())),
            "draft" | "fork" => Some(Const::Bool(false)),
            _ => None,
        })
    }
}

/// The members that differ from job to job.
pub(crate) fn of_job(job: &Job, id: &str, workspace: &Path, temp: &Path) -> BTreeMap<String, Const> {
    let arch = match job.runner.arch {
        Arch::X64 => "x64",
        Arch::Arm64 => "arm64",
    };
    let own = [
        ("job", id.to_owned()),
        ("os", job.runner.os.name().to_owned()),
        ("arch", arch.to_owned()),
        ("workspace", workspace.to_string_lossy().into_owned()),
        ("temp", temp.to_string_lossy().into_owned()),
    ];
    own.into_iter().map(|(name, value)| (name.to_owned(), Const::Text(value))).collect()
}

/// The last two parts of an address.
fn repository(address: &str) -> Option<String> {
    let address = address.trim_end_matches('/').trim_end_matches(".git");
    let mut parts = address.rsplit(['/', ':']);
    let (name, owner) = (parts.next()?, parts.next()?);
    (!name.is_empty() && !owner.is_empty()).then(|| format!("{owner}/{name}"))
}

#[cfg(test)]
mod tests {
    use super::repository;

    #[test]
    fn repositories_of_addresses() {
        let expected = Some("owner/name".to_owned());
        assert_eq!(repository("https://example.com/owner/name.git"), expected);
        assert_eq!(repository("git@example.com:owner/name.git"), expected);
        assert_eq!(repository("ssh://git@example.com/owner/name/"), expected);
        assert_eq!(repository(""), None);
    }
}
