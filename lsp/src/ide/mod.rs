//! Answers about programs as plain data, for an editor or anybody else: no protocol types, no IO.

pub(crate) mod findings;
pub(crate) mod text;
