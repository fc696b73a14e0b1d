//! A plan for people: text, and a graph in the language of Graphviz.

use std::fmt::Write as _;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::{Block, EdgeKind, Job, OutputKind, Plan, Role, Run};
use crate::show;

/// The jobs and what orders them: an edge from who comes before to who comes after.
pub fn graph(plan: &Plan) -> DiGraph<&Job, &EdgeKind> {
    let mut graph = DiGraph::new();
    let nodes: Vec<NodeIndex> = plan.jobs.iter().map(|job| graph.add_node(job)).collect();
    let find = |id: &str| plan.jobs.iter().zip(&nodes).find(|(job, _)| job.id == id).map(|(_, node)| *node);
    for (job, node) in plan.jobs.iter().zip(&nodes) {
        for edge in &job.needs {
            if let Some(before) = find(&edge.job) {
                graph.add_edge(before, *node, &edge.kind);
            }
        }
    }
    graph
}

/// What the pipeline will do, a job a paragraph.
pub fn text(plan: &Plan) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "pipeline {} on {}: {} job{}",
        plan.pipeline,
        plan.backend.name(),
        plan.jobs.len(),
        if plan.jobs.len() == 1 { "" } else { "s" }
    );
    for param in &plan.params {
        let default =
            param.default.as_ref().map_or_else(|| "required".to_owned(), |value| format!("default {}", value.text()));
        let _ = writeln!(out, "  param {} ({default})", param.name);
    }
    for job in &plan.jobs {
        let _ = writeln!(out, "\n{}  [{}]", job.title, job.runner.os.name());
        let _ = writeln!(out, "  id       {}", job.id);
        if let Some(stage) = &job.stage {
            let _ = writeln!(out, "  stage    {stage}");
        }
        match job.role {
            Role::Normal => {}
            Role::OnFailure => out.push_str("  when     a job before it failed\n"),
            Role::Finally => out.push_str("  when     always, last\n"),
        }
        if let Some(guard) = &job.guard {
            let _ = writeln!(out, "  if       {}", show::value(&guard.condition));
        }
        for each in &job.each {
            let _ = writeln!(out, "  for      {} in {}", each.name, show::value(&each.list));
        }
        if let Some(inputs) = &job.inputs {
            let _ = writeln!(out, "  inputs   {}", inputs.join(" "));
        }
        for edge in &job.needs {
            let why = match &edge.kind {
                EdgeKind::Artifact(output) => format!("files of {output}"),
                EdgeKind::Value(output) => format!("value of {output}"),
                EdgeKind::Order => "order".to_owned(),
            };
            let _ = writeln!(out, "  needs    {} ({why})", edge.job);
        }
        for step in &job.steps {
            let shell = match &step.run {
                Run::Script(_) => "",
                Run::Take { .. } => " (files)",
                _ => "",
            };
            let block = match step.block {
                Block::Main => "",
                Block::OnFailure => " (on failure)",
                Block::Finally => " (finally)",
            };
            let guard =
                step.guard.as_ref().map(|it| format!("  if {}", show::value(&it.condition))).unwrap_or_default();
            let _ = writeln!(out, "  step     {}{shell}{block}{guard}", step.title);
        }
        for output in &job.outputs {
            match &output.kind {
                OutputKind::Value { .. } => {
                    let _ = writeln!(out, "  makes    {} (value)", output.name);
                }
                OutputKind::Artifact(schema) => {
                    let files: Vec<&str> = schema.fields.iter().map(|field| field.path.as_str()).collect();
                    let _ = writeln!(out, "  makes    {}: {} ({})", output.name, schema.name, files.join(", "));
                }
            }
        }
        for expose in &job.exposes {
            let _ = writeln!(out, "  exposes  \"{}\"", expose.name);
        }
    }
    for gate in &plan.gates {
        let _ = writeln!(out, "\ngate \"{}\"\n  covers   {}", gate.title, gate.covers.join(" "));
    }
    out
}

/// The graph for `dot -Tsvg`.
pub fn dot(plan: &Plan) -> String {
    let quote = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
    let mut out =
        format!("digraph {} {{\n  rankdir = LR\n  node [shape = box, style = rounded]\n", quote(&plan.pipeline));
    for job in &plan.jobs {
        let _ = writeln!(out, "  {} [label = {}]", quote(&job.id), quote(&job.title));
    }
    let graph = graph(plan);
    for edge in graph.edge_indices() {
        let Some((before, after)) = graph.edge_endpoints(edge) else { continue };
        let (Some(before), Some(after), Some(kind)) =
            (graph.node_weight(before), graph.node_weight(after), graph.edge_weight(edge))
        else {
            continue;
        };
        let (label, style) = match kind {
            EdgeKind::Artifact(output) => (output.as_str(), "solid"),
            EdgeKind::Value(output) => (output.as_str(), "dashed"),
            EdgeKind::Order => ("", "dotted"),
        };
        let _ = writeln!(
            out,
            "  {} -> {} [label = {}, style = {style}]",
            quote(&before.id),
            quote(&after.id),
            quote(label)
        );
    }
    out + "}\n"
}
