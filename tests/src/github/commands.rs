//! What steps tell the runner: lines of their output, and the files that `GITHUB_…` names.

/// What the lines of a step's output have asked for.
#[derive(Debug, Default)]
pub(super) struct Commands {
    pub(super) masks: Vec<String>,
    pub(super) annotations: Vec<String>,
    /// While lines are not looked at, the word that ends it.
    stopped: Option<String>,
}

impl Commands {
    /// Looks at a line; an error fails the step.
    pub(super) fn line(&mut self, line: &str) -> Result<(), String> {
        let Some((head, value)) = line.trim_start().strip_prefix("::").and_then(|it| it.split_once("::")) else {
            return Ok(());
        };
        if let Some(token) = &self.stopped {
            if head == token {
                self.stopped = None;
            }
            return Ok(());
        }
        let value = value.replace("%0D", "\r").replace("%0A", "\n").replace("%25", "%");
        match head.split(' ').next().unwrap_or_default() {
            "add-mask" => self.masks.extend(masks(&value)),
            kind @ ("error" | "warning" | "notice") => self.annotations.push(format!("{kind}: {value}")),
            "stop-commands" => self.stopped = Some(value),
            old @ ("set-output" | "save-state" | "set-env" | "add-path") => {
                return Err(format!("the command {old} is no longer there"));
            }
            _ => {}
        }
        Ok(())
    }
}

/// What is hidden of a secret: the whole and each line.
pub(super) fn masks(secret: &str) -> Vec<String> {
    let lines = secret.lines().map(str::trim).filter(|it| !it.is_empty()).map(str::to_owned);
    let mut all: Vec<String> =
        std::iter::once(secret.to_owned()).filter(|it| !it.trim().is_empty()).chain(lines).collect();
    // The longest first, so that no part of one stays.
    all.sort_by_key(|it| std::cmp::Reverse(it.len()));
    all.dedup();
    all
}

/// Reads a file of names and values.
pub(super) fn pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let mut all = Vec::new();
    let mut lines = text.split_terminator('\n');
    while let Some(line) = lines.next() {
        if line.is_empty() {
            continue;
        }
        let (equals, heredoc) = (line.find('='), line.find("<<"));
        if equals.is_some_and(|at| heredoc.is_none_or(|it| at < it)) {
            let (name, value) = line.split_once('=').expect("it holds one");
            if name.is_empty() {
                return Err(format!("Invalid format '{line}'. Name must not be empty"));
            }
            all.push((name.to_owned(), value.to_owned()));
        } else if let Some((name, delimiter)) = line.split_once("<<") {
            if name.is_empty() || delimiter.is_empty() {
                return Err(format!("Invalid format '{line}'. Name and delimiter must not be empty"));
            }
            let mut value: Vec<&str> = Vec::new();
            loop {
                match lines.next() {
                    Some(line) if line == delimiter => break,
                    Some(line) => value.push(line),
                    None => return Err(format!("Invalid value. Matching delimiter not found '{delimiter}'")),
                }
            }
            all.push((name.to_owned(), value.join("\n")));
        } else {
            return Err(format!("Invalid format '{line}'"));
        }
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_names_and_values() {
        let found = pairs("a=1=2\n\nb<<END\nx\n\n y\r\nEND\nc<<E\nE\nd=<<E\n").unwrap();
        let wanted = [("a", "1=2"), ("b", "x\n\n y\r"), ("c", ""), ("d", "<<E")];
        assert_eq!(found, wanted.map(|(a, b)| (a.to_owned(), b.to_owned())));
        for wrong in ["a", "=1", "a<<", "a<<E\nx\n"] {
            pairs(wrong).unwrap_err();
        }
    }

    #[test]
    fn lines_of_output() {
        let mut it = Commands::default();
        for line in ["::add-mask::s%0At", "::stop-commands::W", "::error::no", "::W::", "  ::error file=a::yes", "text"]
        {
            it.line(line).unwrap();
        }
        assert_eq!(it.masks, ["s\nt", "s", "t"]);
        assert_eq!(it.annotations, ["error: yes"]);
        it.line("::set-output name=a::b").unwrap_err();
    }
}
