//! Values that are known while a run goes on, on GitHub: what is emitted is carried out, and has to give
//! what the language says.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use flow_tests::binary::command;
use flow_tests::github::{Event, Options, Outcome, Run, run};
use flow_tests::operators::{CASES, program};

/// The workflow that the pipeline `name` of a program is emitted as.
fn emitted(folder: &Path, source: &str, name: &str) -> String {
    fs::write(folder.join("main.flow"), source).expect("a file");
    fs::write(folder.join("flow.toml"), "").expect("a file");
    let done = command(folder, &["emit", name, "--backend", "github"]).output().expect("flowc runs");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{source}\n{said}");
    fs::read_to_string(folder.join(format!(".github/workflows/{name}.yml"))).expect("a file")
}

fn ran(folder: &Path, source: &str, name: &str, options: Options) -> Run {
    emitted(folder, source, name);
    commit(folder);
    let options = Options { repository: folder.to_owned(), ..options };
    run(&folder.join(format!(".github/workflows/{name}.yml")), &options)
}

fn commit(folder: &Path) {
    for words in [&["init", "-q"][..], &["add", "."], &["commit", "-qm", "all", "--allow-empty"]] {
        let mut git = Command::new("git");
        git.current_dir(folder).args(["-c", "user.name=a", "-c", "user.email=a@b"]).args(words);
        assert!(git.status().expect("git runs").success());
    }
}

/// The same program with a reader of each case's result: what nobody reads is not computed.
fn with_readers(numbers: &[usize]) -> String {
    let mut source = program(numbers.iter().copied());
    let mut readers = String::new();
    for number in numbers {
        let call = format!("    case_{number}(");
        let ty = CASES[*number].ty;
        let read = if ty.starts_with('[') { "r..." } else { "r" };
        let line = source.lines().find(|it| it.starts_with(&call)).expect("a call").to_owned();
        let with = format!("    let c_{number} = {}\n    read_{number}(c_{number})", line.trim());
        source = source.replace(&line, &with);
        let _ = writeln!(
            readers,
            "\njob read_{number}(r: {ty}) on linux {{\n    checkout = none\n    sh \"true #{{{read}}}\"\n}}"
        );
    }
    source.replace("\npipeline ops", &format!("{readers}\npipeline ops"))
}

#[test]
fn operators_give_what_the_language_says() {
    // A loop of the pipeline's is computed by a job of its own.
    let numbers: Vec<usize> = (0..CASES.len()).filter(|it| !CASES[*it].expression.starts_with("for ")).collect();
    let mut wrong = String::new();
    for some in numbers.chunks(20) {
        let folder = tempfile::tempdir().expect("a folder");
        let run = ran(folder.path(), &with_readers(some), "ops", Options::default());
        for number in some {
            let case = CASES[*number];
            let job = run.job(&format!("case_{number}"));
            let found = job.outputs.get("r").map(String::as_str);
            let right = match case.result {
                Some(result) => job.outcome == Outcome::Success && found.unwrap_or_default() == result,
                None => job.outcome == Outcome::Failure,
            };
            if !right {
                let log: String = job.legs.iter().flat_map(|it| &it.steps).map(|it| it.log.as_str()).collect();
                let _ = writeln!(wrong, "{number} {case:?}: {:?} {found:?}\n{log}", job.outcome);
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
}

/// What the steps of a job printed, apart from generated ones.
fn printed(run: &Run, job: &str) -> String {
    run.job(job).legs.iter().flat_map(|it| &it.steps).map(|it| it.log.as_str()).collect()
}

/// A text that shells, expressions, commands of the runner and JSON all take for something.
const HOSTILE: &str = "-n 'q' \"d\" `b` $(id) ${HOME} %25 %0A ${{ github.token }} \\n \u{e4} ::error::no * ~ \ttab\n\nsecond line\n  last";

#[test]
fn texts_arrive_as_they_are() {
    let octal: String = HOSTILE.bytes().map(|byte| format!("\\\\{byte:03o}")).collect();
    let source = format!(
        r##"job make() -> (text: string, list: [string]) on linux {{
    checkout = none
    let a = sh "printf '{octal}'"
    out text = a
    out list = [a, "", "b c"]
}}

job look(text: string, list: [string]) on linux {{
    checkout = none
    sh "printf '<%s>' #{{text}} > a; printf '<%s>' #{{"" + text.replace("x", "y")}} > b"
    sh "for it in #{{list...}}; do printf '<%s>' \"$it\"; done > c"
    bash "for it in x #{{list...}}; do printf '<%s>' \"$it\"; done > d; printf '<%s>' \"#{{text.split("\n").join("\n")}}\" > e"
    python "open('f', 'w', newline='').write('<' + #{{text}} + '>' + str(#{{list.len}} + 1) + str([#{{list...}}][2]))"
    if text.contains("$(id)") && text.ends_with("last") {{ sh "touch g" }}
    if text.starts_with("-N") {{ sh "touch h" }}
}}

pipeline ci {{
    on manual
    backends = [github]
    let made = make()
    look(made.text, made.list)
}}
"##
    )
    .replace("\"\" + text", "text");
    let folder = tempfile::tempdir().expect("a folder");
    let run = ran(folder.path(), &source, "ci", Options::default());
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
    assert_eq!(run.job("make").outputs["text"], HOSTILE);
    let place = workspace(&run, "look");
    let read = |name: &str| fs::read_to_string(place.join(name)).unwrap_or_else(|it| panic!("{name}: {it}"));
    let (one, all) = (format!("<{HOSTILE}>"), format!("<{HOSTILE}><><b c>"));
    assert_eq!(read("a"), one);
    assert_eq!(read("b"), one);
    assert_eq!(read("c"), all);
    assert_eq!(read("d"), format!("<x>{all}"));
    assert_eq!(read("e"), one);
    assert_eq!(read("f"), format!("{one}4b c"));
    assert!(place.join("g").exists() && !place.join("h").exists());
}

/// The folder that a job ran in.
fn workspace(run: &Run, job: &str) -> PathBuf {
    let jobs = fs::read_dir(run.folder.path().join("jobs")).expect("jobs ran").flatten().map(|it| it.path());
    let mut found = jobs.filter(|it| it.to_string_lossy().ends_with(&format!("-{job}")));
    found.next().unwrap_or_else(|| panic!("{job} left no folder")).join("work")
}

#[test]
fn conditions_of_steps_are_asked_once_and_hold_for_all_that_is_made_of_them() {
    let source = r##"enum Mode { fast, slow }

job look(mode: Mode, n: int) on linux {
    checkout = none
    let text = sh "echo Release-1"
    if mode == slow { sh "echo is slow" } else { sh "echo is fast" }
    if text.starts_with("release") { sh "echo lower" } else { sh "echo upper" }
    if n > 2 && text.lower() == "release-1" {
        let inner: int = sh "echo 4"
        if inner / (n - 3) > 1 { sh "echo never" }
    }
    let late: string? = if n == 7 { sh "echo seven" } else { none }
    if late != none { sh "echo there" } else { sh "echo none" }
    let one = if n * 2 == 6 { sh "echo six" } else { sh "echo other" }
    sh "echo one is #{one}, late is #{late ?? "nothing"}"
}

pipeline ci {
    on manual
    param mode: Mode = fast
    param n: int = 3
    backends = [github]
    look(mode, n)
}
"##;
    let folder = tempfile::tempdir().expect("a folder");
    let with = |inputs: &[(&str, &str)]| {
        let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        ran(folder.path(), source, "ci", Options { inputs, ..Options::default() })
    };
    // Two of them divide by zero: only where they are asked.
    let run = with(&[("mode", "fast"), ("n", "3")]);
    assert_eq!(run.outcome, Outcome::Failure, "{}", run.log);
    assert!(run.log.contains("4 is divided by zero"), "{}", run.log);
    for (n, wanted) in [
        ("2", &["is fast", "upper", "none", "one is other, late is nothing"][..]),
        ("7", &["is fast", "upper", "there", "one is other, late is seven"]),
    ] {
        let run = with(&[("mode", "fast"), ("n", n)]);
        assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
        let said = printed(&run, "look");
        let lines: Vec<&str> = said.lines().map(str::trim).collect();
        for line in wanted {
            assert!(lines.contains(line), "{line}: {said}");
        }
        for line in ["is slow", "lower", "never"] {
            assert!(!lines.contains(&line), "{line}: {said}");
        }
    }
}

#[test]
fn secrets_are_masked_before_they_are_kept_and_no_condition_shows_them() {
    let source = r##"secret KEY { github = "PROD_KEY" }
secret TOKEN?

job use_it() on linux {
    checkout = none
    let made: secret = sh "printf '%s\n50%% of it\n' #{KEY} | tr a-z A-Z"
    let other = made.trim()
    if TOKEN != none { sh "echo token #{TOKEN ?? ""}" } else { sh "echo no token" }
    sh "echo made #{made} #{other.lower()}"
}

pipeline ci {
    on manual
    backends = [github]
    use_it()
}
"##;
    let folder = tempfile::tempdir().expect("a folder");
    let secret = |name: &str, text: &str| (name.to_owned(), text.to_owned());
    let run = ran(
        folder.path(),
        source,
        "ci",
        Options { secrets: vec![secret("PROD_KEY", "verysecret")], ..Options::default() },
    );
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
    assert!(run.log.contains("no token"), "{}", run.log);
    for text in ["verysecret", "VERYSECRET", "50% OF IT", "50% of it"] {
        assert!(!run.log.contains(text), "{text}: {}", run.log);
    }
    let secrets = vec![secret("PROD_KEY", "verysecret"), secret("TOKEN", "alsosecret")];
    let run = ran(folder.path(), source, "ci", Options { secrets, ..Options::default() });
    assert!(run.log.contains("token ***") && !run.log.contains("no token"), "{}", run.log);
    let run = ran(folder.path(), source, "ci", Options::default());
    assert!(run.log.contains("there is no secret PROD_KEY"), "{}", run.log);
}

#[test]
fn events_have_the_names_of_the_language() {
    let source = r##"job look(deploy: bool) on linux {
    checkout = none
    sh "echo event #{ctx.event}, branch #{ctx.branch ?? "none"}, tag #{ctx.tag ?? "none"}, #{ctx.short_sha}."
    sh "echo deploys #{deploy}"
    if ctx.event == push && ctx.branch == "main" { sh "echo pushed main" }
    if ctx.event == pull_request && ctx.pull_request.fork { sh "echo from a fork" }
    if ctx.event == other { sh "echo #{ctx.github.event.action ?? "no action"} it, flag #{ctx.github.event.flag ?? "none"}" }
    if ctx.github.event.flag != none { sh "echo a flag" }
}

pipeline ci {
    on push { branches = ["main", "next"] }
    on pull_request
    on manual
    on merge_queue
    on github.release { types = ["published"] }
    backends = [github]
    look(ctx.event == manual || ctx.branch == "next")
}
"##;
    let folder = tempfile::tempdir().expect("a folder");
    let fork = r#"{"head": {"repo": {"full_name": "other/repo"}, "ref": "x"}}"#;
    for (event, wanted, unwanted) in [
        (
            Event::push("main"),
            &["event push, branch main, tag none", "deploys false", "pushed main"][..],
            &["fork", "it\n"][..],
        ),
        (Event::push("next"), &["branch next", "deploys true"], &["pushed main"]),
        (Event::push("Main"), &["event push, branch Main", "deploys false"], &["fork"]),
        (Event::manual("x"), &["event manual, branch x", "deploys true"], &["pushed main"]),
        (Event::pull_request(3, "x", "main", fork), &["event pull_request, branch none", "from a fork"], &["pushed"]),
        (Event::pull_request(3, "x", "main", "{}"), &["event pull_request", "deploys false"], &["from a fork"]),
        (
            Event::of("release", "main", r#"{"action": "published", "flag": false}"#),
            &["event other", "published it, flag false", "a flag"],
            &["pushed"],
        ),
        (Event::of("merge_group", "gh-readonly-queue/main/x", "{}"), &["event merge_queue"], &["pushed"]),
    ] {
        let name = format!("{} {}", event.name, event.reference);
        let run = ran(folder.path(), source, "ci", Options { event, ..Options::default() });
        assert_eq!(run.outcome, Outcome::Success, "{name}: {}", run.log);
        let said = printed(&run, "look");
        wanted.iter().for_each(|it| assert!(said.contains(it), "{name}, {it}: {said}"));
        unwanted.iter().for_each(|it| assert!(!said.contains(it), "{name}, {it}: {said}"));
    }
}

#[test]
fn a_run_of_a_tag_is_told_from_others_without_a_job_of_its_own() {
    let source = r##"enum Channel { preview, stable }

fn channel_of(tag: string?) -> Channel = if tag == none || tag.contains("-") { preview } else { stable }

job build(channel: Channel) on linux {
    checkout = none
    sh "echo for #{channel}"
}

job publish(tag: string, const to: string) on linux {
    checkout = none
    sh "echo #{tag} to #{to}"
}

job mail() on linux {
    checkout = none
    sh "echo nothing published"
}

pipeline ci {
    on push
    on manual
    run_name = "Of #{ctx.tag ?? ctx.branch ?? "nothing"}"
    backends = [github]
    build(channel_of(ctx.tag))
    if ctx.tag != none {
        match channel_of(ctx.tag) {
            stable => publish(ctx.tag, "all") as "publish"
            preview => publish(ctx.tag, "testers") as "publish preview"
        }
    } else {
        mail()
    }
}
"##;
    let folder = tempfile::tempdir().expect("a folder");
    let text = emitted(folder.path(), source, "ci");
    for wanted in [
        "if: startsWith(github.ref, 'refs/tags/') && !contains(github.ref_name, '-')",
        "if: startsWith(github.ref, 'refs/tags/') && contains(github.ref_name, '-')",
        "if: ${{ !startsWith(github.ref, 'refs/tags/') }}",
        "TAG: ${{ github.ref_name }}",
    ] {
        assert!(text.contains(wanted), "{wanted}: {text}");
    }
    assert!(!text.contains("  plan:"), "{text}");
    for (event, channel, publish, preview) in [
        (Event::tag("v1"), "stable", Outcome::Success, Outcome::Skipped),
        (Event::tag("v1-rc.1"), "preview", Outcome::Skipped, Outcome::Success),
        (Event::push("a-b"), "preview", Outcome::Skipped, Outcome::Skipped),
        (Event::manual("main"), "preview", Outcome::Skipped, Outcome::Skipped),
    ] {
        let reference = event.reference.clone();
        let run = ran(folder.path(), source, "ci", Options { event, ..Options::default() });
        assert_eq!(run.outcome, Outcome::Success, "{reference}: {}", run.log);
        assert!(printed(&run, "build").contains(&format!("for {channel}")), "{reference}: {}", run.log);
        assert_eq!(run.job("publish").outcome, publish, "{reference}");
        assert_eq!(run.job("publish-preview").outcome, preview, "{reference}");
        let tagged = reference.starts_with("refs/tags/");
        assert_eq!(run.job("mail").outcome == Outcome::Skipped, tagged, "{reference}");
    }
}

#[test]
fn what_was_changed_is_asked_once() {
    let source = r##"job docs() on linux { sh "echo docs" }

job all() on linux {
    if changed(["src/**"]) { sh "echo sources" } else { sh "echo no sources" }
}

pipeline ci {
    on push
    on schedule { cron = "0 4 * * *" }
    backends = [github]
    if changed(["docs/**", "*.md"]) { docs() }
    all()
}
"##;
    let folder = tempfile::tempdir().expect("a folder");
    emitted(folder.path(), source, "ci");
    commit(folder.path());
    let before = head(folder.path());
    fs::create_dir_all(folder.path().join("docs/a")).expect("a folder");
    fs::write(folder.path().join("docs/a/b.txt"), "x").expect("a file");
    let push = |before: &str| {
        let mut event = Event::push("main");
        event.payload.set("before", before.into());
        ran(folder.path(), source, "ci", Options { event, ..Options::default() })
    };
    let run = push(&before);
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
    assert_eq!(run.job("docs").outcome, Outcome::Success);
    assert!(printed(&run, "all").contains("no sources"), "{}", run.log);
    // Nothing else is known to have changed.
    let now = head(folder.path());
    fs::write(folder.path().join("other"), "x").expect("a file");
    assert_eq!(push(&now).job("docs").outcome, Outcome::Skipped);
    // Of a new branch, and of a schedule, nothing is known.
    let run = push("0000000000000000000000000000000000000000");
    assert_eq!(run.job("docs").outcome, Outcome::Success);
    assert!(!printed(&run, "all").contains("no sources"), "{}", run.log);
    let event = Event::schedule("0 4 * * *");
    let run = ran(folder.path(), source, "ci", Options { event, ..Options::default() });
    assert_eq!(run.job("docs").outcome, Outcome::Success, "{}", run.log);
}

#[test]
fn a_merge_queue_knows_what_it_was_changed_from() {
    let source = r#"job docs() on linux { sh "echo docs" }

pipeline ci {
    on merge_queue
    on pull_request
    backends = [github]
    if changed(["docs/**"]) { docs() }
}
"#;
    let folder = tempfile::tempdir().expect("a folder");
    emitted(folder.path(), source, "ci");
    commit(folder.path());
    let before = head(folder.path());
    for (file, wanted) in [("other", Outcome::Skipped), ("docs/x", Outcome::Success)] {
        fs::create_dir_all(folder.path().join("docs")).expect("a folder");
        fs::write(folder.path().join(file), "x").expect("a file");
        let payload = format!(r#"{{"merge_group": {{"base_sha": "{before}"}}}}"#);
        let event = Event::of("merge_group", "gh-readonly-queue/main/x", &payload);
        let run = ran(folder.path(), source, "ci", Options { event, ..Options::default() });
        assert_eq!(run.job("docs").outcome, wanted, "{}", run.log);
    }
}

fn head(folder: &Path) -> String {
    let done = Command::new("git").current_dir(folder).args(["rev-parse", "HEAD"]).output().expect("git runs");
    String::from_utf8_lossy(&done.stdout).trim().to_owned()
}
