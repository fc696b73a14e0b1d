//! The language server behind `flowc lsp`, in three layers: `ide` answers questions about programs
//! and knows no protocol, `proto` translates answers into the protocol's words, `server` keeps the
//! workspace and talks to the client. Only `server` touches files and threads.

mod ide;
mod proto;
mod server;

pub use server::{Ending, serve, serve_stdio};
