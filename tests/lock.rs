//! What `flowc emit` does with files that are there already, and how pins come into `flow.lock`: by
//! looking them up, and back from what an update bot has changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use flow_tests::binary::{Ran, command, project, run};
use tempfile::TempDir;

const PROGRAM: &[u8] =
    b"job a() on linux { sh \"make\" }\n\npipeline ci {\n    on manual\n    backends = [github, local]\n    a()\n}\n";

const GITHUB: &str = ".github/workflows/ci.yml";

fn read(folder: &TempDir, path: &str) -> String {
    std::fs::read_to_string(folder.path().join(path)).unwrap()
}

fn write(folder: &TempDir, path: &str, text: &str) {
    std::fs::write(folder.path().join(path), text).unwrap();
}

/// The file with another commit and version of an action, as a bot leaves it.
fn bumped(text: &str, action: &str, commit: &str, version: &str) -> String {
    let change = |line: &str| match line.split_once(&format!("uses: {action}@")) {
        Some((before, _)) => format!("{before}uses: {action}@{commit} # {version}"),
        None => line.to_owned(),
    };
    text.lines().map(change).collect::<Vec<_>>().join("\n") + "\n"
}

const NEW: &str = "0123456789abcdef0123456789abcdef01234567";

#[test]
fn what_a_bot_changes_goes_into_the_lock() {
    let folder = project([("ci.flow", PROGRAM)]);
    assert_eq!(run(folder.path(), &["emit"]).code, Some(0));
    let text = bumped(&read(&folder, GITHUB), "actions/checkout", NEW, "v7.1.0");
    write(&folder, GITHUB, &text);

    let checked = run(folder.path(), &["emit", "--check"]);
    assert_eq!(checked.code, Some(1), "{}", checked.all());
    assert!(checked.err.contains("has newer pins than the project"), "{}", checked.all());
    assert!(checked.err.contains("`flowc lock --accept`"), "{}", checked.all());
    assert!(checked.out.contains("-        uses: actions/checkout@0123"), "a diff:\n{}", checked.out);
    let emitted = run(folder.path(), &["emit"]);
    assert_eq!(emitted.code, Some(1), "{}", emitted.all());
    assert!(emitted.err.contains("has `actions/checkout v7.1.0`"), "{}", emitted.all());
    assert_eq!(read(&folder, GITHUB), text, "it is left alone");

    let accepted = run(folder.path(), &["lock", "--accept"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.all());
    assert!(accepted.err.contains("actions/checkout@v7: v7.0.1 becomes v7.1.0"), "{}", accepted.all());
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("lock_file", read(&folder, "flow.lock"));
    });
    assert_eq!(run(folder.path(), &["emit", "--check"]).code, Some(0), "emit makes the bot's file");
    assert_eq!(read(&folder, GITHUB), text);
    let again = run(folder.path(), &["lock", "--accept"]);
    assert!(again.code == Some(0) && again.err.contains("no emitted file has a newer pin"), "{}", again.all());
}

#[test]
fn what_is_older_than_the_lock_is_out_of_date() {
    let folder = project([("ci.flow", PROGRAM)]);
    assert_eq!(run(folder.path(), &["emit"]).code, Some(0));
    let text = read(&folder, GITHUB);
    write(&folder, GITHUB, &bumped(&text, "actions/checkout", NEW, "v6.9.9"));
    let checked = run(folder.path(), &["emit", "--check"]);
    assert!(checked.code == Some(1) && checked.err.contains("is out of date"), "{}", checked.all());
    let accepted = run(folder.path(), &["lock", "--accept"]);
    assert_eq!(accepted.code, Some(0), "{}", accepted.all());
    assert!(!folder.path().join("flow.lock").exists(), "{}", accepted.all());
    assert_eq!(run(folder.path(), &["emit"]).code, Some(0));
    assert_eq!(read(&folder, GITHUB), text);
}

#[test]
fn an_edit_by_hand_is_not_overwritten() {
    let folder = project([("ci.flow", PROGRAM)]);
    assert_eq!(run(folder.path(), &["emit"]).code, Some(0));
    let text = read(&folder, GITHUB);
    let edited = bumped(&text.replace("run: make", "run: make all"), "actions/checkout", NEW, "v7.1.0");
    write(&folder, GITHUB, &edited);

    let checked = run(folder.path(), &["emit", "--check"]);
    assert_eq!(checked.code, Some(1), "{}", checked.all());
    assert!(checked.err.contains(".github/workflows/ci.yml was edited by hand"), "{}", checked.all());
    assert!(checked.out.contains("-        run: make all\n+        run: make\n"), "{}", checked.out);
    let emitted = run(folder.path(), &["emit"]);
    assert!(emitted.code == Some(1) && emitted.err.contains("was edited by hand"), "{}", emitted.all());
    let accepted = run(folder.path(), &["lock", "--accept"]);
    assert_eq!(accepted.code, Some(1), "{}", accepted.all());
    assert!(accepted.err.contains("was edited by hand, beyond its pins"), "{}", accepted.all());
    assert_eq!(read(&folder, GITHUB), edited);

    assert_eq!(run(folder.path(), &["emit", "--force"]).code, Some(0));
    assert_eq!(read(&folder, GITHUB), text);
}

#[test]
fn what_the_program_has_outgrown_is_out_of_date() {
    let folder = project([("ci.flow", PROGRAM)]);
    assert_eq!(run(folder.path(), &["emit"]).code, Some(0));
    write(&folder, "ci.flow", &String::from_utf8_lossy(PROGRAM).replace("\"make\"", "\"make all\""));
    let checked = run(folder.path(), &["emit", "--check"]);
    assert!(checked.code == Some(1) && checked.err.contains("ci.yml is out of date"), "{}", checked.all());
    assert_eq!(run(folder.path(), &["emit"]).code, Some(0));
    assert!(read(&folder, GITHUB).contains("run: make all"));
    // As git checks it out on Windows.
    write(&folder, GITHUB, &read(&folder, GITHUB).replace('\n', "\r\n"));
    assert_eq!(run(folder.path(), &["emit", "--check"]).code, Some(0));
}

#[test]
fn a_missing_and_a_foreign_file_are_told() {
    let folder = project([("ci.flow", PROGRAM)]);
    let checked = run(folder.path(), &["emit", "--check"]);
    assert!(checked.code == Some(1) && checked.err.contains("ci.yml is missing"), "{}", checked.all());
    std::fs::create_dir_all(folder.path().join(".github/workflows")).unwrap();
    write(&folder, GITHUB, "# Ours.\non: push\n");
    for arguments in [&["emit"][..], &["emit", "--check"]] {
        let ran = run(folder.path(), arguments);
        assert!(ran.code == Some(1) && ran.err.contains("was not written by flowc"), "{}", ran.all());
    }
    assert_eq!(read(&folder, GITHUB), "# Ours.\non: push\n");
}

#[test]
fn files_of_pipelines_that_are_no_more_are_named() {
    let folder = project([("ci.flow", PROGRAM)]);
    assert_eq!(run(folder.path(), &["emit"]).code, Some(0));
    write(&folder, ".github/workflows/own.yml", "# Ours.\non: push\n");
    write(&folder, "ci.flow", &String::from_utf8_lossy(PROGRAM).replace("pipeline ci", "pipeline build"));
    assert_eq!(run(folder.path(), &["emit", "build"]).code, Some(0), "one pipeline is its own business");
    let checked = run(folder.path(), &["emit", "--check"]);
    assert_eq!(checked.code, Some(1), "{}", checked.all());
    assert!(
        checked.err.contains(
            ".github/workflows/ci.yml: it was made by `flowc emit ci --backend github`, and there is no such pipeline"
        ),
        "{}",
        checked.all()
    );
    assert!(!checked.err.contains("own.yml"), "{}", checked.all());
    std::fs::remove_file(folder.path().join(GITHUB)).unwrap();
    assert_eq!(run(folder.path(), &["emit", "--check"]).code, Some(0));
}

/// Azure cannot tell the two jobs apart by their names; GitHub can.
const HALF: &[u8] = b"job a(const x: string) on linux { sh \"echo #{x}\" }\njob a_b() on linux { sh \"true\" }\n\n\
    pipeline ci {\n    on manual\n    a(\"b\")\n    a_b()\n}\n\npipeline other {\n    on manual\n    a_b()\n}\n";

#[test]
fn what_cannot_be_emitted_keeps_nothing_else_from_it() {
    let folder = project([("ci.flow", HALF)]);
    let ran = run(folder.path(), &["emit"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(ran.err.contains("error: "), "{}", ran.all());
    for (path, there) in [
        (GITHUB, true),
        (".azure-pipelines/ci.yml", false),
        (".github/workflows/other.yml", true),
        (".azure-pipelines/other.yml", true),
    ] {
        assert_eq!(folder.path().join(path).exists(), there, "{path}\n{}", ran.all());
    }
    assert_eq!(run(folder.path(), &["emit", "--check"]).code, Some(1));
    assert_eq!(run(folder.path(), &["emit", "--check", "--backend", "github"]).code, Some(0));
    assert_eq!(run(folder.path(), &["emit", "ci", "--backend", "ado"]).code, Some(1));
}

#[test]
fn files_go_where_they_are_wanted() {
    let folder = project([("ci.flow", HALF)]);
    let printed = run(folder.path(), &["emit", "other", "--stdout"]);
    assert_eq!(printed.code, Some(0), "{}", printed.all());
    let documents: Vec<&str> = printed.out.split("---\n").collect();
    assert_eq!(documents.len(), 2, "{}", printed.out);
    assert!(!folder.path().join(".github").exists());
    let out = run(folder.path(), &["emit", "other", "--out", "made"]);
    assert_eq!(out.code, Some(0), "{}", out.all());
    assert_eq!(read(&folder, "made/.github/workflows/other.yml"), documents[0]);
    assert_eq!(read(&folder, "made/.azure-pipelines/other.yml"), documents[1]);
    assert!(!folder.path().join(".github").exists());
}

/// A project that uses an action of others, and a place where repositories are found.
struct World {
    project: TempDir,
    remotes: TempDir,
}

impl World {
    fn of(reference: &str) -> Self {
        let program = format!(
            "job a() on linux {{\n    checkout = none\n    uses \"{reference}\" {{ level = 1 }}\n}}\n\n\
             pipeline ci {{\n    on manual\n    a()\n}}\n"
        );
        let remotes = tempfile::Builder::new().prefix("flow").tempdir().unwrap();
        Self { project: project([("ci.flow", program.as_bytes())]), remotes }
    }

    /// A repository whose first commit is v1.0.0, and whose second v1.2.3 and v1; v2 has a message.
    fn with_repository(self) -> Self {
        let folder = self.remotes.path().join("owner/setup");
        std::fs::create_dir_all(&folder).unwrap();
        git(&folder, &["init", "--quiet"]);
        for tags in [&["v1.0.0"][..], &["v1.2.3", "v1"]] {
            git(&folder, &["commit", "--quiet", "--allow-empty", "--message", tags[0]]);
            for tag in tags {
                git(&folder, &["tag", tag]);
            }
        }
        git(&folder, &["tag", "--annotate", "--message", "Two", "v2"]);
        self
    }

    fn repository(&self) -> PathBuf {
        self.remotes.path().join("owner/setup")
    }

    fn lock(&self) -> Ran {
        let mut command = command(self.project.path(), &["lock"]);
        let key = format!("url.file://{}/.insteadOf", self.remotes.path().display());
        command.env("GIT_CONFIG_COUNT", "1").env("GIT_CONFIG_KEY_0", key);
        command.env("GIT_CONFIG_VALUE_0", "https://github.com/");
        let ran = Ran::from(command.output().unwrap());
        assert!(!ran.err.contains("panicked"), "{}", ran.err);
        ran
    }

    fn locked(&self) -> Option<String> {
        std::fs::read_to_string(self.project.path().join("flow.lock")).ok()
    }
}

fn git(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new("git")
        .current_dir(folder)
        .args(["-c", "user.name=Test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false"])
        .args(["-c", "tag.gpgsign=false"])
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "git {arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[test]
#[cfg(unix)]
fn a_version_is_looked_up() {
    let world = World::of("owner/setup/sub/action@v1").with_repository();
    let ran = world.lock();
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let commit = git(&world.repository(), &["rev-parse", "v1.2.3"]);
    let entry = format!("uses = \"owner/setup@v1\"\nversion = \"v1.2.3\"\ncommit = \"{commit}\"\n");
    let locked = world.locked().unwrap();
    assert!(locked.contains(&entry), "{locked}");
    // What is known is not asked for again; what nothing names is removed.
    std::fs::remove_dir_all(world.repository()).unwrap();
    write(
        &world.project,
        "flow.lock",
        &format!("{locked}\n[[pin]]\nuses = \"b/c@v1\"\nversion = \"v1.0.0\"\ncommit = \"{NEW}\"\n"),
    );
    let ran = world.lock();
    assert!(ran.code == Some(0) && ran.err.contains("removed b/c@v1, which nothing names"), "{}", ran.all());
    assert_eq!(world.locked().unwrap(), locked);
}

#[test]
#[cfg(unix)]
fn a_tag_with_a_message_is_looked_up() {
    let world = World::of("owner/setup@v2").with_repository();
    let ran = world.lock();
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let commit = git(&world.repository(), &["rev-parse", "v2^{commit}"]);
    assert!(world.locked().unwrap().contains(&format!("version = \"v2\"\ncommit = \"{commit}\"")), "{}", ran.all());
}

#[test]
#[cfg(unix)]
fn what_cannot_be_looked_up_is_told() {
    let world = World::of("owner/setup@v9").with_repository();
    let ran = world.lock();
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(ran.err.contains("owner/setup has no version of the name in `owner/setup@v9`"), "{}", ran.all());
    assert!(ran.err.contains("at ci.flow:3:5"), "{}", ran.all());
    assert!(ran.err.contains("its newest version is v2"), "{}", ran.all());
    assert_eq!(world.locked(), None);

    let offline = World::of("owner/setup@v1").lock();
    assert_eq!(offline.code, Some(1), "{}", offline.all());
    assert!(offline.err.contains("the versions of owner/setup cannot be looked up"), "{}", offline.all());

    let image = World::of("docker://alpine:3.20").lock();
    assert_eq!(image.code, Some(1), "{}", image.all());
    assert!(image.err.contains("write the digest in the program"), "{}", image.all());
}

#[test]
fn a_broken_lock_file_has_a_place() {
    let folder = project([("ci.flow", PROGRAM)]);
    write(&folder, "flow.lock", "format = 1\n\n[[pin]]\nuses = \"a/b@v1\"\nversion = \"v1\"\ncommit = \"main\"\n");
    for command in ["emit", "lock"] {
        let ran = run(folder.path(), &[command]);
        assert_eq!(ran.code, Some(2), "{}", ran.all());
        assert!(ran.err.contains("flow.lock:3: `main` is neither a commit"), "{}", ran.all());
    }
}
