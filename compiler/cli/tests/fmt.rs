//! `flowc fmt`, as people and editors run it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

const MESSY: &str = "job a( )on linux{\n  sh\"make\"\n}\n";
const NEAT: &str = "job a() on linux {\n    sh \"make\"\n}\n";
const BROKEN: &str = "job a( on linux {\n  sh \"make\"\n}\n";

/// A project with some files.
fn project(files: &[(&str, &str)]) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("flow.toml"), "").unwrap();
    for (name, text) in files {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    folder
}

/// The exit code, standard output and standard error of `flowc fmt`.
fn fmt(folder: &Path, arguments: &[&str], input: &[u8]) -> (i32, String, String) {
    let mut child = Command::new(env!("CARGO_BIN_EXE_flowc"))
        .current_dir(folder)
        .args(["--color", "never", "fmt"])
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that does not read its input may be gone by now.
    let _unread = child.stdin.take().unwrap().write_all(input);
    let output = child.wait_with_output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

fn read(folder: &TempDir, name: &str) -> String {
    fs::read_to_string(folder.path().join(name)).unwrap()
}

#[test]
fn all_programs_of_the_project() {
    let folder = project(&[("a.flow", MESSY), ("ci/b.flow", MESSY), ("c.flow", NEAT), ("d.txt", MESSY)]);
    let (code, out, err) = fmt(folder.path(), &[], b"");
    assert_eq!((code, out.as_str(), err.as_str()), (0, "", "formatted a.flow\nformatted ci/b.flow\n"));
    for name in ["a.flow", "ci/b.flow", "c.flow"] {
        assert_eq!(read(&folder, name), NEAT);
    }
    assert_eq!(read(&folder, "d.txt"), MESSY);
    let (code, _, err) = fmt(folder.path(), &[], b"");
    assert_eq!((code, err.as_str()), (0, "3 files, nothing to change\n"));
    let (code, _, err) = fmt(&folder.path().join("ci"), &["b.flow"], b"");
    assert_eq!((code, err.as_str()), (0, "1 file, nothing to change\n"));
}

#[test]
fn named_files_only() {
    let folder = project(&[("a.flow", MESSY), ("b.flow", MESSY)]);
    let (code, _, err) = fmt(folder.path(), &["./b.flow"], b"");
    assert_eq!((code, err.as_str()), (0, "formatted ./b.flow\n"));
    assert_eq!((read(&folder, "a.flow").as_str(), read(&folder, "b.flow").as_str()), (MESSY, NEAT));
}

#[test]
fn what_is_no_program() {
    let folder = project(&[("a.flow", MESSY), ("b.txt", "")]);
    for (name, why) in [("b.txt", "does not end in .flow"), ("c.flow", "does not exist"), (".", "is a folder")] {
        let (code, _, err) = fmt(folder.path(), &["a.flow", name], b"");
        assert_eq!(code, 2);
        assert!(err.starts_with(&format!("error: {name} {why}")), "{err}");
    }
    assert_eq!(read(&folder, "a.flow"), MESSY);
}

#[test]
fn check_writes_nothing() {
    let folder = project(&[("a.flow", MESSY), ("b.flow", NEAT)]);
    let (code, out, err) = fmt(folder.path(), &["--check"], b"");
    assert_eq!(code, 1);
    assert_eq!(
        out,
        "--- a.flow (as it is)\n+++ a.flow (as formatted)\n@@ -1,3 +1,3 @@\n\
         -job a( )on linux{\n-  sh\"make\"\n+job a() on linux {\n+    sh \"make\"\n }\n"
    );
    assert_eq!(err, "error: 1 of 2 files is not formatted\n  help: run `flowc fmt`\n");
    assert_eq!(read(&folder, "a.flow"), MESSY);
    let (code, out, _) = fmt(folder.path(), &["--check", "b.flow"], b"");
    assert_eq!((code, out.as_str()), (0, ""));
}

#[test]
fn a_broken_file_is_left_as_it_is() {
    let folder = project(&[("a.flow", BROKEN), ("b.flow", MESSY), ("c.flow", "")]);
    fs::write(folder.path().join("c.flow"), b"\xff").unwrap();
    let (code, out, err) = fmt(folder.path(), &[], b"");
    assert_eq!((code, out.as_str()), (1, ""));
    assert!(err.starts_with("formatted b.flow\n"), "{err}");
    assert!(err.contains("F0101") && err.contains("a.flow:1:6") && err.contains("F0100"), "{err}");
    assert!(err.ends_with("\n2 errors\n"), "{err}");
    assert_eq!((read(&folder, "a.flow").as_str(), read(&folder, "b.flow").as_str()), (BROKEN, NEAT));
}

#[test]
fn standard_input() {
    let folder = project(&[("a.flow", MESSY)]);
    for argument in ["-", "--stdin"] {
        assert_eq!(fmt(folder.path(), &[argument], MESSY.as_bytes()), (0, NEAT.to_owned(), String::new()));
        assert_eq!(fmt(folder.path(), &[argument], NEAT.as_bytes()), (0, NEAT.to_owned(), String::new()));
        assert_eq!(fmt(folder.path(), &[argument, "--check"], NEAT.as_bytes()), (0, String::new(), String::new()));
        let (code, out, err) = fmt(folder.path(), &[argument], BROKEN.as_bytes());
        assert_eq!((code, out.as_str()), (1, ""));
        assert!(err.contains("<stdin>:1:6"), "{err}");
    }
    let (code, out, _) = fmt(folder.path(), &["-", "--check"], MESSY.as_bytes());
    assert!(code == 1 && out.contains("+job a() on linux {"), "{out}");
    assert_eq!(fmt(folder.path(), &["-", "a.flow"], MESSY.as_bytes()).0, 2);
    assert_eq!(fmt(folder.path(), &["--stdin", "a.flow"], MESSY.as_bytes()).0, 2);
    assert_eq!(read(&folder, "a.flow"), MESSY);
}

#[cfg(unix)]
#[test]
fn modes_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let folder = project(&[("real/a.flow", MESSY)]);
    let real = folder.path().join("real/a.flow");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o755)).unwrap();
    symlink("real/a.flow", folder.path().join("link.flow")).unwrap();
    assert_eq!(fmt(folder.path(), &["link.flow"], b"").0, 0);
    assert!(folder.path().join("link.flow").is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(read(&folder, "real/a.flow"), NEAT);
    assert_eq!(fs::read_dir(real.parent().unwrap()).unwrap().count(), 1);
    // A file that must not be written is not.
    fs::write(&real, MESSY).unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o444)).unwrap();
    let (code, _, err) = fmt(folder.path(), &["real/a.flow"], b"");
    assert_eq!(code, 1);
    assert!(err.contains("cannot be written"), "{err}");
    assert_eq!(read(&folder, "real/a.flow"), MESSY);
}
