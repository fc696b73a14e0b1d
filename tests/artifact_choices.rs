//! Artifacts that may lack, of which one of several is taken, or that an earlier run made; what is read
//! of them. The same programs run here and, as they are emitted, as GitHub would run them.

#![cfg(target_os = "linux")]

use std::collections::BTreeMap;
use std::process::Command;

use flow_tests::binary::{Ran, command};
use flow_tests::both::{files, run};
use flow_tests::github::{self, Options, Outcome};

/// A pipeline in which a parameter decides between jobs.
fn chosen(flag: bool) -> String {
    format!(
        r##"artifact App {{
    bin: exec = "bin/app"
    log: file? = "log"
}}
job build(const n: int) -> (app: App, libs: opaque, lone: exec = "app-#{{n}}") on linux {{
    sh "echo #{{n}} > #{{out app.bin}}; chmod +x #{{out app.bin}}; echo l > #{{out libs}}/l; echo e > #{{out lone}}; chmod +x #{{out lone}}"
}}
job look(app: App, libs: opaque, lone: exec) -> (seen: file = "seen.txt") on linux {{
    sh """
    cat #{{app.bin}} > #{{out seen}}
    stat -c %a #{{app.bin}} #{{lone}} >> #{{out seen}}
    ls #{{libs}} >> #{{out seen}}
    """
}}
pipeline ci {{
    on manual
    param flag: bool = {flag}
    let builds = for n in [1, 2] {{ build(n) }}
    let app = if flag {{ builds[1].app }} else {{ builds[2].app }}
    let libs = if flag {{ builds[1].libs }} else {{ builds[2].libs }}
    let lone = if flag {{ builds[1].lone }} else {{ builds[2].lone }}
    expose look(app, libs, lone) as "seen"
}}
"##
    )
}

#[test]
fn one_of_two_is_what_a_condition_chooses() {
    assert_eq!(run(&chosen(true)).succeeds().seen(), "1\n555\n555\nl\n");
    assert_eq!(run(&chosen(false)).succeeds().seen(), "2\n555\n555\nl\n");
}

/// The same where only one of the two jobs runs.
fn taken(flag: bool) -> String {
    chosen(flag)
        .replace("let builds = for n in [1, 2] { build(n) }", "let one = if flag { build(1) } else { build(2) }")
        .replace("let app = if flag { builds[1].app } else { builds[2].app }", "")
        .replace("let libs = if flag { builds[1].libs } else { builds[2].libs }", "")
        .replace("let lone = if flag { builds[1].lone } else { builds[2].lone }", "")
        .replace("look(app, libs, lone)", "look(one.app, one.libs, one.lone)")
}

#[test]
fn what_one_of_two_jobs_made_is_taken() {
    assert_eq!(run(&taken(true)).succeeds().seen(), "1\n555\n555\nl\n");
    assert_eq!(run(&taken(false)).succeeds().seen(), "2\n555\n555\nl\n");
}

#[test]
fn optional_files_may_be_missing() {
    let program = |steps: &str| {
        format!(
            r##"artifact Maybe {{
    log: file? = "log"
    dir: opaque? = "dir"
}}
job make() -> (it: Maybe, alone: file? = "alone") on linux {{
    sh "{steps}"
    sh "true || echo #{{out it.log}} #{{out it.dir}} #{{out alone}}"
}}
job look(it: Maybe, alone: file?) -> (seen: file = "seen.txt", again: Maybe) on linux {{
    sh "echo done > #{{out seen}}; find $FLOW_TEMP/in $RUNNER_TEMP/flow/in -type f 2> /dev/null | sed 's,.*/in/,,' | LC_ALL=C sort >> #{{out seen}} || true"
    out again = it
}}
pipeline ci {{
    on manual
    let made = make()
    let looked = look(made.it, made.alone)
    expose looked.seen as "seen"
    expose looked.again as "again"
}}
"##
        )
    };
    let both = run(&program("true")).succeeds();
    assert_eq!(both.seen(), "done\n");
    assert!(both.exposed("again").is_empty());
}

#[test]
fn what_is_always_published_survives_a_failure() {
    let both = run(
        r##"job test(const n: int) -> (always report: opaque, always log: file = "log.txt", app: file = "app") on linux {
    sh "test #{n} != 3; echo #{n} > #{out log}; echo r > #{out report}/r#{n}; echo #{out app} > /dev/null; test #{n} = 1 && echo a > #{out app}"
    expose log as "log #{n}" { when = failed }
    expose report as "report #{n}"
}
job one(log: file) -> (seen: file = "seen.txt") on linux { sh "cat #{log} > #{out seen}" }
pipeline ci {
    on manual
    let tests = for n in [1, 2, 3] { test(n) }
    let first = one(tests[1].log) as "first"
    let two = one(tests[2].log) as "second"
    let three = one(tests[3].log) as "third"
    expose first as "one"
    expose two as "two"
    expose three as "three"
}
"##,
    );
    assert_eq!(both.local.code, Some(1), "{}", both.local.all());
    assert_eq!(both.hosted.outcome, Outcome::Failure, "{}", both.hosted.log);
    assert_eq!(both.exposed("one").values().collect::<Vec<_>>(), ["1\n"]);
    assert_eq!(both.exposed("two").values().collect::<Vec<_>>(), ["2\n"]);
    assert!(both.exposed("three").is_empty(), "what was not made skips its reader");
    assert_eq!(both.exposed("report 2").keys().collect::<Vec<_>>(), ["r2"]);
    assert_eq!(both.exposed("log 2").values().collect::<Vec<_>>(), ["2\n"]);
    assert!(both.exposed("log 1").is_empty());
}

#[test]
fn what_patterns_match_is_read() {
    let both = run(r##"artifact Release {
    wheels: [file] = "w/*.whl"
    app: file = "app-*.tar"
    notes: [file]? = "notes/**/*.txt"
    extra: file? = "extra-*"
}
job build() -> (release: Release) on linux {
    sh "cd #{out release.wheels}; echo 1 > 'a b.whl'; echo 2 > c.whl"
    sh "echo t > #{out release.app}/app-7.tar; : #{out release.notes} #{out release.extra}"
    bash "for f in #{release.wheels...}; do basename \"$f\"; done; cat #{release.app}"
}
job read(it: Release, wheels: [file]) -> (seen: file = "seen.txt") on linux {
    sh """
    for f in #{it.wheels...}; do basename "$f" >> #{out seen}; done
    cat #{it.app} "$(dirname #{it.app})"/app-7.tar >> #{out seen}
    """
    let count = sh "printf '%s\n' #{wheels...} | wc -l | tr -d ' '"
    bash "notes=(#{it.notes...}); echo ${#notes[@]} #{count} >> \"$(dirname #{it.app})/../../out/seen/seen.txt\""
    if it.extra != none { sh "exit 3" }
}
pipeline ci {
    on manual
    let built = build()
    expose read(built, built.wheels) as "seen"
}
"##)
    .succeeds();
    assert_eq!(both.seen(), "a b.whl\nc.whl\nt\nt\n0 2\n");
}

#[test]
fn members_that_were_not_made_are_left_out() {
    let both = run(r##"job test(const n: int) -> (always report: opaque) on linux {
    sh "echo #{n} > #{out report}/r"
    sh "test #{n} != 2"
}
job early(const n: int) -> (always report: opaque) on linux {
    sh "test #{n} != 2"
    sh "echo #{n} > #{out report}/r"
}
job sum(tests: [int: opaque], others: [int: opaque], all: opaque) -> (seen: file = "seen.txt") on linux {
    bash "for dir in #{tests...} #{others...}; do cat $dir/r >> #{out seen}; done; ls #{all} >> #{out seen}"
}
pipeline ci {
    on manual
    let tests = for n in [1, 2, 3] { test(n) }
    let others = for n in [1, 2, 3] { early(n) }
    let sums = sum(tests, others, merge(others, on_conflict: identical))
    expose sums as "seen"
}
"##
    .replace("echo #{n} > #{out report}/r\"\n}\njob sum", "echo same > #{out report}/r\"\n}\njob sum")
    .as_str());
    assert_eq!(both.local.code, Some(1), "{}", both.local.all());
    assert_eq!(both.hosted.outcome, Outcome::Failure, "{}", both.hosted.log);
    assert_eq!(both.seen(), "1\n2\n3\nsame\nsame\nr\n");
}

/// What a file has to hold, and whether a text does.
#[test]
fn json_is_checked_alike() {
    let types = "enum Color { red, green }
struct Part { name: string, size: int, tags: [string], color: Color?, ok: bool }
struct Meta { version: string, parts: [Part], note: string? }
";
    let part = r#"{"name":"a","size":1,"tags":[],"ok":true}"#;
    let meta = |parts: &str| format!(r#"{{"version":"1","parts":[{parts}]}}"#);
    let cases = [
        (meta(part), true),
        (meta(""), true),
        (meta(&part.replace("\"ok\":true", "\"ok\":true,\"color\":\"red\"")), true),
        (meta(&part.replace("\"ok\":true", "\"ok\":true,\"color\":null")), true),
        (meta(&part.replace("\"size\":1", "\"size\":1.0")), true),
        (format!(" {}\n\n", meta(part)), true),
        (meta(&part.replace("\"ok\":true", "\"ok\":true,\"color\":\"Red\"")), false),
        (meta(&part.replace("\"ok\":true", "\"ok\":\"true\"")), false),
        (meta(&part.replace("\"size\":1", "\"size\":1.5")), false),
        (meta(&part.replace("\"size\":1", "\"size\":1e30")), false),
        (meta(&part.replace("\"size\":1", "\"size\":\"1\"")), false),
        (meta(&part.replace("\"tags\":[]", "\"tags\":[1]")), false),
        (meta(&part.replace("\"tags\":[],", "")), false),
        (meta(part).replace("\"version\":\"1\"", "\"version\":null"), false),
        (meta(part).replace("\"version\":\"1\"", "\"version\":\"1\",\"more\":1"), false),
        (meta(part).replace(']', ""), false),
        (format!("{0}{0}", meta(part)), false),
        (String::new(), false),
        ("null".to_owned(), false),
        ("[]".to_owned(), false),
    ];
    let mut jobs = String::new();
    let mut calls = String::new();
    for (index, (text, _)) in cases.iter().enumerate() {
        let octal: String = text.bytes().map(|it| format!("\\\\{it:03o}")).collect();
        jobs.push_str(&format!(
            "job make_{index}() -> (meta: json(Meta) = \"meta.json\") on linux {{\n    checkout = none\n    sh \"printf '{octal}' > #{{out meta}}\"\n}}\n"
        ));
        calls.push_str(&format!("    make_{index}()\n"));
    }
    let both = run(&format!("{types}{jobs}pipeline ci {{\n    on manual\n{calls}}}\n"));
    for (index, (text, good)) in cases.iter().enumerate() {
        let id = format!("make_{index}");
        let hosted = both.hosted.jobs.iter().find(|(it, _)| **it == id || **it == id.replace('_', "-")).unwrap().1;
        assert_eq!(hosted.outcome == Outcome::Success, *good, "hosted: {text}\n{}", both.hosted.log);
        let own = |line: &str| {
            line.split_once(" | ").is_some_and(|(job, said)| job.trim() == id && said.starts_with("failed"))
        };
        let failed = both.local.all().lines().any(own);
        assert_eq!(!failed, *good, "local: {text}\n{}", both.local.all());
    }
}

#[test]
fn json_is_read() {
    let both = run(r##"struct Meta { version: string, stable: bool, note: string? }
artifact App { meta: json(Meta) = "meta.json" }
job make() -> (app: App) on linux {
    sh "echo '{\"version\": \"1.2\", \"stable\": true}' > #{out app.meta}"
}
job read(app: App) -> (seen: file = "seen.txt") on linux {
    sh "echo #{app.meta.version} #{app.meta.stable} > #{out seen}"
}
pipeline ci {
    on manual
    let app = make()
    if app.meta.stable { expose read(app) as "seen" }
}
"##)
    .succeeds();
    assert_eq!(both.seen(), "1.2 true\n");
}

/// Two pipelines, one of which reads what the other one exposed.
fn nightly(run: &str) -> String {
    format!(
        r##"artifact Server {{
    bin: exec = "bin/server"
    notes: file? = "doc/notes"
    assets: opaque = "assets"
}}
job build() -> (server: Server, lone: exec = "bin/lone-one", dir: opaque) on linux {{
    checkout = none
    sh "echo s > #{{out server.bin}}; echo l > #{{out lone}}; chmod +x #{{out server.bin}} #{{out lone}}; echo a > #{{out server.assets}}/a; echo d > #{{out dir}}/d"
    sh "true || echo #{{out server.notes}}"
}}
job use_it(server: Server?, bin: exec?, lone: exec?, dir: opaque?, nothing: file?) -> (seen: file = "seen.txt") on linux {{
    checkout = none
    bash """
    for it in #{{bin...}} #{{lone...}}; do stat -c '%a %n' "$it" | sed 's,/.*/,,' >> #{{out seen}}; done
    for it in #{{dir...}}; do ls "$it" >> #{{out seen}}; done
    for it in #{{nothing...}}; do echo nothing >> #{{out seen}}; done
    echo end >> #{{out seen}}
    """
    if server != none {{ bash "cat #{{server.bin}} #{{server.assets}}/a" }}
}}
pipeline nightly {{
    on manual
    let built = build()
    expose built.server as "server"
    expose built.lone as "lone"
    expose built.dir as "dir"
}}
pipeline ci {{
    on manual
    let night = nightly.{run}
    expose use_it(night.server, night.server?.bin, night.lone, night.dir, none) as "seen"
}}
"##
    )
}

#[test]
fn what_an_earlier_run_exposed_is_read() {
    let folder = tempfile::Builder::new().prefix("flow").tempdir().unwrap();
    let project = folder.path().join("project");
    std::fs::create_dir(&project).unwrap();
    let git = |arguments: &[&str]| {
        let mut git = Command::new("git");
        git.current_dir(&project).args(["-c", "user.name=a", "-c", "user.email=a@b.example"]).args(arguments);
        assert!(git.status().unwrap().success());
    };
    let local = |pipeline: &str| {
        let mut run = command(&project, &["run", pipeline]);
        run.env("FLOW_STORE", folder.path().join("store"));
        let ran = Ran::from(run.output().unwrap());
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        ran.all()
    };
    std::fs::write(project.join("flow.toml"), "").unwrap();
    std::fs::write(project.join("ci.flow"), nightly("latest(branch: \"main\")")).unwrap();
    git(&["init", "--quiet", "--initial-branch=main"]);
    git(&["add", "--all"]);
    git(&["commit", "--quiet", "--message=all"]);
    let seen = project.join(".flow/out/ci/seen/seen.txt");
    local("ci");
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), "end\n", "there is no run yet");
    local("nightly");
    local("ci");
    let expected = "555 server\n555 lone-one\nd\nend\n";
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), expected);
    // Of another branch there is none.
    git(&["checkout", "--quiet", "-b", "other"]);
    std::fs::write(project.join("ci.flow"), nightly("latest(branch: \"other\")")).unwrap();
    local("ci");
    assert_eq!(std::fs::read_to_string(&seen).unwrap(), "end\n");

    std::fs::write(project.join("ci.flow"), nightly("run(id: 7)")).unwrap();
    let hosted = |pipeline: &str, options: &Options| {
        let emitted =
            Ran::from(command(&project, &["emit", pipeline, "--stdout", "--backend", "github"]).output().unwrap());
        assert_eq!(emitted.code, Some(0), "{}", emitted.all());
        let workflow = project.join(format!(".github/workflows/{pipeline}.yml"));
        std::fs::create_dir_all(workflow.parent().unwrap()).unwrap();
        std::fs::write(&workflow, &emitted.out).unwrap();
        let run = github::run(&workflow, options);
        assert_eq!(run.outcome, Outcome::Success, "{}\n{}", emitted.out, run.log);
        run
    };
    let options = Options { repository: project.clone(), ..Options::default() };
    let night = hosted("nightly", &options);
    let artifacts = night.artifacts["server"].folder.parent().unwrap().to_owned();
    let earlier = BTreeMap::from([("7".to_owned(), artifacts)]);
    let ci = hosted("ci", &Options { earlier, ..options });
    assert_eq!(files(&ci.artifacts["seen"].folder)["seen.txt"], expected.as_bytes());
}
