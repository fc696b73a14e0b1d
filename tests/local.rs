//! Runs on this machine, as a user starts them: real processes, one test for each construct.

#![cfg(unix)]
use flow_tests::operators::{CASES, program};
use flow_tests::runs::Run;
use flow_tests::world::World;

#[test]
fn operators() {
    let world = World::of(&program(0..CASES.len()));
    let run = Run::of(&world, &["ops", "--keep-going"]).ends(1);
    let mut wrong = Vec::new();
    for (number, case) in CASES.iter().enumerate() {
        let job = run.job(&format!("case_{number}"));
        let found = job["outputs"]["r"]["value"].as_str();
        let outcome = if case.result.is_some() { "succeeded" } else { "failed" };
        if found != case.result || job["outcome"] != outcome {
            wrong.push(format!("{case:?}\n  gave {found:?}, {}: {}", job["outcome"], job["reason"]));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// The outcome table: what becomes of jobs that come after one that succeeds, is skipped, fails, or fails tolerated.
#[test]
fn outcomes() {
    let world = World::of(
        r##"
job make(const how: string) -> (text: string, always log: string) on linux {
    checkout = none
    bash "echo kept > #{out log}"
    bash "[ #{how} != fail ] && echo done > #{out text}"
}
job take(text: string) on linux { checkout = none sh "echo #{text}" }
job maybe(text: string?) -> (seen: string) on linux { checkout = none out seen = text ?? "nothing" }
job logs(log: string) -> (seen: string) on linux { checkout = none out seen = log }
job alone() on linux { checkout = none sh "true" }
job tolerated() -> (text: string) on linux {
    checkout = none
    continue_on_error = true
    sh "false"
    out text = "made"
}
pipeline ci {
    on manual
    param wanted: bool = false
    let good = make("succeed") as "good"
    let bad = make("fail") as "bad"
    take(good.text) as "after good"
    take(bad.text) as "after bad"
    alone() as "order bad" after bad
    let blocked = take("x") as "blocked once" after bad
    alone() as "blocked twice" after blocked
    logs(bad.log) as "log of bad"
    let skipped = if wanted { make("succeed") as "skipped" }
    maybe(skipped?.text) as "of skipped"
    alone() as "order skipped" after skipped
    if wanted { take("y") as "also skipped" }
    let weak = tolerated()
    maybe(weak.text) as "of tolerated"
    alone() as "order tolerated" after weak
    let either = if wanted { make("succeed") as "then" } else { make("succeed") as "else" }
    take(either.text) as "of either"
    gate "ok" after [good]
    gate "all"
    on_failure { alone() as "mourn" }
    finally { alone() as "sweep" }
}
"##,
    );
    let run = Run::of(&world, &["ci", "--keep-going"]).ends(1);
    let expected = [
        ("good", "succeeded"),
        ("bad", "failed"),
        ("after-good", "succeeded"),
        ("after-bad", "blocked"),
        ("order-bad", "blocked"),
        ("blocked-once", "blocked"),
        ("blocked-twice", "blocked"),
        ("log-of-bad", "succeeded"),
        ("skipped", "skipped"),
        ("of-skipped", "succeeded"),
        ("order-skipped", "succeeded"),
        ("also-skipped", "skipped"),
        ("tolerated", "failed"),
        ("of-tolerated", "succeeded"),
        ("order-tolerated", "succeeded"),
        ("then", "skipped"),
        ("else", "succeeded"),
        ("of-either", "succeeded"),
        ("mourn", "succeeded"),
        ("sweep", "succeeded"),
    ];
    let found: Vec<(&str, &str)> = expected.iter().map(|(id, _)| (*id, run.outcome(id))).collect();
    assert_eq!(found, expected, "{}", run.ran.all());
    assert_eq!(run.value("log-of-bad", "seen"), Some("kept"));
    assert_eq!(run.value("of-skipped", "seen"), Some("nothing"));
    assert_eq!(run.value("of-tolerated", "seen"), Some("nothing"));
    assert_eq!(run.result["outcome"], "failed");
    assert!(run.is_after("sweep", "mourn") && run.is_after("mourn", "of-either"));
    let gates = &run.result["gates"];
    assert_eq!((&gates[0]["green"], &gates[1]["green"]), (&true.into(), &false.into()), "{gates:#}");
    let red: Vec<&str> = gates[1]["red"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(red, ["bad", "after-bad", "order-bad", "blocked-once", "blocked-twice"]);

    // Where nothing fails, nobody mourns; what was skipped is fine.
    let fine = Run::of(&world, &["ci", "--keep-going", "--param", "wanted=true"]).ends(1);
    assert_eq!(fine.outcome("then"), "succeeded");
    assert_eq!(fine.outcome("else"), "skipped");
    assert_eq!(fine.value("of-skipped", "seen"), Some("done"));
}

#[test]
fn without_keep_going_only_what_is_for_failures_starts() {
    let world = World::of(
        r##"
job bad() -> (always log: string) on linux { checkout = none bash "echo kept > #{out log}" sh "false" }
job logs(log: string) -> (seen: string) on linux { checkout = none out seen = log }
job alone() on linux { checkout = none sh "true" }
pipeline ci {
    on manual
    let bad = bad()
    logs(bad.log)
    alone() as "slow"
    finally { alone() as "sweep" }
}
"##,
    );
    let run = Run::of(&world, &["ci", "--jobs", "1"]).ends(1);
    assert_eq!(run.value("logs", "seen"), Some("kept"));
    assert_eq!((run.outcome("slow"), run.outcome("sweep")), ("not_started", "succeeded"));
}

#[test]
fn steps_follow_conditions_and_clean_up() {
    let world = World::of(
        r##"
job work(wanted: bool, fails: bool) -> (trace: string?) on linux {
    checkout = none
    let first = sh "echo one"
    if wanted && first == "one" { step "Taken" { sh "echo taken" } }
    if !wanted { step "Left" { sh "echo left" } }
    let choice = if wanted { sh "echo yes" } else { sh "echo no" }
    step "Tolerated" { continue_on_error = true  sh "exit 3" }
    export GREETING = "hello #{choice}"
    sh "mkdir -p bin && printf '#!/bin/sh\necho found' > bin/tool && chmod +x bin/tool"
    add_path "bin"
    step "Look" { sh "test \"$GREETING\" = 'hello yes' -o \"$GREETING\" = 'hello no' && tool" }
    summary "choice: #{choice}"
    if fails { step "Break" { sh "exit 7" } }
    step "Never after a failure" { sh "true" }
    out trace = choice
    on_failure {
        step "Mourn" { sh "echo mourn; exit 1" }
        step "Mourn on" { sh "true" }
    }
    finally { step "Sweep" { sh "echo swept #{first ?? "nothing"}" } }
}
pipeline ci {
    on manual
    param wanted: bool = true
    param fails: bool = false
    work(wanted, fails)
}
"##,
    );
    let run = Run::of(&world, &["ci"]).ends(0);
    let step = |title: &str| run.step("work", title);
    assert_eq!(
        (step("Taken"), step("Left"), step("Tolerated"), step("Look")),
        ("succeeded", "skipped", "tolerated", "succeeded")
    );
    assert_eq!((step("Mourn"), step("Sweep")), ("skipped", "succeeded"));
    assert_eq!(run.value("work", "trace"), Some("yes"));
    assert!(run.ran.err.contains("swept one"), "{}", run.ran.err);
    let summary = world.store().join("runs").join(run.result["run"].as_str().unwrap()).join("summaries/work.md");
    assert_eq!(std::fs::read_to_string(summary).unwrap(), "choice: yes\n");

    let run = Run::of(&world, &["ci", "--param", "fails=true", "--param", "wanted=false"]).ends(1);
    let step = |title: &str| run.step("work", title);
    assert_eq!((step("Taken"), step("Left")), ("skipped", "succeeded"));
    assert_eq!((step("Break"), step("Never after a failure")), ("failed", "skipped"));
    assert_eq!((step("Mourn"), step("Mourn on"), step("Sweep")), ("failed", "succeeded", "succeeded"));
    assert!(run.job("work")["reason"].as_str().unwrap().contains("`Break` ended with exit code 7"));
}

#[test]
fn retries_begin_with_empty_claims() {
    let world = World::of(
        r##"
job flaky() -> (text: string, dir: opaque) on linux {
    checkout = none
    step "Try" {
        retry { times = 3, delay = 1s }
        bash """
            n=$(cat "$TMPDIR/n" 2> /dev/null || echo 0)
            echo $((n + 1)) > "$TMPDIR/n"
            test -z "$(ls -A #{out dir})"
            touch #{out dir}/$n
            echo $n > #{out text}
            test $n = 2
            """
    }
}
job hopeless() on linux { checkout = none step "Try" { retry = 2  sh "echo try >> $TMPDIR/n; wc -l < $TMPDIR/n; exit 4" } }
job read(dir: opaque) -> (files: string) on linux { checkout = none out files = sh "ls #{dir}" }
pipeline ci { on manual  let it = flaky()  read(it.dir)  hopeless() }
"##,
    );
    let run = Run::of(&world, &["ci", "--keep-going"]).ends(1);
    assert_eq!((run.value("flaky", "text"), run.value("read", "files")), (Some("2"), Some("2")), "{}", run.ran.all());
    assert!(run.ran.err.contains("attempt 3 of 4 follows in 1 s"), "{}", run.ran.err);
    assert!(run.job("hopeless")["reason"].as_str().unwrap().contains("exit code 4"));
}

#[test]
fn a_step_whose_time_is_over_ends_with_all_it_started() {
    let world = World::of(
        r##"
job slow() on linux {
    checkout = none
    step "Sleep" { timeout = 1s  sh "sh -c 'echo $$ > pid; exec sleep 60' & wait" }
    finally { step "Look" { sh "if grep -q '^State:.[^Z]' /proc/$(cat pid)/status 2> /dev/null; then echo alive; else echo gone; fi" } }
}
pipeline ci { on manual  slow() }
"##,
    );
    flow_tests::binary::flowc();
    let began = std::time::Instant::now();
    let run = Run::of(&world, &["ci"]).ends(1);
    assert!(began.elapsed().as_secs() < 30);
    assert_eq!((run.step("slow", "Sleep"), run.step("slow", "Look")), ("failed", "succeeded"));
    assert!(run.ran.err.contains("gone") && run.ran.err.contains("longer than its 1 s"), "{}", run.ran.err);
}

#[test]
fn jobs_run_for_each_element_of_later_lists() {
    let world = World::of(
        r##"
job list(text: string) -> (names: [string]) on linux { checkout = none out names = if text == "none" { [] } else { text.split(",") } }
job greet(name: string) -> (text: string) on linux {
    checkout = none
    sh "test #{name} != bad"
    out text = "hello #{name}"
}
job join(texts: [string]) -> (all: string?) on linux { checkout = none out all = texts.join("; ") }
job words(texts: [string]) -> (all: string) on linux { checkout = none out all = sh "printf '<%s>' #{texts...}" }
pipeline ci {
    on manual
    param text: string = "ann,it's \"b\",$c"
    let names = list(text).names
    let greetings = for name in names { greet(name) }
    join(greetings)
    words(greetings)
}
"##,
    );
    let run = Run::of(&world, &["ci"]).ends(0);
    assert_eq!(run.value("join", "all"), Some("hello ann; hello it's \"b\"; hello $c"));
    assert_eq!(run.value("words", "all"), Some("<hello ann><hello it's \"b\"><hello $c>"));
    assert_eq!((run.outcome("greet"), run.outcome("greet.2")), ("succeeded", "succeeded"));

    let run = Run::of(&world, &["ci", "--param", "text=none"]).ends(0);
    assert_eq!((run.outcome("greet"), run.value("words", "all")), ("skipped", Some("<>")), "{}", run.ran.all());

    let run = Run::of(&world, &["ci", "--keep-going", "--param", "text=a,bad,c"]).ends(1);
    let legs: Vec<&str> = ["greet.0", "greet.1", "greet.2"].iter().map(|id| run.outcome(id)).collect();
    assert_eq!(legs, ["succeeded", "failed", "succeeded"]);
    assert_eq!((run.outcome("greet"), run.outcome("join")), ("failed", "blocked"));

    let many: Vec<String> = (0..257).map(|it| it.to_string()).collect();
    let run = Run::of(&world, &["ci", "--param", &format!("text={}", many.join(","))]).ends(1);
    assert!(run.job("greet")["reason"].as_str().unwrap().contains("257 elements"), "{}", run.ran.all());
}

/// They would all lie at one place.
#[test]
fn files_of_loops_over_later_lists_are_refused_before_anything_starts() {
    let world = World::of(
        r##"
job list() -> (names: [string]) on linux { checkout = none out names = sh "echo '[\"a\",\"b\"]'" }
job one(name: string) -> (r: file = "r.txt") on linux { checkout = none sh "echo #{name} > #{out r}" }
job all(rs: [file]) on linux { checkout = none sh "cat #{rs...}" }
pipeline ci {
    on manual
    let made = for name in list() { one(name) }
    all(made)
}
"##,
    );
    let done = Run::command(&world, &["ci"]).output().expect("flowc runs");
    let said = String::from_utf8_lossy(&done.stderr).into_owned() + &String::from_utf8_lossy(&done.stdout);
    assert!(said.contains("F0701") && said.contains("ci.flow:8:5") && !said.contains("started"), "{said}");
}

/// One store serves all projects of a person: a pipeline of the same name in another one is another.
#[test]
fn what_another_project_exposed_is_not_read() {
    let program = r##"
job make() -> (text: file = "text.txt") on linux { checkout = none sh "echo made > #{out text}" }
job see(text: file?) on linux { checkout = none sh "echo it is#{if text != none { "" } else { " not" }} there" }
pipeline main { on manual expose make() as "text" }
pipeline reader { on manual see(main.latest(branch: "main").text) }
"##;
    let (one, other) = (World::of(program), World::of(program));
    assert_eq!(Run::of(&one, &["main"]).ran.code, Some(0));
    let said = |world: &World| {
        let mut command = Run::command(world, &["reader"]);
        command.env("FLOW_STORE", one.store());
        Run::by(command).ends(0).ran.err
    };
    assert!(said(&one).contains("it is there"), "the project's own");
    assert!(said(&other).contains("it is not there"), "another one's");
}

#[test]
fn events_and_members_of_ctx_are_as_said() {
    let world = World::of(
        r##"
job tell(text: string) -> (text2: string) on linux { checkout = none out text2 = text }
pipeline ci {
    on push
    on pull_request
    on manual
    param count: int = 3
    let pr = if ctx.event == pull_request { tell("#{ctx.pull_request.number} #{ctx.pull_request.title} #{ctx.pull_request.branch}>#{ctx.pull_request.base} #{ctx.pull_request.draft}") }
    tell("#{ctx.event} #{ctx.branch ?? "-"} #{ctx.tag ?? "-"} #{ctx.ref}") as "where"
    if ctx.event == push && ctx.branch == "main" { tell("main #{count + 1}") as "main only" }
    if changed(["docs/**"]) { tell("docs") as "docs only" }
}
"##,
    );
    let place = |arguments: &[&str]| {
        let run = Run::of(&world, &[&["ci"], arguments].concat()).ends(0);
        (run.value("where", "text2").unwrap().to_owned(), run)
    };
    let (text, run) = place(&["--changed", ""]);
    assert_eq!(text, "manual main - refs/heads/main");
    assert_eq!(
        (run.outcome("main-only"), run.outcome("docs-only"), run.outcome("tell")),
        ("skipped", "skipped", "skipped")
    );
    let (text, run) = place(&["--event", "push", "--changed", "docs/a/b.md"]);
    assert_eq!((text.as_str(), run.value("main-only", "text2")), ("push main - refs/heads/main", Some("main 4")));
    assert_eq!(run.outcome("docs-only"), "succeeded");
    let (text, run) = place(&["--event", "push", "--branch", "Main", "--changed", "src/docs"]);
    assert_eq!((text.as_str(), run.outcome("main-only")), ("push Main - refs/heads/Main", "skipped"));
    let (text, _) = place(&["--event", "push", "--tag", "v1"]);
    assert_eq!(text, "push - v1 refs/tags/v1");
    let (text, run) = place(&[
        "--event",
        "pull_request",
        "--ctx",
        "pull_request.number=12",
        "--ctx",
        "pull_request.title=$(boom) `x`",
        "--ctx",
        "pull_request.draft=true",
    ]);
    assert_eq!(text, "pull_request - - refs/pull/12/merge");
    assert_eq!(run.value("tell", "text2"), Some("12 $(boom) `x` main>main true"));

    for (arguments, expected) in [
        (vec!["--event", "pul_request"], "did you mean `pull_request`?"),
        (vec!["--event", "schedule"], "what does is `manual`, `pull_request`, `push`"),
        (vec!["--ctx", "pull_request.number=1"], "say `--event pull_request`"),
        (vec!["--event", "pull_request", "--ctx", "pull_request.number=x"], "it takes a whole number"),
        (vec!["--ctx", "actr=x"], "did you mean `actor`?"),
        (vec!["--tag", "v1", "--branch", "b"], "on a tag or on a branch"),
        (vec!["--param", "count=three"], "it takes a whole number"),
        (vec!["--param", "cuont=1"], "did you mean `count`?"),
    ] {
        let run = Run::of(&world, &[&["ci"], arguments.as_slice()].concat()).ends(2);
        assert!(run.ran.err.contains(expected), "{arguments:?}: {}", run.ran.err);
    }
}

#[test]
fn git_tells_what_changed() {
    let world = World::of_files([
        (
            "ci.flow",
            r##"
job mark() on linux { checkout = none sh "true" }
pipeline ci {
    on manual
    if changed(["docs/**"]) { mark() as "docs" }
    if changed(["src/**"]) { mark() as "src" }
    if changed(["new/*"]) { mark() as "new" }
}
"##,
        ),
        ("docs/a.md", "a"),
        ("src/a", "a"),
    ]);
    let outcomes = |run: &Run| ["docs", "src", "new"].map(|id| run.outcome(id).to_owned());
    // Nothing to compare with.
    assert_eq!(outcomes(&Run::of(&world, &["ci"]).ends(0)), ["succeeded", "succeeded", "succeeded"]);
    world.git(&["checkout", "--quiet", "-b", "topic"]);
    assert_eq!(outcomes(&Run::of(&world, &["ci"]).ends(0)), ["skipped", "skipped", "skipped"]);
    std::fs::write(world.project().join("docs/a.md"), "b").unwrap();
    world.git(&["commit", "--quiet", "--all", "--message", "Docs"]);
    std::fs::create_dir(world.project().join("new")).unwrap();
    std::fs::write(world.project().join("new/x"), "x").unwrap();
    assert_eq!(outcomes(&Run::of(&world, &["ci"]).ends(0)), ["succeeded", "skipped", "succeeded"]);
}

#[test]
fn secrets_are_found_masked_and_never_handed_on() {
    let world = World::of(
        r##"
secret TOKEN
secret OTHER { local = "OTHER_ON_THIS_MACHINE" }
secret MAYBE?
job use_them() -> (there: bool, half: string) on linux {
    checkout = none
    step "Show" {
        env { TOKEN = TOKEN, OTHER = OTHER }
        sh "echo \"[$TOKEN] [$OTHER]\"; printf %s \"$TOKEN\" | base64; printf 'x%s' \"$TOKEN\" | base64"
    }
    let made: secret = bash "printf 'made-%s' of-this-run"
    step "Use" { env { MADE = made } sh "echo \"is $MADE\"; test \"$MADE\" = made-of-this-run" }
    out there = MAYBE != none
    out half = declassify(made, "its first half is public").split("-")[0]
}
pipeline ci { on manual  use_them() }
"##,
    );
    let token = "tok-en with ütf and a tail";
    let mut command = Run::command(&world, &["ci"]);
    command.env("TOKEN", token).env("OTHER_ON_THIS_MACHINE", "the-other-one");
    let run = Run::by(command).ends(0);
    let shown = run.ran.all();
    assert!(shown.contains("[***] [***]") && shown.contains("is ***"), "{shown}");
    for secret in [token, "the-other-one", "made-of-this-run", "dG9rLWVuIHdpdGg", "b2stZW4gd2l0aC"] {
        assert!(!shown.contains(secret), "{secret} is shown:\n{shown}");
        assert!(!holds(&world.store(), secret), "{secret} is in the store");
    }
    assert_eq!((run.value("use_them", "there"), run.value("use_them", "half")), (Some("false"), Some("made")));

    let missing = Run::of(&world, &["ci"]).ends(1);
    assert!(
        missing.ran.err.contains("`TOKEN`") && missing.ran.err.contains("OTHER_ON_THIS_MACHINE"),
        "{}",
        missing.ran.err
    );

    let file = world.beside("secrets");
    std::fs::write(&file, "# both\nTOKEN=\"a \\\"quoted\\\" one\"\nOTHER=plain-text\nMAYBE=is-there\n").unwrap();
    let run = Run::of(&world, &["ci", "--secrets", file.to_str().unwrap()]).ends(0);
    assert_eq!(run.value("use_them", "there"), Some("true"));
    assert!(!run.ran.all().contains("quoted"), "{}", run.ran.all());
}

#[test]
fn files_of_jobs_that_fail_and_of_one_of_two() {
    let world = World::of(
        r##"
artifact App(const os: Os) { binary: file = "app-#{os}"  notes: file? = "notes.txt" }
job build(const os: Os, notes: bool) -> (app: App(os)) on linux {
    checkout = none
    sh "echo app-#{os} > #{out app.binary}"
    if notes { sh "echo notes > #{out app.notes}" }
}
job test(const shard: int, app: App(linux)) -> (always report: opaque, always count: int?) on linux {
    checkout = none
    bash "mkdir -p #{out report}/sub; echo r#{shard} > #{out report}/sub/x; echo #{shard} > #{out count}; test #{shard} != 2"
    expose report as "report #{shard}" { when = failed }
}
job none_written(const shard: int) -> (always report: opaque?) on linux {
    checkout = none
    sh "test #{shard} = 1"
    bash "echo r > #{out report}/x"
}
job join(reports: [int: opaque]) -> (all: string) on linux {
    checkout = none
    out all = bash "for r in #{reports...}; do find $r -type f | xargs cat; done"
}
job pick(app: App(_)) -> (text: string) on linux { checkout = none out text = sh "cat #{app.binary}" }
job maybe(app: App(linux)?) -> (text: string) on linux {
    checkout = none
    out text = if app != none { sh "cat #{app.binary}" } else { "no app" }
}
job notes(app: App(linux)) -> (text: string) on linux {
    checkout = none
    out text = if app.notes != none { sh "cat #{app.notes}" } else { "no notes" }
}
pipeline ci {
    on manual
    param flag: bool = false
    let app = build(linux, flag)
    let tests = for shard in [1, 2, 3] { test(shard, app) }
    let nones = for shard in [1, 2] { none_written(shard) }
    join(for k in [1, 2, 3] { tests[k].report })
    pick(app)
    let other = if flag { build(linux, true) as "other" }
    maybe(other)
    let one = if flag { build(linux, true) as "a" } else { build(linux, true) as "b" }
    pick(one) as "pick one"
    notes(app)
    gate "all"
}
"##,
    );
    let run = Run::of(&world, &["ci", "--keep-going"]).ends(1);
    let text = |run: &Run, id: &str, output: &str| run.value(id, output).unwrap_or_default().to_owned();
    // Of what failed, what was there; of what was never written, nothing.
    assert_eq!(text(&run, "join", "all"), "r1\nr2\nr3");
    assert_eq!(text(&run, "test-3", "count"), "3");
    assert!(run.job("none_written-2")["outputs"].as_object().unwrap().is_empty());
    assert_eq!(std::fs::read_to_string(world.exposed("report 2/sub/x")).unwrap(), "r2\n");
    assert!(!world.exposed("report 1").exists());
    assert_eq!((text(&run, "maybe", "text"), text(&run, "notes", "text")), ("no app".into(), "no notes".into()));
    assert_eq!((run.outcome("a"), run.outcome("b")), ("skipped", "succeeded"));
    assert_eq!(text(&run, "pick-one", "text"), "app-linux");
    let run = Run::of(&world, &["ci", "--keep-going", "--param", "flag=true"]).ends(1);
    assert_eq!((text(&run, "maybe", "text"), text(&run, "notes", "text")), ("app-linux".into(), "notes".into()));
    assert_eq!((run.outcome("a"), run.outcome("b")), ("succeeded", "skipped"));
    assert_eq!(text(&run, "pick-one", "text"), "app-linux");
}

/// Whether a file below the folder holds the text, but for scripts that jobs were given.
fn holds(folder: &std::path::Path, text: &str) -> bool {
    std::fs::read_dir(folder).unwrap().flatten().any(|entry| {
        let path = entry.path();
        if path.is_dir() {
            return holds(&path, text);
        }
        String::from_utf8_lossy(&std::fs::read(path).unwrap_or_default()).contains(text)
    })
}
