//! Static matrices: instances that differ in const values only are one job of a workflow, exactly where
//! nobody can tell the difference.

#![cfg(target_os = "linux")]

use flow_tests::github::Outcome;
use flow_tests::parity::{Pipeline, Start};
use flow_tests::world::World;
use serde_yaml::Value;

/// The jobs of the emitted workflow, and its matrices as JSON, `-` for none.
fn jobs(world: &World) -> Vec<(String, String)> {
    let path = world.project().join(".github/workflows/ci.yml");
    let file: Value = serde_yaml::from_str(&std::fs::read_to_string(path).expect("a file")).expect("YAML");
    let matrix = |job: &Value| match &job["strategy"]["matrix"] {
        Value::Null => "-".to_owned(),
        it => serde_json::to_string(it).expect("JSON"),
    };
    let jobs = file["jobs"].as_mapping().expect("jobs");
    jobs.iter().map(|(id, job)| (id.as_str().expect("an id").to_owned(), matrix(job))).collect()
}

/// Joined: one parameter, several, texts that an id cannot hold, numbers, in quotes of all kinds; and
/// those that come after.
const JOINED: &str = r##"
enum Kind { debug, release }

artifact Made(const kind: Kind, const version: string) {
    text: file = "#{kind}/made.txt"
    note: file = "note-#{version}.md"
}

job make(const kind: Kind, const version: string) -> (made: Made(kind, version)) on linux {
    checkout = none
    env { KIND = "#{kind} of #{version}" }
    step "Make #{kind} #{version}" {
        bash """
            echo "@m #{kind} $KIND" plain-#{kind}.txt "$(basename a/#{version})"
            for it in #{kind} end; do echo "@m $it"; done
            case #{kind} in debug) echo "@m is debug" ;; *) echo "@m is not" ;; esac
            mkdir -p "$(dirname #{out made.text})"
            echo #{kind} > #{out made.text}
            echo "# #{version}" > #{out made.note}
            """
    }
}
job gather(all: [kind in Kind: Made(kind, "3.12")]) -> (seen: string) on linux {
    checkout = none
    out seen = sh "cat #{all.text...} #{all.note...}"
}
job shard(const n: int, const of: int) on linux {
    checkout = none
    env { FAILING = "2" }
    bash """
        echo "@m shard #{n}/#{of}"
        if [ "#{n}" = "$FAILING" ]; then exit #{n}; fi
        """
}
job tell(word: string) on linux {
    checkout = none
    sh "echo @m #{word}"
}
job where(const os: Os) on os {
    checkout = none
    bash "echo @m #{os}"
}

pipeline ci {
    on push
    on manual
    backends = [github, local]
    param failing: bool = false

    let made = for kind in Kind { make(kind, "3.12") }
    gather(made)
    for kind in Kind { for version in ["3.9", "3.10"] { make(kind, version) as "all #{kind} #{version}" } }
    let shards = for n in [1, 2, 3] { if failing { shard(n, 3) } }
    tell("after") as "after" after [...shards]
    stage "Systems" {
        for os in [linux, windows] { if ctx.event == pull_request { where(os) } }
        for n in [7, 8] { shard(n, 8) as "staged #{n}" }
    }
    gate "ok"
    on_failure { tell("something failed") as "failed" }
    finally { tell("the end") as "end" }
}
"##;

#[test]
fn instances_are_legs_where_nobody_can_tell() {
    let world = World::of(JOINED);
    for (start, outcome) in
        [(Start::push("main"), Outcome::Success), (Start::manual("main", &[("failing", "true")]), Outcome::Failure)]
    {
        let both = Pipeline::new(&world, "ci").run(&start);
        assert_eq!(both.hosted.outcome, outcome, "{}", both.hosted.log);
        both.assert_same("joined");
        if outcome == Outcome::Failure {
            assert_eq!(both.hosted.job("shard").outcome, Outcome::Failure);
            assert_eq!(both.hosted.job("shard").legs.len(), 3, "one that fails ends no other");
            assert_eq!(both.hosted.job("after").outcome, Outcome::Skipped);
            assert_eq!(both.hosted.job("failed").outcome, Outcome::Success);
        }
    }
    let found = jobs(&world);
    let found: Vec<String> = found.iter().map(|(id, matrix)| format!("{id} {matrix}")).collect();
    assert_eq!(
        found,
        [
            r#"make {"kind":["debug","release"]}"#,
            "gather -",
            r#"make-2 {"include":[{"kind":"debug","version":"3.9","id":"debug-3-9"},{"kind":"debug","version":"3.10","id":"debug-3-10"},{"kind":"release","version":"3.9","id":"release-3-9"},{"kind":"release","version":"3.10","id":"release-3-10"}]}"#,
            r#"shard {"n":[1,2,3]}"#,
            "after -",
            r#"where {"include":[{"os":"linux","runner":"ubuntu-latest"},{"os":"windows","runner":"windows-latest"}]}"#,
            r#"shard-2 {"n":[7,8]}"#,
            "failed -",
            "end -",
            "ok -",
        ]
    );
}

/// Programs where someone could tell, each with why.
#[test]
fn jobs_stay_apart_where_someone_could_tell() {
    let program = |jobs: &str, body: &str| {
        format!(
            r##"
{jobs}
job tell(word: string) on linux {{
    checkout = none
    sh "echo #{{word}}"
}}
job read(it: file) on linux {{
    checkout = none
    sh "cat #{{it}}"
}}
pipeline ci {{
    on manual
    backends = [github]
    param sure: bool = true
{body}
}}
"##
        )
    };
    let job = |body: &str| {
        format!(
            "job one(const x: string) -> (it: file = \"it\") on linux {{\n    checkout = none\n{body}\n    sh \"echo #{{x}} > #{{out it}}\"\n}}"
        )
    };
    let plain = job("");
    let said =
        "job one(const x: string) -> (it: string) on linux {\n    checkout = none\n    out it = sh \"echo #{x}\"\n}";
    let cases = [
        ("all of one loop", plain.as_str(), r#"for x in ["a", "b"] { one(x) }"#, true),
        (
            "all are waited for",
            &plain,
            r#"let all = for x in ["a", "b"] { one(x) }
    tell("then") after [...all]"#,
            true,
        ),
        ("a value that nobody reads", said, r#"for x in ["a", "b"] { one(x) }"#, true),
        (
            "a value of a leg",
            said,
            r#"let all = for x in ["a", "b"] { one(x) }
    tell(all["a"].it)"#,
            false,
        ),
        (
            "the files of a leg",
            &plain,
            r#"let all = for x in ["a", "b"] { one(x) }
    read(all["a"].it)"#,
            false,
        ),
        (
            "one leg is waited for",
            &plain,
            r#"let all = for x in ["a", "b"] { one(x) }
    tell("then") after [all["b"]]"#,
            false,
        ),
        (
            "a job after each",
            &plain,
            r#"for x in ["a", "b"] {
        let it = one(x)
        read(it.it) as "read #{x}"
    }"#,
            false,
        ),
        ("a condition of one", &plain, r#"for x in ["a", "b"] { if x == "a" || sure { one(x) } }"#, false),
        (
            "calls of their own",
            &plain,
            r#"one("a")
    one("b")"#,
            false,
        ),
        ("a text that a shell would split", &plain, r#"for x in ["a", "b c"] { one(x) }"#, false),
        ("a text that a shell would expand", &plain, r#"for x in ["a", "$HOME"] { one(x) }"#, false),
    ];
    let mut wrong = Vec::new();
    for (what, jobs_of, body, joined) in cases {
        wrong.extend(check(&program(jobs_of, body), what, joined));
    }
    let python = job("    python \"print(#{x})\"");
    wrong.extend(check(&program(&python, r#"for x in ["a", "b"] { one(x) }"#), "python", false));
    let settings = job("    if x == \"a\" { sh \"echo more\" }");
    wrong.extend(check(&program(&settings, r#"for x in ["a", "b"] { one(x) }"#), "other steps", false));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn check(program: &str, what: &str, joined: bool) -> Option<String> {
    let world = World::of(program);
    let ran = world.run(&["emit", "ci", "--backend", "github"]);
    if ran.code != Some(0) {
        return Some(format!("{what}: {}\n{program}", ran.all()));
    }
    let found = jobs(&world);
    (found.iter().any(|(_, matrix)| matrix != "-") != joined).then(|| format!("{what}: {found:?}"))
}
