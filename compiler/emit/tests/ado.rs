//! Whole Azure pipelines: a snapshot that people read, and the structure that an independent reader
//! sees.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, missing_docs)]

mod support;

use flow_plan::model::*;
use support::*;

#[test]
fn quickstart_is_what_a_person_would_write() {
    let emitted = emitted(&quickstart(Backend::Ado));
    assert_eq!(emitted.path, ".azure-pipelines/ci.yml");
    insta::assert_snapshot!(emitted.text);
}

#[test]
fn everything_at_once() {
    insta::assert_snapshot!(emitted(&everything(Backend::Ado)).text);
}

#[test]
fn the_quickstart_has_the_structure_of_its_plan() {
    let plan = quickstart(Backend::Ado);
    let emitted = emitted(&plan);
    let pipeline = yaml(&emitted.text);
    let jobs = pipeline["jobs"].as_sequence().unwrap();
    assert_eq!(jobs.len(), plan.jobs.len());
    for (job, planned) in jobs.iter().zip(&plan.jobs) {
        assert_eq!(job["job"].as_str().unwrap(), planned.id.replace('-', "_"));
        let steps = job["steps"].as_sequence().unwrap();
        let sources = if planned.checkout.is_some() { "self" } else { "none" };
        assert_eq!(steps[0]["checkout"], sources, "said, since a job without a word about it has the sources");
        for step in &steps[1..] {
            assert!(step["displayName"].is_string());
            if let Some(script) = step["bash"].as_str() {
                assert!(script.starts_with("set -eo pipefail\n") || script.starts_with("set -e -o posix\n"));
                assert!(!script.contains("$(System") && !script.contains("${{"));
            }
        }
    }
    let messages: Vec<_> = emitted.warnings.iter().map(|it| it.message.as_str()).collect();
    assert_eq!(messages.len(), 2, "{messages:?}");
    assert!(messages[0].contains("Azure Repos does not read `pr`") && messages[1].contains("retention"));
}

fn first_script(plan: &Plan) -> serde_yaml::Value {
    yaml(&emitted(plan).text)["jobs"][0]["steps"][1].clone()
}

fn one(shell: Shell, script: &str) -> Plan {
    plan(Backend::Ado, vec![one_step("a", step("s", "s", shell, vec![text(script)]))])
}

#[test]
fn what_the_agent_would_replace_is_kept_from_it() {
    let script = "x=$(pwd) y=$(git.name) z=$(echo 1) n=$((1 + 2)) a=$(b-c) $(open";
    let expected = "set -e -o posix\nx=$( pwd ) y=$( git.name ) z=$(echo 1) n=$((1 + 2)) a=$( b-c ) $(open\n";
    assert_eq!(first_script(&one(Shell::Sh, script))["bash"], expected);
    assert_eq!(refused(&one(Shell::Python, "print('$(x)')")).len(), 1, "a space would change the text");
    for bad in ["echo ${{ x }}", "echo $[1+1]", "echo '##vso[task.complete]'"] {
        assert_eq!(refused(&one(Shell::Bash, bad)).len(), 1, "{bad}");
    }
}

#[test]
fn const_text_with_a_macro_travels_encoded() {
    let mut it = step("s", "s", Shell::Bash, vec![text("echo \"$X\"")]);
    it.env = vec![("X".into(), constant("$(System.AccessToken)"))];
    let found = first_script(&plan(Backend::Ado, vec![one_step("a", it)]));
    assert_eq!(found["env"]["X"], "JChTeXN0ZW0uQWNjZXNzVG9rZW4p");
    assert!(found["bash"].as_str().unwrap().contains("X=$(printf %s \"$X\" | base64 --decode)"));
}

#[test]
fn joined_values_that_must_be_finished_are_joined_by_the_shell() {
    let mut make = step("m", "m", Shell::Sh, vec![text("echo x")]);
    make.publishes =
        vec![publish("v", ValueType::String, PublishFrom::Stdout), publish("n", ValueType::Int, PublishFrom::File)];
    let joined = |value| Value::Join(vec![constant("v"), value, constant("!")]);
    let mut use_it = step("s", "s", Shell::Bash, vec![text("true")]);
    use_it.env = vec![("V".into(), joined(from_step("m", "v"))), ("N".into(), joined(from_step("m", "n")))];
    let plan = plan(Backend::Ado, vec![Job { steps: vec![make, use_it], ..job("a") }]);
    let step = yaml(&emitted(&plan).text)["jobs"][0]["steps"][3].clone();
    assert_eq!(step["env"], yaml("{V_1: v, V_3: '!', N: 'v$(m.flow_n)!'}"));
    let script = step["bash"].as_str().unwrap();
    assert!(
        script.contains(
            "V_2=$(cat \"$AGENT_TEMPDIRECTORY/flow/value/m.v\"); export V_2\nexport V=\"${V_1}${V_2}${V_3}\"\n"
        ),
        "{script}"
    );
}

#[test]
fn an_output_that_no_step_publishes_is_handed_on_by_a_step_of_its_own() {
    let mut make = step("m", "m", Shell::Sh, vec![text("echo 1")]);
    make.publishes = vec![publish("n", ValueType::Int, PublishFrom::Stdout)];
    let joined = Value::Join(vec![constant("v"), from_step("m", "n")]);
    let maker = Job { outputs: vec![value("tag", ValueType::String, joined)], ..one_step("a", make) };
    let reader = step("s", "s", Shell::Bash, vec![text("echo "), read("TAG", output("a", "tag"))]);
    let reader = Job { needs: vec![edge("a", EdgeKind::Value("tag".into()))], ..one_step("b", reader) };
    let pipeline = yaml(&emitted(&plan(Backend::Ado, vec![maker, reader])).text);
    let step = &pipeline["jobs"][0]["steps"][3];
    assert_eq!((step["name"].as_str(), &step["env"]), (Some("flow_outputs"), &yaml("{OUT_TAG: 'v$(m.flow_n)'}")));
    assert_eq!(pipeline["jobs"][1]["variables"]["flow_a_tag"], "$[ dependencies.a.outputs['flow_outputs.flow_tag'] ]");
}

#[test]
fn parameters_are_typed_and_booleans_normal() {
    let names = [
        ("b", ValueType::Bool, Const::Bool(false)),
        ("n", ValueType::Int, Const::Int(0)),
        ("s", ValueType::String, Const::Text(String::new())),
    ];
    let params = names.iter().map(|(name, ty, default)| Param {
        name: (*name).into(),
        docs: None,
        ty: ty.clone(),
        default: Some(default.clone()),
        place: place(1),
    });
    let reads = names.iter().map(|(name, ..)| read(&name.to_uppercase(), Value::Param((*name).into())));
    let job = one_step("a", step("s", "s", Shell::Bash, std::iter::once(text("echo ")).chain(reads).collect()));
    let plan = Plan { params: params.collect(), ..plan(Backend::Ado, vec![job]) };
    let pipeline = yaml(&emitted(&plan).text);
    assert_eq!(
        pipeline["parameters"],
        yaml(
            "[{name: b, type: boolean, default: false}, {name: n, type: number, default: 0}, {name: s, type: string, default: ''}]"
        )
    );
    assert_eq!(
        first_script(&plan)["env"],
        yaml("{B: '${{ lower(parameters.b) }}', N: '${{ parameters.n }}', S: '${{ parameters.s }}'}")
    );
}

#[test]
fn what_does_not_start_it_is_said() {
    let job = || vec![one_step("a", step("s", "s", Shell::Bash, vec![text("true")]))];
    let manual = yaml(&emitted(&Plan { triggers: vec![on(Event::Manual)], ..plan(Backend::Ado, job()) }).text);
    assert_eq!((&manual["trigger"], &manual["pr"]), (&yaml("none"), &yaml("none")));
    assert_eq!(manual.get("parameters"), None);

    let tags = Trigger { tags: vec!["v*".into()], ..on(Event::Push) };
    let pull = Trigger { drafts: false, branches: vec!["!wip".into()], ..on(Event::PullRequest) };
    let nightly = Trigger { cron: Some("0 3 * * *".into()), ..on(Event::Schedule) };
    let emitted = emitted(&Plan { triggers: vec![tags, pull, nightly], ..plan(Backend::Ado, job()) });
    let pipeline = yaml(&emitted.text);
    assert_eq!(
        pipeline["trigger"],
        yaml("{branches: {exclude: ['*']}, tags: {include: ['v*']}}"),
        "tags alone would come on top of all branches"
    );
    assert_eq!(pipeline["pr"], yaml("{branches: {include: ['*'], exclude: [wip]}, drafts: false}"));
    assert_eq!(pipeline["schedules"][0]["always"], true);
    assert!(emitted.warnings.iter().any(|it| it.message.contains("it runs on `main`")));
}

#[test]
fn names_that_azure_cannot_tell_apart_are_refused() {
    let it = || step("s", "s", Shell::Bash, vec![text("true")]);
    let jobs = vec![one_step("a-b", it()), one_step("a_b", it())];
    assert!(refused(&plan(Backend::Ado, jobs))[0].contains("a-b and a_b have one name"));
    let steps = vec![step("s-1", "s", Shell::Bash, vec![]), step("s_1", "s", Shell::Bash, vec![])];
    assert!(refused(&plan(Backend::Ado, vec![Job { steps, ..job("a") }]))[0].contains("s-1 and s_1 have one name"));
}

#[test]
fn runners() {
    let with = |runner| {
        plan(Backend::Ado, vec![Job { runner, ..one_step("a", step("s", "s", Shell::Bash, vec![text("true")])) }])
    };
    let runner = Runner { os: Os::Macos, arch: Arch::Arm64, github: None, ado: None };
    assert!(refused(&with(runner.clone()))[0].contains("Azure hosts no macos agent with an ARM processor"));
    let pool = AdoPool { name: "gpu".into(), demands: vec!["cuda".into()] };
    let job = yaml(&emitted(&with(Runner { ado: Some(pool), ..runner })).text)["jobs"][0].clone();
    assert_eq!((&job["pool"], &job["workspace"]), (&yaml("{name: gpu, demands: [cuda]}"), &yaml("{clean: all}")));
}

#[test]
fn cmd_is_for_windows_and_for_values_that_need_no_care() {
    assert!(refused(&one(Shell::Cmd, "echo x"))[0].contains("there is no cmd on linux"));
    let windows = Runner { os: Os::Windows, arch: Arch::X64, github: None, ado: None };
    let job = Job {
        runner: windows,
        ..one_step("a", step("s", "s", Shell::Cmd, vec![text("echo "), read("X", constant("$(x)"))]))
    };
    assert!(refused(&plan(Backend::Ado, vec![job]))[0].contains("cmd cannot take this value safely"));
}

#[test]
fn members_of_ctx() {
    let members = ["sha", "branch", "run_id"];
    let reads = members.iter().map(|it| read(&it.to_uppercase(), Value::Ctx((*it).into())));
    let job = one_step("a", step("s", "s", Shell::Bash, std::iter::once(text("echo ")).chain(reads).collect()));
    let pipeline = yaml(&emitted(&plan(Backend::Ado, vec![job])).text);
    let job = &pipeline["jobs"][0];
    assert_eq!(
        job["steps"][1]["env"],
        yaml("{SHA: $(Build.SourceVersion), BRANCH: $(flow_ctx_branch), RUN_ID: $(Build.BuildId)}")
    );
    assert!(
        job["variables"]["flow_ctx_branch"]
            .as_str()
            .unwrap()
            .starts_with("$[ iif(startsWith(variables['Build.SourceBranch']")
    );
    let untrusted = one_step(
        "a",
        step("s", "s", Shell::Bash, vec![text("echo "), read("B", Value::Ctx("pull_request.branch".into()))]),
    );
    assert!(refused(&plan(Backend::Ado, vec![untrusted]))[0].contains("outsiders choose the branch's name"));
}
