//! Single mistakes planted in the quickstart. Each gives exactly one error, which names the thing,
//! shows the place and says what to do.

use flow_tests::binary::{found, project, run};

/// A textual mistake.
struct Mistake {
    /// Its name, also the snapshot's.
    name: &'static str,
    /// What stands in the quickstart, once.
    right: &'static str,
    /// What is written instead.
    wrong: &'static str,
    /// The code that it gives.
    code: &'static str,
    /// What the headline must mention.
    names: &'static str,
}

const MISTAKES: &[Mistake] = &[
    Mistake {
        name: "a typing mistake in a name",
        right: "env { WORDCOUNT_VERSION = version }",
        wrong: "env { WORDCOUNT_VERSION = verison }",
        code: "F0201",
        names: "verison",
    },
    Mistake {
        name: "a missing argument",
        right: "let bundle = package(tools[release], version)",
        wrong: "let bundle = package(tools[release])",
        code: "F0304",
        names: "version",
    },
    Mistake {
        name: "the wrong variant of an artifact",
        right: "package(tools[release], version)",
        wrong: "package(tools[dev], version)",
        code: "F0301",
        names: "Tool(release)",
    },
    Mistake {
        name: "a claim of an unknown field",
        right: "-o #{out tool.binary}",
        wrong: "-o #{out tool.binray}",
        code: "F0302",
        names: "binray",
    },
    Mistake {
        name: "an output that is never written",
        right: "> #{out package.checksum}",
        wrong: "> wordcount.tar.gz.sha256",
        code: "F0401",
        names: "package.checksum",
    },
    Mistake {
        name: "an output that is written twice",
        right: "    sh \"./tests/run.sh #{tool.binary} #{suite} #{out report}\"\n",
        wrong: "    sh \"./tests/run.sh #{tool.binary} #{suite} #{out report}\"\n    out report = dir(\"report\")\n",
        code: "F0402",
        names: "report",
    },
    Mistake {
        name: "an unknown setting",
        right: "inputs = [\"src/**\"]",
        wrong: "input = [\"src/**\"]",
        code: "F0601",
        names: "input",
    },
    Mistake {
        name: "an unknown trigger",
        right: "on pull_request\n",
        wrong: "on pull_requests\n",
        code: "F0606",
        names: "pull_requests",
    },
    Mistake {
        name: "a value in single quotes",
        right: "printf '%s\\n' #{version}",
        wrong: "printf '%s #{version}\\n'",
        code: "F0406",
        names: "single quotes",
    },
    Mistake {
        name: "a default of another type",
        right: "param detail: Detail = brief",
        wrong: "param detail: Detail = \"brief\"",
        code: "F0301",
        names: "detail",
    },
    Mistake {
        name: "a key that a family lacks",
        right: "test(tools[dev], suite)",
        wrong: "test(tools[debug], suite)",
        code: "F0303",
        names: "debug",
    },
    Mistake {
        name: "a brace that is not closed",
        right: "        sh \"rustc --version > #{out tool.notices}\"\n    }\n",
        wrong: "        sh \"rustc --version > #{out tool.notices}\"\n",
        code: "F0101",
        names: "{",
    },
    Mistake {
        name: "a job without a runner",
        right: "job describe() -> (version: string) on linux {",
        wrong: "job describe() -> (version: string) {",
        code: "F0608",
        names: "describe",
    },
    Mistake {
        name: "two jobs of one name",
        right: "pipeline ci {\n",
        wrong: "job describe() on linux {\n    sh \"git describe\"\n}\n\npipeline ci {\n",
        code: "F0202",
        names: "describe",
    },
    Mistake {
        name: "a const that is known too late",
        right: "job build(const profile: Profile, version: string)",
        wrong: "job build(const profile: Profile, const version: string)",
        code: "F0309",
        names: "version",
    },
    Mistake {
        name: "a match that leaves a variant out",
        right: "enum Profile { dev, release }",
        wrong: "enum Profile { dev, profiling, release }",
        code: "F0310",
        names: "profiling",
    },
    Mistake { name: "an import that is forgotten", right: "use std.git\n", wrong: "", code: "F0201", names: "git" },
    Mistake {
        name: "a job that is called in a job",
        right: "    out version = git.describe()\n",
        wrong: "    out version = describe()\n",
        code: "F0603",
        names: "describe",
    },
    Mistake {
        name: "a whole artifact in a script",
        right: "cp #{package.archive} #{package.checksum} .",
        wrong: "cp #{package} .",
        code: "F0315",
        names: "Package",
    },
    Mistake {
        name: "a field that one variant lacks",
        right: "cp #{tool.binary} #{tool.notices} wordcount/",
        wrong: "cp #{tool.binary} #{tool.notice} wordcount/",
        code: "F0302",
        names: "notice",
    },
    Mistake {
        name: "a value of another type",
        right: "checkout { depth = 0, tags = true }",
        wrong: "checkout { depth = 0, tags = \"yes\" }",
        code: "F0301",
        names: "tags",
    },
    Mistake {
        name: "a text that is not closed",
        right: "sh \"./tests/run.sh #{tool.binary} #{suite} #{out report}\"",
        wrong: "sh \"./tests/run.sh #{tool.binary} #{suite} #{out report}",
        code: "F0106",
        names: "text",
    },
    Mistake {
        name: "a colon that is forgotten",
        right: "artifact Tool(const profile: Profile) {",
        wrong: "artifact Tool(const profile Profile) {",
        code: "F0111",
        names: "`:`",
    },
];

fn quickstart() -> String {
    std::fs::read_to_string(flow_tests::repository().join("examples/quickstart/ci.flow")).unwrap()
}

#[test]
fn each_gives_one_error() {
    let text = quickstart();
    let mut failures = Vec::new();
    for mistake in MISTAKES {
        let times = text.matches(mistake.right).count();
        assert_eq!(times, 1, "{}: `{}` stands {times} times in the quickstart", mistake.name, mistake.right);
        let folder = project([("ci.flow", text.replace(mistake.right, mistake.wrong).as_bytes())]);
        let found = found(folder.path());
        let shown = run(folder.path(), &["check"]);
        let [only] = found.as_slice() else {
            failures.push(format!("{}: {} findings\n{}", mistake.name, found.len(), shown.all()));
            continue;
        };
        let headline = only["headline"].as_str().unwrap();
        if only["code"] != mistake.code || !headline.contains(mistake.names) {
            failures.push(format!("{}: not what was expected\n{}", mistake.name, shown.all()));
        }
        // "expected `:`" is a way out by itself.
        if only["help"].is_null() && only["fix"].is_null() && !headline.starts_with("expected") {
            failures.push(format!("{}: it does not say what to do\n{}", mistake.name, shown.all()));
        }
        insta::with_settings!({ description => mistake.wrong, omit_expression => true, prepend_module_to_snapshot => true }, {
            insta::assert_snapshot!(mistake.name.replace(' ', "_"), shown.all());
        });
    }
    assert!(failures.is_empty(), "\n{}", failures.join("\n"));
}

#[test]
fn names_are_unique() {
    let mut names: Vec<_> = MISTAKES.iter().map(|it| it.name).collect();
    names.sort_unstable();
    let count = names.len();
    names.dedup();
    assert_eq!(names.len(), count);
    assert!(count >= 10);
}
