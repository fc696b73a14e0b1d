//! The graph of jobs, whole: loops over lists known later, conditions that only a script can say, jobs of
//! one of two, workflows that call others. The same here and as GitHub would run it.

#![cfg(target_os = "linux")]

use flow_tests::github::{self, Event, Options, Outcome};
use flow_tests::parity::{Pipeline, Start};
use flow_tests::world::World;

/// Jobs that run for each element, and those that read what they made.
const LOOPS: &str = r##"
struct Cell { name: string, size: int }

job list() -> (names: [string], sizes: [int], nothing: [string]) on linux {
    checkout = none
    out names = sh "printf '%s' '[\"a\", \"b c\", \"d\"]'"
    out sizes = sh "echo '[1, 2]'"
    out nothing = sh "echo '[]'"
}
job one(name: string) -> (text: string, size: int, empty: string?) on linux {
    checkout = none
    out text = bash """
        printf 'got %s\nsecond' #{name}
        """
    out size = sh "echo 3"
    out empty = sh "echo"
}
job all(texts: [string], sizes: [int], empty: [string?]) -> (seen: string) on linux {
    checkout = none
    out seen = bash """
        printf '<%s>' #{texts...} #{sizes...} #{empty.len}
        """
}
job pair(x: string, y: int) -> (seen: string) on linux {
    checkout = none
    out seen = sh "echo #{x} #{y}"
}
job cell(it: Cell) -> (seen: string) on linux {
    checkout = none
    out seen = sh "echo #{it.name} #{it.size}"
}
job follow(text: string) -> (seen: string) on linux {
    checkout = none
    out seen = sh "echo #{text} again"
}

pipeline ci {
    on push
    on manual
    backends = [github, local]
    param cells: [Cell] = [Cell(name: "p", size: 1), Cell(name: "q", size: 5)]
    param words: [string] = ["u", "v"]

    let l = list()
    let each = for name in l.names { one(name) }
    all(each.text, each.size, each.empty)
    let never = for name in l.nothing { one(name) as "never" }
    all(never.text, never.size, never.empty) as "of none"
    for name in l.names { for size in l.sizes { pair(name, size) } }
    for size in l.sizes { if size > 1 { pair("big", size) as "big" } }
    for it in cells { cell(it) }
    for it in cells { if it.size > 9 { cell(it) as "huge" } }
    for it in for name in l.names { Cell(name: name, size: 4) } { cell(it) as "made" }
    for word in words { follow(word) as "word" }
    for name in l.names {
        let it = one(name) as "first"
        follow(it.text) as "second"
    }
    if each.text.len > 2 { follow("many") as "many" }
    gate "ok"
}
"##;

#[test]
fn loops_over_lists_that_are_known_later() {
    let world = World::of(LOOPS);
    for start in
        [Start::push("main"), Start::manual("main", &[("words", "[]"), ("cells", r#"[{"name":"x y","size":10}]"#)])]
    {
        let both = Pipeline::new(&world, "ci").run(&start);
        assert_eq!(both.hosted.outcome, Outcome::Success, "{}", both.hosted.log);
        both.assert_same("loops");
    }
}

#[test]
fn a_list_of_which_no_jobs_can_be_made_is_refused_where_it_is_made() {
    let program = |list: &str| {
        format!(
            r##"
job list() -> (all: [int]) on linux {{
    checkout = none
    out all = bash "{list}"
}}
job one(it: int) on linux {{
    checkout = none
    sh "echo #{{it}}"
}}
pipeline ci {{
    on manual
    backends = [github]
    for it in list().all {{ one(it) }}
}}
"##
        )
    };
    for (list, why) in [
        ("seq 257 | jq -s .", "list: the value all has more than 256 elements: a job runs for each"),
        ("echo '[1234567890123456]'", "list: the value all holds a number of more than 15 digits: make it a text"),
    ] {
        let world = World::of(&program(list));
        let ran = world.run(&["emit", "ci", "--backend", "github"]);
        assert_eq!(ran.code, Some(0), "{}", ran.all());
        let file = world.project().join(".github/workflows/ci.yml");
        let run = github::run(&file, &Options { event: Event::manual("main"), ..Options::default() });
        assert_eq!((run.job("list").outcome, run.job("one").outcome), (Outcome::Failure, Outcome::Skipped));
        assert!(run.log.contains(why), "{}", run.log);
    }
}

/// Conditions of all kinds: GitHub's own, some that a script has to say before all jobs, with what one
/// job knows, and with what several do.
const CONDITIONS: &str = r##"
enum Size { small, large }

job facts(text: string) -> (word: string, count: int, sure: bool) on linux {
    checkout = none
    out word = sh "echo #{text}"
    out count = sh "echo 12"
    out sure = sh "echo true"
}
job say(text: string) -> (seen: string, file: file = "seen.txt") on linux {
    checkout = none
    out seen = sh "echo said #{text}"
    sh "echo #{text} > #{out file}"
}
job read(file: file) -> (seen: string) on linux {
    checkout = none
    out seen = sh "cat #{file}"
}
job where(size: Size) -> (seen: string) on match size { small => linux, large => Runner(os: linux, github: ["ubuntu-latest"]) } {
    checkout = none
    out seen = sh "echo it is #{size}"
}

pipeline ci {
    on push { branches = ["main", "Main"] }
    on manual
    backends = [github, local]
    param word: string = "Yes"
    param size: Size = small
    param sure: bool = true

    let a = facts(word) as "a"
    let b = facts("no") as "b"
    if sure { say("native") as "native" } else { say("contrary") as "contrary" }
    if word == "Yes" { say("planned") as "planned" } else { say("otherwise") as "otherwise" }
    if ctx.branch == "main" { say("branch") as "of main" }
    if a.word == "Yes" { say("produced") as "produced" }
    if a.count > b.count - 1 && a.word != b.word { say("between") as "between" }
    if size == large && word.starts_with("Y") {
        let inner = say("inner") as "inner"
        if inner.seen.contains("said") { say(inner.seen) as "deep" }
    }
    let one = if word == "Yes" { say("left") as "left" } else { say("right") as "right" }
    let either = say(one.seen) as "either"
    read(one.file) as "file of either"
    let maybe = if a.word == "Yes" { say("maybe") as "maybe" }
    say(maybe?.seen ?? "none") as "of maybe"
    if maybe != none { say(maybe.seen) as "where there" }
    say("after") as "after" after [either]
    stage "Last" { where(size) }
    gate "ok"
}
"##;

#[test]
fn conditions_that_github_cannot_say_too() {
    let world = World::of(CONDITIONS);
    for start in [
        Start::push("main"),
        Start::push("Main"),
        Start::manual("main", &[("word", "yes"), ("size", "large"), ("sure", "false")]),
        Start::manual("other", &[("word", "Yes"), ("size", "large")]),
    ] {
        let both = Pipeline::new(&world, "ci").run(&start);
        assert_eq!(both.hosted.outcome, Outcome::Success, "{}", both.hosted.log);
        both.assert_same(&format!("{:?}", start.arguments));
    }
}
