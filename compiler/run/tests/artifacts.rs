//! Artifacts: promised, sealed, moved, consumed, exposed; the store's soundness.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flow_plan::model::{FieldKind, Location, Run, Step};
use flow_run::{Product, RunError};
use support::*;

const SERVER: &[(&str, FieldKind, &str)] = &[
    ("binary", FieldKind::Exec, "bin/server"),
    ("notes", FieldKind::File, "notes.txt"),
    ("assets", FieldKind::Opaque, "assets"),
];

/// A job that makes a server of all kinds of fields.
fn build() -> flow_plan::model::Job {
    let text = "printf '#!/bin/sh\\necho served' > @out(server/bin/server); chmod +x @out(server/bin/server)
        echo hello > @out(server/notes.txt)
        cd @out(server/assets); mkdir -p empty/deep .hidden/.dir; echo x > .hidden/file; : > .hidden/.dir/none
        printf '#!/bin/sh\\n' > run; chmod 755 run; ln -s .hidden/file link; ln -s nowhere dangling; ln -s ../run empty/up
        rm -r empty/up; echo x > 'name with -> arrow'; ln -s 'name with -> arrow' 'link -> too'";
    let step = sh("s", text).writes("server", "binary").writes("server", "notes").writes("server", "assets");
    job("build").artifact("server", SERVER).step(step)
}

#[tokio::test]
async fn everything_arrives_as_it_was_and_read_only() {
    let world = World::new();
    let text = "@in(server:bin/server); cat @in(server:notes.txt)
        cd @in(server:assets); find . -mindepth 1 -printf '%y %m %p %l\\n' | LC_ALL=C sort
        stat -c %a . @in(server:notes.txt) @in(server:bin/server)";
    world.succeed(&plan([build(), job("use").consumes("server", "build", "server").sh(text)])).await;
    let expected = "served
hello
d 555 ./.hidden \n\
d 555 ./.hidden/.dir \n\
d 555 ./empty \n\
d 555 ./empty/deep \n\
f 444 ./.hidden/.dir/none \n\
f 444 ./.hidden/file \n\
f 444 ./name with -> arrow \n\
f 555 ./run \n\
l 777 ./dangling nowhere
l 777 ./link -> too name with -> arrow
l 777 ./link .hidden/file
555
444
555";
    assert_eq!(world.lines("use").join("\n"), expected);
}

/// The lines of a manifest, which are sorted and what its digest is of.
fn manifest(world: &World, digest: &str) -> Vec<String> {
    let path = world.store().join("manifests").join(&digest[..2]).join(&digest[2..]);
    let text = std::fs::read_to_string(path).unwrap();
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.concat(), text.replace('\n', ""));
    assert_eq!(flow_run::store::Digest::of(&text).as_str(), digest);
    lines.into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn the_manifest_is_the_documented_text() {
    let world = World::new();
    let summary = world.succeed(&plan([build()])).await;
    let Product::Artifact { digest, .. } = &summary.jobs[0].outputs[0].product else { panic!() };
    let artifact = manifest(&world, digest.as_str());
    assert_eq!(artifact.len(), 3, "{artifact:?}");
    assert!(artifact.iter().any(|it| it.starts_with("f 0755 21 ") && it.ends_with(" bin/server")), "{artifact:?}");
    // The directory has its own, which says nothing of where it lies.
    let words: Vec<&str> = artifact.iter().find(|it| it.starts_with("t 0755 ")).unwrap().split(' ').collect();
    assert_eq!(words[4], "assets");
    let x = "73cb3858a687a8494ca3323053016282f3dad39d42cf62ca4e79dda2aac7d9ac";
    let empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    let lines = manifest(&world, words[3]);
    assert_eq!(lines.iter().map(|it| it.len() + 1).sum::<usize>().to_string(), words[2]);
    for line in [
        "d 0755 0 - empty/deep".to_owned(),
        format!("f 0644 0 {empty} .hidden/.dir/none"),
        format!("f 0644 2 {x} .hidden/file"),
        format!("f 0644 2 {x} name with -> arrow"),
    ] {
        assert!(lines.contains(&line), "{line}\n{lines:?}");
    }
    assert!(lines.iter().any(|it| it.starts_with("l 0644 7 ") && it.ends_with(" dangling -> nowhere")), "{lines:?}");
}

#[tokio::test]
async fn equal_content_has_one_digest_whoever_made_it() {
    let world = World::new();
    let first = world.succeed(&plan([build()])).await;
    let second = world.succeed(&plan([build()])).await;
    assert_eq!(first.jobs[0].outputs, second.jobs[0].outputs);
    assert_ne!(first.run, second.run);
}

#[tokio::test]
async fn a_broken_promise_names_field_path_and_place() {
    let world = World::new();
    for (text, expected) in [
        ("true", "promised to write `server.binary`, but `bin/server` is not there"),
        ("mkdir @out(server/bin/server)", "promised to write `server.binary`, but `bin/server` is not a file"),
        (
            ": > @out(server/bin/server)",
            "promised to write `server.binary`, but `bin/server` is not executable (`chmod +x` it)",
        ),
    ] {
        let step = sh("s", text).writes("server", "binary");
        let broken = job("a").artifact("server", &SERVER[..1]).step(step).sh("echo never");
        let failure = world.fail(&plan([broken]), "a").await;
        assert_eq!(cause(&failure), expected);
        assert_eq!((failure.step.unwrap().id.as_ref(), failure.place.line), ("s", 77));
    }
    let step = sh("s", "rmdir @out(o/d); : > @out(o/d)").writes("o", "d");
    let failure = world.fail(&plan([job("a").artifact("o", &[("d", FieldKind::Opaque, "d")]).step(step)]), "a").await;
    assert_eq!(cause(&failure), "promised to write `o.d`, but `d` is not a directory");
}

#[tokio::test]
async fn what_was_removed_after_its_step_is_missed_at_the_end() {
    let world = World::new();
    let plan = plan([build().sh("rm @out(server/notes.txt)")]);
    let failure = world.fail(&plan, "build").await;
    assert_eq!(cause(&failure), "promised to write `server.notes`, but `notes.txt` is not there");
    assert!(failure.step.is_none());
    assert_eq!(failure.place.line, 50);
}

#[tokio::test]
async fn what_cannot_be_sealed_is_refused() {
    let world = World::new();
    for (text, expected) in [
        ("ln -s /etc/passwd @out(o/link)", "`link` is a link to `/etc/passwd`, which is not inside the directory"),
        (
            "mkdir @out(o/d); ln -s ../../x @out(o/d/link)",
            "`d/link` is a link to `../../x`, which is not inside the directory",
        ),
        ("cd @out(o); ln -s . d; ln -s d/.. up", "`up` is a link to `d/..`, which is not inside the directory"),
        ("touch @out(o)/'a\nb'", "`a\nb` has a name with a line break"),
        ("touch @out(o)/'a\\b'", "`a\\b` has a name with a backslash"),
        ("touch @out(o)/\"a$(printf '\\t')b\"", "`a\tb` has a name with a control character"),
        ("touch @out(o)/$(printf '\\377')", "`\u{fffd}` has a name that is not UTF-8"),
        ("mkfifo @out(o/pipe)", "`pipe` is neither a file nor a directory nor a link"),
    ] {
        let step = sh("s", text).writes("o", "");
        let failing = job("a").artifact("o", &[("", FieldKind::Opaque, "")]).step(step);
        let failure = world.fail(&plan([failing]), "a").await;
        assert_eq!(cause(&failure), format!("made the output `o`, which cannot be stored: {expected}"));
    }
}

#[tokio::test]
async fn an_opaque_directory_is_there_and_empty_and_may_stay_so() {
    let world = World::new();
    let step = sh("s", "test -d @out(o) && test -z \"$(ls -A @out(o))\"").writes("o", "");
    let maker = job("a").artifact("o", &[("", FieldKind::Opaque, "")]).step(step);
    let reader = job("b").consumes("family/key", "a", "o").sh("ls -A @in(family/key:) | wc -l");
    world.succeed(&plan([maker, reader])).await;
    assert_eq!(world.lines("b"), ["0"]);
}

#[tokio::test]
async fn files_beside_the_outputs_are_left_out_and_told() {
    let world = World::new();
    let text = "echo a > @out(o/a.txt); echo b > @out(o/b.txt)";
    let maker = job("a").artifact("o", &[("", FieldKind::File, "a.txt")]).step(sh("s", text).writes("o", ""));
    world.succeed(&plan([maker, job("b").consumes("o", "a", "o").sh("ls @in(o:)")])).await;
    assert_eq!(world.lines("b"), ["a.txt"]);
    assert_eq!(world.notes(), ["files beside the declared outputs are left out: `o/b.txt`"]);
}

#[tokio::test]
async fn optional_fields_may_be_absent() {
    let world = World::new();
    let mut maker = job("a").artifact("o", &SERVER[1..2]).step(sh("s", "true").writes("o", "notes"));
    if let flow_plan::model::OutputKind::Artifact(schema) = &mut maker.outputs[0].kind {
        schema.fields[0].optional = true;
    }
    world.succeed(&plan([maker, job("b").consumes("o", "a", "o").sh("test ! -e @in(o:notes.txt)")])).await;
}

fn take(from: &str, to: &str, kind: FieldKind) -> Step {
    let to = Location::Produced { output: "o".into(), path: to.into() };
    Step { run: Run::Take { from: from.into(), to, kind, pattern: false }, ..sh("take", "") }
}

#[tokio::test]
async fn what_a_tool_left_is_taken() {
    let world = World::new();
    let fields = [("app", FieldKind::Exec, "bin/app"), ("docs", FieldKind::Opaque, "docs")];
    let maker = || {
        job("a")
            .artifact("o", &fields)
            .sh("mkdir -p t/docs/.x; echo '#!/bin/sh' > t/app; chmod +x t/app; ln -s .x t/docs/l; ln -s app t/same")
            .step(take("t/same", "bin/app", FieldKind::Exec).writes("o", "app"))
            .step(take("t/docs", "docs", FieldKind::Opaque).writes("o", "docs"))
    };
    world
        .succeed(&plan([maker(), job("b").consumes("o", "a", "o").sh("@in(o:bin/app); readlink @in(o:docs/l)")]))
        .await;
    assert_eq!(world.lines("b"), [".x"]);

    let mut missing = maker();
    missing.steps[1] = take("t/application", "bin/app", FieldKind::Exec);
    let failure = world.fail(&plan([missing]), "a").await;
    assert_eq!(cause(&failure), "was to take `t/application`, but it is not there");
}

#[tokio::test]
async fn what_is_exposed_lies_in_the_project() {
    let world = World::new();
    let out = world.project().join(".flow/out/ci");
    let exposing = build().exposes("the server", "server", None).exposes("notes", "server", Some("notes"));
    let plan = plan([exposing, job("x")]);
    let summary = world.succeed(&plan).await;
    let paths: Vec<PathBuf> = summary.exposed.iter().map(|it| it.path.clone()).collect();
    assert_eq!(paths, [out.join("the server"), out.join("notes")]);
    assert_eq!(std::fs::read_to_string(out.join("notes/notes.txt")).unwrap(), "hello\n");
    let binary = out.join("the server/bin/server");
    assert_eq!(std::fs::metadata(&binary).unwrap().permissions().mode() & 0o111, 0o111);
    assert_eq!(std::fs::read_link(out.join("the server/assets/link")).unwrap(), Path::new(".hidden/file"));
    assert_eq!(std::fs::read_to_string(world.project().join(".flow/.gitignore")).unwrap(), "*\n");

    std::fs::write(out.join("notes/old.txt"), "").unwrap();
    world.succeed(&plan).await;
    let names: Vec<String> = std::fs::read_dir(out.join("notes"))
        .unwrap()
        .map(|it| it.unwrap().file_name().into_string().unwrap())
        .collect();
    assert_eq!(names, ["notes.txt"]);
    assert_eq!(std::fs::read_dir(&out).unwrap().count(), 2);
}

#[tokio::test]
async fn a_job_that_fails_exposes_what_it_has() {
    let world = World::new();
    let failing = build().sh("false").exposes("notes", "server", Some("notes")).exposes("all", "server", None);
    let summary = world.run(&plan([failing])).await;
    assert_eq!(summary.exposed.len(), 2);
    assert!(summary.exposed[0].path.join("notes.txt").is_file());
}

/// All blobs of the store.
fn blobs(world: &World) -> Vec<PathBuf> {
    let folders = std::fs::read_dir(world.store().join("blobs")).unwrap();
    folders.flat_map(|it| std::fs::read_dir(it.unwrap().path()).unwrap()).map(|it| it.unwrap().path()).collect()
}

#[tokio::test]
async fn a_damaged_blob_is_noticed_and_made_again() {
    let world = World::new();
    let text = "echo content > @out(o/file)";
    let maker = || job("a").artifact("o", &[("", FieldKind::File, "file")]).step(sh("s", text).writes("o", ""));
    let store = world.store().display().to_string();
    let damage = |command: &str| {
        let damage =
            job("damage").after("a").sh(&format!("for b in {store}/blobs/*/*; do chmod u+w $b; {command}; done"));
        plan([maker(), damage, job("use").consumes("o", "a", "o").after("damage").sh("cat @in(o:file)")])
    };
    for (command, expected) in [
        ("printf CONTENT > $b; echo >> $b", "the stored file `file` was damaged: "),
        ("printf x >> $b", "the stored file `file` was damaged: "),
        ("rm $b", "the stored file `file` has gone: "),
    ] {
        let failure = world.fail(&damage(command), "use").await;
        let text = cause(&failure);
        assert!(text.starts_with(&format!("cannot use `o`, which is `o` of job `a`: {expected}")), "{text}");
        assert!(blobs(&world).is_empty());
    }
    world.succeed(&damage("true")).await;
    assert_eq!(world.lines("use").last().unwrap(), "content");
}

#[tokio::test]
async fn a_damaged_manifest_is_noticed() {
    let world = World::new();
    let maker = job("a").artifact("o", &[("", FieldKind::File, "f")]).step(sh("s", ": > @out(o/f)").writes("o", ""));
    let damage = format!("for m in {}/manifests/*/*; do chmod u+w $m; echo >> $m; done", world.store().display());
    let plan = plan([maker, job("damage").after("a").sh(&damage), job("use").consumes("o", "a", "o").after("damage")]);
    let failure = world.fail(&plan, "use").await;
    assert!(cause(&failure).contains("the stored manifest was damaged"), "{}", cause(&failure));
}

#[tokio::test]
async fn runs_at_the_same_time_share_a_store() {
    let world = World::new();
    let exposing = build().exposes("server", "server", None);
    let plan = plan([exposing, job("use").consumes("server", "build", "server").sh("cat @in(server:notes.txt)")]);
    let (a, b, c) = tokio::join!(world.succeed(&plan), world.succeed(&plan), world.succeed(&plan));
    assert!(a.run != b.run && b.run != c.run && a.run != c.run);
    assert_eq!(world.lines("use"), ["hello", "hello", "hello"]);
    assert_eq!(a.jobs[0].outputs, c.jobs[0].outputs);
}

#[tokio::test]
async fn a_run_that_succeeds_leaves_logs_and_records() {
    let world = World::new();
    let read_only = job("b").consumes("server", "build", "server").sh("mkdir -p x/y; chmod -R a-w x");
    let summary = world.succeed(&plan([build(), read_only])).await;
    let mut names: Vec<String> =
        std::fs::read_dir(&summary.folder).unwrap().map(|it| it.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["lock", "logs", "records", "result.json"]);
    let record = std::fs::read_to_string(summary.folder.join("records/b.json")).unwrap();
    let record: serde_json::Value = serde_json::from_str(&record).unwrap();
    assert_eq!(record["consumed"]["server"]["makers"][0]["job"], "build");
    assert_eq!(record["maker"]["run"], summary.run);
}

#[tokio::test]
async fn only_the_newest_runs_are_kept() {
    let world = World::new();
    for _ in 0..14 {
        world.run(&plan([job("a").sh("mkdir d; chmod a-w d; false")])).await;
    }
    assert_eq!(std::fs::read_dir(world.store().join("runs")).unwrap().count(), 11);
}

#[tokio::test]
async fn a_store_of_another_version_is_refused() {
    let world = World::new();
    std::fs::create_dir(world.store()).unwrap();
    std::fs::write(world.store().join("version"), "flow-store 9\n").unwrap();
    let error = world.try_run(&plan([job("a")])).await.unwrap_err();
    assert!(matches!(error, RunError::Store(_)));
    assert!(error.to_string().contains("is of version `flow-store 9`, this program knows `flow-store 1`"));
}

#[tokio::test]
async fn the_store_is_found_by_the_environment() {
    let run = async |name: &str, value: &Path| {
        let mut world = World::new();
        world.options.store = None;
        world.options.environment.remove(std::ffi::OsStr::new("FLOW_STORE"));
        world.options.environment.insert(name.into(), value.into());
        world.try_run(&plan([job("a")])).await.map(|it| it.folder).map_err(|it| it.to_string())
    };
    let cache = tempfile::tempdir().unwrap();
    let folder = run("FLOW_STORE", cache.path()).await.unwrap();
    assert!(folder.starts_with(cache.path().join("runs")));
    if cfg!(target_os = "linux") {
        let folder = run("XDG_CACHE_HOME", cache.path()).await.unwrap();
        assert!(folder.starts_with(cache.path().join("flow/runs")));
    }
    let error = run("FLOW_STORE", Path::new("s3://bucket")).await.unwrap_err();
    assert_eq!(error, "FLOW_STORE is `s3://bucket`, but the store must be a folder on this machine");
}

#[tokio::test(flavor = "multi_thread")]
async fn programs_can_be_run_while_others_are_written() {
    // A process that starts while a program's file is written must not keep that file busy.
    let mut world = World::new();
    world.options.jobs = std::num::NonZeroUsize::new(8).unwrap();
    world.write("tool.sh", "#!/bin/sh\necho tool\n");
    std::fs::set_permissions(world.project().join("tool.sh"), PermissionsExt::from_mode(0o755)).unwrap();
    let use_it = |index| {
        let job = job(&format!("use{index}")).checkout().consumes("server", "build", "server");
        job.sh("./tool.sh; @in(server:bin/server); @in(server:assets/run)")
    };
    world.succeed(&plan([build()].into_iter().chain((0..100).map(use_it)))).await;
}
