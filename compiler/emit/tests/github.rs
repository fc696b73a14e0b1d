//! Whole workflows: a snapshot that people read, and the structure that an independent reader sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use flow_plan::model::*;
use support::*;

#[test]
fn quickstart_is_what_a_person_would_write() {
    let emitted = emitted(&quickstart(Backend::Github));
    assert_eq!(emitted.path, ".github/workflows/ci.yml");
    assert_eq!(emitted.warnings, []);
    insta::assert_snapshot!(emitted.text);
}

#[test]
fn everything_at_once() {
    insta::assert_snapshot!(emitted(&everything(Backend::Github)).text);
}

/// What an independent reader finds in the quickstart's workflow.
#[test]
fn the_quickstart_has_the_structure_of_its_plan() {
    let plan = quickstart(Backend::Github);
    let workflow = yaml(&emitted(&plan).text);
    let jobs = workflow["jobs"].as_mapping().unwrap();
    let ids: Vec<_> = jobs.keys().map(|it| it.as_str().unwrap()).collect();
    assert_eq!(ids, plan.jobs.iter().map(|it| it.id.as_str()).collect::<Vec<_>>());
    for (id, job) in jobs {
        let uses = |it: &serde_yaml::Value| it["uses"].as_str().unwrap_or("").to_owned();
        let steps = job["steps"].as_sequence().unwrap();
        let has_checkout = steps.iter().any(|it| uses(it).starts_with("actions/checkout@"));
        assert_eq!(job.get("permissions").is_some(), has_checkout, "{id:?}: rights follow from the steps");
        for step in steps {
            assert!(step["name"].is_string(), "{id:?}: each step has a name");
            let commit = uses(step).split_once('@').map(|it| it.1.to_owned());
            assert!(commit.is_none_or(|it| it.len() == 40), "{id:?}: foreign actions are pinned");
            let run = step["run"].as_str().unwrap_or("");
            assert!(!run.contains("${{"), "{id:?}: no value is pasted into a script");
        }
    }
    assert_eq!(workflow["jobs"]["summarize"]["needs"], yaml("[test-1, test-2]"), "each once, in the plan's order");
    assert_eq!(workflow["jobs"]["verify"].get("outputs"), None, "nothing that nobody reads");
    assert_eq!(workflow["permissions"], yaml("{}"));
}

#[test]
fn emission_is_deterministic() {
    assert_eq!(emitted(&quickstart(Backend::Github)), emitted(&quickstart(Backend::Github)));
}

#[test]
fn the_stamp_follows_the_content_only() {
    let stamp = |text: &str| text.lines().find(|it| it.starts_with("# Content: ")).unwrap().to_owned();
    let plan = quickstart(Backend::Github);
    let other = flow_emit::emit(&plan, &flow_emit::Options { command: "flowc emit ci".into(), ..options() }).unwrap();
    assert_eq!(stamp(&emitted(&plan).text), stamp(&other.text));
    let changed = Plan { title: "other".into(), ..plan.clone() };
    assert_ne!(stamp(&emitted(&plan).text), stamp(&emitted(&changed).text));
}

fn step_of(plan: &Plan, job: &str, step: usize) -> serde_yaml::Value {
    yaml(&emitted(plan).text)["jobs"][job]["steps"][step].clone()
}

fn echo(parts: Vec<ScriptPart>) -> Step {
    let mut all = vec![text("echo ")];
    all.extend(parts);
    step("say", "say", Shell::Bash, all)
}

fn param(ty: ValueType, default: Option<Const>) -> Param {
    Param { name: "p".into(), docs: None, ty, default, place: place(2) }
}

fn with_param(triggers: Vec<Trigger>, ty: ValueType, default: Option<Const>) -> Plan {
    let job = one_step("a", echo(vec![read("P", Value::Param("p".into()))]));
    Plan { params: vec![param(ty, default)], triggers, ..plan(Backend::Github, vec![job]) }
}

/// What the first step gets that reads the parameter: numbers are checked before others read them.
fn first_p(plan: &Plan) -> serde_yaml::Value {
    let steps = yaml(&emitted(plan).text)["jobs"]["a"]["steps"].clone();
    let steps = steps.as_sequence().unwrap().iter();
    steps.map(|it| it["env"]["P"].clone()).find(serde_yaml::Value::is_string).expect("a step reads it")
}

#[test]
fn a_parameter_has_its_default_on_events_without_a_form() {
    let text = |it: &str| Some(Const::Text(it.into()));
    let cases = [
        (ValueType::Bool, Some(Const::Bool(false)), "inputs.p || false"),
        (
            ValueType::Bool,
            Some(Const::Bool(true)),
            "fromJSON(toJSON(inputs.p) != 'null' && toJSON(inputs.p) || 'true')",
        ),
        (ValueType::Int, Some(Const::Int(0)), "inputs.p || 0"),
        (ValueType::Int, Some(Const::Int(3)), "fromJSON(format('{0}', inputs.p) || '3')"),
        (ValueType::String, text(""), "inputs.p"),
        (ValueType::String, text("it's"), "fromJSON(toJSON(inputs.p) != 'null' && toJSON(inputs.p) || '\"it''s\"')"),
        (greeting(), text("moin"), "inputs.p || 'moin'"),
    ];
    for (ty, default, expected) in cases {
        let plan = with_param(vec![on(Event::Push), on(Event::Manual)], ty.clone(), default.clone());
        assert_eq!(first_p(&plan), format!("${{{{ {expected} }}}}"), "{ty:?}");
        let manual = with_param(vec![on(Event::Manual)], ty, default);
        assert_eq!(first_p(&manual), "${{ inputs.p }}");
    }
}

#[test]
fn the_form_of_a_manual_run_has_typed_fields() {
    let cases = [
        (ValueType::Bool, Some(Const::Bool(false)), "{type: boolean, default: false}"),
        (ValueType::Int, Some(Const::Int(0)), "{type: number, default: 0}"),
        (ValueType::String, Some(Const::Text(String::new())), "{type: string, default: ''}"),
        (ValueType::String, None, "{type: string, required: true}"),
        (greeting(), Some(Const::Text("moin".into())), "{type: choice, options: [hello, moin], default: moin}"),
        (ValueType::Optional(Box::new(ValueType::String)), None, "{type: string}"),
        (
            ValueType::List(Box::new(ValueType::String)),
            None,
            "{description: \"(a list, as JSON)\", type: string, required: true}",
        ),
    ];
    for (ty, default, expected) in cases {
        let plan = with_param(vec![on(Event::Manual)], ty, default);
        assert_eq!(yaml(&emitted(&plan).text)["on"]["workflow_dispatch"]["inputs"]["p"], yaml(expected));
    }
}

#[test]
fn triggers() {
    let push = Trigger { branches: vec!["!wip/**".into()], tags: vec!["v*".into(), "!v0*".into()], ..on(Event::Push) };
    let pull = Trigger { drafts: false, paths: vec!["src/**".into()], ..on(Event::PullRequest) };
    let cron = |it: &str| Trigger { cron: Some(it.into()), ..on(Event::Schedule) };
    let jobs = vec![
        one_step("a", echo(vec![])),
        Job { needs: vec![edge("a", EdgeKind::Order)], ..one_step("b", echo(vec![])) },
    ];
    let plan =
        Plan { triggers: vec![push, pull, cron("30 5 * * 1"), cron("0 0 1 * *")], ..plan(Backend::Github, jobs) };
    let workflow = yaml(&emitted(&plan).text);
    assert_eq!(
        workflow["on"],
        yaml(
            "{push: {branches-ignore: ['wip/**'], tags: ['v*', '!v0*']}, \
             pull_request: {types: [opened, synchronize, reopened, ready_for_review], paths: ['src/**']}, \
             schedule: [{cron: '30 5 * * 1'}, {cron: '0 0 1 * *'}]}"
        )
    );
    // A draft starts the workflow all the same: what comes first is skipped, and so is what needs it.
    assert_eq!(workflow["jobs"]["a"]["if"], "github.event.pull_request.draft != true");
    assert_eq!(workflow["jobs"]["b"].get("if"), None);

    let twice = Plan { triggers: vec![on(Event::Push), on(Event::Push)], ..plan.clone() };
    assert_eq!(refused(&twice), ["two triggers for push: a workflow has one [join their filters into one]"]);
    let never = Plan { triggers: vec![], ..plan };
    assert!(refused(&never)[0].contains("nothing starts this pipeline"));
}

#[test]
fn a_run_is_cancelled_by_a_newer_one_only_on_pull_requests() {
    let group = |triggers| {
        let plan = Plan { triggers, ..plan(Backend::Github, vec![one_step("a", echo(vec![]))]) };
        yaml(&emitted(&plan).text)["concurrency"]["cancel-in-progress"].clone()
    };
    assert_eq!(group(vec![on(Event::Push)]), false);
    assert_eq!(group(vec![on(Event::PullRequest)]), true);
    assert_eq!(group(vec![on(Event::Push), on(Event::PullRequest)]), "${{ github.event_name == 'pull_request' }}");
}

#[test]
fn secrets_reach_only_the_steps_that_read_them() {
    let quiet = step("quiet", "quiet", Shell::Bash, vec![text("true")]);
    let loud = echo(vec![read("TOKEN", Value::Secret("TOKEN".into()))]);
    let plan = plan(Backend::Github, vec![Job { steps: vec![quiet, loud], ..job("a") }]);
    let emitted = emitted(&plan);
    assert_eq!(emitted.text.matches("secrets.TOKEN").count(), 1);
    let step = step_of(&plan, "a", 1);
    assert_eq!(step["env"]["TOKEN"], "${{ secrets.TOKEN }}");
    assert!(step["run"].as_str().unwrap().starts_with(": \"${TOKEN:?there is no secret TOKEN}\"\n"));
}

#[test]
fn what_a_script_must_not_hold_is_refused() {
    for bad in ["echo ${{ github.sha }}", "echo '::set-output name=x::y'", "echo \"::add-mask::$X\""] {
        let plan = plan(Backend::Github, vec![one_step("a", step("s", "s", Shell::Sh, vec![text(bad)]))]);
        assert_eq!(refused(&plan).len(), 1, "{bad}");
    }
    let fine = plan(Backend::Github, vec![one_step("a", step("s", "s", Shell::Sh, vec![text("cargo test a::b::c")]))]);
    emitted(&fine);
}

#[test]
fn text_of_the_author_is_never_an_expression() {
    let mut one = echo(vec![]);
    one.title = "say ${{ github.token }}".into();
    one.env = vec![("X".into(), constant("${{ secrets.A }}"))];
    let plan = plan(Backend::Github, vec![Job { title: "a ${{ b }}".into(), ..one_step("a", one) }]);
    let emitted = emitted(&plan);
    assert!(emitted.text.contains("X: ${{ '${{' }} secrets.A }}"), "{}", emitted.text);
    assert!(emitted.text.contains("name: say ${{ '${{' }} github.token }}"), "{}", emitted.text);
}

#[test]
fn shells_folders_timeouts_and_environments() {
    let mut python = step("p", "p", Shell::Python, vec![text("print("), read("X", constant("x")), text(")")]);
    python.workdir = Some("sub/dir".into());
    python.timeout_seconds = Some(61);
    let pwsh = step("w", "w", Shell::Pwsh, vec![text("Write-Output 1")]);
    let job = Job {
        env: vec![("A".into(), constant("1")), ("S".into(), Value::Secret("S".into()))],
        steps: vec![python, pwsh],
        timeout_seconds: 90,
        runner: Runner {
            os: Os::Linux,
            arch: Arch::X64,
            github: Some(vec!["self-hosted".into(), "gpu".into()]),
            ado: None,
        },
        ..job("a")
    };
    let workflow = yaml(&emitted(&plan(Backend::Github, vec![job])).text);
    let job = &workflow["jobs"]["a"];
    assert_eq!((&job["timeout-minutes"], &job["runs-on"]), (&yaml("2"), &yaml("[self-hosted, gpu]")));
    assert_eq!(job["env"], yaml("{A: '1'}"), "secrets stay out of the job's environment");
    assert_eq!(job["steps"][0]["shell"], "python");
    assert_eq!(job["steps"][0]["working-directory"], "sub/dir");
    assert_eq!(job["steps"][0]["timeout-minutes"], 2);
    assert_eq!(job["steps"][0]["env"], yaml("{S: '${{ secrets.S }}', X: x}"));
    assert_eq!(job["steps"][1]["shell"], "pwsh");
}

#[test]
fn a_value_of_a_shell_that_cannot_publish_has_a_step_after_it() {
    let mut one = step("n", "n", Shell::Python, vec![text("print(42)")]);
    one.publishes = vec![publish("n", ValueType::Int, PublishFrom::Stdout)];
    let plan =
        plan(Backend::Github, vec![Job { steps: vec![one, echo(vec![read("N", from_step("n", "n"))])], ..job("a") }]);
    let (author, after, reader) = (step_of(&plan, "a", 1), step_of(&plan, "a", 2), step_of(&plan, "a", 3));
    assert!(author.get("id").is_none() && author["run"].as_str().unwrap().contains("os.dup2"));
    assert_eq!((after["id"].as_str(), after.get("shell")), (Some("n"), None));
    assert_eq!(reader["env"]["N"], "${{ steps.n.outputs.n }}");
}

#[test]
fn early_outputs_need_no_job_output() {
    let maker = Job {
        outputs: vec![
            value("c", ValueType::String, constant("x")),
            value("s", ValueType::String, Value::Ctx("sha".into())),
        ],
        ..one_step("a", echo(vec![]))
    };
    let user = one_step("b", echo(vec![read("C", output("a", "c")), text(" "), read("S", output("a", "s"))]));
    let plan = plan(Backend::Github, vec![maker, user]);
    let workflow = yaml(&emitted(&plan).text);
    assert_eq!(workflow["jobs"]["a"].get("outputs"), None);
    assert_eq!(workflow["jobs"]["b"]["steps"][0]["env"], yaml("{C: x, S: '${{ github.sha }}'}"));
}

#[test]
fn hidden_and_optional_files() {
    let hidden = Schema { name: "H".into(), fields: vec![field("rc", FieldKind::File, ".config/rc")] };
    let maker = Job { outputs: vec![artifact("h", &hidden)], ..one_step("a", echo(vec![])) };
    let needs = vec![edge("a", EdgeKind::Artifact("h".into()))];
    let user =
        Job { consumes: vec![consume("h", "a", "h", &hidden)], needs: needs.clone(), ..one_step("b", echo(vec![])) };
    let with = yaml(&emitted(&plan(Backend::Github, vec![maker, user])).text)["jobs"]["a"]["steps"][3]["with"].clone();
    assert_eq!(with["include-hidden-files"], true, "{with:?}");

    let mut maybe = field("x", FieldKind::File, "x");
    maybe.optional = true;
    let schema = Schema { name: "M".into(), fields: vec![maybe] };
    let maker = Job { outputs: vec![artifact("h", &schema)], ..one_step("a", echo(vec![])) };
    let user = Job { consumes: vec![consume("h", "a", "h", &schema)], needs, ..one_step("b", echo(vec![])) };
    // GitHub stores no empty artifact: a mark goes along.
    let text = emitted(&plan(Backend::Github, vec![maker, user])).text;
    assert!(text.contains(": > \"$pack\"/h.artifact"), "{text}");
}

#[test]
fn taken_files() {
    let schema =
        Schema { name: "T".into(), fields: vec![field("x", FieldKind::Exec, "x"), field("d", FieldKind::Opaque, "d")] };
    let take = |id: &str, from: &str, path: &str, kind| Step {
        run: Run::Take {
            from: from.into(),
            to: Location::Produced { output: "t".into(), path: path.into() },
            kind,
            pattern: false,
        },
        ..step(id, id, Shell::Sh, vec![])
    };
    let steps = vec![take("x", "target/my app", "x", FieldKind::Exec), take("d", "-docs", "d", FieldKind::Opaque)];
    let plan = plan(Backend::Github, vec![Job { steps, outputs: vec![artifact("t", &schema)], ..job("a") }]);
    let run = |at| step_of(&plan, "a", at)["run"].as_str().unwrap().to_owned();
    assert_eq!(run(1), "cp 'target/my app' \"$RUNNER_TEMP/flow/out/t/x\"\nchmod +x \"$RUNNER_TEMP/flow/out/t/x\"\n");
    assert_eq!(run(2), "cp -RP ./-docs/. \"$RUNNER_TEMP/flow/out/t/d\"");
}

#[test]
fn a_plan_that_contradicts_itself_is_refused() {
    let reader = one_step("b", echo(vec![read("X", output("nobody", "x"))]));
    assert!(refused(&plan(Backend::Github, vec![reader]))[0].contains("value x of job nobody is missing"));
    let schema = Schema { name: "S".into(), fields: vec![field("x", FieldKind::File, "x")] };
    let maker = Job { outputs: vec![artifact("s", &schema)], ..one_step("a", echo(vec![])) };
    let user = Job { consumes: vec![consume("s", "a", "s", &schema)], ..one_step("b", echo(vec![])) };
    assert!(refused(&plan(Backend::Github, vec![maker, user]))[0].contains("edge to job a"));
    assert!(refused(&plan(Backend::Local, vec![]))[0].contains("flowc run"));
}

#[test]
fn too_much_for_the_platform_is_an_error_that_names_the_biggest_job() {
    let script = "echo 0123456789\n".repeat(27_000);
    let big = plan(
        Backend::Github,
        vec![one_step("small", echo(vec![])), one_step("big", step("s", "s", Shell::Bash, vec![text(&script)]))],
    );
    let near = flow_emit::emit(&big, &options());
    let errors = near.expect_err("more than 512,000 bytes");
    assert!(errors[0].message.contains("512000") && errors[0].help.contains("the biggest job is big"), "{errors:?}");

    let script = "echo 0123456789\n".repeat(16_500);
    let near = emitted(&plan(Backend::Github, vec![one_step("big", step("s", "s", Shell::Bash, vec![text(&script)]))]));
    assert_eq!(near.warnings.len(), 1, "80 % are a warning");

    let mut long = echo(vec![]);
    long.env = vec![("X".into(), Value::Join(vec![Value::Ctx("sha".into()), constant(&"x".repeat(21_000))]))];
    let refused = refused(&plan(Backend::Github, vec![one_step("a", long)]));
    assert!(refused[0].contains("longest text with an expression"), "{refused:?}");
}
