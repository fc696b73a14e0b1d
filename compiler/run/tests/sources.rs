//! What jobs see of the sources, and that nothing happens to them.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use flow_plan::model::Job;
use flow_run::RunError;
use support::*;

/// A job that lists what it sees.
fn listing(id: &str) -> Job {
    job(id).sh("find . -name .git -prune -o ! -type d -print | LC_ALL=C sort | sed 's|^./||'")
}

/// A repository with a commit, a tag and a commit after it.
fn repository() -> World {
    let world = World::new();
    world.git(&["init", "-q"]);
    world.write("src/main.rs", "fn main() {}\n").write("README", "read\n").write(".gitignore", "/target\n*.log\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "first"]);
    world.git(&["tag", "-a", "v1", "-m", "one"]);
    world.write("src/lib.rs", "// lib\n");
    world.git(&["add", "."]);
    world.git(&["commit", "-q", "-m", "second"]);
    world
}

#[tokio::test]
async fn a_dirty_tree_is_seen_as_it_lies() {
    let world = repository();
    world
        .write("README", "changed\n")
        .write("new.txt", "")
        .write("target/x", "")
        .write("a.log", "")
        .write("ä b.txt", "");
    std::fs::remove_file(world.project().join("src/lib.rs")).unwrap();
    symlink("README", world.project().join("link")).unwrap();
    std::fs::set_permissions(world.project().join("new.txt"), PermissionsExt::from_mode(0o755)).unwrap();
    let plan = plan([listing("all").checkout().sh("cat README; test -x new.txt; readlink link"), listing("none")]);
    world.succeed(&plan).await;
    let expected = [".gitignore", "README", "link", "new.txt", "src/main.rs", "ä b.txt", "changed", "README"];
    assert_eq!(world.lines("all"), expected);
    assert!(world.lines("none").is_empty());
}

/// What git says about a tree, told in a form that does not depend on where it lies.
const QUESTIONS: &str = "git describe --tags --dirty --always --long; git describe --all; git log --format='%H %D %s'; git status --porcelain --branch
git branch --all; git tag -n; git diff; git diff --cached; git rev-parse HEAD --show-prefix; git config remote.origin.url || true
git diff-index --name-status HEAD; git diff-files --name-only; git stash list; git ls-files -s; git cat-file -p HEAD^{tree}";

async fn answers_are_equal(world: &World, folder: &Path) {
    let script = format!("export GIT_CONFIG_GLOBAL=/dev/null\n{QUESTIONS}");
    let output = std::process::Command::new("sh").args(["-ec", &script]).current_dir(folder).output().unwrap();
    let expected = String::from_utf8(output.stdout).unwrap();
    assert!(expected.contains("second"), "{}", String::from_utf8_lossy(&output.stderr));
    world.events.lock().unwrap().clear();
    world.succeed(&plan([job("a").checkout().sh(&script)])).await;
    assert_eq!(world.lines("a").join("\n") + "\n", expected);
}

#[tokio::test]
async fn git_answers_as_in_the_sources() {
    let world = repository();
    answers_are_equal(&world, world.project()).await;
    world.git(&["remote", "add", "origin", "https://example.com/owner/name.git"]);
    world.git(&["update-ref", "refs/remotes/origin/main", "HEAD^"]);
    world.git(&["symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/main"]);
    world.git(&["branch", "other"]);
    answers_are_equal(&world, world.project()).await;
    world.write("README", "changed\n").write("staged", "s\n").write("untracked", "u\n");
    world.git(&["add", "staged"]);
    std::fs::remove_file(world.project().join("src/lib.rs")).unwrap();
    answers_are_equal(&world, world.project()).await;
    // Same size, same second: only the content tells.
    world.write("src/main.rs", "fn MAIN() {}\n");
    answers_are_equal(&world, world.project()).await;
    world.git(&["checkout", "-q", "--force", "v1"]);
    world.git(&["pack-refs", "--all"]);
    world.git(&["gc", "-q"]);
    let script = "git describe --dirty; git symbolic-ref -q HEAD || echo detached";
    world.events.lock().unwrap().clear();
    world.succeed(&plan([job("a").checkout().sh(script)])).await;
    assert_eq!(world.lines("a"), ["v1", "detached"]);
}

#[tokio::test]
async fn linked_work_trees_and_split_indexes_are_repositories_too() {
    let mut world = repository();
    world.git(&["update-index", "--split-index"]);
    world.write("README", "changed\n");
    world.git(&["add", "README"]);
    answers_are_equal(&world, world.project()).await;
    world.git(&["worktree", "add", "-q", "-b", "side", "../side"]);
    world.options.project = world.path().join("side");
    let script = "git status --porcelain --branch; git describe";
    world.succeed(&plan([job("b").checkout().sh(script)])).await;
    let described = world.git(&["describe"]);
    assert_eq!(world.lines("b"), ["## side", described.trim()]);
}

#[tokio::test]
async fn the_users_repository_is_only_read() {
    let world = repository();
    world.write("README", "changed\n");
    let picture = || {
        // Git itself renews the times of objects that exist already and are written again.
        let script =
            "find .git -type f ! -path '*/objects/*' -printf '%T@ ' -print; find .git -type f -exec sha256sum {} +";
        let output = std::process::Command::new("sh")
            .args(["-c", &format!("{{ {script}; }} | sort")])
            .current_dir(world.project())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let before = picture();
    let script = "git -c user.name=A -c user.email=a commit -q -am mine; git tag mine; git log --oneline | wc -l
        git status --porcelain; git gc -q; git checkout -q -b own";
    world.succeed(&plan([job("a").checkout().sh(script)])).await;
    assert_eq!(world.lines("a"), ["3"]);
    assert_eq!(picture(), before);
}

#[tokio::test]
async fn a_repository_around_the_run_is_not_found() {
    let mut world = repository();
    world.options.store = Some(world.project().join("target/store"));
    let script = "git rev-parse --show-toplevel 2> message && exit 1; cat message";
    let plan = plan([job("none").sh(script), job("some").inputs(&["README"]).sh(script)]);
    world.succeed(&plan).await;
    assert!(world.lines("none")[0].contains("not a git repository"));
    assert!(world.lines("some")[0].contains("not a git repository"));
}

#[tokio::test]
async fn inputs_are_all_that_is_seen() {
    let world = repository();
    world.write("src/deep/x.rs", "").write("src/skip.log", "").write("src/deep/.hidden", "");
    let plan = plan([
        listing("rust").inputs(&["src/**/*.rs", "README"]),
        listing("flat").inputs(&["src/*"]),
        listing("folder").inputs(&["src/deep"]),
    ]);
    world.succeed(&plan).await;
    assert_eq!(world.lines("rust"), ["README", "src/deep/x.rs", "src/lib.rs", "src/main.rs"]);
    assert_eq!(world.lines("flat"), ["src/lib.rs", "src/main.rs"]);
    assert_eq!(world.lines("folder"), ["src/deep/.hidden", "src/deep/x.rs"]);
}

#[tokio::test]
async fn a_pattern_that_nothing_matches_stops_the_run() {
    let world = repository();
    world.write("a.log", "");
    let plan = plan([job("a").inputs(&["src/**", "docs/**"]), job("b").inputs(&["*.log"])]);
    let error = world.try_run(&plan).await.unwrap_err();
    assert!(matches!(error, RunError::NoMatch(_)));
    assert_eq!(
        error.to_string(),
        "no source file matches `docs/**`, an input of job `a` (ci.flow:100:5)
no source file matches `*.log`, an input of job `b` (ci.flow:100:5)"
    );
    assert_eq!(std::fs::read_dir(world.store().join("runs")).unwrap().count(), 0);
}

#[tokio::test]
async fn a_project_in_a_folder_of_a_repository() {
    let mut world = repository();
    world.write("app/a.txt", "").write("app/sub/b.txt", "");
    let root = world.project().to_owned();
    world.options.project = root.join("app");
    let plan = plan([
        job("all").checkout().sh("ls; cat ../README; git rev-parse --show-prefix"),
        job("some").inputs(&["sub/*"]).sh("find . ! -type d; ls .."),
    ]);
    world.succeed(&plan).await;
    assert_eq!(world.lines("all"), ["a.txt", "sub", "read", "app/"]);
    assert_eq!(world.lines("some"), ["./sub/b.txt", "app"]);
}

#[tokio::test]
async fn a_folder_that_is_no_repository() {
    let world = World::new();
    world
        .write("a.txt", "")
        .write(".hidden/b", "")
        .write(".gitignore", "*.log\n")
        .write("x.log", "")
        .write(".flow/out/c", "");
    world.succeed(&plan([listing("a").checkout()])).await;
    assert_eq!(world.lines("a"), [".gitignore", ".hidden/b", "a.txt"]);
}

#[tokio::test]
async fn a_repository_that_ignores_the_project_is_not_its() {
    let mut world = repository();
    world.write("target/mine/a.txt", "");
    world.options.project = world.project().join("target/mine");
    world.succeed(&plan([listing("a").checkout()])).await;
    assert_eq!(world.lines("a"), ["a.txt"]);
}

#[tokio::test]
async fn submodules_come_if_asked_for_and_other_repositories_do_not() {
    let world = repository();
    let inner = World::new();
    inner.git(&["init", "-q"]);
    inner.write("inner.txt", "");
    inner.git(&["add", "."]);
    inner.git(&["commit", "-q", "-m", "inner"]);
    let address = inner.project().display().to_string();
    world.git(&["-c", "protocol.file.allow=always", "submodule", "add", "-q", &address, "sub"]);
    world.git(&["commit", "-q", "-m", "sub"]);
    world.git(&["clone", "-q", &address, "nested"]);
    let mut with = listing("with").checkout();
    with.checkout.as_mut().unwrap().submodules = true;
    world.succeed(&plan([with, listing("without").checkout().sh("ls -d sub; git status --porcelain")])).await;
    assert!(world.lines("with").contains(&"sub/inner.txt".to_owned()));
    let without = world.lines("without");
    assert!(!without.contains(&"sub/inner.txt".to_owned()) && without.last().unwrap() == "sub", "{without:?}");
    assert_eq!(world.notes(), ["the repository `nested/` inside the sources is not part of them"]);
}

#[tokio::test]
async fn every_job_sees_the_sources_as_they_were_when_the_run_began() {
    let world = repository();
    let edit = format!("echo edited > {}", world.project().join("README").display());
    let plan = plan([job("edit").sh(&edit), job("read").checkout().after("edit").sh("cat README")]);
    world.succeed(&plan).await;
    assert_eq!(world.lines("read"), ["read"]);
}

#[tokio::test]
async fn jobs_do_not_see_each_others_changes() {
    let world = repository();
    let change = |id: &str| job(id).checkout().sh("test -e README; rm README; echo x > src/main.rs; : > made");
    let plan = plan([change("a"), change("b").after("a"), change("c").after("b")]);
    world.succeed(&plan).await;
    assert_eq!(std::fs::read_to_string(world.project().join("src/main.rs")).unwrap(), "fn main() {}\n");
}
