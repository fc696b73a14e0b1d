//! The protocol's words for what `ide` answers, and back. Pure: whatever it needs is in a
//! [`View`](view::View).

pub(crate) mod action;
pub(crate) mod capabilities;
pub(crate) mod diagnostic;
pub(crate) mod text;
pub(crate) mod uri;
pub(crate) mod view;
