//! What a repository calls its commits, asked by `git ls-remote`.

use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, bail};
use flow_emit::{Pin, compare_versions};

/// The names of a repository's commits: tags and branches.
pub(super) struct Refs {
    /// `refs/tags/v1` with its commit.
    all: Vec<(String, String)>,
}

/// `owner/repo` of a reference; an image has none.
pub(super) fn repository(reference: &str) -> Option<&str> {
    let (repository, _) = reference.split_once('@')?;
    (!reference.starts_with("docker://")).then_some(repository)
}

/// Asks for the tags and branches of a repository of GitHub.
pub(super) fn refs(repository: &str) -> Result<Refs> {
    let url = format!("https://github.com/{repository}");
    let output = Command::new("git")
        .args(["ls-remote", "--tags", "--heads", "--", &url])
        // A question would never be answered.
        .env("GIT_TERMINAL_PROMPT", "0")
        .env("GIT_ASKPASS", "")
        .env("SSH_ASKPASS", "")
        .env("LC_ALL", "C")
        .stdin(Stdio::null())
        .output()
        .context("git cannot be started")?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        let last = said.lines().rfind(|it| !it.trim().is_empty()).unwrap_or("git says nothing");
        bail!("{}", last.trim_start_matches("fatal: ").trim());
    }
    Ok(Refs::parse(&String::from_utf8_lossy(&output.stdout)))
}

impl Refs {
    fn parse(text: &str) -> Self {
        let lines: Vec<(&str, &str)> =
            text.lines().filter_map(|line| line.split_once('\t')).map(|(commit, name)| (name, commit)).collect();
        // A tag with a message is an object of its own; `^{}` is the commit that it names.
        let commit = |name: &str, own: &str| -> String {
            let peeled = lines.iter().find(|(it, _)| it.strip_suffix("^{}") == Some(name));
            peeled.map_or(own, |(_, commit)| commit).to_owned()
        };
        let names = lines.iter().filter(|(name, _)| !name.ends_with("^{}"));
        Self { all: names.map(|(name, own)| ((*name).to_owned(), commit(name, own))).collect() }
    }

    /// What a reference stands for: the commit, and the whole version that it is.
    pub(super) fn find(&self, reference: &str) -> Option<Pin> {
        let (_, wanted) = reference.split_once('@')?;
        let of = |kind: &str| self.all.iter().find(|(name, _)| name.strip_prefix(kind) == Some(wanted));
        let (_, commit) = of("refs/tags/").or_else(|| of("refs/heads/"))?;
        // `v4` moves with each release: the comment beside the commit names the one that it is.
        let major = wanted.split('.').next().unwrap_or(wanted);
        let version = self
            .tags()
            .filter(|(tag, it)| *it == commit && tag.split('.').next() == Some(major))
            .map(|(tag, _)| tag)
            .max_by_key(|tag| tag.split('.').count())
            .unwrap_or(wanted);
        Some(Pin { commit: commit.clone(), version: version.to_owned() })
    }

    /// The newest version.
    pub(super) fn newest(&self) -> Option<&str> {
        let mut newest: Option<&str> = None;
        for (tag, _) in self.tags() {
            let newer = match newest {
                None => compare_versions(tag, tag).is_some(),
                Some(newest) => compare_versions(tag, newest).is_some_and(std::cmp::Ordering::is_gt),
            };
            if newer {
                newest = Some(tag);
            }
        }
        newest
    }

    fn tags(&self) -> impl Iterator<Item = (&str, &String)> {
        self.all.iter().filter_map(|(name, commit)| Some((name.strip_prefix("refs/tags/")?, commit)))
    }
}
