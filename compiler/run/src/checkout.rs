//! Sources that a job fetches itself: those of another place, another commit, another repository.
//!
//! Where a repository is follows from where the project's own is: `owner/name` stands beside it, at the address
//! that the remote `origin` has. An address, or the path of a folder, stands for itself.

use std::path::Path;

use flow_plan::model::{Checkout, Job, Place, Run};

use crate::cancel::Cancel;
use crate::error::{BadCheckout, RunError};
use crate::event::Cause;
use crate::files;
use crate::job::Shared;
use crate::scope::{Known, Scope};
use crate::sources::git::{Variables, git, git_text};

/// Whether a checkout is more than the sources as they are, where they belong.
pub(crate) fn is_elsewhere(checkout: &Checkout) -> bool {
    checkout.path.is_some() || checkout.repo.is_some() || checkout.reference.is_some()
}

/// Refuses what can be known to go wrong.
pub(crate) fn check<'a>(
    jobs: impl Iterator<Item = &'a Job>,
    known: &Known,
    project: &Path,
    variables: &Variables,
) -> Result<(), RunError> {
    let mut bad = Vec::new();
    for job in jobs {
        let steps = job.steps.iter().filter_map(|step| match &step.run {
            Run::Checkout(it) => Some((it, &step.place)),
            _ => None,
        });
        for (it, place) in job.checkout.iter().map(|it| (it, &job.place)).chain(steps) {
            if it.repo.is_none() && it.reference.is_none() {
                continue;
            }
            let place: &Place = place;
            // What only the run tells is looked at then.
            let repo = it.repo.as_ref().map(|value| known.scope().text(value));
            let why = match repo {
                Some(Err(_)) => None,
                Some(Ok(repo)) => address(Some(&repo), project, variables).err(),
                None => address(None, project, variables).err(),
            };
            bad.extend(why.map(|why| BadCheckout { job: job.id.clone(), why, place: place.clone() }));
        }
    }
    if bad.is_empty() { Ok(()) } else { Err(RunError::Checkouts(bad)) }
}

/// Where a repository is; `None`: the project's own.
fn address(repo: Option<&str>, project: &Path, variables: &Variables) -> Result<String, String> {
    let own = || {
        let root = git_text(project, &["rev-parse", "--show-toplevel"], variables);
        root.map_err(|_| "the project is in no repository".to_owned())
    };
    let Some(repo) = repo else { return own() };
    if repo.contains(':') || Path::new(repo).is_absolute() {
        return Ok(repo.to_owned());
    }
    let origin = git_text(project, &["config", "remote.origin.url"], variables)
        .map_err(|_| format!("there is no remote `origin` beside which `{repo}` could be found"))?;
    let plain = origin.trim_end_matches('/').trim_end_matches(".git");
    if plain.ends_with(&format!("/{repo}")) || plain.ends_with(&format!(":{repo}")) {
        return own();
    }
    let ending = if origin.trim_end_matches('/').ends_with(".git") { ".git" } else { "" };
    let mut cut = plain.rmatch_indices(['/', ':']);
    let before = cut.nth(1).and_then(|(at, _)| plain.get(..=at));
    let before = before.ok_or_else(|| format!("the remote `origin`, {origin}, does not tell where `{repo}` is"))?;
    Ok(format!("{before}{repo}{ending}"))
}

/// What a checkout asks for, with its values.
pub(crate) struct Asked {
    checkout: Checkout,
    repo: Option<String>,
    reference: Option<String>,
    token: Option<String>,
}

impl Asked {
    pub(crate) fn new(checkout: &Checkout, scope: &Scope<'_>) -> Result<Self, Cause> {
        let text = |value: Option<&flow_plan::model::Value>| {
            let text = value.map(|value| scope.text(value)).transpose();
            let text = text.map_err(|why| Cause::Compute { what: "what is checked out".to_owned(), why })?;
            Ok::<_, Cause>(text.filter(|it| !it.is_empty()))
        };
        let (repo, reference) = (text(checkout.repo.as_ref())?, text(checkout.reference.as_ref())?);
        Ok(Self { checkout: checkout.clone(), repo, reference, token: text(checkout.token.as_deref())? })
    }

    /// Puts the sources below the tree of a job.
    pub(crate) fn fetch(&self, shared: &Shared, tree: &Path, cancel: &Cancel) -> Result<(), Cause> {
        let to = self.checkout.path.as_ref().map_or_else(|| tree.to_owned(), |path| tree.join(path));
        if self.repo.is_none() && self.reference.is_none() {
            return Ok(shared.sources.copy_all(&self.checkout, &to, cancel)?);
        }
        let variables = &shared.options.environment;
        let of = self.repo.as_deref().unwrap_or("the project's repository");
        let what = self.reference.as_ref().map_or_else(|| of.to_owned(), |it| format!("`{it}` of {of}"));
        let failed = |message: String| Cause::Checkout { what: what.clone(), message };
        let from = address(self.repo.as_deref(), &shared.options.project, variables).map_err(failed)?;
        let variables = self.with_token(variables);
        self.clone_of(&from, &to, &variables).map_err(|error| match error {
            RunError::Git { message, .. } => failed(message),
            other => failed(other.to_string()),
        })
    }

    /// The variables of git, with which it answers a server that asks who it is by the token. Nobody else sees
    /// that: it stands neither in arguments nor in the settings that stay.
    fn with_token(&self, variables: &Variables) -> Variables {
        let mut variables = variables.clone();
        if let Some(token) = &self.token {
            let helper = "!f() { echo username=x-access-token; echo \"password=$FLOW_FETCH_TOKEN\"; }; f";
            let settings = [
                ("GIT_CONFIG_COUNT", "2"),
                ("GIT_CONFIG_KEY_0", "credential.helper"),
                // An empty one takes back those that the machine has.
                ("GIT_CONFIG_VALUE_0", ""),
                ("GIT_CONFIG_KEY_1", "credential.helper"),
                ("GIT_CONFIG_VALUE_1", helper),
                ("GIT_TERMINAL_PROMPT", "0"),
                ("FLOW_FETCH_TOKEN", token),
            ];
            variables.extend(settings.map(|(name, value)| (name.into(), value.into())));
        }
        variables
    }

    fn clone_of(&self, from: &str, to: &Path, variables: &Variables) -> Result<(), RunError> {
        files::make_folder(to)?;
        let git = |arguments: &[&str]| git(to, arguments, variables).map(drop);
        git(&["init", "--quiet"])?;
        git(&["remote", "add", "origin", from])?;
        let reference = self.reference.as_deref().unwrap_or("HEAD");
        let depth = format!("--depth={}", self.checkout.depth);
        let mut fetch = vec!["fetch", "--quiet"];
        if self.checkout.depth > 0 {
            fetch.push(&depth);
        }
        fetch.push(if self.checkout.tags { "--tags" } else { "--no-tags" });
        git(&[fetch.as_slice(), &["origin", reference]].concat())?;
        let commit = git_text(to, &["rev-parse", "FETCH_HEAD"], variables)?;
        if self.checkout.depth == 0 {
            git(&[fetch.as_slice(), &["origin", "+refs/heads/*:refs/remotes/origin/*"]].concat())?;
        }
        git(&["checkout", "--quiet", "--force", "--detach", &commit])?;
        if self.checkout.submodules {
            git(&["submodule", "--quiet", "update", "--init", "--recursive"])?;
        }
        Ok(())
    }
}
