//! The fenced blocks of a Markdown text, each with its headings. No other Markdown is understood.

/// A fenced block.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// The headings above it, joined.
    pub title: String,
    /// What stands after the opening fence.
    pub info: String,
    /// Its text, every line with its line break.
    pub text: String,
    /// The line of its first line of text, from 0.
    pub line: usize,
    /// How many headings stand above it in the file: blocks of one section share it.
    pub section: usize,
}

/// All fenced blocks of `text`.
pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut headings: Vec<(usize, String)> = Vec::new();
    let mut section = 0;
    let mut open: Option<Block> = None;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        if let Some(block) = &mut open {
            if line.trim_end() == "```" {
                blocks.extend(open.take());
            } else {
                block.text.push_str(line);
            }
            continue;
        }
        if let Some(info) = line.trim_end().strip_prefix("```") {
            let title = headings.iter().map(|(_, title)| title.as_str()).collect::<Vec<_>>().join(" / ");
            open = Some(Block { title, info: info.trim().to_owned(), text: String::new(), line: number + 1, section });
            continue;
        }
        let level = line.bytes().take_while(|it| *it == b'#').count();
        if level > 0 && line[level..].starts_with(' ') {
            headings.retain(|(above, _)| *above < level);
            headings.push((level, line[level..].trim().to_owned()));
            section += 1;
        }
    }
    assert!(open.is_none(), "a fenced block is never closed: {open:?}");
    blocks
}
