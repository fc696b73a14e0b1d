//! Lines and columns of a text, for those who show places to people.

/// Where the lines of a text begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineIndex {
    starts: Vec<u32>,
}

impl LineIndex {
    /// Of `text`; lines end with LF, as in every editor's protocol a CR before it counts to the line.
    pub fn new(text: &str) -> Self {
        let breaks = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n');
        let starts =
            std::iter::once(0).chain(breaks.map(|(at, _)| u32::try_from(at + 1).unwrap_or(u32::MAX))).collect();
        Self { starts }
    }

    /// The line of `offset`, from 0, and where that line begins.
    pub fn line(&self, offset: u32) -> (u32, u32) {
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        (u32::try_from(line).unwrap_or(u32::MAX), self.starts.get(line).copied().unwrap_or_default())
    }

    /// Where `line` begins, counted from 0; the text's last line for those after it.
    pub fn start(&self, line: u32) -> Option<u32> {
        self.starts.get(line as usize).copied()
    }
}
