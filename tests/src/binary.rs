//! The real `flowc`, as users run it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::OnceLock;

/// The path of the binary, built if it is not up to date, with the profile of the tests.
///
/// Cargo tells the path of a binary to tests of its own package only; this one lies beside the tests.
pub fn flowc() -> &'static Path {
    static BINARY: OnceLock<PathBuf> = OnceLock::new();
    BINARY.get_or_init(|| {
        let test = std::env::current_exe().expect("a test knows where it is");
        let profile = test.parent().and_then(Path::parent).expect("tests lie in target/PROFILE/deps");
        let target = profile.parent().expect("tests lie in target/PROFILE/deps");
        let mut build = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        build.current_dir(crate::repository()).args(["build", "--quiet", "--package", "flowc"]);
        build.arg("--target-dir").arg(target);
        if profile.ends_with("release") {
            build.arg("--release");
        }
        let built = build.status().expect("cargo runs");
        assert!(built.success(), "flowc cannot be built");
        let binary = profile.join(format!("flowc{}", std::env::consts::EXE_SUFFIX));
        assert!(binary.is_file(), "{} is missing", binary.display());
        binary
    })
}

/// A command of `flowc` in a folder, without color and without what the environment could change.
pub fn command(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(flowc());
    command.current_dir(folder).args(["--color", "never"]).args(arguments);
    for variable in ["FLOW_STORE", "NO_COLOR", "CLICOLOR_FORCE", "COLUMNS"] {
        command.env_remove(variable);
    }
    command
}

/// What a command printed and how it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The exit code; `None`: a signal ended it.
    pub code: Option<i32>,
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
}

impl Ran {
    /// Both outputs.
    pub fn all(&self) -> String {
        format!("{}{}", self.out, self.err)
    }
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("flowc prints UTF-8").replace("\r\n", "\n");
        Self { code: output.status.code(), out: text(output.stdout), err: text(output.stderr) }
    }
}

/// Runs `flowc` in a folder to its end.
pub fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let ran = Ran::from(command(folder, arguments).output().expect("flowc runs"));
    assert!(!ran.err.contains("panicked at"), "flowc panicked:\n{}", ran.err);
    ran
}

/// A project of these files in a folder of its own.
pub fn project<'a>(files: impl IntoIterator<Item = (&'a str, &'a [u8])>) -> tempfile::TempDir {
    let folder = tempfile::Builder::new().prefix("flow").tempdir().expect("a temporary folder");
    std::fs::write(folder.path().join("flow.toml"), "").expect("flow.toml");
    for (path, content) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a file has a folder")).expect("a folder");
        std::fs::write(&path, content).expect("a file");
    }
    folder
}

/// What `flowc check --format json` finds in a project, a value each.
pub fn found(folder: &Path) -> Vec<serde_json::Value> {
    let ran = run(folder, &["check", "--format", "json"]);
    let found: Vec<serde_json::Value> =
        ran.out.lines().map(|line| serde_json::from_str(line).expect("a line of JSON")).collect();
    let errors = found.iter().any(|it| it["severity"] == "error");
    assert_eq!(ran.code, Some(i32::from(errors)), "1 exactly if there are errors:\n{}", ran.all());
    found
}
