//! The sources of a run: one picture of the project, taken when the run begins, from which every job
//! gets its own copy. What a person edits meanwhile is for the next run.
//!
//! In a git repository these are the files that are tracked, or untracked and not ignored, as they
//! lie in the work tree; elsewhere all files that no `.gitignore` names. A project may be a folder of
//! a repository: copies mirror the repository's layout, and jobs run in the project's folder in it.
//! Repositories nested in it that are not submodules are not part of the sources.
//!
//! The user's repository and its index are only read.

pub(crate) mod git;
mod patterns;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use flow_plan::model::{Checkout, Job, Plan};

use self::git::{Found, Listed};
use self::patterns::Pattern;
use crate::cancel::Cancel;
use crate::error::{NoMatch, RunError};
use crate::files::{self, FileError};

/// The sources of a run.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    /// The folder of the copy that jobs' trees are made from.
    picture: PathBuf,
    /// Of the project in it; empty if it is all.
    project: PathBuf,
    /// All files, links and (for submodules that are not there) folders, relative to the picture.
    files: Vec<PathBuf>,
    /// The submodules whose files are among them.
    submodules: Vec<PathBuf>,
    /// For jobs with `inputs`: which of `files`.
    inputs: BTreeMap<String, Vec<PathBuf>>,
    /// A private repository to copy, if the project is in one and a job sees it.
    repository: Option<PathBuf>,
    /// Things that a person should know.
    pub(crate) notes: Vec<String>,
}

/// What lies where, before anything is copied.
struct Listing {
    /// What the files and the project are relative to.
    root: PathBuf,
    project: PathBuf,
    listed: Listed,
    repository: Option<Found>,
}

impl Sources {
    /// Takes the picture into the folder `to`, which must not be there yet.
    pub(crate) fn take(
        plan: &Plan,
        project: &Path,
        to: &Path,
        variables: &git::Variables,
        cancel: &Cancel,
    ) -> Result<Self, RunError> {
        let own = |it: &Checkout| it.repo.is_none() && it.reference.is_none();
        let fetched = |job: &Job| {
            let mut steps = job.steps.iter();
            steps.any(|step| matches!(&step.run, flow_plan::model::Run::Checkout(it) if own(it)))
        };
        let all = plan
            .jobs
            .iter()
            .any(|job| job.inputs.is_none() && (job.checkout.as_ref().is_some_and(own) || fetched(job)));
        if !all && plan.jobs.iter().all(|job| job.inputs.is_none()) {
            return Ok(Self::default());
        }
        let submodules = plan.jobs.iter().any(|job| job.checkout.as_ref().is_some_and(|it| it.submodules));
        let Listing { root, project, listed, repository } = list(project, submodules, variables)?;
        let inputs = inputs(plan, &root, &project, &listed.files)?;
        let wanted: BTreeSet<&PathBuf> =
            if all { listed.files.iter().collect() } else { inputs.values().flatten().collect() };
        let picture = to.join("files");
        let mut files = Vec::with_capacity(wanted.len());
        let mut folders = Folders::default();
        for file in wanted {
            if cancel.is_cancelled() {
                return Err(RunError::Cancelled);
            }
            if folders.copy(&root, file, &picture)? {
                files.push(file.clone());
            }
        }
        let repository = match repository {
            Some(found) if all => {
                let folder = to.join("git");
                git::make_private(&found, &folder, variables)?;
                Some(folder)
            }
            _ => None,
        };
        let Listed { submodules, notes, .. } = listed;
        Ok(Self { picture, project, files, submodules, inputs, repository, notes })
    }

    /// Makes the tree of a job in the folder `tree`, and says in which folder the job runs. If the run
    /// is cancelled meanwhile, the tree is not whole.
    pub(crate) fn make_tree(&self, job: &Job, tree: &Path, cancel: &Cancel) -> Result<PathBuf, FileError> {
        files::make_folder(tree)?;
        match (self.inputs.get(&job.id), &job.checkout) {
            (Some(inputs), _) => self.copy(&mut inputs.iter(), tree, cancel)?,
            (None, Some(checkout)) if !crate::checkout::is_elsewhere(checkout) => {
                self.copy_all(checkout, tree, cancel)?;
            }
            (None, _) => {}
        }
        // A job that fetches its sources to another place runs beside these.
        let own = |it: &Checkout| it.path.is_none() && it.repo.is_none();
        let mut later = job.steps.iter().filter_map(|step| match &step.run {
            flow_plan::model::Run::Checkout(it) => Some(it),
            _ => None,
        });
        let beside = !job.checkout.as_ref().is_some_and(own) && !later.any(own);
        let folder = if beside && job.inputs.is_none() { tree.to_owned() } else { tree.join(&self.project) };
        files::make_folder(&folder)?;
        Ok(folder)
    }

    /// Copies all sources into the folder `to`.
    pub(crate) fn copy_all(&self, checkout: &Checkout, to: &Path, cancel: &Cancel) -> Result<(), FileError> {
        let left_out = |file: &&PathBuf| !checkout.submodules && self.submodules.iter().any(|it| file.starts_with(it));
        self.copy(&mut self.files.iter().filter(|it| !left_out(it)), to, cancel)?;
        for submodule in &self.submodules {
            files::make_folder(&to.join(submodule))?;
        }
        match &self.repository {
            Some(repository) => files::copy_folder(repository, &to.join(".git")),
            None => Ok(()),
        }
    }

    fn copy(&self, files: &mut dyn Iterator<Item = &PathBuf>, to: &Path, cancel: &Cancel) -> Result<(), FileError> {
        let mut folders = Folders::default();
        files.take_while(|_| !cancel.is_cancelled()).try_for_each(|it| folders.copy(&self.picture, it, to).map(drop))
    }
}

/// Copies files and makes each folder only once.
#[derive(Default)]
struct Folders(BTreeSet<PathBuf>);

impl Folders {
    /// Copies `file` from below `from` to below `to`. `false`: it has gone.
    fn copy(&mut self, from: &Path, file: &Path, to: &Path) -> Result<bool, FileError> {
        let folder = file.parent().unwrap_or(Path::new(""));
        if !self.0.contains(folder) {
            files::make_folder(&to.join(folder))?;
            self.0.insert(folder.to_owned());
        }
        let (from, to) = (from.join(file), to.join(file));
        // A submodule that is not fetched is an empty folder.
        if from.is_dir() && !from.is_symlink() {
            files::make_folder(&to)?;
            return Ok(true);
        }
        files::copy_entry(&from, &to)
    }
}

fn list(project: &Path, submodules: bool, variables: &git::Variables) -> Result<Listing, RunError> {
    if project.ancestors().any(|it| it.join(".git").exists()) {
        let found = git::find(project, variables)?;
        let mut listed = git::list(&found, submodules, variables)?;
        // A repository around the project that ignores all of it, such as one of settings in the
        // home folder, is not the project's.
        if found.project.as_os_str().is_empty() || listed.files.iter().any(|it| it.starts_with(&found.project)) {
            let own = found.project.join(".flow");
            listed.files.retain(|it| !it.starts_with(&own));
            let (root, project) = (found.root.clone(), found.project.clone());
            return Ok(Listing { root, project, listed, repository: Some(found) });
        }
    }
    let listed = Listed { files: walk(project)?, ..Listed::default() };
    Ok(Listing { root: project.to_owned(), project: PathBuf::new(), listed, repository: None })
}

/// All files of a project outside git.
fn walk(project: &Path) -> Result<BTreeSet<PathBuf>, RunError> {
    let caches = [".flow", ".git", ".hg", ".jj", ".svn"];
    let walk = ignore::WalkBuilder::new(project)
        .standard_filters(false)
        .git_ignore(true)
        .require_git(false)
        .filter_entry(move |entry| !caches.iter().any(|it| entry.file_name() == *it))
        .build();
    let mut files = BTreeSet::new();
    for entry in walk {
        let entry = entry.map_err(|error| RunError::Io {
            action: "list",
            path: project.to_owned(),
            source: error.into_io_error().unwrap_or_else(|| std::io::ErrorKind::Other.into()),
        })?;
        if entry.file_type().is_some_and(|it| !it.is_dir())
            && let Ok(path) = entry.path().strip_prefix(project)
        {
            files.insert(path.to_owned());
        }
    }
    Ok(files)
}

/// The files that jobs with `inputs` see; all patterns without a file are reported together.
fn inputs(
    plan: &Plan,
    root: &Path,
    project: &Path,
    files: &BTreeSet<PathBuf>,
) -> Result<BTreeMap<String, Vec<PathBuf>>, RunError> {
    let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
    for job in &plan.jobs {
        let Some(patterns) = &job.inputs else { continue };
        let mut seen = BTreeSet::new();
        for text in patterns {
            let pattern = Pattern::new(text)
                .map_err(|error| RunError::Plan(format!("`{text}`, an input of job `{}`: {error}", job.id)))?;
            let hits = files.iter().filter(|file| {
                file.strip_prefix(project).is_ok_and(|it| pattern.matches(it))
                    // One that is tracked but deleted is listed and does not count.
                    && (seen.contains(*file) || root.join(file).symlink_metadata().is_ok())
            });
            let hits: Vec<PathBuf> = hits.cloned().collect();
            if hits.is_empty() {
                let (job, pattern, place) = (job.id.clone(), text.clone(), job.place.clone());
                missing.push(NoMatch { job, pattern, place });
            }
            seen.extend(hits);
        }
        found.insert(job.id.clone(), seen.into_iter().collect());
    }
    if missing.is_empty() { Ok(found) } else { Err(RunError::NoMatch(missing)) }
}
