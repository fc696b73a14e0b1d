//! Static matrices: instances of one declared job as one job with a matrix, where nobody can tell the
//! difference (semantics.md B7).
//!
//! What is compared are the jobs as they would be written: only texts may differ, and only by const
//! arguments. Whoever comes after one of them comes after all, for the same reason.

mod after;
mod script;
mod template;

use flow_plan::model::{Const, Job, Plan};

use self::template::{Column, Part, template, written};
use crate::limits::GITHUB;
use crate::yaml::{Around, Entry, Item, Key, Map, Node};

/// A job as it is written.
#[derive(Clone, Debug)]
pub(super) struct Made<'a> {
    pub(super) id: String,
    pub(super) docs: Option<&'a str>,
    pub(super) map: Map,
}

/// The jobs, with one instead of several where nobody can tell.
pub(super) fn joined<'a>(plan: &Plan, mut jobs: Vec<Made<'a>>) -> Vec<Made<'a>> {
    let mut seen: Vec<&Job> = Vec::new();
    for job in &plan.jobs {
        if seen.iter().any(|it| is_same(it, job)) {
            continue;
        }
        seen.push(job);
        let legs: Vec<&Job> = plan.jobs.iter().filter(|it| is_same(it, job)).collect();
        if let Some(all) = join(&legs, &jobs) {
            jobs = all;
        }
    }
    jobs
}

/// Whether one call in a loop has made both.
fn is_same(one: &Job, other: &Job) -> bool {
    (&one.name, &one.place, one.keys.len()) == (&other.name, &other.place, other.keys.len())
}

fn join<'a>(legs: &[&Job], jobs: &[Made<'a>]) -> Option<Vec<Made<'a>>> {
    let able = |it: &&Job| it.each.is_empty() && it.foreign.is_none() && !it.keys.is_empty();
    if legs.len() < 2 || legs.len() > GITHUB.matrix_legs || !legs.iter().all(able) {
        return None;
    }
    let ids: Vec<&str> = legs.iter().map(|it| it.id.as_str()).collect();
    let made: Option<Vec<&Made<'_>>> = ids.iter().map(|id| jobs.iter().find(|it| it.id == *id)).collect();
    let made = made?;
    let maps: Vec<&Map> = made.iter().map(|it| &it.map).collect();
    let map = Legs { columns: columns(legs), used: Vec::new(), runner: None }.job(&maps)?;

    let base = legs.first()?.name.to_ascii_lowercase();
    let is_free = |id: &String| !jobs.iter().any(|it| it.id == *id && !ids.contains(&it.id.as_str()));
    let id = std::iter::once(base.clone()).chain((2..).map(|n| format!("{base}-{n}"))).find(is_free)?;
    let mut all = Vec::new();
    for job in jobs {
        if job.id == ids.first().copied()? {
            all.push(Made { id: id.clone(), docs: job.docs, map: map.clone() });
        } else if !ids.contains(&job.id.as_str()) {
            all.push(Made { map: after::job(&job.map, &ids, &id)?, ..job.clone() });
        }
    }
    Some(all)
}

/// All that may tell legs apart: their arguments, and what their ids are made of.
fn columns(legs: &[&Job]) -> Vec<Column> {
    let mut all = Vec::new();
    let Some(first) = legs.first() else { return all };
    for (name, _) in &first.args {
        let values = legs.iter().map(|it| it.args.iter().find(|(it, _)| it == name).map(|(_, value)| value.clone()));
        if let Some(values) = values.collect() {
            add(&mut all, vec![name.clone()], values);
        }
    }
    let mut shared = first.id.len();
    while !first.id.get(..shared).is_some_and(|it| it.ends_with('-') && legs.iter().all(|leg| leg.id.starts_with(it)))
        && shared > 0
    {
        shared -= 1;
    }
    let id = |leg: &&Job| Const::Text(leg.id.get(shared..).unwrap_or_default().to_owned());
    add(&mut all, vec!["id".to_owned()], legs.iter().map(id).collect());
    all
}

fn add(all: &mut Vec<Column>, path: Vec<String>, values: Vec<Const>) {
    if let Some(Const::Record(fields)) = values.first() {
        for (field, _) in fields {
            let of = |value: &Const| match value {
                Const::Record(it) => it.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone()),
                _ => None,
            };
            if let Some(values) = values.iter().map(of).collect() {
                add(all, [path.clone(), vec![field.clone()]].concat(), values);
            }
        }
        return;
    }
    let texts: Vec<String> = values.iter().map(Const::text).collect();
    let same = texts.first().is_none_or(|first| texts.iter().all(|it| it == first));
    let special = path.first().is_none_or(|it| matches!(it.as_str(), "include" | "exclude"));
    if !same && !special && !all.iter().any(|it| it.texts == texts || it.path == path) {
        all.push(Column { path, values, texts });
    }
}

/// Where the machine of each leg stands, if no argument says it.
const RUNNER: &str = "runner";

struct Legs {
    columns: Vec<Column>,
    /// Those that are read.
    used: Vec<usize>,
    runner: Option<Vec<String>>,
}

impl Legs {
    /// One job for all.
    fn job(&mut self, maps: &[&Map]) -> Option<Map> {
        let first = maps.first()?;
        let tells = |key: &str| first.get(key).is_some();
        if tells("outputs") || tells("strategy") || maps.iter().any(|it| names_itself(it)) {
            return None;
        }
        let mut job = self.map(maps, |legs, key, nodes| match key {
            "name" => legs.differs(nodes).then(|| legs.open(nodes)).flatten(),
            "env" | "container" | "services" => legs.open(nodes),
            "runs-on" => legs.runs_on(nodes),
            "steps" => legs.seq(nodes, |legs, nodes| legs.step(nodes)),
            _ => same(nodes),
        })?;
        let at = job.entries.iter().position(|it| it.key.is("runs-on"))?;
        let strategy = Map::new().with("fail-fast", false).with("matrix", self.matrix(maps.len())?);
        let key = Key::Text("strategy".to_owned());
        job.entries.insert(at, Entry { key, value: strategy.into(), around: Around::default() });
        Some(job)
    }

    fn differs(&self, nodes: &[&Node]) -> bool {
        nodes.iter().enumerate().all(|(at, it)| !nodes.iter().take(at).any(|other| other == it))
    }

    fn step(&mut self, nodes: &[&Node]) -> Option<Node> {
        let maps = nodes.iter().map(|it| if let Node::Map(it) = it { Some(it) } else { None });
        let maps: Vec<&Map> = maps.collect::<Option<_>>()?;
        let shell = maps.first()?.get("shell");
        let known = shell.is_none_or(|it| matches!(it, Node::Text(it) if it == "sh" || it == "bash"));
        let mut read = Vec::new();
        let mut step = self.map(&maps, |legs, key, nodes| match key {
            "name" | "env" | "working-directory" => legs.open(nodes),
            "with" => legs.inputs(nodes),
            "run" if known => legs.run(nodes, &mut read),
            _ => same(nodes),
        })?;
        if !read.is_empty() {
            self.pass(&mut step, &read)?;
        }
        Some(step.into())
    }

    /// What a script reads stands in its variables.
    fn pass(&self, step: &mut Map, read: &[usize]) -> Option<()> {
        if step.get("env").is_none() {
            let at = step.entries.iter().position(|it| it.key.is("run"))?;
            let key = Key::Text("env".to_owned());
            step.entries.insert(at, Entry { key, value: Map::new().into(), around: Around::default() });
        }
        let env = step.entries.iter_mut().find(|it| it.key.is("env"))?;
        let Node::Map(env) = &mut env.value else { return None };
        for column in read.iter().map(|it| self.columns.get(*it)) {
            let column = column?;
            if env.get(&column.variable()).is_some() {
                return None;
            }
            env.push(column.variable(), format!("${{{{ {} }}}}", column.name()));
        }
        Some(())
    }

    fn run(&mut self, nodes: &[&Node], read: &mut Vec<usize>) -> Option<Node> {
        if let Some(it) = same(nodes) {
            return Some(it);
        }
        let parts = template(&blocks(nodes)?, &self.columns)?;
        let text = script::script(&parts, &self.columns)?;
        self.using(&parts);
        for part in parts {
            if let Part::Hole(index) = part
                && !read.contains(&index)
            {
                read.push(index);
            }
        }
        read.sort_unstable();
        Some(Node::Block(text))
    }

    /// What an action is given: not what it would run as a script.
    fn inputs(&mut self, nodes: &[&Node]) -> Option<Node> {
        let maps = nodes.iter().map(|it| if let Node::Map(it) = it { Some(it) } else { None });
        let maps: Vec<&Map> = maps.collect::<Option<_>>()?;
        let runs = |key: &str| {
            let key = key.to_ascii_lowercase();
            ["script", "run", "command", "cmd", "args", "code", "query"].iter().any(|it| key.contains(it))
        };
        let map = self.map(&maps, |legs, key, nodes| if runs(key) { same(nodes) } else { legs.open(nodes) })?;
        // A name is measured as it is written.
        let name = map.get("name").and_then(|it| if let Node::Text(it) = it { Some(it.len()) } else { None });
        (name.unwrap_or_default() * 5 <= GITHUB.artifact_name_chars * 4 || same(nodes).is_some()).then(|| map.into())
    }

    /// What may differ in any text.
    fn open(&mut self, nodes: &[&Node]) -> Option<Node> {
        if let Some(it) = same(nodes) {
            return Some(it);
        }
        match nodes.first()? {
            Node::Text(_) => {
                let texts = nodes.iter().map(|it| if let Node::Text(it) = it { Some(it.as_str()) } else { None });
                self.text(&texts.collect::<Option<Vec<_>>>()?).map(Node::Text)
            }
            Node::Block(_) => self.text(&blocks(nodes)?).map(Node::Block),
            Node::Seq(_) => self.seq(nodes, |legs, nodes| legs.open(nodes)),
            Node::Map(_) => {
                let maps = nodes.iter().map(|it| if let Node::Map(it) = it { Some(it) } else { None });
                self.map(&maps.collect::<Option<Vec<_>>>()?, |legs, _, nodes| legs.open(nodes)).map(Node::Map)
            }
            Node::Null | Node::Plain(_) => None,
        }
    }

    fn text(&mut self, texts: &[&str]) -> Option<String> {
        let parts = template(texts, &self.columns)?;
        self.using(&parts);
        let text = written(&parts, &self.columns)?;
        (text.chars().count() * 5 <= GITHUB.expression_chars * 4).then_some(text)
    }

    fn using(&mut self, parts: &[Part]) {
        for part in parts {
            if let Part::Hole(index) = part
                && !self.used.contains(index)
            {
                self.used.push(*index);
            }
        }
    }

    fn runs_on(&mut self, nodes: &[&Node]) -> Option<Node> {
        if let Some(it) = self.open(nodes) {
            return Some(it);
        }
        let labels = nodes.iter().map(|it| match it {
            Node::Text(it) if !it.contains("${{") => Some(it.clone()),
            _ => None,
        });
        let labels = labels.collect::<Option<Vec<_>>>()?;
        if self.columns.iter().any(|it| it.path.first().is_some_and(|it| it == RUNNER)) {
            return None;
        }
        self.runner = Some(labels);
        Some(format!("${{{{ matrix.{RUNNER} }}}}").into())
    }

    /// The same keys, each with one value for all.
    fn map(&mut self, maps: &[&Map], mut value: impl FnMut(&mut Self, &str, &[&Node]) -> Option<Node>) -> Option<Map> {
        let first = maps.first()?;
        if maps.iter().any(|it| it.entries.len() != first.entries.len()) {
            return None;
        }
        let mut all = Map::new();
        for (at, entry) in first.entries.iter().enumerate() {
            let entries: Vec<&Entry> = maps.iter().map(|it| it.entries.get(at)).collect::<Option<_>>()?;
            if entries.iter().any(|it| (&it.key, &it.around) != (&entry.key, &entry.around)) {
                return None;
            }
            let nodes: Vec<&Node> = entries.iter().map(|it| &it.value).collect();
            let key = match &entry.key {
                Key::Text(it) => it.as_str(),
                Key::Plain(it) => it,
            };
            let value = value(self, key, &nodes)?;
            all.entries.push(Entry { value, ..(*entry).clone() });
        }
        Some(all)
    }

    fn seq(&mut self, nodes: &[&Node], mut value: impl FnMut(&mut Self, &[&Node]) -> Option<Node>) -> Option<Node> {
        let seqs = nodes.iter().map(|it| if let Node::Seq(it) = it { Some(it) } else { None });
        let seqs: Vec<&Vec<Item>> = seqs.collect::<Option<_>>()?;
        let first = seqs.first()?;
        if seqs.iter().any(|it| it.len() != first.len()) {
            return None;
        }
        let mut all = Vec::new();
        for (at, item) in first.iter().enumerate() {
            let items: Vec<&Item> = seqs.iter().map(|it| it.get(at)).collect::<Option<_>>()?;
            if items.iter().any(|it| it.around != item.around) {
                return None;
            }
            let values: Vec<&Node> = items.iter().map(|it| &it.value).collect();
            all.push(Item { value: value(self, &values)?, around: item.around.clone() });
        }
        Some(Node::Seq(all))
    }

    /// The matrix: a list where one parameter says all, else each leg by itself.
    fn matrix(&mut self, legs: usize) -> Option<Map> {
        self.used.sort_unstable();
        let used: Vec<&Column> = self.used.iter().map(|it| self.columns.get(*it)).collect::<Option<_>>()?;
        let mut all: Vec<Map> = vec![Map::new(); legs];
        for column in used {
            for (map, value) in all.iter_mut().zip(&column.values) {
                place(map, &column.path, value)?;
            }
        }
        for (map, label) in all.iter_mut().zip(self.runner.iter().flatten()) {
            map.push(RUNNER, label.as_str());
        }
        let items = |maps: Vec<Map>| Node::Seq(maps.into_iter().map(Item::bare).collect());
        let one = all.first().and_then(|it| match it.entries.as_slice() {
            [Entry { key: Key::Text(key), .. }] => Some(key.clone()),
            _ => None,
        });
        let Some(name) = one else { return Some(Map::new().with("include", items(all))) };
        let values = all.into_iter().flat_map(|it| it.entries).map(|it| Item::bare(it.value)).collect();
        Some(Map::new().with(name, Node::Seq(values)))
    }
}

/// Puts a value where its path says.
fn place(map: &mut Map, path: &[String], value: &Const) -> Option<()> {
    let (head, rest) = path.split_first()?;
    if rest.is_empty() {
        map.push(head.as_str(), plain(value));
        return Some(());
    }
    if map.get(head).is_none() {
        map.push(head.as_str(), Map::new());
    }
    match map.entries.iter_mut().find(|it| it.key.is(head)).map(|it| &mut it.value) {
        Some(Node::Map(inner)) => place(inner, rest, value),
        _ => None,
    }
}

/// A value as GitHub gives it back in the same words.
fn plain(value: &Const) -> Node {
    match value {
        Const::Bool(it) => Node::from(*it),
        Const::Int(it) if it.unsigned_abs() < 1_000_000_000_000_000 => Node::Plain(it.to_string()),
        other => Node::Text(other.text()),
    }
}

fn same(nodes: &[&Node]) -> Option<Node> {
    let first = nodes.first()?;
    nodes.iter().all(|it| it == first).then(|| (*first).clone())
}

fn blocks<'a>(nodes: &[&'a Node]) -> Option<Vec<&'a str>> {
    nodes.iter().map(|it| if let Node::Block(it) = it { Some(it.as_str()) } else { None }).collect()
}

/// Whether a job looks at its own id, which is another in a matrix.
fn names_itself(map: &Map) -> bool {
    after::texts(map)
        .iter()
        .any(|it| it.contains("github.job") || it.contains("GITHUB_JOB") || it.contains("strategy."))
}
