//! A project in a repository of git, in a folder of its own, with a store beside it.

use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::binary::{Ran, command};

/// A project in a repository, and a store beside it.
pub struct World {
    folder: TempDir,
}

impl World {
    /// A copy of an example, committed and tagged `v1.2.3`.
    pub fn of_example(name: &str) -> Self {
        let world = Self::empty();
        copy(&crate::repository().join("examples").join(name), &world.project());
        world.commit();
        world.git(&["tag", "v1.2.3"]);
        world
    }

    /// A project of one program, `ci.flow`.
    pub fn of(program: &str) -> Self {
        Self::of_files([("ci.flow", program)])
    }

    /// A project of these files.
    pub fn of_files<'f>(files: impl IntoIterator<Item = (&'f str, &'f str)>) -> Self {
        let world = Self::empty();
        std::fs::write(world.project().join("flow.toml"), "").expect("flow.toml");
        for (path, text) in files {
            let path = world.project().join(path);
            std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
            std::fs::write(path, text).expect("a file");
        }
        world.commit();
        world
    }

    fn empty() -> Self {
        let world = Self { folder: tempfile::Builder::new().prefix("flow").tempdir().expect("a temporary folder") };
        std::fs::create_dir(world.project()).expect("a folder");
        world
    }

    /// The repository.
    pub fn project(&self) -> PathBuf {
        self.folder.path().join("project")
    }

    /// A path that is neither the repository's nor the store's.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The store of its runs.
    pub fn store(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    fn commit(&self) {
        self.git(&["init", "--quiet", "--initial-branch", "main"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "All of it"]);
    }

    /// Runs `git` in it; what that prints.
    pub fn git(&self, arguments: &[&str]) -> String {
        let output = Command::new("git")
            .current_dir(self.project())
            .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"])
            .args(["-c", "tag.gpgsign=false"])
            .args(arguments)
            .output()
            .expect("git runs");
        assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("git prints UTF-8").trim().to_owned()
    }

    /// `flowc` in it, with its own store.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = command(&self.project(), arguments);
        command.env("FLOW_STORE", self.store());
        command
    }

    /// Runs `flowc` in it to its end.
    pub fn run(&self, arguments: &[&str]) -> Ran {
        let ran = Ran::from(self.command(arguments).output().expect("flowc runs"));
        assert!(!ran.err.contains("panicked at"), "flowc panicked:\n{}", ran.err);
        ran
    }

    /// What the pipeline `ci` has exposed.
    pub fn exposed(&self, path: &str) -> PathBuf {
        self.project().join(".flow/out/ci").join(path)
    }
}

fn copy(from: &Path, to: &Path) {
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if entry.file_name() == ".flow" {
            continue;
        }
        if from.is_dir() {
            std::fs::create_dir(&to).expect("a folder");
            copy(&from, &to);
        } else {
            std::fs::copy(&from, &to).expect("a copy");
        }
    }
}
