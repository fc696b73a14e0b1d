//! `actions/checkout`: what is committed, as deep and as much of it as was asked for.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use super::actions::{flag, text};
use super::glob;
use super::job::Machine;

/// Checks out.
pub(super) fn run(machine: &mut Machine<'_>, given: &BTreeMap<String, String>) -> Result<(), String> {
    let allowed = machine.permissions.get("contents").text();
    let github = machine.contexts["github"].clone();
    let own = github.get("repository").text();
    let repository = text(given, "repository").unwrap_or(&own);
    let from = if repository == own {
        if !matches!(allowed.as_str(), "read" | "write") {
            return Err("the job may not read the contents of its own repository".to_owned());
        }
        machine.whole.repository.clone()
    } else {
        let other = machine.whole.options.repository.parent().map(|it| it.join(repository));
        other.filter(|it| it.is_dir()).ok_or_else(|| format!("the repository {repository} is not there"))?
    };
    let to = glob::plain(&machine.workspace.join(text(given, "path").unwrap_or(".")));
    if !to.starts_with(&machine.workspace) {
        return Err(format!("{} is not below the workspace", to.display()));
    }
    // Whatever lay there is gone.
    if to.exists() {
        for entry in std::fs::read_dir(&to).map_err(|error| error.to_string())?.flatten() {
            let path = entry.path();
            let gone = if path.is_dir() { std::fs::remove_dir_all(&path) } else { std::fs::remove_file(&path) };
            gone.map_err(|error| error.to_string())?;
        }
    }
    std::fs::create_dir_all(&to).map_err(|error| error.to_string())?;

    let sha = github.get("sha").text();
    let reference = match text(given, "ref") {
        None if repository == own => github.get("ref").text(),
        None => "refs/heads/main".to_owned(),
        Some(it) => named(&from, it)?,
    };
    let asked = text(given, "ref").is_some() || repository != own;
    let commit = if asked { git(&from, &["rev-parse", &format!("{reference}^{{commit}}")])? } else { sha };
    let local = match reference.as_str() {
        it if it.starts_with("refs/heads/") => it.replace("refs/heads/", "refs/remotes/origin/"),
        it if it.starts_with("refs/pull/") => it.replace("refs/pull/", "refs/remotes/pull/"),
        it if it.starts_with("refs/tags/") => it.to_owned(),
        _ => "refs/remotes/origin/wanted".to_owned(),
    };
    let depth: u32 = match text(given, "fetch-depth") {
        None => 1,
        Some(it) => it.parse().map_err(|_| format!("fetch-depth is no number: {it}"))?,
    };
    git(&to, &["init", "--quiet", "."])?;
    let address = format!("file://{}", from.display());
    git(&to, &["remote", "add", "origin", &address])?;
    let wanted = format!("+{commit}:{local}");
    let any = "git -c uploadpack.allowAnySHA1InWant=true upload-pack";
    let mut fetch = vec!["fetch", "--quiet", "--no-tags", "--upload-pack", any];
    let deep = format!("--depth={depth}");
    if depth > 0 {
        fetch.push(&deep);
    }
    fetch.push("origin");
    if depth > 0 || !local.starts_with("refs/remotes/origin/") {
        fetch.push(&wanted);
    }
    if depth == 0 {
        fetch.push("+refs/heads/*:refs/remotes/origin/*");
    }
    if depth == 0 || flag(given, "fetch-tags")? {
        fetch.push("+refs/tags/*:refs/tags/*");
    }
    git(&to, &fetch)?;
    git(&to, &["update-ref", &local, &commit])?;
    if let Some(patterns) = text(given, "sparse-checkout") {
        let cone = text(given, "sparse-checkout-cone-mode").is_none_or(|it| it == "true");
        let mut sparse = vec!["sparse-checkout", "set", if cone { "--cone" } else { "--no-cone" }];
        sparse.extend(patterns.lines().map(str::trim).filter(|it| !it.is_empty()));
        git(&to, &sparse)?;
    }
    match local.strip_prefix("refs/remotes/origin/") {
        Some(branch) if reference.starts_with("refs/heads/") => {
            git(&to, &["checkout", "--quiet", "--force", "-B", branch, &local])?;
        }
        _ => {
            git(&to, &["checkout", "--quiet", "--force", "--detach", &commit])?;
        }
    }
    match text(given, "submodules") {
        None | Some("false") => {}
        Some(how) => {
            let mut update = vec!["-c", "protocol.file.allow=always", "submodule", "update", "--quiet", "--init"];
            if how == "recursive" {
                update.push("--recursive");
            }
            git(&to, &update)?;
        }
    }
    if flag(given, "lfs")? {
        git(&to, &["lfs", "pull"])?;
    }
    Ok(())
}

/// The whole name of what somebody calls a branch, a tag or a commit.
fn named(repository: &Path, it: &str) -> Result<String, String> {
    let whole = ["", "refs/heads/", "refs/tags/"].map(|prefix| format!("{prefix}{it}"));
    let found = whole.into_iter().find(|name| {
        let there = name.starts_with("refs/") || name.len() == 40;
        there && git(repository, &["rev-parse", "--quiet", "--verify", &format!("{name}^{{commit}}")]).is_ok()
    });
    found.ok_or_else(|| format!("there is no branch, tag or commit {it}"))
}

/// Runs `git`; what it prints.
pub(super) fn git(folder: &Path, arguments: &[&str]) -> Result<String, String> {
    let mut command = Command::new("git");
    command
        .current_dir(folder)
        .args(["-c", "advice.detachedHead=false", "-c", "init.defaultBranch=main"])
        .args(arguments);
    for variable in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(variable);
    }
    let done = command.output().map_err(|error| format!("git: {error}"))?;
    if done.status.success() {
        Ok(String::from_utf8_lossy(&done.stdout).trim().to_owned())
    } else {
        Err(format!("git {}: {}", arguments.join(" "), String::from_utf8_lossy(&done.stderr).trim()))
    }
}
