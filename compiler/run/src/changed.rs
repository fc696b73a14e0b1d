//! Which files a run counts as changed: what differs, uncommitted changes included, from where the branch that
//! is checked out left the one it goes to.

use std::path::Path;

use crate::error::RunError;
use crate::sources::git::{Variables, git, git_text};

/// The files, relative to the project, with `/`; `None`: there is nothing to compare with, so all count.
/// `base` is the branch that a pull request goes to.
pub(crate) fn files(
    project: &Path,
    base: Option<&str>,
    variables: &Variables,
) -> Result<Option<Vec<String>>, RunError> {
    let Some(from) = since(project, base, variables) else { return Ok(None) };
    let mut files = Vec::new();
    let questions: [&[&str]; 2] = [
        &["diff", "--name-only", "--no-renames", "-z", "--relative", &from],
        &["ls-files", "--others", "--exclude-standard", "-z"],
    ];
    for question in questions {
        let answer = git(project, question, variables)?;
        let names = answer.split(|byte| *byte == 0).filter(|it| !it.is_empty());
        files.extend(names.map(|it| String::from_utf8_lossy(it).into_owned()));
    }
    Ok(Some(files))
}

/// The commit that is compared with.
fn since(project: &Path, base: Option<&str>, variables: &Variables) -> Option<String> {
    let ask = |arguments: &[&str]| git_text(project, arguments, variables).ok().filter(|it| !it.is_empty());
    let branch = ask(&["symbolic-ref", "-q", "--short", "HEAD"]);
    let mut candidates: Vec<String> = Vec::new();
    match base {
        Some(base) => candidates.extend([format!("origin/{base}"), base.to_owned()]),
        None => candidates.extend(["@{upstream}", "origin/HEAD"].map(str::to_owned)),
    }
    candidates.extend(["main", "master"].into_iter().filter(|it| branch.as_deref() != Some(*it)).map(str::to_owned));
    candidates.iter().find_map(|it| ask(&["merge-base", "HEAD", it]))
}
