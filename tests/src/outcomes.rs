//! The law of outcomes as a table: what becomes of jobs that come after one that ends in each way.
//! Every way to run a pipeline is held to it.

/// A run, and what becomes of each job: `succeeded`, `failed`, `skipped`, or `blocked` by another one.
pub struct Case {
    /// What is given for `how`.
    pub how: &'static str,
    /// The jobs by id, and how each ends.
    pub jobs: &'static [(&'static str, &'static str)],
}

/// One job `first`, then `make` under a condition, then one of each kind that can come after it.
pub const PROGRAM: &str = r##"
enum How { succeed, fail, skip, block }

job first(how: How) -> (word: string) on linux {
    checkout = none
    sh "test #{how} != block"
    out word = sh "echo word"
}
job make(how: How, word: string) -> (text: string, always log: file = "log.txt", always note: file = "note.txt") on linux {
    checkout = none
    sh "echo #{word} > #{out log}"
    sh "test #{how} != fail"
    sh "echo noted > #{out note}"
    out text = sh "echo text"
}
job weak(how: How) -> (text: string, log: file = "log.txt") on linux {
    checkout = none
    continue_on_error = true
    out text = sh "echo weak"
    sh "echo weak > #{out log}"
    sh "test #{how} != fail"
}
job other(word: string) -> (text: string) on linux {
    checkout = none
    out text = sh "echo other #{word}"
}
job take(text: string) on linux {
    checkout = none
    sh "test #{text} = text || test #{text} = 'other word'"
}
job may(text: string?) -> (seen: string) on linux {
    checkout = none
    out seen = sh "echo #{text ?? "nothing"}"
}
job see(log: file) on linux {
    checkout = none
    sh "cat #{log}"
}
job count(logs: [file]) on linux {
    checkout = none
    sh "cat #{logs...} /dev/null"
}
job alone() on linux {
    checkout = none
    sh "true"
}

pipeline ci {
    on manual
    backends = [github, local]
    param how: How = succeed

    let f = first(how)
    let m = if how != skip { make(how, f.word) as "make" }
    let o = if how == skip { other(f.word) }
    may(m?.text) as "optional"
    alone() as "ordered" after m
    if how != skip {
        let n = make(how, f.word) as "again"
        take(n.text) as "plain"
        see(n.log) as "kept"
        see(n.note) as "unmade"
    }
    let e = if how == skip { other(f.word) as "either" } else { make(how, f.word) as "or" }
    take(e.text) as "phi"
    let all = for n in [1, 2] { make(how, f.word) as "leg #{n}" }
    count(all.note) as "family"
    let w = weak(how)
    may(w.text) as "of weak"
    alone() as "after weak" after w
    gate "all"
    gate "some" after [f]
    on_failure { alone() as "mourn" }
    finally { alone() as "sweep" }
}
"##;

/// What `make` can end in.
pub const CASES: &[Case] = &[
    Case {
        how: "succeed",
        jobs: &[
            ("first", "succeeded"),
            ("make", "succeeded"),
            ("other", "skipped"),
            ("optional", "succeeded"),
            ("ordered", "succeeded"),
            ("again", "succeeded"),
            ("plain", "succeeded"),
            ("kept", "succeeded"),
            ("unmade", "succeeded"),
            ("either", "skipped"),
            ("or", "succeeded"),
            ("phi", "succeeded"),
            ("family", "succeeded"),
            ("of-weak", "succeeded"),
            ("after-weak", "succeeded"),
            ("mourn", "skipped"),
            ("sweep", "succeeded"),
        ],
    },
    Case {
        how: "fail",
        jobs: &[
            ("first", "succeeded"),
            ("make", "failed"),
            ("other", "skipped"),
            ("optional", "blocked"),
            ("ordered", "blocked"),
            ("again", "failed"),
            ("plain", "blocked"),
            ("kept", "succeeded"),
            ("unmade", "skipped"),
            ("either", "skipped"),
            ("or", "failed"),
            ("phi", "blocked"),
            ("family", "succeeded"),
            ("of-weak", "succeeded"),
            ("after-weak", "succeeded"),
            ("mourn", "succeeded"),
            ("sweep", "succeeded"),
        ],
    },
    Case {
        how: "skip",
        jobs: &[
            ("first", "succeeded"),
            ("make", "skipped"),
            ("other", "succeeded"),
            ("optional", "succeeded"),
            ("ordered", "succeeded"),
            ("again", "skipped"),
            ("plain", "skipped"),
            ("kept", "skipped"),
            ("unmade", "skipped"),
            ("either", "succeeded"),
            ("or", "skipped"),
            ("phi", "succeeded"),
            ("family", "succeeded"),
            ("of-weak", "succeeded"),
            ("after-weak", "succeeded"),
            ("mourn", "skipped"),
            ("sweep", "succeeded"),
        ],
    },
    Case {
        how: "block",
        jobs: &[
            ("first", "failed"),
            ("make", "blocked"),
            ("other", "skipped"),
            ("optional", "blocked"),
            ("ordered", "blocked"),
            ("again", "blocked"),
            ("plain", "blocked"),
            ("kept", "skipped"),
            ("unmade", "skipped"),
            ("either", "skipped"),
            ("or", "blocked"),
            ("phi", "blocked"),
            ("family", "succeeded"),
            ("of-weak", "succeeded"),
            ("after-weak", "succeeded"),
            ("mourn", "succeeded"),
            ("sweep", "succeeded"),
        ],
    },
];
