//! Several files in one text. A line `//- /lib/a.flow` begins the file `lib/a.flow`; what stands
//! before the first such line is `main.flow`.

/// A file of a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Relative to the project, with `/`.
    pub path: String,
    /// Its text.
    pub text: String,
    /// A line `//- /…` names it.
    pub named: bool,
    /// For each line of the text, which line of the outer text it is, from 0.
    pub lines: Vec<usize>,
}

/// The name of a file that has none.
pub const MAIN: &str = "main.flow";

/// The files in `text`.
pub fn sources(text: &str) -> Vec<Source> {
    let mut files = vec![Source { path: MAIN.to_owned(), named: false, text: String::new(), lines: Vec::new() }];
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(path) = line.trim_end().strip_prefix("//- /") {
            files.push(Source { path: path.to_owned(), named: true, text: String::new(), lines: Vec::new() });
        } else if let Some(file) = files.last_mut() {
            file.text.push_str(line);
            file.lines.push(number);
        }
    }
    if files.len() > 1 && files[0].text.trim().is_empty() {
        files.remove(0);
    }
    files
}
