//! The members of `ctx` in a run on this machine.
//!
//! | member | here |
//! |---|---|
//! | `event` | `manual` |
//! | `sha`, `short_sha` | the commit that is checked out, whole and its first 7 digits; uncommitted changes do not show |
//! | `branch`, `tag`, `ref` | the branch that is checked out, if any; no tag; `refs/heads/<branch>`, else the commit |
//! | `repo` | `owner/name` from the address of the remote `origin`, else the name of the repository's folder |
//! | `actor` | the user's name on this machine |
//! | `run_id`, `run_number`, `attempt` | the run's id; 0; 1 |
//! | `job`, `os`, `arch`, `backend` | the job's id; its runner's; `local` |
//! | `workspace`, `temp` | the folder that the job runs in; its private folder |
//! | `pull_request.*` | nothing |
//!
//! Git is asked only if a job reads what it knows.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use flow_plan::model::{Arch, Job, Plan, Value};

use crate::environment;
use crate::error::RunError;
use crate::sources::git::{Variables, git_text};

/// The members that are the same for all jobs, as far as the plan reads them.
pub(crate) fn of_run(
    plan: &Plan,
    run: &str,
    project: &Path,
    variables: &Variables,
) -> Result<BTreeMap<String, String>, RunError> {
    let mut names = BTreeSet::new();
    values(plan, &mut names);
    let mut context = BTreeMap::new();
    for name in names {
        let git = |arguments: &[&str]| git_text(project, arguments, variables);
        let commit = || {
            git(&["rev-parse", "--verify", "HEAD"]).map_err(|error| RunError::Context {
                member: name.to_owned(),
                why: format!("it is read from the commit that is checked out ({error})"),
            })
        };
        let branch = || git(&["symbolic-ref", "-q", "--short", "HEAD"]).ok();
        let value = match name {
            "event" => "manual".to_owned(),
            "sha" => commit()?,
            "short_sha" => commit()?.chars().take(7).collect(),
            "branch" => branch().unwrap_or_default(),
            "ref" => branch().map_or_else(commit, |it| Ok(format!("refs/heads/{it}")))?,
            "repo" => repository(&git(&["config", "remote.origin.url"]).unwrap_or_default())
                .or_else(|| Some(project.canonicalize().ok()?.file_name()?.to_string_lossy().into_owned()))
                .unwrap_or_default(),
            "actor" => ["USER", "USERNAME", "LOGNAME"]
                .iter()
                .find_map(|it| environment::get(variables, it))
                .map(|it| it.to_string_lossy().into_owned())
                .unwrap_or_default(),
            "run_id" => run.to_owned(),
            "run_number" => "0".to_owned(),
            "attempt" => "1".to_owned(),
            "backend" => "local".to_owned(),
            "tag" => String::new(),
            _ if name.starts_with("pull_request.") => String::new(),
            "job" | "os" | "arch" | "workspace" | "temp" => continue,
            _ => {
                let why = "a run on this machine does not have it".to_owned();
                return Err(RunError::Context { member: name.to_owned(), why });
            }
        };
        context.insert(name.to_owned(), value);
    }
    Ok(context)
}

fn values<'a>(plan: &'a Plan, names: &mut BTreeSet<&'a str>) {
    crate::values::each(plan, &mut |_, value| {
        if let Value::Ctx(name) = value {
            names.insert(name);
        }
    });
}

/// Adds the members that differ from job to job.
pub(crate) fn of_job(
    run: &BTreeMap<String, String>,
    job: &Job,
    workspace: &Path,
    temp: &Path,
) -> BTreeMap<String, String> {
    let arch = match job.runner.arch {
        Arch::X64 => "x64",
        Arch::Arm64 => "arm64",
    };
    let own = [
        ("job", job.id.clone()),
        ("os", job.runner.os.name().to_owned()),
        ("arch", arch.to_owned()),
        ("workspace", workspace.to_string_lossy().into_owned()),
        ("temp", temp.to_string_lossy().into_owned()),
    ];
    let own = own.into_iter().map(|(name, value)| (name.to_owned(), value));
    run.clone().into_iter().chain(own).collect()
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
