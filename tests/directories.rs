//! Opaque directories in runs of the real binary: what is sealed, what views show, what is refused.

#![cfg(target_os = "linux")]
use std::path::{Path, PathBuf};
use std::process::Command;

use flow_tests::binary::{Ran, command};
use flow_tests::hosted::{self, Hosted};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

/// Runs a program of one pipeline `ci` in a repository of its own.
fn run(program: &str) -> (TempDir, Ran) {
    let folder = tempfile::Builder::new().prefix("flow").tempdir().unwrap();
    let project = folder.path().join("project");
    std::fs::create_dir(&project).unwrap();
    std::fs::write(project.join("flow.toml"), "").unwrap();
    std::fs::write(project.join("ci.flow"), program).unwrap();
    let git = Command::new("git").current_dir(&project).args(["init", "--quiet"]).status().unwrap();
    assert!(git.success());
    let mut command = command(&project, &["run", "ci"]);
    command.env("FLOW_STORE", folder.path().join("store"));
    let ran = Ran::from(command.output().unwrap());
    (folder, ran)
}

/// The pipeline of the program as a hosted platform carries it out.
fn hosted(folder: &TempDir, backend: &str) -> Hosted {
    let emitted = Ran::from(
        command(&folder.path().join("project"), &["emit", "ci", "--stdout", "--backend", backend]).output().unwrap(),
    );
    assert_eq!(emitted.code, Some(0), "{}", emitted.all());
    hosted::run(&emitted.out, &folder.path().join(backend))
}

/// The digests of the directories that were sealed, as a hosted run packed them.
fn packed(folder: &Path, all: &mut Vec<String>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            packed(&path, all);
        } else if path.to_string_lossy().ends_with(".opaque.manifest") {
            let digest = Sha256::digest(std::fs::read(&path).unwrap());
            all.push(digest.iter().map(|byte| format!("{byte:02x}")).collect());
        }
    }
}

/// What the pipeline exposes as `seen`, in a file `seen.txt`: the same on every backend.
fn seen(program: &str) -> String {
    let (folder, ran) = run(program);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    let path: PathBuf = folder.path().join("project/.flow/out/ci/seen/seen.txt");
    let local = std::fs::read_to_string(path).unwrap();
    for backend in ["github", "ado"] {
        let hosted = hosted(&folder, backend);
        assert!(hosted.succeeded, "{backend}: {}", hosted.said);
        let there = std::fs::read_to_string(hosted.artifacts.join("seen/seen.txt")).unwrap();
        assert_eq!(there, local, "{backend}");
        let mut digests = Vec::new();
        packed(&hosted.artifacts, &mut digests);
        assert!(!digests.is_empty());
        for digest in digests {
            let manifest = folder.path().join("store/manifests").join(&digest[..2]).join(&digest[2..]);
            assert!(manifest.is_file(), "{backend}: the local run sealed no directory {digest}");
        }
    }
    local
}

/// What is said of a run that fails: here, then where it is hosted.
fn failure(program: &str) -> String {
    let (folder, ran) = run(program);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    for backend in ["github", "ado"] {
        let hosted = hosted(&folder, backend);
        assert!(!hosted.succeeded && hosted.said.contains("error"), "{backend} succeeds; local: {}", ran.all());
    }
    ran.all()
}

/// Two jobs that make directories, one that lists what it gets, and a pipeline.
fn program(one: &str, two: &str, argument: &str) -> String {
    format!(
        r##"artifact Kit {{
    notes: file = "notes.txt"
    libs: opaque = "share/libs"
}}
job one() -> (dir: opaque) on linux {{
    sh """
    cd #{{out dir}}
    {one}
    """
}}
job two() -> (kit: Kit) on linux {{
    sh """
    echo notes > #{{out kit.notes}}
    cd #{{out kit.libs}}
    {two}
    """
}}
job look(it: opaque) -> (seen: file = "seen.txt") on linux {{
    sh "cd #{{it}} && find . -mindepth 1 -printf '%y %m %P %l\n' | sed 's/ *$//' | LC_ALL=C sort -k3 > #{{out seen}}"
}}
pipeline ci {{
    on manual
    let one = one()
    let two = two()
    expose look({argument}) as "seen"
}}
"##
    )
}

const ONE: &str = "mkdir -p lib/.deep lib/none; echo 1 > lib/a.so; echo 2 > lib/.deep/b.so; echo 3 > top.txt
    echo '#!/bin/sh' > lib/run; chmod +x lib/run; ln -s .deep/b.so lib/link; ln -s gone lib/dangling";

#[test]
fn a_subtree_shows_all_that_lies_below() {
    assert_eq!(
        seen(&program(ONE, "true", "one.subtree(\"lib\")")),
        "d 555 .deep\nf 444 .deep/b.so\nf 444 a.so\nl 777 dangling gone\nl 777 link .deep/b.so\nd 555 none\nf 555 run\n"
    );
    assert_eq!(seen(&program(ONE, "true", "one.subtree(\"lib/none\")")), "");
}

#[test]
fn a_subtree_that_is_no_directory_is_refused() {
    let said = failure(&program(ONE, "true", "one.subtree(\"libs\")"));
    assert!(said.contains("cannot make `it` visible: there is no directory `libs` in `dir` of job `one`"), "{said}");
    let said = failure(&program(ONE, "true", "one.subtree(\"lib/link\")"));
    assert!(said.contains("there is no directory `lib/link`") || said.contains("is no directory"), "{said}");
    // What lies beside it is not its own.
    let said = failure(&program("mkdir lib; ln -s ../top lib/up; : > top", "true", "one.subtree(\"lib\")"));
    assert!(said.contains("the link `up` leads out of `lib` in `dir` of job `one`: it says `../top`"), "{said}");
}

#[test]
fn a_filter_shows_what_its_pattern_matches() {
    assert_eq!(
        seen(&program(ONE, "true", "one.filter(\"**/*.so\")")),
        "d 555 lib\nd 555 lib/.deep\nf 444 lib/.deep/b.so\nf 444 lib/a.so\n"
    );
    assert_eq!(seen(&program(ONE, "true", "one.filter(\"*.txt\")")), "f 444 top.txt\n");
    assert_eq!(seen(&program(ONE, "true", "one.filter(\"**/l?nk\")")), "d 555 lib\nl 777 lib/link .deep/b.so\n");
    assert_eq!(seen(&program(ONE, "true", "one.filter(\"*.zip\")")), "");
}

#[test]
fn directories_are_merged_as_they_are() {
    let two = "mkdir -p lib/.deep lib/none/more; echo x > lib/.deep/c.so; ln -s a.so lib/other; mkdir lib/empty";
    assert_eq!(
        seen(&program(ONE, two, "merge(one.subtree(\"lib\"), two.libs.subtree(\"lib\"))")),
        "d 555 .deep\nf 444 .deep/b.so\nf 444 .deep/c.so\nf 444 a.so\nl 777 dangling gone\nd 555 empty\n\
         l 777 link .deep/b.so\nd 555 none\nd 555 none/more\nl 777 other a.so\nf 555 run\n"
    );
}

#[test]
fn two_files_at_one_path_are_refused_with_both_sources() {
    let both = "`lib/a.so` is in `dir` of job `one` and in `kit.libs` of job `two`";
    for (two, identical, expected) in [
        ("mkdir lib; echo 1 > lib/a.so", false, Some(both)),
        ("mkdir lib; echo 1 > lib/a.so", true, None),
        ("mkdir lib; echo 2 > lib/a.so", true, Some(both)),
        ("mkdir lib; echo 1 > lib/a.so; chmod +x lib/a.so", true, Some(both)),
        ("mkdir lib; ln -s top.txt lib/a.so", true, Some(both)),
        ("mkdir -p lib/a.so/x", true, Some("`lib/a.so/x` is in")),
        ("echo > lib", true, Some("`lib` is in `dir` of job `one` and in `kit.libs` of job `two`")),
        ("mkdir lib; ln -s .deep/b.so lib/link", true, None),
        ("mkdir lib; ln -s run lib/link", true, Some("`lib/link` is in")),
    ] {
        let option = if identical { ", on_conflict: identical" } else { "" };
        let program = program(ONE, two, &format!("merge(one, two.libs{option})"));
        match expected {
            None => assert!(seen(&program).contains("f 444 lib/a.so\n"), "{two}"),
            Some(expected) => {
                let said = failure(&program);
                assert!(said.contains(expected), "{two}: {said}");
                assert!(said.contains("cannot make `it` visible"), "{said}");
            }
        }
    }
}

#[test]
fn views_are_directories_like_others() {
    // Of views, of a part, in a job, as an output that is sealed again and asserted.
    let program = r##"
artifact Kit {
    notes: file = "notes.txt"
    libs: opaque = "share/libs"
}
job make(const n: int) -> (kit: Kit) on linux {
    sh "echo #{n} > #{out kit.notes}; cd #{out kit.libs}; mkdir lib doc; echo #{n} > lib/#{n}.so; echo #{n} > doc/#{n}.txt"
}
job lay(all: opaque, docs: [int: opaque], notes: file) -> (both: opaque, copy: file = "n") on linux {
    sh "test $(ls #{all} | wc -l) = 2; test -f #{all.assert_exists("2.so")}"
    out both = merge(all, merge(docs).subtree("doc"))
    out copy = notes
}
job look(it: opaque, one: file, note: file) -> (seen: file = "seen.txt") on linux {
    sh "cd #{it}; { ls; cat #{one} #{note}; } > #{out seen}"
}
pipeline ci {
    on manual
    let made = for n in [1, 2] { make(n).kit }
    let libs = for n in [1, 2] { made[n].libs }
    let laid = lay(merge(libs).subtree("lib").filter("*.so"), libs, made[1].notes)
    expose look(laid.both.filter("?.*"), laid.both.assert_exists("2.txt"), laid.copy) as "seen"
}
"##;
    assert_eq!(seen(program), "1.so\n1.txt\n2.so\n2.txt\n2\n1\n");
}

#[test]
fn what_is_asserted_is_checked_when_sealed_and_when_consumed() {
    let with = |make: &str, argument: &str| {
        format!(
            r##"job make() -> (dir: opaque) on linux {{ sh "cd #{{out dir}}; mkdir -p lib/x; echo 1 > lib/a; ln -s a lib/l; {make}" }}
job look(it: file) -> (seen: file = "seen.txt") on linux {{ sh "cat #{{it}} > #{{out seen}}" }}
job both(it: opaque) -> (seen: file = "seen.txt") on linux {{ sh "cat #{{it.assert_exists("lib/a")}} > #{{out seen}}" }}
job own() -> (dir: opaque, seen: file = "seen.txt") on linux {{
    sh "mkdir #{{out dir}}/d"
    sh "cat #{{dir.assert_exists("d/f")}} > #{{out seen}} || :"
}}
pipeline ci {{
    on manual
    expose {argument} as "seen"
}}
"##
        )
    };
    assert_eq!(seen(&with("true", "look(make().assert_exists(\"lib/a\"))")), "1\n");
    assert_eq!(seen(&with("true", "look(make().assert_exists(\"lib/l\"))")), "1\n");
    assert_eq!(seen(&with("true", "look(make().subtree(\"lib\").assert_exists(\"a\"))")), "1\n");
    assert_eq!(seen(&with("true", "both(make())")), "1\n");
    // The producer fails, and the place is that of the assertion.
    let said = failure(&with("true", "look(make().assert_exists(\"lib/b\"))"));
    assert!(said.contains("make fails an `assert_exists`: `lib/b` is not there in `dir` of job `make`"), "{said}");
    assert!(said.contains("at ci.flow:10:17"), "{said}");
    let said = failure(&with("rm lib/a", "both(make())"));
    assert!(said.contains("make fails an `assert_exists`: `lib/a` is not there in `dir` of job `make`"), "{said}");
    for (path, problem) in [("lib/x", "is not a file"), ("lib/a/b", "is not there")] {
        let said = failure(&with("true", &format!("look(make().assert_exists(\"{path}\"))")));
        assert!(said.contains(&format!("`{path}` {problem} in `dir` of job `make`")), "{said}");
    }
    // Of a view only the consumer can say.
    let said = failure(&with("true", "look(make().subtree(\"lib\").assert_exists(\"b\"))"));
    let expected = "look fails an `assert_exists`: `b` is not there in `it`, which is `lib` in `dir` of job `make`";
    assert!(said.contains(expected), "{said}");
    let said = failure(&with("true", "own().seen"));
    assert!(said.contains("own fails an `assert_exists`: `d/f` is not there in `dir` of job `own`"), "{said}");
}

#[test]
fn what_no_system_can_hold_is_not_sealed() {
    for (make, expected) in [
        ("ln -s /etc/passwd link", "`dir/link` is a link to `/etc/passwd`, which is not inside the directory"),
        ("mkdir d; ln -s ../../x d/link", "`dir/d/link` is a link to `../../x`, which is not inside the directory"),
        ("mkfifo pipe", "`dir/pipe` is neither a file nor a directory nor a link"),
        ("touch \"$(printf 'a\\nb')\"", "has a name with a line break"),
        ("touch 'a\\\\b'", "has a name with a backslash"),
    ] {
        let said = failure(&program(make, "true", "one"));
        assert!(
            said.contains("made the output `dir`, which cannot be stored: ") && said.contains(expected),
            "{make}: {said}"
        );
    }
}

#[test]
fn a_job_that_changes_what_it_consumes_fails() {
    for (change, expected) in [
        ("echo more >> x", "changed `it`: `dir/x` was changed"),
        ("chmod u+w .; echo > y", "changed `it`: `dir/y` was added"),
        ("chmod u+w .; rm -f x", "changed `it`: `dir/x` was removed"),
        ("chmod u+w .; rm -f x; ln -s z x", "changed `it`: `dir/x` was changed"),
        ("chmod +x x", "changed `it`: `dir/x` was changed"),
        ("chmod u+w .; mkdir d", "changed `it`: `dir/d` was added"),
        ("rm -fr none", "changed `it`: `dir/none` was removed"),
    ] {
        let program = format!(
            r##"job make() -> (dir: opaque) on linux {{ sh "echo 1 > #{{out dir}}/x; mkdir #{{out dir}}/none" }}
job change(it: opaque) on linux {{ sh "cd #{{it}}; chmod -R u+w .; {change}" }}
pipeline ci {{
    on manual
    change(make())
}}
"##
        );
        // Where it is hosted nobody looks.
        let (_folder, ran) = run(&program);
        assert_eq!(ran.code, Some(1), "{}", ran.all());
        assert!(ran.all().contains(expected), "{change}: {}", ran.all());
    }
}
