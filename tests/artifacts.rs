//! Artifacts, whole: the same programs run here and, as they are emitted, as GitHub would run them.
//! Files have the same content, modes and links, and what is refused here is refused there.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;

use flow_tests::binary::{Ran, command};
use flow_tests::both::{run, run_with};

/// A job that lists what lies where its input does.
const LOOK: &str = r##"
job look(it: Release) -> (seen: file = "seen.txt") on linux {
    sh "cd $(dirname #{it.sums}) && find . -mindepth 1 -printf '%y %m %P %l\n' | sed 's/ *$//' | LC_ALL=C sort -k3 > #{out seen}"
}
"##;

fn release(steps: &str) -> String {
    format!(
        r##"artifact Release {{
    sums: file = "SUMS"
    wheels: [file] = "*.whl"
    tools: [exec]? = "bin/*"
    pages: [file]? = "doc/**/*.html"
    app: file = "app-*.tar"
}}
job build() -> (release: Release) on linux {{
    sh """
    echo sums > #{{out release.sums}}
    cd #{{out release.wheels}} && : #{{out release.tools}} #{{out release.pages}} #{{out release.app}}
    {steps}
    """
}}
{LOOK}
pipeline ci {{
    on manual
    let built = build()
    expose look(built) as "seen"
    expose built as "release"
}}
"##
    )
}

const GOOD: &str = "echo a > a.whl; echo b > 'b c.whl'; echo x > app-1.tar; mkdir -p bin doc/x/.y
    echo t > bin/-t; chmod +x bin/-t; echo p > doc/p.html; echo q > doc/x/.y/q.html; echo h > .hidden.whl";

#[test]
fn patterns_travel() {
    let both = run(&release(GOOD)).succeeds();
    assert_eq!(
        both.seen(),
        "f 444 .hidden.whl\nf 444 SUMS\nf 444 a.whl\nf 444 app-1.tar\nf 444 b c.whl\nd 555 bin\nf 555 bin/-t\n\
         d 555 doc\nf 444 doc/p.html\nd 555 doc/x\nd 555 doc/x/.y\nf 444 doc/x/.y/q.html\n"
    );
    let release = both.exposed("release");
    let names: Vec<&str> = release.keys().map(String::as_str).collect();
    assert_eq!(
        names,
        [".hidden.whl", "SUMS", "a.whl", "app-1.tar", "b c.whl", "bin/-t", "doc/p.html", "doc/x/.y/q.html"]
    );
}

#[test]
fn what_no_field_names_is_left_out() {
    let both = run(&release(&format!("{GOOD}; echo s > stray; mkdir -p bin/deep; echo s > bin/deep/stray"))).succeeds();
    assert!(!both.seen().contains("stray"));
    assert!(both.local.all().contains("files beside the declared outputs are left out: `release/bin/deep/stray`"));
    assert!(!both.exposed("release").keys().any(|it| it.contains("stray")));
}

#[test]
fn a_plain_artifact_is_what_its_schema_names() {
    let both = run(r##"artifact Pair {
    one: file = "sub/one"
    two: file? = "sub/two"
    three: file? = "sub/three"
}
job make() -> (pair: Pair) on linux {
    sh "echo 1 > #{out pair.one}; echo 2 > #{out pair.two}; echo s > $(dirname #{out pair.one})/stray"
}
job look(it: Pair) -> (seen: file = "seen.txt") on linux {
    sh "cd $(dirname #{it.one})/.. && find . -type f | LC_ALL=C sort > #{out seen}"
}
pipeline ci {
    on manual
    let made = make()
    expose look(made) as "seen"
    expose made as "pair"
}
"##)
    .succeeds();
    assert_eq!(both.seen(), "./sub/one\n./sub/two\n");
    assert_eq!(both.exposed("pair").keys().collect::<Vec<_>>(), ["one", "two"]);
}

#[test]
fn patterns_that_match_too_little_or_too_much_are_told() {
    for (change, here, there) in [
        ("rm *.whl .*.whl", "`*.whl` matches no file", "release.wheels: job build wrote no file *.whl"),
        (
            "echo > app-2.tar",
            "`app-*.tar` matches more than one file",
            "release.app: job build wrote more than one file app-*.tar",
        ),
        (
            "chmod -x bin/-t",
            "matches `bin/-t`, which is not executable",
            "release.tools: a file bin/* of job build is not executable",
        ),
        (
            "rm app-1.tar; mkdir app-1.tar",
            "`app-*.tar` matches no file",
            "release.app: job build wrote no file app-*.tar",
        ),
        ("echo > a:b.whl", "whose name has a ':'", "release: artifacts of files take no name with one of"),
        ("echo > \"$(printf 'a\\nb.whl')\"", "whose name has a '\\n'", "release: a name holds a control character"),
    ] {
        let both = run(&release(&format!("{GOOD}\n    {change}")));
        let (local, hosted) = both.failures();
        assert!(local.contains(here), "{change}: {local}");
        assert!(hosted.contains(there), "{change}: {hosted}");
    }
}

#[test]
fn files_are_taken_by_patterns() {
    let both = run(r##"artifact Release {
    sums: file = "SUMS"
    wheels: [file] = "*.whl"
    tools: [exec] = "bin/**/*"
}
job build() -> (release: Release, logs: [file]? = "log/*.log") on linux {
    sh "mkdir -p dist/x/y target/a/b; echo 1 > dist/1.whl; echo 2 > dist/x/y/2.whl; echo t > target/a/b/t; touch dist/x/n.txt"
    sh "echo sums > #{out release.sums}"
    out release.wheels = files("dist/**/*.whl")
    out release.tools = files("target/**")
    out logs = files("nowhere/*.log")
}
job pass(it: Release) -> (wheels: [file] = "w/*") on linux {
    out wheels = it.wheels
}
job list(wheels: [file], it: Release) -> (seen: file = "seen.txt") on linux {
    sh "find $(dirname #{it.sums}) -type f -printf '%m %P\n' | LC_ALL=C sort > #{out seen}"
}
pipeline ci {
    on manual
    let built = build()
    let passed = pass(built.release)
    expose list(passed, built.release) as "seen"
    expose passed as "passed"
    expose built.logs as "logs"
}
"##)
    .succeeds();
    assert_eq!(both.seen(), "444 1.whl\n444 2.whl\n444 SUMS\n555 bin/a/b/t\n");
    assert_eq!(both.exposed("passed").keys().collect::<Vec<_>>(), ["1.whl", "2.whl"]);
    assert!(both.exposed("logs").is_empty());
}

#[test]
fn two_files_of_one_name_are_not_taken_as_one() {
    let both = run(r##"job build() -> (logs: [file] = "*.log") on linux {
    sh "mkdir -p a b; touch a/x.log b/x.log"
    out logs = files("*/x.log")
}
pipeline ci {
    on manual
    expose build() as "logs"
}
"##);
    let (local, hosted) = both.failures();
    assert!(local.contains("more than one file called `x.log`"), "{local}");
    assert!(hosted.contains("logs: more than one file is called x.log"), "{hosted}");
}

#[test]
fn what_is_found_is_exposed() {
    let both = run_with(
        r##"job make() -> (dir: opaque) on linux {
    sh "mkdir -p a/b/c; echo 1 > a/b/1.log; echo 2 > a/b/.2.log; mkdir a/b/d.log; echo 3 > a/b/d.log/3; echo o > #{out dir}/o"
    expose file("README") as "one"
    expose files("a/b/*.log") as "some"
    expose files("a/**/*") as "all"
    expose files("a/**/*.log") as "logs"
    expose dir("a") as "dir"
    expose file("nowhere") as "none"
}
job use_it(dir: opaque) on linux {
    sh "test -f #{dir}/o"
    expose dir as "given"
}
pipeline ci {
    on manual
    use_it(make())
}
"##,
        &[("README", "read me\n")],
    )
    .succeeds();
    let names = |name: &str| both.exposed(name).into_keys().collect::<Vec<_>>();
    assert_eq!(both.exposed("one"), BTreeMap::from([("README".to_owned(), "read me\n".to_owned())]));
    assert_eq!(names("some"), [".2.log", "1.log"]);
    assert_eq!(names("all"), ["b/.2.log", "b/1.log", "b/d.log/3"]);
    assert_eq!(names("logs"), ["b/.2.log", "b/1.log"]);
    assert_eq!(names("dir"), ["b/.2.log", "b/1.log", "b/d.log/3"]);
    assert_eq!(names("given"), ["o"]);
    assert!(names("none").is_empty());
}

#[test]
fn a_family_of_outputs_is_written_member_by_member_or_whole() {
    let both = run(r##"enum Os2 { debian, fedora }
job make() -> (apps: [k in Os2: file] = "app-#{k}") on linux {
    sh "echo d > #{out apps[debian]}; echo f > #{out apps[fedora]}"
}
job all(apps: [k in Os2: file]) -> (again: [k in Os2: file] = "again-#{k}", seen: file = "seen.txt") on linux {
    out again = apps
    sh "cat #{apps[fedora]} #{apps[debian]} > #{out seen}"
}
pipeline ci {
    on manual
    let again = all(make().apps)
    expose again.seen as "seen"
    expose again.again[debian] as "debian"
}
"##)
    .succeeds();
    assert_eq!(both.seen(), "f\nd\n");
    assert_eq!(both.exposed("debian"), BTreeMap::from([("again-debian".to_owned(), "d\n".to_owned())]));
}

/// Names that are fine in a sealed directory, however strange.
#[test]
fn strange_names_travel_in_directories() {
    let long = "n".repeat(200);
    let both = run(&format!(
        r##"job make() -> (dir: opaque) on linux {{
    sh """
    cd #{{out dir}}
    echo 1 > 'a b'; echo 2 > -n; echo 3 > 'ünï 🦀'; echo 4 > {long}; echo 5 > "it's"; echo 6 > 'a"b'; echo 7 > 'x:y*?<>|'
    mkdir -p ' lead' 'trail ' .h/.i none '*'; echo 8 > '*/$HOME'; echo 9 > '%0A'; ln -s -- -n 'a link'; ln -s none to
    ln -s '../a b' .h/up; chmod +x 'a b'
    """
}}
job look(dir: opaque) -> (seen: file = "seen.txt") on linux {{
    sh "cd #{{dir}} && find . -mindepth 1 -printf '%y %m %P -> %l\n' | LC_ALL=C sort > #{{out seen}}; cat -- */* * 2> /dev/null >> #{{out seen}} || true"
}}
pipeline ci {{
    on manual
    expose look(make()) as "seen"
}}
"##
    ))
    .succeeds();
    let seen = both.seen();
    for line in [
        "f 555 a b -> ",
        "l 777 a link -> -n",
        "l 777 .h/up -> ../a b",
        "d 555 none -> ",
        "f 444 */$HOME -> ",
        "f 444 %0A -> ",
    ] {
        assert!(seen.lines().any(|it| it == line), "{line}: {seen}");
    }
}

/// Jobs that store the same content at once do not fail on each other.
#[test]
fn equal_content_is_stored_by_several_jobs_at_once() {
    let program = r##"job make(const n: int) -> (dir: opaque) on linux {
    bash "cd #{out dir}; for i in {1..60}; do echo same $i > $i; done"
}
pipeline ci {
    on manual
    for n in [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12] { make(n) }
}
"##;
    let folder = tempfile::Builder::new().prefix("flow").tempdir().unwrap();
    std::fs::write(folder.path().join("flow.toml"), "").unwrap();
    std::fs::write(folder.path().join("ci.flow"), program).unwrap();
    for round in 0..4 {
        let mut run = command(folder.path(), &["run", "ci", "--jobs", "12"]);
        run.env("FLOW_STORE", folder.path().join(format!("store-{round}")));
        let ran = Ran::from(run.output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.all());
    }
}

#[test]
fn what_may_be_any_number_is_not_counted() {
    let world = flow_tests::world::World::of(
        r##"job a() -> (notes: [file]? = "n/*.md", wheels: [file] = "*.whl") on linux {
    sh ": #{out notes} #{out wheels}"
}
job b(notes: [file]?, wheels: [file]) on linux { bash "ls #{notes...} #{wheels...}" }
pipeline ci { on push
    let made = a()
    b(made.notes, made.wheels) }
"##,
    );
    let emitted = world.run(&["emit", "ci", "--backend", "github", "--stdout"]);
    assert_eq!(emitted.code, Some(0), "{}", emitted.all());
    assert_eq!(emitted.out.matches("found=$(matching").count(), 1, "a variable that nothing reads:\n{}", emitted.out);
}
