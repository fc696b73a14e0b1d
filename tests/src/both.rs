//! The same program, run on this machine and, as it is emitted, as GitHub would run it: what both give
//! is the same.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::binary::{Ran, command};
use crate::github::{self, Options, Outcome};

/// A program of one pipeline `ci`, run both ways.
pub struct Both {
    /// Where all of it lies.
    pub folder: TempDir,
    /// The run on this machine.
    pub local: Ran,
    /// The run as GitHub would have it.
    pub hosted: github::Run,
}

/// Runs a program in a repository of its own that has these files, too.
pub fn run_with(program: &str, files: &[(&str, &str)]) -> Both {
    let folder = tempfile::Builder::new().prefix("flow").tempdir().unwrap();
    let project = folder.path().join("project");
    std::fs::create_dir(&project).unwrap();
    for (path, text) in [("flow.toml", ""), ("ci.flow", program)].iter().chain(files) {
        let path = project.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(&project).args(["-c", "user.name=a", "-c", "user.email=a@b.example"]).args(arguments);
        assert!(git.status().unwrap().success());
    };
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=all"]);
    let emitted = Ran::from(command(&project, &["emit", "ci", "--stdout", "--backend", "github"]).output().unwrap());
    assert_eq!(emitted.code, Some(0), "{}", emitted.all());
    let workflow = project.join(".github/workflows/ci.yml");
    std::fs::create_dir_all(workflow.parent().unwrap()).unwrap();
    std::fs::write(&workflow, &emitted.out).unwrap();
    let hosted = github::run(&workflow, &Options { repository: project.clone(), ..Options::default() });
    let mut local = command(&project, &["run", "ci", "--keep-going"]);
    local.env("FLOW_STORE", folder.path().join("store"));
    let local = Ran::from(local.output().unwrap());
    Both { folder, local, hosted }
}

/// Runs a program in a repository of its own.
pub fn run(program: &str) -> Both {
    run_with(program, &[])
}

/// All files below a folder with their content, by path.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    fn walk(top: &Path, folder: &Path, all: &mut BTreeMap<String, Vec<u8>>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() {
                walk(top, &path, all);
            } else if path.is_file() {
                let name = path.strip_prefix(top).unwrap().to_str().unwrap().to_owned();
                all.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    let mut all = BTreeMap::new();
    walk(folder, folder, &mut all);
    all
}

impl Both {
    /// The workflow, for messages.
    pub fn workflow(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("project/.github/workflows/ci.yml")).unwrap()
    }

    /// Where the run on this machine puts what it exposes.
    pub fn out(&self) -> PathBuf {
        self.folder.path().join("project/.flow/out/ci")
    }

    /// Both have succeeded.
    pub fn succeeds(self) -> Self {
        assert_eq!(self.local.code, Some(0), "{}", self.local.all());
        assert_eq!(self.hosted.outcome, Outcome::Success, "{}\n{}", self.workflow(), self.hosted.log);
        self
    }

    /// What is exposed under a name: the same files on both.
    pub fn exposed(&self, name: &str) -> BTreeMap<String, String> {
        let local = files(&self.out().join(name));
        let hosted = self.hosted.artifacts.get(name).map(|it| files(&it.folder)).unwrap_or_default();
        let text = |all: BTreeMap<String, Vec<u8>>| -> BTreeMap<String, String> {
            all.into_iter().map(|(name, content)| (name, String::from_utf8_lossy(&content).into_owned())).collect()
        };
        let (local, hosted) = (text(local), text(hosted));
        assert_eq!(hosted, local, "{name}: hosted and local differ\n{}", self.workflow());
        local
    }

    /// The one file that is exposed as `seen`.
    pub fn seen(&self) -> String {
        let all = self.exposed("seen");
        assert_eq!(all.len(), 1, "{all:?}");
        all.into_values().next().unwrap()
    }

    /// Both fail; what is said here, and there.
    pub fn failures(&self) -> (String, String) {
        assert_eq!(self.local.code, Some(1), "{}", self.local.all());
        assert_eq!(self.hosted.outcome, Outcome::Failure, "{}", self.workflow());
        (self.local.all(), self.hosted.log.clone())
    }
}
