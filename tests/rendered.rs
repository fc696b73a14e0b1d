//! How findings look: source and text, through the real binary, without color. Typical mistakes, one
//! each way that a finding can be built: labels, related places, other files, notes, help.

use flow_tests::binary::{project, run};
use flow_tests::fixture::sources;

/// The source, and what `flowc check` prints of it.
fn shown(text: &str, arguments: &[&str]) -> String {
    let files = sources(text);
    let folder = project(files.iter().map(|it| (it.path.as_str(), it.text.as_bytes())));
    let ran = run(folder.path(), &[&["check"], arguments].concat());
    let place = folder.path().canonicalize().unwrap().display().to_string();
    format!("{text}\n----\n{}", ran.all().replace(&place, "PROJECT"))
}

macro_rules! rendered {
    ($($name:ident: $text:literal;)*) => {
        $(
            #[test]
            fn $name() {
                insta::with_settings!({ omit_expression => true }, {
                    insta::assert_snapshot!(stringify!($name), shown($text, &[]));
                });
            }
        )*
    };
}

rendered! {
    a_name_that_is_not_there: "job build(version: string) on linux {\n    sh \"make VERSION=#{versoin}\"\n}\n";

    two_of_one_name: "enum Profile { dev, release }\n\nstruct Profile {\n    level: int\n}\n";

    a_mistake_in_a_block_text: "job build(version: string) on linux {\n    sh \"\"\"\n        set -x\n        make '#{version}'\n        make install\n        \"\"\"\n}\n";

    a_value_known_too_late: "job describe() -> (version: string) on linux {\n    out version = sh \"git describe\"\n}\n\njob build(const version: string) on linux {\n    sh \"make #{version}\"\n}\n\npipeline ci {\n    on push\n    let version = describe()\n    build(version)\n}\n";

    a_call_into_another_file: "//- /ci/common.flow\n/// Builds.\njob build(const os: Os, version: string) on os {\n    sh \"make #{version}\"\n}\n//- /main.flow\nuse \"./ci/common.flow\" as common\n\npipeline ci {\n    on push\n    common.build(linux)\n}\n";

    a_line_with_other_characters: "job build() on linux {\n    sh \"echo 'Grüße → 日本語 🚀' #{name}\"\n}\n";

    a_line_with_tabs: "job build() on linux {\n\tstep \"Compile\" {\n\t\tsh \"make #{name}\"\n\t}\n}\n";

    a_bracket_that_is_not_closed: "job build() on linux {\n    inputs = [\"src/**\", \"tests/**\"\n    timeout = 20min\n    sh \"make\"\n}\n";

    a_field_that_a_variant_lacks: "artifact App(const debug: bool) {\n    binary: exec = \"app\"\n    if debug {\n        symbols: file = \"app.debug\"\n    }\n}\n\njob build(const debug: bool) -> (app: App(debug)) on linux {\n    sh \"make #{out app.binary} #{out app.symbols}\"\n}\n\npipeline ci {\n    on push\n    for debug in [true, false] { build(debug) }\n}\n";

    several_findings_in_two_files: "//- /a.flow\nconst A: int = \"one\"\njob a(x: int) on linux {\n    sh \"make\"\n}\n//- /b.flow\nconst B: string = 2\n";

    warnings_alone: "job build(version: string) on linux {\n    let date = sh \"date\"\n    sh \"make\"\n}\n\npipeline ci {\n    on push\n    build(\"1\")\n}\n";

    nothing_to_say: "job build() on linux {\n    sh \"make\"\n}\n\npipeline ci {\n    on push\n    build()\n}\n";

    something_not_built_yet: "job build() on linux {\n    sh \"make\"\n}\n\npipeline ci {\n    on push\n    build()\n}\n\ntest \"it builds\" {\n}\n";

    yaml_instead_of_flow: "name: ci\non: [push]\njobs:\n  build:\n    runs-on: ubuntu-latest\n";

    a_long_line: "job build() on linux {\n    sh \"cmake -S . -B build -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_EXPORT_COMPILE_COMMANDS=ON -DCMAKE_INSTALL_PREFIX=/opt/app -DVERSION=#{version} && cmake --build build\"\n}\n";
}

const MIXED: &str = "job build(version: string) on linux {\n    let date = sh \"date\"\n    sh \"make\"\n}\n\nenum Profile { dev, release, dev }\n\nconst A: Profile = relaese\n";

#[test]
fn for_programs() {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("for_programs", shown(MIXED, &["--format", "json"]));
    });
}

#[test]
fn for_github() {
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("for_github", shown(MIXED, &["--format", "github"]));
    });
}

#[test]
fn of_some_files() {
    let text = "//- /a.flow\nconst A: int = \"one\"\n//- /b.flow\nconst B: string = 2\n";
    insta::with_settings!({ omit_expression => true }, {
        insta::assert_snapshot!("of_some_files", shown(text, &["b.flow"]));
    });
}

/// Color is for terminals: never in a pipe, unless asked for, and not where `NO_COLOR` is set.
#[test]
fn color() {
    let folder = project([("main.flow", &b"const A: int = \"one\"\n"[..])]);
    let check = |arguments: &[&str], no_color: bool| {
        let mut command = std::process::Command::new(flow_tests::binary::flowc());
        command.current_dir(folder.path()).arg("check").args(arguments).env_remove("NO_COLOR");
        if no_color {
            command.env("NO_COLOR", "1");
        }
        let output = command.output().unwrap();
        let colored = output.stdout.contains(&0x1b) || output.stderr.contains(&0x1b);
        assert_eq!(output.status.code(), Some(1));
        colored
    };
    assert!(!check(&[], false));
    assert!(check(&["--color", "always"], false));
    assert!(!check(&["--color", "never"], false));
    assert!(!check(&["--color", "auto"], true));
}
