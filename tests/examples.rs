//! The examples run on this machine and make what they say.

#![cfg(target_os = "linux")]

use flow_tests::binary::Ran;
use flow_tests::world::World;

fn run(world: &World, arguments: &[&str]) -> Ran {
    let ran = world.run(&[&["run"], arguments].concat());
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    ran
}

fn read(world: &World, path: &str) -> String {
    let path = world.project().join(".flow/out").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn matrix() {
    let world = World::of_example("matrix");
    let ran = run(&world, &["ci"]);
    assert!(ran.all().contains("15 words; the samples were found in: en de fr nowhere"), "{}", ran.all());
    let checksum = read(&world, "ci/dictionaries/dictionaries.tar.gz.sha256");
    let tagged = run(&world, &["ci", "--event", "push", "--tag", "v1.2.3", "--yes"]);
    assert!(tagged.all().contains("would be released as dictionaries.tar.gz of v1.2.3"), "{}", tagged.all());
    assert_eq!(read(&world, "ci/dictionaries/dictionaries.tar.gz.sha256"), checksum, "the same bytes each time");
}

#[test]
fn reports() {
    let world = World::of_example("reports");
    run(&world, &["ci"]);
    assert_eq!(read(&world, "ci/tests/tests.md"), "5 tests, 0 failed\n");
    assert!(!world.exposed("state of discount").exists());

    let ran = world.run(&["run", "ci", "--param", "broken=true"]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert_eq!(read(&world, "ci/tests/tests.md"), "5 tests, 2 failed\n", "the report is there all the same");
    assert!(read(&world, "ci/log of discount/log.txt").contains("AssertionError: 890 != 900"));
    assert_eq!(read(&world, "ci/state of discount/discount/last.txt"), "2 tests\n");
    assert!(ran.all().contains("tests failed: 2"), "somebody is told: {}", ran.all());
}

#[test]
fn java() {
    let world = World::of_example("java");
    if std::process::Command::new("javac").arg("-version").output().is_err() {
        let ran = world.run(&["run", "ci"]);
        assert_eq!(ran.code, Some(1), "{}", ran.all());
        assert!(ran.all().contains("Java 17 or newer is wanted"), "{}", ran.all());
        return;
    }
    run(&world, &["ci"]);
    assert!(world.exposed("greet/greet.jar").is_file());
}

#[test]
fn reusable() {
    let world = World::of_example("reusable");
    let ran = run(&world, &["check_table", "--param", "table=countries", "--param", "strictness=strict"]);
    assert!(ran.all().contains("rows = 3") && ran.all().contains("verdict = small"), "{}", ran.all());
}

#[test]
fn service_without_a_container() {
    run(&World::of_example("service"), &["quick"]);
}

#[test]
fn monorepo() {
    let world = World::of_example("monorepo");
    run(&world, &["main", "--event", "push", "--branch", "main", "--yes"]);
    assert_eq!(read(&world, "main/tests/tests.md"), "# Tests\n\n- api: 2 tests, 0 failed\n- web: 2 tests, 0 failed\n");
    assert!(world.project().join(".flow/out/main/web/web.pyz").is_file());
    let ran = run(&world, &["ci", "--changed", "services/api/api.py"]);
    assert!(
        ran.all().contains("test (api) | succeeded") && !ran.all().contains("test (web) | started"),
        "{}",
        ran.all()
    );
}

#[test]
fn release() {
    let world = World::of_example("release");
    let ran = run(&world, &["release"]);
    assert!(ran.all().contains("version = v1.2.3"), "{}", ran.all());
    let sums = read(&world, "release/packages/SHA256SUMS");
    assert!(sums.contains("notes-1.2.3-py3-none-any.whl") && sums.contains("notes_cli-1.2.3"), "{sums}");
}
