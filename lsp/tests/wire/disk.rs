//! Files on disk, and the documents that count instead of them.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::client::{Client, able, session, uri};

const NONE: [&str; 0] = [];

/// A folder with these files.
fn folder(files: &[(&str, &[u8])]) -> (TempDir, PathBuf) {
    let dir = tempfile::tempdir().unwrap();
    let root = dir.path().canonicalize().unwrap();
    for (path, content) in files {
        write(&root, path, content);
    }
    (dir, root)
}

fn write(root: &Path, path: &str, content: impl AsRef<[u8]>) -> PathBuf {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(&path, content).unwrap();
    path
}

const USER: &[u8] = b"use \"./lib/common.flow\" as common\nconst A: int = common.N\n";
const GOOD: &[u8] = b"const N = 1\n";
const BAD: &[u8] = b"const M = 1\n";

#[test]
fn programs_that_nobody_opened_are_checked() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b""), ("main.flow", USER), ("lib/common.flow", BAD)]);
        let mut client = Client::in_folder(&root).await;
        let found = client.findings(&uri(&root.join("main.flow")), None).await;
        assert_eq!(found, ["F0205 1:22-1:23"]);
    });
}

#[test]
fn a_fix_in_one_file_clears_the_error_in_another() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b""), ("main.flow", USER), ("lib/common.flow", BAD)]);
        let (main, common) = (uri(&root.join("main.flow")), uri(&root.join("lib/common.flow")));
        let mut client = Client::in_folder(&root).await;
        client.open(&main, str::from_utf8(USER).unwrap()).await;
        assert_eq!(client.findings(&main, 1).await, ["F0205 1:22-1:23"]);
        client.open(&common, str::from_utf8(BAD).unwrap()).await;
        assert_eq!(client.findings(&common, 1).await, NONE);
        client.edit(&common, 2, [0, 6, 0, 7], "N").await;
        assert_eq!(client.findings(&main, 1).await, NONE, "the dependant, at its own version");
        client.edit(&common, 3, [0, 6, 0, 7], "M").await;
        assert_eq!(client.findings(&main, 1).await, ["F0205 1:22-1:23"]);
        let later = client.silence().await;
        let again = |it: &serde_json::Value| it["params"]["uri"] == main.as_str() && it["params"]["version"] == 1;
        assert!(!later.iter().any(again), "published once: {later:#?}");
    });
}

#[test]
fn the_editor_counts_before_the_disk_until_it_closes() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b""), ("main.flow", USER), ("lib/common.flow", GOOD)]);
        let (main, common) = (uri(&root.join("main.flow")), uri(&root.join("lib/common.flow")));
        let mut client = Client::in_folder(&root).await;
        client.open(&main, str::from_utf8(USER).unwrap()).await;
        assert_eq!(client.findings(&main, 1).await, NONE);
        client.open(&common, str::from_utf8(BAD).unwrap()).await;
        assert_eq!(client.findings(&main, 1).await.len(), 1, "the editor says otherwise");
        let path = write(&root, "lib/common.flow", "const N = 2\n");
        client.watched(&path, 2).await;
        client.close(&common).await;
        assert_eq!(client.findings(&main, 1).await, NONE, "the disk counts again");
    });
}

#[test]
fn changes_on_disk_are_seen() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b""), ("main.flow", USER), ("lib/common.flow", GOOD)]);
        let main = uri(&root.join("main.flow"));
        let mut client = Client::in_folder(&root).await;
        client.open(&main, str::from_utf8(USER).unwrap()).await;
        assert_eq!(client.findings(&main, 1).await, NONE);
        let common = write(&root, "lib/common.flow", BAD);
        client.watched(&common, 2).await;
        assert_eq!(client.findings(&main, 1).await, ["F0205 1:22-1:23"]);
        fs::remove_file(&common).unwrap();
        client.watched(&common, 3).await;
        let found = client.findings(&main, 1).await;
        assert!(found[0].starts_with("F0203"), "{found:?}");
        write(&root, "lib/common.flow", GOOD);
        client.watched(&common, 1).await;
        assert_eq!(client.findings(&main, 1).await, NONE);
    });
}

#[test]
fn a_deleted_file_takes_its_findings_along() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b""), ("bad.flow", b"const A = missing\n")]);
        let path = root.join("bad.flow");
        let bad = uri(&path);
        let mut client = Client::in_folder(&root).await;
        assert_eq!(client.findings(&bad, None).await.len(), 1);
        client.open(&bad, "const A = missing\n").await;
        assert_eq!(client.findings(&bad, 1).await.len(), 1);
        fs::remove_file(&path).unwrap();
        client.watched(&path, 3).await;
        client.close(&bad).await;
        assert_eq!(client.findings(&bad, None).await, NONE);
    });
}

#[test]
fn a_file_that_is_not_text_says_so() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b""), ("latin.flow", b"const A = \"\xe4\"\n")]);
        let latin = uri(&root.join("latin.flow"));
        let mut client = Client::in_folder(&root).await;
        assert_eq!(client.findings(&latin, None).await, ["F0100 0:0-0:0"]);
        client.open(&latin, "const A = \"ä\"\n").await;
        assert_eq!(client.findings(&latin, 1).await, NONE, "editors know other encodings");
        client.close(&latin).await;
        assert_eq!(client.findings(&latin, None).await, ["F0100 0:0-0:0"]);
    });
}

#[test]
fn what_git_ignores_is_no_program() {
    session(async {
        let bad: &[u8] = b"const A = missing\n";
        let (_dir, root) = folder(&[
            (".gitignore", b"/target\n"),
            (".git/HEAD", b"ref: refs/heads/main\n"),
            ("target/bad.flow", bad),
            (".git/bad.flow", bad),
            (".flow/out/bad.flow", bad),
            ("inner/flow.toml", b""),
            ("inner/bad.flow", bad),
            ("sub/bad.flow", bad),
        ]);
        let mut client = Client::in_folder(&root.join("sub")).await;
        let messages = client.silence().await;
        let about: Vec<&str> = messages.iter().filter_map(|it| it["params"]["uri"].as_str()).collect();
        assert_eq!(about, [uri(&root.join("sub/bad.flow"))]);

        let ignored = uri(&root.join("target/bad.flow"));
        client.open(&ignored, "const A = missing\n").await;
        assert_eq!(client.findings(&ignored, 1).await.len(), 1, "while it is open it counts");
        client.close(&ignored).await;
        assert_eq!(client.findings(&ignored, None).await, NONE);
    });
}

#[test]
fn files_outside_of_every_folder_have_their_own_project() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b"")]);
        let (_other, outside) = folder(&[("lib/common.flow", GOOD), ("bad.flow", b"const A = missing\n")]);
        let mut client = Client::in_folder(&root).await;
        let main = uri(&outside.join("main.flow"));
        client.open(&main, str::from_utf8(USER).unwrap()).await;
        assert_eq!(client.findings(&main, 1).await, NONE, "its neighbour is found, though it is new itself");
        let bad = uri(&outside.join("bad.flow"));
        assert_eq!(client.findings(&bad, None).await.len(), 1);
        client.close(&main).await;
        assert_eq!(client.findings(&bad, None).await, NONE, "nobody works there any more");
    });
}

#[test]
fn a_manifest_divides_a_project() {
    session(async {
        let (_dir, root) = folder(&[
            (".git/HEAD", b"ref: refs/heads/main\n"),
            ("a/main.flow", b"use \"../b.flow\" as b\nconst A = b.N\n"),
            ("b.flow", GOOD),
        ]);
        let main = uri(&root.join("a/main.flow"));
        let mut client = Client::in_folder(&root).await;
        client.open(&main, "use \"../b.flow\" as b\nconst A = b.N\n").await;
        assert_eq!(client.findings(&main, 1).await, NONE);
        let manifest = write(&root, "a/flow.toml", "");
        client.watched(&manifest, 1).await;
        let found = client.findings(&main, 1).await;
        assert!(found[0].starts_with("F0203"), "{found:?}");
        fs::remove_file(&manifest).unwrap();
        client.watched(&manifest, 3).await;
        assert_eq!(client.findings(&main, 1).await, NONE);
    });
}

#[test]
fn folders_come_and_go() {
    session(async {
        let (_dir, root) = folder(&[("flow.toml", b""), ("bad.flow", b"const A = missing\n")]);
        let mut client = Client::greeted(able(), None).await;
        let folder = serde_json::json!([{ "uri": uri(&root), "name": "late" }]);
        let event = serde_json::json!({ "event": { "added": folder, "removed": [] } });
        client.notify("workspace/didChangeWorkspaceFolders", event).await;
        let bad = uri(&root.join("bad.flow"));
        assert_eq!(client.findings(&bad, None).await.len(), 1);
        let event = serde_json::json!({ "event": { "added": [], "removed": folder } });
        client.notify("workspace/didChangeWorkspaceFolders", event).await;
        assert_eq!(client.findings(&bad, None).await, NONE);
    });
}
