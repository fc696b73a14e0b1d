//! Actions of the standard library do what they say, on GitHub and on a person's machine. What they
//! call (`gh`, `docker`, `apt-get`, …) is a script that notes how it was called.

#![cfg(target_os = "linux")]

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use flow_tests::binary::Ran;
use flow_tests::github::{self, Options, Outcome, Run, Stub};
use flow_tests::world::World;

/// A repository with a program, and scripts that stand for commands: each notes its name and words in
/// `calls.txt` and then does what is said.
struct Bench {
    world: World,
}

impl Bench {
    fn of(program: &str, commands: &[(&str, &str)]) -> Self {
        let world = World::of(program);
        let bin = world.beside("bin");
        std::fs::create_dir(&bin).unwrap();
        let bench = Self { world };
        for (name, does) in commands {
            let path = bin.join(name);
            let calls = bench.world.beside("calls.txt");
            let text = format!("#!/bin/bash\necho \"{name} $*\" >> {}\n{does}\n", calls.display());
            std::fs::write(&path, text).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
        bench
    }

    /// Carries `ci` out as its workflow says, with these variables.
    fn hosted(&self, inputs: &[(&str, &str)], stubs: &[(&str, Stub)]) -> Run {
        let emitted = self.world.run(&["emit", "ci", "--backend", "github"]);
        assert_eq!(emitted.code, Some(0), "{}", emitted.all());
        let workflow = self.world.project().join(".github/workflows/ci.yml");
        self.put_first(&workflow);
        let options = Options {
            inputs: inputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect(),
            stubs: stubs.iter().map(|(name, stub)| ((*name).to_owned(), stub.clone())).collect(),
            secrets: vec![("PASSWORD".to_owned(), "s3cret".to_owned())],
            ..Options::default()
        };
        github::run(&workflow, &options)
    }

    /// The runner finds the scripts before anything else.
    fn put_first(&self, workflow: &Path) {
        let text = std::fs::read_to_string(workflow).unwrap();
        let step = format!(
            "    steps:\n      - name: Scripts for tests\n        run: echo \"{}\" >> \"$GITHUB_PATH\"\n\n",
            self.world.beside("bin").display()
        );
        std::fs::write(workflow, text.replace("    steps:\n", &step)).unwrap();
    }

    /// Carries it out on this machine.
    fn local(&self, arguments: &[&str]) -> Ran {
        let path = std::env::var("PATH").unwrap();
        let mut command = self.world.command(&[&["run", "ci"], arguments].concat());
        command.env("PATH", format!("{}:{path}", self.world.beside("bin").display())).env("PASSWORD", "s3cret");
        Ran::from(command.output().unwrap())
    }

    /// How the scripts were called, each call a line.
    fn calls(&self) -> String {
        let path = self.world.beside("calls.txt");
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = std::fs::remove_file(path);
        text
    }
}

fn succeeded(run: &Run) {
    assert_eq!(run.outcome, Outcome::Success, "{}", run.log);
}

/// A command that is there in one version.
fn version(text: &str) -> String {
    format!("echo '{text}'")
}

#[test]
fn set_ups_ask_github_and_check_this_machine() {
    for (module, action, input, wanted, command, other, right) in [
        ("node", "actions/setup-node", "NODE-VERSION", "22", "node", "v20.1.0", "v22.3.0"),
        ("python", "actions/setup-python", "PYTHON-VERSION", "3.12", "python3", "3.1.2", "3.12.1"),
        ("java", "actions/setup-java", "JAVA-VERSION", "21", "javac", "javac 17.0.1", "javac 25.0.1"),
    ] {
        let program = format!(
            "use std.{module}\njob a() on linux {{\n    checkout = none\n    {module}.setup(\"{wanted}\")\n}}\n\
             pipeline ci {{\n    on manual\n    a()\n}}\n"
        );
        let bench = Bench::of(&program, &[(command, &version(other))]);
        let script = format!("test \"$(printenv INPUT_{input})\" = {wanted}");
        let run = bench.hosted(&[], &[(action, Stub { script, ..Stub::default() })]);
        succeeded(&run);
        assert_eq!(bench.calls(), "", "GitHub installs, and nothing is looked at");

        let ran = bench.local(&[]);
        assert_eq!(ran.code, Some(1), "{}", ran.all());
        assert!(ran.all().contains(other), "the message says what is there: {}", ran.all());
        let bench = Bench::of(&program, &[(command, &version(right))]);
        assert_eq!(bench.local(&[]).code, Some(0));
    }
}

#[test]
fn packages_are_installed_at_once_and_looked_for_here() {
    let program = "\
use std.pkg

action tools() { pkg.install([\"jq\"], apt: [\"libx-dev\"], brew: [\"libx\"]) }

job a() on linux {
    checkout = none
    pkg.install([\"git\", \"jq\"])
    tools()
    sh \"true\"
}
pipeline ci {
    on manual
    a()
}
";
    // Who may write everywhere needs no sudo.
    let installed = "case \"$*\" in *libx-dev*) exit 1 ;; *) printf installed ;; esac";
    let bench = Bench::of(program, &[("apt-get", "true"), ("sudo", "shift 0; exec \"$@\""), ("dpkg-query", installed)]);
    succeeded(&bench.hosted(&[], &[]));
    let calls: String =
        bench.calls().lines().filter(|it| !it.starts_with("sudo")).map(|it| format!("{it}\n")).collect();
    assert_eq!(calls, "apt-get update -qq\napt-get install --yes --no-install-recommends git jq libx-dev\n");

    let ran = bench.local(&[]);
    assert_eq!(ran.code, Some(1), "{}", ran.all());
    assert!(ran.all().contains("not installed; try: apt-get install libx-dev"), "{}", ran.all());
    let bench = Bench::of(program, &[("dpkg-query", "printf installed"), ("apt-get", "exit 1")]);
    let ran = bench.local(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
}

const RELEASE: &str = r##"
use std.release

job make() -> (log: file = "log.txt") on linux {
    checkout = none
    sh "date > #{out log}"
}

job publish(log: file, tag: string) on linux {
    checkout = none
    permissions { contents = write }
    release.create(tag: tag, files: [log], notes: "It's \"new\" in #{tag}", prerelease: true)
}

pipeline ci {
    on manual
    param tag: string = "v1.0"
    publish(make(), tag)
}
"##;

#[test]
fn a_release_is_made_once() {
    let bench = Bench::of(RELEASE, &[("gh", "test \"$2\" != view")]);
    succeeded(&bench.hosted(&[], &[]));
    let calls = bench.calls();
    let lines: Vec<&str> = calls.lines().collect();
    assert_eq!(lines.len(), 3, "{calls}");
    assert_eq!(lines[0], "gh release view v1.0");
    assert_eq!(
        lines[1],
        "gh release create v1.0 --verify-tag --title v1.0 --notes It's \"new\" in v1.0 --draft=false --prerelease=true"
    );
    assert!(lines[2].starts_with("gh release upload v1.0 --clobber /") && lines[2].ends_with("log.txt"), "{calls}");

    let bench = Bench::of(RELEASE, &[("gh", "true")]);
    succeeded(&bench.hosted(&[("tag", "v2.0")], &[]));
    let calls = bench.calls();
    assert!(calls.contains("gh release upload v2.0") && !calls.contains("create"), "it is there: {calls}");
    // Nothing is published from here.
    let ran = bench.local(&["--param", "tag=v3"]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(ran.all().contains("would be released as log.txt of v3"), "{}", ran.all());
    assert_eq!(bench.calls(), "");
}

#[test]
fn an_image_is_built_and_pushed_by_digest() {
    let program = r##"
use std.docker

secret PASSWORD

job image() -> (pushed: string) on linux {
    docker.login("ghcr.io", user: "robot", password: PASSWORD)
    docker.build("ghcr.io/o/app:1", folder: "app", target: "run", args: ["A=1", "B=x y"])
    out pushed = docker.push("ghcr.io/o/app:1")
}

job start(pushed: string) on linux {
    checkout = none
    sh "echo running #{pushed}"
}

pipeline ci {
    on manual
    start(image())
}
"##;
    let docker = "case $1 in login) test \"$(cat)\" = s3cret ;; inspect) echo ghcr.io/o/app@sha256:00 ;; esac";
    let expected = "\
docker login ghcr.io --username robot --password-stdin
docker build --tag ghcr.io/o/app:1 --file app/Dockerfile --target=run --build-arg=A=1 --build-arg=B=x y app
docker push ghcr.io/o/app:1
docker inspect --format {{index .RepoDigests 0}} ghcr.io/o/app:1
docker logout ghcr.io
";
    let bench = Bench::of(program, &[("docker", docker)]);
    let run = bench.hosted(&[], &[]);
    succeeded(&run);
    assert_eq!(bench.calls(), expected);
    assert!(run.log.contains("running ghcr.io/o/app@sha256:00"), "{}", run.log);
    let ran = bench.local(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert_eq!(bench.calls(), expected);
    assert!(ran.all().contains("running ghcr.io/o/app@sha256:00"), "{}", ran.all());
}

#[test]
fn reports_are_counted_and_shown() {
    let program = r##"
use std.report

job test() -> (results: opaque, log: file = "log.txt") on linux {
    checkout = none
    sh """
        mkdir -p #{out results}/deep
        printf '%s' '<testsuite><testcase classname="A" name="x"/><testcase classname="A" name="y"><failure/></testcase></testsuite>' > #{out results}/a.xml
        printf '%s' '<testsuites><testsuite><testcase name="z"><skipped/></testcase></testsuite></testsuites>' > #{out results}/deep/b.xml
        printf 'one\ntwo\nthree\n' > #{out log}
        """
}

job show(results: opaque, log: file) -> (text: string) on linux {
    checkout = none
    let all = report.junit([results], title: "Unit tests")
    report.log(log, lines: 2)
    out text = "#{all.failed} of #{all.tests}"
}

job judge(text: string) on linux {
    checkout = none
    sh "echo failed: #{text}"
}

pipeline ci {
    on manual
    let tested = test()
    judge(show(tested.results, tested.log))
}
"##;
    let bench = Bench::of(program, &[]);
    let run = bench.hosted(&[], &[]);
    succeeded(&run);
    assert!(run.log.contains("failed: 1 of 3"), "{}", run.log);
    let page: String = run.job("show").legs[0].steps.iter().map(|it| it.summary.as_str()).collect();
    assert!(page.contains("### Unit tests\n\n3 tests, 1 failed, 1 skipped\n\n- `A y`"), "{page}");
    assert!(page.contains("### Log\n\n~~~~\ntwo\nthree\n~~~~"), "{page}");
    let ran = bench.local(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(ran.all().contains("failed: 1 of 3"), "{}", ran.all());
}

#[test]
fn an_environment_of_python_is_the_jobs_own() {
    let program = r##"
use std.python

job a() on linux {
    checkout = none
    python.environment()
    python.environment(["flow-no-such-package==1"])
    sh "command -v python"
}

pipeline ci {
    on manual
    a()
}
"##;
    // pip notes what it was asked for and installs nothing.
    let python = "case $2 in venv) mkdir -p \"$3/bin\" && cp \"$0\" \"$3/bin/python\" ;; esac";
    let bench = Bench::of(program, &[("python3", python)]);
    let run = bench.hosted(&[], &[]);
    succeeded(&run);
    assert!(run.log.contains("/python/bin/python"), "{}", run.log);
    assert!(bench.calls().contains("-m pip install --quiet --disable-pip-version-check flow-no-such-package==1"));
    let ran = bench.local(&[]);
    assert_eq!(ran.code, Some(0), "{}", ran.all());
    assert!(ran.all().contains("/python/bin/python"), "{}", ran.all());
}
