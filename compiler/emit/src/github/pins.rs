//! The foreign actions of emitted workflows: each at one commit, with the version it is.

/// An action at a commit.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Pin {
    /// `owner/name@commit`.
    pub(crate) uses: &'static str,
    /// The version that the commit is.
    pub(crate) version: &'static str,
}

/// Fetches the sources.
pub(crate) const CHECKOUT: Pin =
    Pin { uses: "actions/checkout@3d3c42e5aac5ba805825da76410c181273ba90b1", version: "v7.0.1" };

/// Stores files.
pub(crate) const UPLOAD: Pin =
    Pin { uses: "actions/upload-artifact@043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", version: "v7.0.1" };

/// Brings stored files back.
pub(crate) const DOWNLOAD: Pin =
    Pin { uses: "actions/download-artifact@3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", version: "v8.0.1" };
