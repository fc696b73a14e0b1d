//! The server as a client sees it: bytes in, bytes out, in one process. What each diagnostic says is
//! not the matter here, only that it arrives, where it points, and when it goes.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    missing_docs
)]

mod client;
mod disk;
mod fixes;
mod handshake;
mod resilience;
mod typing;
