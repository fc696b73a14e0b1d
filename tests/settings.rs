//! Settings of pipelines, jobs and steps as GitHub has them: what is emitted, and what the scripts in
//! it do.

use flow_emit::{EmitError, Options, Warning};
use flow_plan::model::Backend;
use flow_tests::check::Program;

/// What is emitted for a program, without its header.
fn emitted(program: &str) -> String {
    let text = Program::of(program).emit(None, Backend::Github).text;
    let body = text.split_once("\nname: ").expect("a workflow has a name").1;
    format!("name: {body}")
}

/// The errors of a program that cannot be emitted.
fn refused(program: &str) -> Vec<EmitError> {
    let plan = Program::of(program).plan(None, Backend::Github);
    let options = Options { command: "flowc emit".to_owned(), ..Options::default() };
    flow_emit::emit(&plan, &options).expect_err("it cannot be emitted")
}

/// The warnings about a program that can be emitted.
fn warned(program: &str) -> Vec<Warning> {
    Program::of(program).emit(None, Backend::Github).warnings
}

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({ omit_expression => true }, { insta::assert_snapshot!($name, $text) })
    };
}

/// A pipeline of one job with these settings.
fn pipeline(settings: &str) -> String {
    format!("job a() on linux {{ sh \"make\" }}\npipeline ci {{\n{settings}\nbackends = [github]\na()\n}}")
}

/// A pipeline whose only job has this body.
fn job(body: &str) -> String {
    format!("job a() on linux {{\n{body}\n}}\npipeline ci {{\non push\nbackends = [github]\na()\n}}")
}

#[test]
fn what_starts_a_pipeline() {
    let program = r#"
job a() on linux { sh "make" }
pipeline build { display = "Build all"  on push a() }
pipeline ci {
    on push { branches = ["!release/old", "main", "release/**", "c++/v[0-9]*"], tags = ["v[0-9]*"], paths = ["!docs/**", "src/**", "c++/*.h"] }
    on pull_request { branches = ["main"], types = ["opened", "labeled"], paths = ["**/*.rs"], drafts = false }
    on merge_queue { branches = ["main"] }
    on schedule { cron = "0 4 * jan 5-7", timezone = "Europe/Berlin" }
    on schedule { cron = "*/5 * * * *", timezone = "UTC" }
    on manual
    on finished build { branches = ["main"], when = succeeded }
    on github.release { types = ["published", "prereleased"] }
    on github.fork
    a()
}
"#;
    let text = Program::of(program).emit(Some("ci"), Backend::Github).text;
    snapshot!("what_starts_a_pipeline", text.split_once("\nname: ").unwrap().1);
}

#[test]
fn schedules_that_github_cannot_keep_are_refused() {
    let errors = refused(&pipeline("on schedule { cron = \"*/3 * * * *\" }"));
    assert_eq!(errors.len(), 1, "{errors:?}");
    assert!(errors[0].message.contains("more often than every 5 minutes"), "{errors:?}");
    assert_eq!(errors[0].place.as_ref().map(|it| it.line), Some(3));
}

#[test]
fn brackets_that_github_may_read_otherwise_are_refused() {
    let errors = refused(&pipeline("on push { tags = [\"v[^0]\"] }"));
    assert!(errors[0].message.contains("`[^0]`"), "{errors:?}");
}

#[test]
fn ends_of_pipelines_that_one_filter_cannot_tell_apart_are_refused() {
    let program = r#"
job a() on linux { sh "make" }
pipeline one { on push a() }
pipeline two { on push a() }
pipeline ci { on finished one { branches = ["main"] } on finished two a() }
"#;
    let plan = Program::of(program).plan(Some("ci"), Backend::Github);
    let errors = flow_emit::emit(&plan, &Options::default()).unwrap_err();
    assert!(errors[0].help.contains("the same `branches`"), "{errors:?}");
}

#[test]
fn ends_of_several_pipelines_have_conditions_of_their_own() {
    let program = r#"
job a() on linux { sh "make" }
pipeline one { on push a() }
pipeline two { on push a() }
pipeline ci { on finished one { when = succeeded } on finished two { when = failed } a() }
"#;
    let text = Program::of(program).emit(Some("ci"), Backend::Github).text;
    let condition = text.lines().find_map(|line| line.trim().strip_prefix("if: ")).unwrap();
    assert_eq!(
        condition.trim_matches('\'').replace("''", "'"),
        "(github.event.workflow_run.name == 'one' && github.event.workflow_run.conclusion == 'success' || \
         github.event.workflow_run.name == 'two' && contains(fromJSON('[\"failure\", \"timed_out\", \"startup_failure\"]'), \
         github.event.workflow_run.conclusion))"
    );
}

#[test]
fn settings_of_jobs() {
    let program = r#"
/// Who may push to the registry.
secret PASSWORD

/// Puts a build where people see it.
job deploy(target: string, version: string) -> (url: string) on linux {
    environment { name = target, url = "https://#{host}.example.org" }
    concurrency { group = "deploy-#{target}", cancel = false }
    container {
        image = "rust:1.90"
        env { LANG = "C", VERSION = version }
        ports = [8080, "9090:90"]
        volumes = ["/tmp/cache:/cache"]
        options = "--cpus 2"
        credentials { username = "robot", password = PASSWORD }
    }
    service db {
        image = "postgres:17@sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
        env { POSTGRES_PASSWORD = PASSWORD }
        ports = [5432]
        options = "--memory 1g"
        health { command = "pg_isready -U \"me\"", interval = 10s, timeout = 5s, retries = 5, start_period = 1min }
    }
    service cache { image = "redis:8", health = "redis-cli ping" }
    permissions { id_token = write, contents = read }
    timeout = 90s
    continue_on_error = true
    raw github { snapshot = "fast" }
    let host = sh "./deploy #{version}"
    out url = "https://#{host}"
}

job check(const url: string) on linux {
    checkout = none
    raw github """
        snapshot:
          image-name: nightly
          version: "1.2"
        """
    sh "./check #{url}"
}

pipeline ci {
    on push
    on manual
    param target: string = "test"
    run_name = "deploy to #{target} by #{ctx.run_number}"
    concurrency { group = "ci-#{ctx.ref}", cancel = true }
    raw github { defaults { run { "working-directory" = "app" } } }
    deploy(target, ctx.sha)
    check("https://example.org")
}
"#;
    snapshot!("settings_of_jobs", emitted(program));
    let warnings: Vec<String> = warned(program).into_iter().map(|it| it.message).collect();
    assert_eq!(
        warnings,
        ["the image `rust:1.90` may be another one tomorrow", "the image `redis:8` may be another one tomorrow"]
    );
}

#[test]
fn raw_keys_that_stand_there_already_are_refused() {
    let errors = refused(&pipeline("on push\nraw github { defaults { run { shell = \"sh\" } } }"));
    assert!(errors[0].message.contains("`defaults.run.shell`"), "{errors:?}");
    let errors = refused(&job("raw github \"\"\"\n    a: !x b\n    \"\"\"\nsh \"make\""));
    assert!(errors[0].message.contains("no tags"), "{errors:?}");
}

#[test]
fn keys_that_nobody_knows_are_warned_of() {
    let warnings = warned(&job("raw github { nonsense = true }\nsh \"make\""));
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].message.contains("`nonsense` of a job"), "{warnings:?}");
    let step = job("step \"One\" { raw github { \"some-key\" = 3 } sh \"make\" }");
    assert!(warned(&step)[0].message.contains("`some-key` of a step"));
    assert!(emitted(&step).contains("\n        some-key: 3\n"), "{}", emitted(&step));
    assert!(emitted(&job("raw github { nonsense = true }\nsh \"make\"")).contains("\n    nonsense: true\n"));
}

#[test]
fn a_job_does_not_wait_for_its_own_run() {
    let program = r#"
job a() on linux { concurrency { group = "one" } sh "make" }
pipeline ci { on push concurrency { group = "one" } backends = [github] a() }
"#;
    assert!(refused(program)[0].message.contains("waits for its own run"));
}

#[test]
fn containers_run_on_linux_only() {
    let program =
        "job a() on windows { container = \"x:1\"\nsh \"make\" }\npipeline ci { on push backends = [github] a() }";
    assert!(refused(program)[0].message.contains("on Linux only"));
}

/// A job with so many outputs that another one reads.
fn handing_on(outputs: usize) -> String {
    let names: Vec<String> = (0..outputs).map(|it| format!("o{it}")).collect();
    let declared = names.iter().map(|it| format!("{it}: string")).collect::<Vec<_>>().join(", ");
    let made: String = names.iter().map(|it| format!("out {it} = sh \"date\"\n")).collect();
    let given = names.iter().map(|it| format!("{it}: made.{it}")).collect::<Vec<_>>().join(", ");
    let read = names.iter().map(|it| format!("#{{{it}}}")).collect::<Vec<_>>().join(" ");
    format!(
        "job a() -> ({declared}) on linux {{\n{made}}}\njob b({declared}) on linux {{ sh \"echo {read}\" }}\n\
         pipeline ci {{ on push backends = [github]\nlet made = a()\nb({given}) }}"
    )
}

#[test]
fn outputs_that_may_come_to_too_much_are_warned_of() {
    assert_eq!(warned(&handing_on(5)), []);
    let warnings = warned(&handing_on(30));
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].message.contains("the bytes that the outputs of job a may come to"), "{warnings:?}");
}

#[test]
fn names_of_groups_have_an_end() {
    let group = |len: usize| job(&format!("concurrency {{ group = \"{}\" }}\nsh \"make\"", "g".repeat(len)));
    assert_eq!(warned(&group(100)), []);
    assert!(warned(&group(390))[0].message.contains("390 of the 400"));
    assert!(refused(&group(401))[0].message.contains("401, and github takes no more than 400"));
}

#[test]
fn an_address_that_is_computed() {
    let text = emitted(&job(
        "let host = sh \"./deploy\"\nenvironment { name = \"test\", url = \"https://#{host.lower()}.example.org\" }",
    ));
    assert!(text.contains("      url: https://${{ steps.compute.outputs.host }}.example.org\n"), "{text}");
    assert!(text.contains("ascii_downcase"), "{text}");
}

#[test]
fn what_a_shell_and_an_auditor_want() {
    let windows = "job a() on windows { sh \"make\" }\npipeline ci { on push backends = [github] a() }";
    let text = emitted(windows);
    assert!(text.contains("        run: |\n          set +o pipefail -o posix\n          make\n"), "{text}");
    assert!(!text.contains("shell: sh"), "{text}");
    let comment = "job a() on linux { add_path \"tools\"\nsh \"make\" }\npipeline ci { on github.issue_comment backends = [github] a() }";
    let text = emitted(comment);
    assert!(text.contains("  issue_comment: # zizmor: ignore[dangerous-triggers]\n"), "{text}");
    assert!(text.contains(">> \"$GITHUB_PATH\" # zizmor: ignore[github-env]\n"), "{text}");
}
