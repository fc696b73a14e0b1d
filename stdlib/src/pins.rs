//! The actions of GitHub that the standard library and emitted files use: which commit stands for
//! which version. One table, so that a new version is one line.

/// What a version stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pin {
    /// As programs name it: `owner/repo@v4`.
    pub uses: &'static str,
    /// The commit, 40 digits.
    pub commit: &'static str,
    /// The whole version that the commit is.
    pub version: &'static str,
}

/// All of them, sorted by name.
pub const PINS: &[Pin] = &[
    Pin { uses: "actions/cache@v6", commit: "55cc8345863c7cc4c66a329aec7e433d2d1c52a9", version: "v6.1.0" },
    Pin { uses: "actions/checkout@v7", commit: "3d3c42e5aac5ba805825da76410c181273ba90b1", version: "v7.0.1" },
    Pin { uses: "actions/download-artifact@v8", commit: "3e5f45b2cfb9172054b4087a40e8e0b5a5461e7c", version: "v8.0.1" },
    Pin { uses: "actions/setup-java@v6", commit: "de7274f081f381c8f8158605e0321c36c376e2e6", version: "v6.0.1" },
    Pin { uses: "actions/setup-node@v7", commit: "820762786026740c76f36085b0efc47a31fe5020", version: "v7.0.0" },
    Pin { uses: "actions/setup-python@v7", commit: "5fda3b95a4ea91299a34e894583c3862153e4b97", version: "v7.0.0" },
    Pin { uses: "actions/upload-artifact@v7", commit: "043fb46d1a93c77aae656e7c1c64a875d1fc6a0a", version: "v7.0.1" },
];
