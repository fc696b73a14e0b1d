//! Values arrive in scripts as they are, whatever they hold, wherever a script reads them: in every
//! shell that this machine has, as a word, in double quotes and in a here-document.
use std::fmt::Write as _;
use std::fs;

use flow_tests::binary::{command, project};

/// Texts that some shell could take for something else.
fn hostile() -> Vec<String> {
    let pieces = [
        "'", "\"", "`", "$", "\\", "!", "*", "?", "[a]", "{a,b}", "~", "#", "&", "|", ";", "<", ">", "(", ")", "%",
        "^", "=", ":", "@", "+", "-", "\n", "\t", " ", "é", "🦀", "\u{200b}",
    ];
    let mut values: Vec<String> =
        pieces.iter().flat_map(|it| [format!("{it}x"), format!("x{it}z"), format!("x{it}{it}y")]).collect();
    let whole = [
        "$(touch pwned)",
        "`touch pwned`",
        "$HOME",
        "${HOME}",
        "$((1+1))",
        "%PATH%",
        "!!",
        "$env:PATH",
        "$1",
        "$@",
        "$$",
        "-n",
        "-e",
        "--",
        "-rf /",
        "/dev/null",
        "~root",
        "*.flow",
        "[!a]*",
        "{1..3}",
        "a b",
        " a",
        "a ",
        "  a  b  ",
        "a\nb",
        "a\n\nb",
        "\na",
        "a\r\nb",
        "a\tb",
        "\\n",
        "\\\\",
        "\\'",
        "\\\"",
        "a\\",
        "'; touch pwned; '",
        "\"; touch pwned; \"",
        "&& touch pwned",
        "| touch pwned",
        "; touch pwned",
        "> pwned",
        "< pwned",
        "#comment",
        "a#b",
        "//x",
        "true",
        "false",
        "none",
        "0",
        "00",
        "-1",
        "1e9",
        "null",
        "EOF",
        "END",
        "<<EOF",
        "a<<EOF\nb\nEOF",
        "::set-output name=x::y",
        "##vso[task.setvariable variable=x]y",
        "::add-mask::x",
        "${{ github.token }}",
        "$(System.AccessToken)",
        "#",
        "##",
        "äöü",
        "日本語",
        "ʼ",
        "“quoted”",
        "a'b\"c`d$e\\f",
        "%0A",
        "%25",
        "\u{1f600}\u{200d}\u{1f4bb}",
        "x=y",
        "PATH=/",
        "--flag=value",
        "key: value",
        "- item",
        "[1, 2]",
        "{\"a\": \"b\"}",
        "<xml/>",
        "&amp;",
        "a,b;c",
        "C:\\Windows",
        "\\\\server\\share",
        "..",
        "../..",
        "/",
        "a/b",
        ".",
        "?",
        "*",
        "!",
        "'",
        "''",
        "'''",
        "\"",
        "\"\"",
        "\"\"\"",
        "`",
        "$'a'",
        "$\"a\"",
        "a\u{a0}b",
        "\u{feff}x",
        "\u{202e}x",
        "$(( 1 ))",
        "a && b || c",
        "`$('\"",
        "\\$HOME",
        "\\`",
        "0x10",
    ];
    values.extend(whole.map(str::to_owned));
    // Line breaks at the end of a value never count, and a here-document adds one.
    values.retain(|value| !value.ends_with('\n'));
    values.sort();
    values.dedup();
    values
}

/// As a text of Flow.
fn literal(value: &str) -> String {
    let mut out = String::from("\"");
    for c in value.chars() {
        match c {
            '"' | '\\' => {
                let _ = write!(out, "\\{c}");
            }
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '#' => out.push_str("\\u{23}"),
            '$' => out.push_str("\\u{24}"),
            c => out.push(c),
        }
    }
    out + "\""
}

/// A program in which one script of `shell` reads each value in each position.
fn program(shell: &str, values: &[String]) -> String {
    let list: Vec<String> = values.iter().map(|value| literal(value)).collect();
    let mut script = String::new();
    for at in 0..values.len() {
        let line = match shell {
            "python" => {
                format!("        open(#{{out seen}} + \"/{at}.bare\", \"w\", newline=\"\").write(#{{VALUES[{at}]}})\n")
            }
            _ => format!(
                "        printf '%s' #{{VALUES[{at}]}} > \"#{{out seen}}/{at}.bare\"\n        \
                 printf '%s' \"#{{VALUES[{at}]}}\" > \"#{{out seen}}/{at}.quoted\"\n        \
                 cat > \"#{{out seen}}/{at}.document\" <<END_OF_IT\n        #{{VALUES[{at}]}}\n        END_OF_IT\n"
            ),
        };
        script.push_str(&line);
    }
    format!(
        "const VALUES = [\n    {},\n]\n\njob read() -> (seen: opaque) on linux {{\n    checkout = none\n\n    {shell} \"\"\"\n{script}        \"\"\"\n}}\n\n\
         pipeline ci {{\n    on manual\n    expose read() as \"seen\"\n}}\n",
        list.join(",\n    ")
    )
}

fn is_there(program: &str) -> bool {
    std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|folder| folder.join(program).is_file())
}

#[test]
#[cfg(target_os = "linux")]
fn values_arrive_as_they_are() {
    let values = hostile();
    assert!(values.len() >= 200, "{} values", values.len());
    for (shell, needs) in [("sh", "sh"), ("bash", "bash"), ("python", "python3")] {
        if !is_there(needs) {
            continue;
        }
        let text = program(shell, &values);
        let folder = project([("ci.flow", text.as_bytes())]);
        let store = tempfile::tempdir().unwrap();
        let mut run = command(folder.path(), &["run", "ci"]);
        let done = run.env("FLOW_STORE", store.path()).output().unwrap();
        assert!(done.status.success(), "{shell}: {}", String::from_utf8_lossy(&done.stderr));
        let seen = |name: String| fs::read_to_string(folder.path().join(".flow/out/ci/seen").join(name)).unwrap();
        for (at, value) in values.iter().enumerate() {
            assert_eq!(seen(format!("{at}.bare")), *value, "{shell}, as a word");
            if shell != "python" {
                assert_eq!(seen(format!("{at}.quoted")), *value, "{shell}, in double quotes");
                assert_eq!(seen(format!("{at}.document")), format!("{value}\n"), "{shell}, in a here-document");
            }
        }
        assert!(!folder.path().join("pwned").exists());
    }
}
