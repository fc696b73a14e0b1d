//! Expectations in programs: `// error: [F0201] "part of the headline"`, or `// warning: […] "…"`.
//!
//! * At the end of a line it is about that line. Several may follow each other.
//! * Alone on its line it is about the next line that is none.
//! * `help "…"` after the headline asks for a part of the help.
//!
//! They are taken out before the program is read, lines of their own whole. So they may stand
//! anywhere, even in a block text or behind a text that is not closed.

use crate::check::Finding;
use crate::fixture::Source;

/// Something that has to be found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// Of which line, from 0, after expectations were taken out.
    pub line: usize,
    /// `error`, `warning`.
    pub severity: String,
    /// `F0201`.
    pub code: String,
    /// A part of the headline.
    pub headline: String,
    /// A part of the help.
    pub help: Option<String>,
}

impl Expectation {
    /// Whether `finding` is what is expected.
    pub fn is_met_by(&self, finding: &Finding) -> bool {
        self.line == finding.line
            && self.severity == crate::check::severity_name(finding.severity)
            && self.code == finding.code
            && finding.headline.contains(&self.headline)
            && self.help.as_ref().is_none_or(|part| finding.help.as_ref().is_some_and(|help| help.contains(part)))
    }
}

impl std::fmt::Display for Expectation {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: [{}] {}", self.severity, self.code, quoted(&self.headline))?;
        self.help.as_ref().map_or(Ok(()), |help| write!(f, " help {}", quoted(help)))
    }
}

/// `text` between quotes.
pub fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// Takes the expectations out of a file.
pub fn take_out(source: &Source) -> (Source, Vec<Expectation>) {
    let mut expectations = Vec::new();
    let mut out = Source { path: source.path.clone(), named: source.named, text: String::new(), lines: Vec::new() };
    for (line, outer) in source.text.split_inclusive('\n').zip(&source.lines) {
        let Some(at) = begin(line) else {
            out.text.push_str(line);
            out.lines.push(*outer);
            continue;
        };
        let here = out.lines.len();
        expectations.extend(parse(line[at..].trim_end(), here, *outer));
        let code = line[..at].trim_end();
        if !code.is_empty() {
            out.text.push_str(code);
            out.text.push('\n');
            out.lines.push(*outer);
        }
    }
    (out, expectations)
}

/// Where the expectations of a line begin.
fn begin(line: &str) -> Option<usize> {
    ["// error: [", "// warning: ["].iter().filter_map(|sign| line.find(sign)).min()
}

fn parse(text: &str, line: usize, outer: usize) -> Vec<Expectation> {
    let mut found = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let parsed = one(rest, line);
        let Some((expectation, after)) = parsed else {
            panic!(
                "line {}: not an expectation: {rest}\n(wanted: // error: [F0201] \"part of the headline\")",
                outer + 1
            );
        };
        found.push(expectation);
        rest = after.trim_start();
    }
    found
}

fn one(text: &str, line: usize) -> Option<(Expectation, &str)> {
    let text = text.strip_prefix("// ")?;
    let (severity, text) = text.split_once(": [")?;
    let (code, text) = text.split_once("] ")?;
    let (headline, mut rest) = string(text)?;
    let mut help = None;
    if let Some(after) = rest.trim_start().strip_prefix("help ") {
        let (part, after) = string(after)?;
        help = Some(part);
        rest = after;
    }
    Some((Expectation { line, severity: severity.to_owned(), code: code.to_owned(), headline, help }, rest))
}

/// A text between quotes, `\"` and `\\` in it.
fn string(text: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = text.strip_prefix('"')?.char_indices();
    let inner = text.strip_prefix('"')?;
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((out, &inner[at + 1..])),
            '\\' => out.push(chars.next()?.1),
            c => out.push(c),
        }
    }
    None
}

/// How wide a line with an expectation may become before it stands above.
const WIDTH: usize = 140;

/// The file with `findings` as its expectations; where one that is there is met, it stays as it is written.
pub fn put_in(source: &Source, old: &[Expectation], findings: &[Finding]) -> String {
    let mut old = old.to_vec();
    let mut out = String::new();
    for (number, line) in source.text.split_inclusive('\n').enumerate() {
        let code = line.trim_end_matches(['\n', '\r']);
        let here: Vec<String> = findings
            .iter()
            .filter(|finding| finding.line == number)
            .map(|finding| {
                let kept = old.iter().position(|it| it.is_met_by(finding)).map(|at| old.remove(at));
                let text = kept.map_or_else(|| fresh(finding), |it| it.to_string());
                format!("// {text}")
            })
            .collect();
        if here.is_empty() {
            out.push_str(line);
            continue;
        }
        let joined = here.join(" ");
        if code.chars().count() + joined.chars().count() + 2 <= WIDTH && !code.trim().is_empty() {
            out.push_str(&format!("{code}  {joined}\n"));
        } else {
            let indent: String = code.chars().take_while(|it| it.is_whitespace()).collect();
            for one in here {
                out.push_str(&format!("{indent}{one}\n"));
            }
            out.push_str(line);
        }
    }
    out
}

fn fresh(finding: &Finding) -> String {
    let severity = crate::check::severity_name(finding.severity);
    format!("{severity}: [{}] {}", finding.code, quoted(&finding.headline))
}
