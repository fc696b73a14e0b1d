//! Values: captured, written, passed on, checked; parameters and secrets.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod support;

use flow_plan::model::{Const, Shell, Value, ValueType};
use flow_run::{ParamProblem, RunError};
use support::*;

fn optional(ty: ValueType) -> ValueType {
    ValueType::Optional(Box::new(ty))
}

/// A job whose only output is what its script prints.
fn printing(text: &str, ty: ValueType) -> flow_plan::model::Job {
    job("a").step(sh("s", text).captures("x", ty.clone())).value("x", ty, step_value("s", "x"))
}

#[tokio::test]
async fn captured_output_loses_the_line_breaks_at_its_end_and_nothing_else() {
    let world = World::new();
    for (text, ty, expected) in [
        (r"printf 'one\ntwo\n\n'", ValueType::String, "one\ntwo"),
        ("echo 'ä — 日本'", ValueType::String, "ä — 日本"),
        ("printf '  spaces '", ValueType::String, "  spaces "),
        ("true", optional(ValueType::String), ""),
        ("echo", optional(ValueType::Int), ""),
        ("echo true", ValueType::Bool, "true"),
        ("echo -12", ValueType::Int, "-12"),
        ("echo release", profile(), "release"),
        ("echo '[1, 2]'", ValueType::List(Box::new(ValueType::Int)), "[1,2]"),
        ("head -c 32000 /dev/zero | tr '\\0' x; echo", ValueType::String, &"x".repeat(32_000)),
    ] {
        let summary = world.succeed(&plan([printing(text, ty)])).await;
        assert_eq!(value(&summary, "a", "x"), expected, "{text}");
    }
}

#[tokio::test]
async fn a_value_that_is_not_of_its_type_fails_the_step_with_its_name() {
    let world = World::new();
    for (text, ty, expected) in [
        ("true", ValueType::String, "it is empty"),
        ("echo TRUE", ValueType::Bool, "it is `TRUE`, not `true` or `false`"),
        ("echo 010", ValueType::Int, "it is `010`, not a whole number such as `42`, of 64 bits"),
        (
            "echo 9223372036854775808",
            ValueType::Int,
            "it is `9223372036854775808`, not a whole number such as `42`, of 64 bits",
        ),
        ("echo Release", profile(), "it is `Release`, not one of `dev`, `release`"),
        (r"printf 'a\0b'", ValueType::String, "it has a NUL character"),
        (r"printf '\377'", ValueType::String, "it is not UTF-8"),
        (
            "head -c 32001 /dev/zero | tr '\\0' x",
            ValueType::String,
            "it has 32001 bytes, a value at most 32,000; use a file",
        ),
        (
            "head -c 99999 /dev/zero | tr '\\0' x",
            ValueType::String,
            "it has 99999 bytes, a value at most 32,000; use a file",
        ),
    ] {
        let failure = world.fail(&plan([printing(text, ty)]), "a").await;
        assert_eq!(cause(&failure), format!("gave no usable value for `x`: {expected}"));
        assert_eq!((failure.step.unwrap().id.as_ref(), failure.place.line), ("s", 101));
    }
}

#[tokio::test]
async fn captured_output_is_shown() {
    let world = World::new();
    world.succeed(&plan([printing("echo out; echo err >&2", ValueType::String)])).await;
    let mut lines = world.lines("a");
    lines.sort();
    assert_eq!(lines, ["err", "out"]);
}

#[tokio::test]
async fn values_go_through_files_to_later_steps_and_other_jobs() {
    let world = World::new();
    let (shell, text) = if has_python() {
        (Shell::Python, "print(@read(X).replace(chr(10), '+') + @read(ALL))")
    } else {
        (Shell::Sh, "printf %s%s @read(X) @read(ALL) | tr '\\n' +; echo")
    };
    let maker = job("a")
        .step(
            sh("s", "printf 'two\\nlines' > @value(x); echo 5 > @value(n)")
                .publishes("x", ValueType::String)
                .publishes("n", ValueType::Int),
        )
        .step(in_shell("t", Shell::Bash, "[[ @read(N) == 5 ]]", &[("N", step_value("s", "n"))]))
        .value("x", ValueType::String, step_value("s", "x"))
        .value(
            "all",
            ValueType::String,
            Value::Join(vec![step_value("s", "n"), Value::Const(Const::Text("%".into()))]),
        );
    let reader = job("b").reads("a", "x").reads("a", "all").step(in_shell(
        "s",
        shell,
        text,
        &[("X", output("a", "x")), ("ALL", output("a", "all"))],
    ));
    world.succeed(&plan([maker, reader])).await;
    assert_eq!(world.lines("b"), ["two+lines5%"]);
}

#[tokio::test]
async fn a_promised_value_that_is_not_written_is_missed() {
    let world = World::new();
    let lazy = |ty: ValueType| plan([job("a").step(sh("s", "true").publishes("x", ty))]);
    let failure = world.fail(&lazy(ValueType::String), "a").await;
    assert_eq!(cause(&failure), "gave no usable value for `x`: its file was not written");
    world.succeed(&lazy(optional(ValueType::String))).await;
}

#[tokio::test]
async fn parameters_are_settled_before_anything_starts() {
    let mut world = World::new();
    let mut wanting = plan([job("a").step(in_shell(
        "s",
        Shell::Sh,
        "echo @read(P) @read(N) @read(D)",
        &[
            ("P", Value::Param("profile".into())),
            ("N", Value::Param("count".into())),
            ("D", Value::Param("wait".into())),
        ],
    ))]);
    wanting.params = vec![
        param("profile", profile(), Some(Const::Text("dev".into()))),
        param("count", ValueType::Int, None),
        param("wait", ValueType::Duration, Some(Const::Duration(60_000))),
    ];
    let mut problems = async |given: &[(&str, &str)]| {
        world.options.params = given.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        match world.try_run(&wanting).await {
            Err(RunError::Params(problems)) => problems.iter().map(ParamProblem::to_string).collect(),
            Err(other) => panic!("{other}"),
            Ok(_) => world.lines("a"),
        }
    };
    assert_eq!(problems(&[]).await, ["parameter `count` needs a value: a whole number such as `42`, of 64 bits"]);
    assert_eq!(
        problems(&[("profil", "dev"), ("profile", "relaese"), ("count", "many"), ("x", "y")]).await,
        [
            "the pipeline has no parameter `profil`; did you mean `profile`?",
            "parameter `profile` cannot be `relaese`: it takes one of `dev`, `release`; did you mean `release`?",
            "parameter `count` cannot be `many`: it takes a whole number such as `42`, of 64 bits",
            "the pipeline has no parameter `x`; it has `profile`, `count`, `wait`",
        ]
    );
    assert_eq!(problems(&[("count", "1"), ("count", "1")]).await, ["parameter `count` is given more than once"]);
    assert_eq!(problems(&[("count", "3"), ("profile", "release"), ("wait", "2min")]).await, ["release 3 120s"]);
}

#[tokio::test]
async fn missing_secrets_stop_the_run_before_it_starts() {
    let world = World::new();
    let secret = |name: &str| Value::Secret(name.into());
    let reads = [("A", secret("NO_SUCH_ONE")), ("B", secret("NO_SUCH_TWO"))];
    let text = world.try_run(&plan([job("a").step(in_shell("s", Shell::Sh, "@read(A) @read(B)", &reads))])).await;
    let text = text.unwrap_err().to_string();
    assert_eq!(
        text,
        "no value for the secret `NO_SUCH_ONE`: set the variable `NO_SUCH_ONE`, or name a file by `--secrets`\n\
         no value for the secret `NO_SUCH_TWO`: set the variable `NO_SUCH_TWO`, or name a file by `--secrets`"
    );
}

#[tokio::test]
async fn the_context_of_a_run_on_this_machine() {
    let world = World::new();
    let read = |names: &[&str]| {
        let reads: Vec<(String, Value)> =
            names.iter().map(|it| (it.to_uppercase(), Value::Ctx((*it).into()))).collect();
        let text = reads.iter().map(|(name, _)| format!("echo @read({name})")).collect::<Vec<_>>().join("\n");
        let reads: Vec<(&str, Value)> = reads.iter().map(|(name, value)| (name.as_str(), value.clone())).collect();
        plan([job("a").step(in_shell("s", Shell::Sh, &text, &reads))])
    };
    let error = world.try_run(&read(&["sha"])).await.unwrap_err().to_string();
    assert!(error.starts_with("`ctx.sha` has no value here: it is read from the commit"), "{error}");
    let error = world.try_run(&read(&["token"])).await.unwrap_err().to_string();
    assert_eq!(error, "`ctx.token` has no value here: a run on this machine does not have it");

    world.git(&["init", "-q"]);
    world.git(&["commit", "-q", "--allow-empty", "-m", "first"]);
    world.git(&["remote", "add", "origin", "https://example.com/owner/name.git"]);
    world.succeed(&read(&["event", "branch", "ref", "repo", "sha", "short_sha", "job", "backend"])).await;
    let sha = world.git(&["rev-parse", "HEAD"]).trim().to_owned();
    let expected = ["manual", "main", "refs/heads/main", "owner/name", &sha, &sha[..7], "a", "local"];
    assert_eq!(world.lines("a"), expected);
}
