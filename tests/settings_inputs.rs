//! Parameters as GitHub's form has them: right for `false`, `0` and nothing, and on events without a
//! form; what the form lets through and the type does not is refused.

#![cfg(target_os = "linux")]

use flow_plan::model::Backend;
use flow_tests::check::Program;
use flow_tests::github::{self, Event, Options, Outcome, Run};
use flow_tests::world::World;

const PROGRAM: &str = r#"
enum Profile { dev, release }
struct Target { name: string, ports: [int] = [] }

job show(flag: bool, off: bool, level: int, zero: int, profile: Profile, name: string, wait: duration, hosts: [string], target: Target) on linux {
    bash "printf '%s|' #{flag} #{off} #{level} #{zero} #{profile} #{name} #{wait} #{hosts} #{target}; echo"
}
job maybe(profile: Profile?, count: int?, note: string?) on linux {
    bash "printf '%s|' #{profile ?? "-"} #{count ?? -1} #{note ?? "-"}; echo"
}
job untouched(name: string) on linux { sh "echo #{name}" }

pipeline ci {
    on push
    on manual
    /// Whether it is shown.
    param flag: bool = true
    param off: bool = false
    /// How much.
    param level: int = 3
    param zero: int = 0
    param profile: Profile = release
    param name: string = "it's"
    /// How long it waits.
    param wait: duration = 90s
    param hosts: [string] = ["a", "b c"]
    param target: Target = Target(name: "t", ports: [80])
    param maybe_profile: Profile?
    param maybe_count: int?
    param maybe_note: string?
    backends = [github]
    show(flag, off, level, zero, profile, name, wait, hosts, target)
    maybe(maybe_profile, maybe_count, maybe_note)
    untouched(name)
}
"#;

fn emitted(program: &str) -> World {
    let world = World::of(program);
    let file = world.project().join(".github/workflows/ci.yml");
    std::fs::create_dir_all(file.parent().unwrap()).unwrap();
    std::fs::write(&file, Program::of(program).emit(Some("ci"), Backend::Github).text).unwrap();
    world
}

fn run(world: &World, event: Event, inputs: &[(&str, &str)]) -> Run {
    let inputs = inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    let options = Options { repository: world.project(), event, inputs, ..Options::default() };
    github::run(&world.project().join(".github/workflows/ci.yml"), &options)
}

#[test]
fn the_form() {
    let text = Program::of(PROGRAM).emit(Some("ci"), Backend::Github).text;
    let body = text.split_once("\nname: ").expect("a workflow has a name").1;
    insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!("the_form", format!("name: {body}")) });
}

const DEFAULTS: [&str; 2] = [r#"true|false|3|0|release|it's|90s|["a","b c"]|{"name":"t","ports":[80]}|"#, "-|-1|-|"];

#[test]
fn defaults_on_all_events() {
    let world = emitted(PROGRAM);
    for event in [Event::push("main"), Event::manual("main")] {
        let run = run(&world, event, &[]);
        assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
        for line in DEFAULTS {
            assert!(run.log.contains(line), "{line}\n{}", run.log);
        }
    }
}

#[test]
fn what_is_given_is_what_arrives() {
    let world = emitted(PROGRAM);
    let given = [
        ("flag", "false"),
        ("off", "true"),
        ("level", "0"),
        ("zero", "-7"),
        ("profile", "dev"),
        ("name", "${{ x }} $(id) `b`\"'"),
        ("wait", "20min"),
        ("hosts", " [ \"x\" ,\n\"y\" ] "),
        ("target", "{ \"name\": \"u\", \"ports\": [] }"),
        ("maybe_profile", "release"),
        ("maybe_count", "0"),
        ("maybe_note", "n"),
    ];
    let run = run(&world, Event::manual("main"), &given);
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
    let line = r#"false|true|0|-7|dev|${{ x }} $(id) `b`"'|1200s|["x","y"]|{"name":"u","ports":[]}|"#;
    assert!(run.log.contains(line), "{}", run.log);
    assert!(run.log.contains("release|0|n|"), "{}", run.log);
}

#[test]
fn what_is_of_another_type_is_refused() {
    let world = emitted(PROGRAM);
    for (name, value, why) in [
        ("level", "1.5", "the value level is not a whole number"),
        ("wait", "20", "the value wait is no duration"),
        ("hosts", "a, b", "the value hosts is not a JSON list of the declared type"),
        ("hosts", "[1]", "the value hosts is not a JSON list of the declared type"),
        ("target", "{\"name\": 3}", "the value target is not"),
        ("maybe_count", "many", "the value maybe_count is not a whole number"),
    ] {
        let run = run(&world, Event::manual("main"), &[(name, value)]);
        assert_eq!(run.outcome, Outcome::Failure, "{name} {value}: {}", run.log);
        assert!(run.log.contains(why), "{name} {value}: {}", run.log);
        assert_eq!(run.job("untouched").outcome, Outcome::Success);
    }
}
