//! A plan for people: text, and a graph in the language of Graphviz.

use std::fmt::Write as _;

use petgraph::graph::{DiGraph, NodeIndex};

use crate::model::{EdgeKind, Job, Plan};

mod text;

pub use self::text::text;

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
            EdgeKind::Outcome | EdgeKind::Order => ("", "dotted"),
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
