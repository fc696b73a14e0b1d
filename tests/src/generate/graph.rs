//! The pipeline: calls, conditions, loops.

use super::body::Job;
use super::{Known, Program, Start, Type, Writer};

/// Types that jobs pass on.
const PASSED: [Type; 8] =
    [Type::Text, Type::Text, Type::Int, Type::Bool, Type::Mode, Type::File, Type::Exec, Type::Tree];

/// Writes a program.
pub(super) fn write(writer: &mut Writer) -> Program {
    writer.line("enum Mode { dev, release }");
    // Calls are written after the jobs that they call, into the pipeline.
    let mut calls =
        Writer { random: writer.random.clone(), text: String::new(), depth: 1, count: 10_000, may_fail: false };
    let mut known: Vec<Known> =
        [("text", Type::Text), ("level", Type::Int), ("fast", Type::Bool), ("mode", Type::Mode)]
            .map(|(name, ty)| Known { name: name.to_owned(), ty })
            .into();
    let mut handles: Vec<String> = Vec::new();
    let count = 3 + writer.random.below(4);
    for index in 0..count {
        call(writer, &mut calls, &mut known, &mut handles, index);
    }
    let mut jobs_end = String::new();
    if writer.chance(30) {
        writer.job("told", &[], &[], true);
        jobs_end.push_str("    on_failure { told() }\n");
    }
    if writer.chance(30) {
        writer.job("last", &[], &[], true);
        jobs_end.push_str("    finally { last() }\n");
    }
    if writer.chance(40) {
        calls.line("gate \"all ok\"");
    }
    let body = calls.text;
    writer.line("");
    writer.open("pipeline ci");
    writer.line("on push\non manual");
    writer.line("param text: string = \"Main\"\nparam level: int = 2\nparam fast: bool = true\nparam mode: Mode = dev");
    writer.line("");
    writer.text.push_str(&body);
    writer.text.push_str(&jobs_end);
    writer.close();

    let params = vec![
        ("text", (*writer.random.of(&["main", "it's $x", "two words"])).to_owned()),
        ("level", (*writer.random.of(&["0", "1", "7", "999999999999999"])).to_owned()),
        ("fast", (*writer.random.of(&["true", "false", "false"])).to_owned()),
        ("mode", (*writer.random.of(&["dev", "release"])).to_owned()),
    ];
    let starts = vec![
        Start { event: "push", branch: "main", params: Vec::new() },
        Start { event: "manual", branch: "Main", params },
    ];
    Program { text: writer.text.clone(), starts }
}

/// Arguments for a job, and the types that it takes.
fn arguments(calls: &mut Writer, known: &[Known], least: usize) -> (Vec<Type>, Vec<String>) {
    let count = least + calls.random.below(3);
    (0..count)
        .map(|_| {
            let it = calls.random.of(known).clone();
            let value = if it.ty.is_files() { it.name } else { calls.expression(known, it.ty) };
            (it.ty, value)
        })
        .unzip()
}

fn gives(calls: &mut Writer) -> Vec<Type> {
    (0..1 + calls.random.below(3)).map(|_| *calls.random.of(&PASSED)).collect()
}

/// What a handle's outputs are called.
fn outputs(handle: &str, job: &Job) -> Vec<Known> {
    let named = |name: &str| format!("{handle}.{name}");
    job.outputs.iter().map(|it| Known { name: named(&it.name), ty: it.ty }).collect()
}

fn called(job: &Job, arguments: &[String]) -> String {
    debug_assert_eq!(job.params.len(), arguments.len());
    format!("{}({})", job.name, arguments.join(", "))
}

fn call(jobs: &mut Writer, calls: &mut Writer, known: &mut Vec<Known>, handles: &mut Vec<String>, index: usize) {
    let (name, handle) = (format!("job{index}"), format!("h{index}"));
    let after = match handles.last() {
        Some(last) if calls.chance(20) => format!(" after {last}"),
        _ => String::new(),
    };
    match calls.random.below(if index == 0 { 3 } else { 10 }) {
        0..=3 => {
            let (takes, given) = arguments(calls, known, 0);
            let job = jobs.job(&name, &takes, &gives(calls), false);
            calls.line(&format!("let {handle} = {}{after}", called(&job, &given)));
            known.extend(outputs(&handle, &job));
            handles.push(handle);
        }
        // A job, and one that takes what it gives, under a condition.
        4 | 5 => {
            let (takes, given) = arguments(calls, known, 0);
            let job = jobs.job(&name, &takes, &gives(calls), false);
            let condition = calls.condition(known);
            calls.open(&format!("if {condition}"));
            calls.line(&format!("let {handle} = {}{after}", called(&job, &given)));
            let inner = outputs(&handle, &job);
            let reader = jobs.job(&format!("{name}b"), &inner.iter().map(|it| it.ty).collect::<Vec<_>>(), &[], false);
            calls.line(&called(&reader, &inner.iter().map(|it| it.name.clone()).collect::<Vec<_>>()));
            calls.close();
        }
        // One of two jobs.
        6 => {
            let types = gives(calls);
            let (takes, given) = arguments(calls, known, 0);
            let one = jobs.job(&format!("{name}a"), &takes, &types, true);
            let (takes, other_given) = arguments(calls, known, 0);
            let two = jobs.job(&format!("{name}b"), &takes, &types, true);
            let condition = calls.condition(known);
            let (one_call, two_call) = (called(&one, &given), called(&two, &other_given));
            calls.line(&format!("let {handle} = if {condition} {{ {one_call} }} else {{ {two_call} }}"));
            known.extend(outputs(&handle, &one));
            handles.push(handle);
        }
        // A job for each of a list, and one that takes all.
        7 => {
            let ty = *calls.random.of(&[Type::Text, Type::Int, Type::File, Type::Tree]);
            let (mut takes, mut given) = arguments(calls, known, 0);
            takes.insert(0, Type::Text);
            given.insert(0, "key".to_owned());
            let job = jobs.job(&name, &takes, &[ty], true);
            calls.line(&format!(
                "let {handle} = for key in [\"a\", \"b c\", \"d\"] {{ {} as \"{name} #{{key}}\" }}",
                called(&job, &given)
            ));
            collect(jobs, calls, &format!("{name}all"), &format!("{handle}.r1"), ty);
            handles.push(handle);
        }
        // The same of a list that is known later.
        8 => {
            let ty = *calls.random.of(&[Type::Text, Type::Int]);
            let list = jobs.job(&format!("{name}list"), &[], &[Type::Texts], true);
            let job = jobs.job(&name, &[Type::Text], &[ty], true);
            calls.line(&format!("let {handle}list = {}", called(&list, &[])));
            calls.line(&format!("let {handle} = for key in {handle}list.r1 {{ {}(key) }}", job.name));
            collect(jobs, calls, &format!("{name}all"), &format!("{handle}.r1"), ty);
        }
        // Something to expose.
        _ => {
            let job = jobs.job(&name, &[], &[Type::Tree, Type::File], false);
            calls.line(&format!("let {handle} = {}", called(&job, &[])));
            let field = *calls.random.of(&["r1", "r2"]);
            calls.line(&format!("expose {handle}.{field} as \"shown {index}\""));
            known.extend(outputs(&handle, &job));
            handles.push(handle);
        }
    }
}

/// A job that reads all members.
fn collect(jobs: &mut Writer, calls: &mut Writer, name: &str, all: &str, ty: Type) {
    let mark = jobs.fresh("m");
    jobs.line("");
    jobs.open(&format!("job {name}(all: [{}]) on linux", ty.name()));
    jobs.line("checkout = none");
    jobs.open(&format!("step \"All {mark}\""));
    let look = match ty {
        Type::File => "cksum < \"$one\"",
        Type::Tree => "(cd \"$one\" && find . | LC_ALL=C sort | cksum)",
        _ => "printf '%s' \"$one\" | od -An -v -tx1 | tr -d ' \\n'; echo",
    };
    jobs.script("", &format!("for one in #{{all...}}; do\n    printf '@{mark} '; {look}\ndone"));
    jobs.close();
    jobs.close();
    calls.line(&format!("{name}({all})"));
}
