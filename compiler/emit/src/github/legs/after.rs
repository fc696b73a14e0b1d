//! Jobs that come after those of a matrix: they wait for the one job, and ask it what they asked each.

use crate::yaml::{Item, Map, Node, texts as seq};

/// The job as it comes after one job instead of several; `None`: it can tell them apart.
pub(super) fn job(map: &Map, legs: &[&str], id: &str) -> Option<Map> {
    let needs: Vec<&str> = match map.get("needs") {
        None => Vec::new(),
        Some(Node::Text(one)) => vec![one],
        Some(Node::Seq(many)) => many
            .iter()
            .map(|it| if let Node::Text(it) = &it.value { Some(it.as_str()) } else { None })
            .collect::<Option<_>>()?,
        Some(_) => return None,
    };
    let named = legs.iter().filter(|it| needs.contains(it)).count();
    if named == 0 {
        return Some(map.clone());
    }
    if named < legs.len() {
        return None;
    }
    let after = After { legs, id };
    let mut needs: Vec<&str> = needs.into_iter().map(|it| if legs.contains(&it) { id } else { it }).collect();
    let mut seen = false;
    needs.retain(|it| *it != id || !std::mem::replace(&mut seen, true));
    let mut all = Map::new();
    for entry in &map.entries {
        let value = match &entry.value {
            _ if entry.key.is("needs") => match needs.as_slice() {
                [one] => Node::from(*one),
                many => seq(many.iter().copied()),
            },
            Node::Text(condition) if entry.key.is("if") => Node::Text(after.condition(condition)?),
            other => after.node(other)?,
        };
        all.entries.push(crate::yaml::Entry { value, ..entry.clone() });
    }
    Some(all)
}

struct After<'a> {
    legs: &'a [&'a str],
    id: &'a str,
}

impl After<'_> {
    /// A condition: what is asked of each is asked of the one.
    fn condition(&self, text: &str) -> Option<String> {
        if self.mentioned(text).is_empty() {
            return Some(text.to_owned());
        }
        let inner = text.strip_prefix("${{ ").and_then(|it| it.strip_suffix(" }}"));
        let clauses = clauses(inner.unwrap_or(text))?;
        let clauses = self.once(&clauses, |clause, of| {
            let result = format!("needs.{}.result", self.id);
            let asked = clause.replace(&format!("needs.{of}."), &format!("needs.{}.", self.id));
            let rest =
                [format!("({result} == 'success' || {result} == 'skipped' && "), format!("({result} != 'skipped' || ")];
            let known = asked == format!("{result} == 'success'")
                || asked == format!("{result} != 'skipped'")
                || rest.iter().filter_map(|it| asked.strip_prefix(it.as_str())).any(|it| !it.contains(&result));
            known.then_some(asked)
        })?;
        let joined = clauses.join(" && ");
        Some(if inner.is_some() { format!("${{{{ {joined} }}}}") } else { joined })
    }

    /// All other texts: a gate has a line for each job.
    fn node(&self, node: &Node) -> Option<Node> {
        Some(match node {
            Node::Text(it) | Node::Plain(it) if self.mentioned(it).is_empty() => node.clone(),
            Node::Text(_) | Node::Plain(_) => return None,
            Node::Null => Node::Null,
            Node::Block(it) if self.mentioned(it).is_empty() => node.clone(),
            Node::Block(it) => Node::Block(self.lines(it)?),
            Node::Seq(items) => {
                let items =
                    items.iter().map(|it| Some(Item { value: self.node(&it.value)?, around: it.around.clone() }));
                Node::Seq(items.collect::<Option<_>>()?)
            }
            Node::Map(map) => {
                let mut all = Map::new();
                for entry in &map.entries {
                    all.entries.push(crate::yaml::Entry { value: self.node(&entry.value)?, ..entry.clone() });
                }
                Node::Map(all)
            }
        })
    }

    fn lines(&self, text: &str) -> Option<String> {
        let lines: Vec<&str> = text.split('\n').collect();
        let lines = self.once(&lines, |line, of| {
            let rest = line.strip_prefix(&format!("{of} "))?;
            let asked = rest.replace(&format!("needs.{of}."), &format!("needs.{}.", self.id));
            let result = format!("needs.{}.result", self.id);
            let rest = asked.strip_prefix(&format!("${{{{ {result} }}}}")).or_else(|| {
                asked.strip_prefix(&format!("${{{{ {result} == 'skipped' && 'skipped' || 'success' }}}}"))
            })?;
            (!rest.contains(&result)).then(|| format!("{} {asked}", self.id))
        })?;
        Some(lines.join("\n"))
    }

    /// The legs that a text names.
    fn mentioned(&self, text: &str) -> Vec<&str> {
        self.legs.iter().copied().filter(|it| text.contains(&format!("needs.{it}."))).collect()
    }

    /// The parts, where those that say the same of each leg become one.
    fn once(&self, parts: &[&str], said: impl Fn(&str, &str) -> Option<String>) -> Option<Vec<String>> {
        let mut all: Vec<(String, Vec<&str>)> = Vec::new();
        for part in parts {
            match self.mentioned(part).as_slice() {
                [] => all.push(((*part).to_owned(), Vec::new())),
                [leg] => {
                    let text = said(part, leg)?;
                    match all.iter_mut().find(|(it, of)| *it == text && !of.is_empty()) {
                        Some((_, of)) => of.push(*leg),
                        None => all.push((text, vec![*leg])),
                    }
                }
                _ => return None,
            }
        }
        let whole = |of: &Vec<&str>| of.is_empty() || self.legs.iter().all(|it| of.contains(it));
        all.iter().all(|(_, of)| whole(of)).then(|| all.into_iter().map(|(text, _)| text).collect())
    }
}

/// What is joined by `&&`, outside parentheses and texts; `None`: it is not only that.
fn clauses(text: &str) -> Option<Vec<&str>> {
    let (mut depth, mut quoted, mut from) = (0_usize, false, 0);
    let mut all = Vec::new();
    for (at, c) in text.char_indices() {
        match c {
            '\'' => quoted = !quoted,
            _ if quoted => {}
            '(' => depth += 1,
            ')' => depth = depth.checked_sub(1)?,
            '|' if depth == 0 => return None,
            '&' if depth == 0 && text.get(at..).is_some_and(|it| it.starts_with("&& ")) => {
                all.push(text.get(from..at)?.trim());
                from = at + 3;
            }
            _ => {}
        }
    }
    all.push(text.get(from..)?.trim());
    Some(all)
}

/// All texts in a mapping.
pub(super) fn texts(map: &Map) -> Vec<&str> {
    fn inside<'a>(node: &'a Node, all: &mut Vec<&'a str>) {
        match node {
            Node::Null => {}
            Node::Plain(it) | Node::Text(it) | Node::Block(it) => all.push(it),
            Node::Seq(items) => items.iter().for_each(|it| inside(&it.value, all)),
            Node::Map(map) => map.entries.iter().for_each(|it| inside(&it.value, all)),
        }
    }
    let mut all = Vec::new();
    map.entries.iter().for_each(|it| inside(&it.value, &mut all));
    all
}
