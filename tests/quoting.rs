//! What is said of interpolations in scripts is true: fixes are applied, and the result checks; scripts
//! out of a small grammar, with holes at all kinds of places, run in the shells of this machine.
//!
//! Where the reader of a shell says that a place expands, each value has to arrive there as it is;
//! where it says that a place does not, the shell has to print what the author wrote.
use std::process::Command;

use flow_analysis::script::{Spot, read};
use flow_plan::model::{self, Position, ScriptPart};
use flow_syntax::tree::{Expr, ExprKind, Hole, HoleKind, Shell, Text, TextPart};
use flow_syntax::{Severity, Span};
use flow_tests::check::Program;

/// A script of a job that has a value of each kind.
fn job(shell: &str, script: &str) -> String {
    let lines: String = script.split('\n').map(|line| format!("        {line}\n")).collect();
    let fence = if script.contains("\"\"\"") { "\"\"\"\"" } else { "\"\"\"" };
    job_of(&format!("{shell} {fence}\n{lines}        {fence}"))
}

fn job_of(statement: &str) -> String {
    let os = if statement.starts_with("cmd") || statement.starts_with("pwsh") { "windows" } else { "linux" };
    format!(
        "job a(x: string, y: string, n: int, xs: [string]) on {os} {{\n    {statement}\n    sh \"echo #{{x}} #{{y}} #{{n}} #{{xs...}}\"\n}}\n"
    )
}

/// Applies fixes until nothing is wrong.
fn fixed(text: &str) -> String {
    let mut text = text.to_owned();
    for _ in 0..8 {
        let program = Program::of(&text);
        let found = program.diagnostics();
        let Some(first) = found.iter().find(|it| it.severity == Severity::Error) else { return text };
        let fix = first.fix.clone().unwrap_or_else(|| panic!("no fix for {}\n{text}", first.headline));
        let mut edits = fix.edits;
        edits.sort_by_key(|edit| std::cmp::Reverse((edit.place.span.start, edit.place.span.end)));
        for edit in edits {
            text.replace_range(edit.place.span.start as usize..edit.place.span.end as usize, &edit.text);
        }
    }
    panic!("fixes lead nowhere:\n{text}")
}

#[test]
fn fixes_put_it_right() {
    let rows = [
        ("sh", "echo 'a #{x} b'", "echo \"a #{x} b\""),
        ("sh", "echo '#{x}' '#{y}'", "echo \"#{x}\" \"#{y}\""),
        ("sh", "echo '#{x} and #{y}'", "echo \"#{x} and #{y}\""),
        ("sh", "awk '{ print $1, \"#{x}\" }'", "awk '{ print $1, \"'#{x}'\" }'"),
        ("bash", "echo $'a\\n#{x}'", "echo $'a\\n'#{x}$''"),
        ("sh", "cat <<'EOF'\na #{x}\nEOF", "cat <<EOF\na #{x}\nEOF"),
        ("sh", "cat <<-\"EOF\"\na #{x}\nEOF", "cat <<-EOF\na #{x}\nEOF"),
        ("sh", "cat <<\\EOF\na #{x}\nEOF", "cat <<EOF\na #{x}\nEOF"),
        ("sh", "true # about #{x}\necho", "true\necho"),
        ("sh", "true\n# about #{x}\necho", "true\n\necho"),
        ("sh", "# about #{x}", "# about \\#{x}"),
        ("sh", "echo \"#{xs...}\"", "echo #{xs...}"),
        ("sh", "echo #{xs}", "echo #{xs...}"),
        ("sh", "echo #{x...}", "echo #{x}"),
        ("pwsh", "echo 'a #{x}'", "echo \"a #{x}\""),
        ("pwsh", "echo @'\na #{x}\n'@", "echo @\"\na #{x}\n\"@"),
        ("pwsh", "echo a/#{x}.txt", "echo \"a/#{x}.txt\""),
        ("pwsh", "echo <# #{x} #> a", "echo a"),
        ("pwsh", "echo \"`#{x}\"", "echo \"``#{x}\""),
        ("python", "print(\"a #{x} b\")", "print(\"a \" + #{x} + \" b\")"),
        ("python", "print('#{x}')", "print(#{x})"),
        ("python", "print('#{x}#{y}!')", "print(#{x} + #{y} + '!')"),
        ("python", "print(r'a\\b #{x}', \"#{n}\")", "print(r'a\\b ' + #{x}, str(#{n}))"),
        ("python", "print(1) # #{x}", "print(1)"),
        ("python", "x = '''a\n#{x}\n'''", "x = '''a\n''' + #{x} + '''\n'''"),
    ];
    let mut wrong = Vec::new();
    for (shell, script, expected) in rows {
        // Where a plan cannot carry it out yet, checking is enough.
        let found = fixed(&job(shell, script));
        let expected = job(shell, expected);
        let clean = |text: &str| text.lines().map(str::trim_end).collect::<Vec<_>>().join("\n");
        if clean(&found) != clean(&expected) {
            wrong.push(format!("{script}\n{found}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
    // In a text of one line, what is put in is escaped.
    for (statement, expected) in [
        ("sh \"echo 'a #{x}'\"", "sh \"echo \\\"a #{x}\\\"\""),
        ("sh \"echo \\\"q\\\" 'a\\n #{x}'\"", "sh \"echo \\\"q\\\" \\\"a\\n #{x}\\\"\""),
        ("sh \"echo \\\\#{x}\"", "sh \"echo \\\\\\\\#{x}\""),
        ("python \"print(\\\"a #{x}\\\")\"", "python \"print(\\\"a \\\" + #{x})\""),
    ] {
        assert_eq!(fixed(&job_of(statement)), job_of(expected));
    }
}

/// Numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % sides
    }

    fn pick<'a>(&mut self, of: &[&'a str]) -> &'a str {
        of[self.roll(of.len())]
    }
}

const VALUES: &[&str] = &[
    "$(echo pwned)",
    "`echo pwned`",
    "a b",
    "'",
    "\"",
    "\\",
    "*",
    "$HOME",
    "a\nb",
    "-n",
    ";x",
    "a'b\"c`d$e\\f",
    "",
    "~",
    "#x",
    "EOF",
    "}",
    ")",
    "${X}",
    "{a,b}",
    "!",
    "%s",
    "é🦀",
    " lead",
    "trail ",
    "&&",
    "|",
    ">f",
    "x=1",
    "a[$(echo pwned)]",
];

/// Stands for an interpolation.
const HOLE: char = '\u{1}';

/// A word that prints as one argument: its text, and what it prints, `None` for a hole that the shell
/// has to expand.
fn word(dice: &mut Dice, bash: bool, depth: usize) -> String {
    let hole = HOLE;
    match dice.roll(if depth > 2 { 7 } else { 13 }) {
        0 => "abc".to_owned(),
        1 | 2 => hole.to_string(),
        3 => format!(
            "\"{}{hole}{}\"",
            dice.pick(&["", "a ", "'", "\\\"", "${unset}", "# ", "(", "case x in "]),
            dice.pick(&["", " b", "'", ")", "}"])
        ),
        4 => format!("'{}{hole}{}'", dice.pick(&["", "a ", "\"", "$(", "`", "\\"]), dice.pick(&["", " b", ")", "\""])),
        5 => format!("pre{hole}post\"{hole}\""),
        6 => format!("\"a\"'b'{hole}'{}'", dice.pick(&["c", "\"", "#"])),
        7 => format!("\"$(printf '%s|' {})\"", word(dice, bash, depth + 1)),
        8 => format!("\"$(case a in a) printf '%s|' {};; b) echo \")\" ;; esac)\"", word(dice, bash, depth + 1)),
        9 => format!("\"$(printf '%s|' {} # it's a ) comment\n)\"", word(dice, bash, depth + 1)),
        10 => format!(
            "\"$(cat <<E{depth}\n{}{hole}{} $(printf '%s|' {})\nE{depth}\n)\"",
            dice.pick(&["", "'", "\"", "\\$"]),
            dice.pick(&["", "'", ")", "\\\\"]),
            word(dice, bash, depth + 1)
        ),
        11 => format!("\"${{unset:-a}}$((1 + (2)))\"{hole}"),
        _ if bash => format!("$'a\\'b {hole}'{hole}"),
        _ => format!("\"`printf '%s' a`\"{hole}"),
    }
}

fn command(dice: &mut Dice, bash: bool) -> String {
    let word = |dice: &mut Dice| word(dice, bash, 0);
    match dice.roll(if bash { 15 } else { 11 }) {
        0 => format!("printf '%s|' {} {}", word(dice), word(dice)),
        1 => format!("v={}; printf '%s|' \"$v\"", word(dice)),
        2 => format!("case {} in {HOLE}) printf same;; *) printf other;; esac", HOLE),
        3 => format!("cat <<EOF\n{HOLE} '{HOLE}' \"{HOLE}\"\nEOF"),
        4 => format!("cat <<-'EOF'; printf '%s|' {HOLE} \"$(printf %s {HOLE})\"\n\ta {HOLE} $(\n\tEOF"),
        5 => format!("for w in {} {}; do printf '%s|' \"$w\"; done", word(dice), word(dice)),
        6 => format!("printf '%s|' {} # it's {HOLE}", word(dice)),
        7 => format!("if [ {} = {HOLE} ]; then printf yes; else printf no; fi", HOLE),
        8 => format!("f() {{ printf '%s|' \"$@\"; }}; f {} \\\n {}", word(dice), word(dice)),
        9 => format!("cat <<A; cat <<'B'\n{HOLE}\nA\n{HOLE}\nB"),
        10 => format!("( printf '%s|' {} ); {{ printf '%s|' {}; }}", word(dice), word(dice)),
        11 => format!("[[ {HOLE} == {HOLE} && \"{HOLE}\" == {HOLE} ]] && printf same || true"),
        12 => format!("cat <<<{}", word(dice)),
        13 => format!("a=({} {HOLE}); printf '%s|' \"${{a[@]}}\"", word(dice)),
        _ => format!("cat <(printf '%s|' {})", word(dice)),
    }
}

fn text_of(script: &str) -> Text {
    let span = Span::empty(0);
    let mut parts = Vec::new();
    for (at, piece) in script.split(HOLE).enumerate() {
        if at > 0 {
            let value = Expr { kind: ExprKind::Int(1), span };
            parts.push(TextPart::Hole(Hole { kind: HoleKind::Read { value, spread: false }, span }));
        }
        if !piece.is_empty() {
            parts.push(TextPart::Literal { value: piece.into(), span });
        }
    }
    Text { parts, block: true, span }
}

/// Runs a script; what it prints.
fn run(program: &str, script: &str, variables: &[(String, String)]) -> Option<String> {
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(program);
    command.arg("-c").arg(script).current_dir(folder.path()).env_remove("unset");
    let done = command.envs(variables.iter().map(|(name, value)| (name, value))).output().ok()?;
    assert!(done.status.success(), "{program} fails:\n{script}\n{}", String::from_utf8_lossy(&done.stderr));
    Some(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// A script in which values stand literally where a place expands must print what the script prints
/// that reads them from variables.
fn same_as_literal(program: &str, shell: Shell, bash: bool, rounds: usize) {
    let mut dice = Dice(7);
    let (mut expanded, mut kept) = (0, 0);
    for _ in 0..rounds {
        let commands: Vec<String> = (0..3).map(|_| command(&mut dice, bash)).collect();
        let script = commands.join("\n");
        let text = text_of(&script);
        let readings = read(shell, &text);
        let mut parts = Vec::new();
        let (mut expected, mut variables) = (String::new(), Vec::new());
        let mut next = readings.iter();
        for part in &text.parts {
            match part {
                TextPart::Literal { value, .. } => {
                    parts.push(ScriptPart::Text(value.to_string()));
                    expected.push_str(value);
                }
                TextPart::Hole(_) => {
                    let reading = next.next().unwrap();
                    let value = VALUES[dice.roll(VALUES.len())];
                    let variable = format!("V{}", variables.len());
                    match reading.spot {
                        Spot::Bare | Spot::Quoted => {
                            expanded += 1;
                            let position = if reading.spot == Spot::Bare { Position::Bare } else { Position::Quoted };
                            let constant = model::Value::Const(model::Const::Text(value.to_owned()));
                            parts.push(ScriptPart::Read { variable: variable.clone(), value: constant, position });
                            expected.push_str(&literally(value, position, reading.around.is_some()));
                            variables.push((variable, value.to_owned()));
                        }
                        Spot::SingleQuoted | Spot::QuotedHereDoc | Spot::Comment => {
                            // What the compiler would write there has to come out as it is written.
                            kept += 1;
                            parts.push(ScriptPart::Text("${HOME}".to_owned()));
                            expected.push_str("${SECOND}");
                        }
                        other => panic!("{other:?} in\n{script}"),
                    }
                }
            }
        }
        let shell = if bash { model::Shell::Bash } else { model::Shell::Sh };
        let rendered = flow_plan::script::render(&model::Script { shell, parts }, ("UNUSED", ""));
        let Some(seen) = run(program, &rendered.text, &variables) else { return };
        let wanted = run(program, &expected, &[]).unwrap().replace("${SECOND}", "${HOME}");
        assert_eq!(seen, wanted, "{program}:\n{}\n--- as\n{expected}", rendered.text);
    }
    assert!(expanded > rounds && kept > rounds / 4, "{expanded} expanded, {kept} kept");
}

/// A value written into a script by hand, as the shell's manual says.
fn literally(value: &str, position: Position, double: bool) -> String {
    match position {
        Position::Bare => format!("'{}'", value.replace('\'', "'\\''")),
        Position::Quoted => {
            let special: &[char] = if double { &['\\', '$', '`', '"'] } else { &['\\', '$', '`'] };
            value.chars().flat_map(|c| special.contains(&c).then_some('\\').into_iter().chain([c])).collect()
        }
    }
}

#[test]
#[cfg(target_os = "linux")]
fn shells_agree() {
    same_as_literal("dash", Shell::Sh, false, 250);
    same_as_literal("bash", Shell::Sh, false, 150);
    same_as_literal("bash", Shell::Bash, true, 250);
}

/// Where Python's reader says that a string stands, there is one, and where it says code, an expression
/// can stand.
#[test]
#[cfg(target_os = "linux")]
fn python_agrees() {
    let mut dice = Dice(11);
    let mut lines = Vec::new();
    let strings = [
        "'a{}'",
        "\"a{}'\"",
        "'''a\n{}\"'''",
        "\"\"\"{} ' # \\\" \"\"\"",
        "r'\\{}'",
        "f'{}'",
        "'\\'{}'",
        "'\\\\'",
        "''",
        "\"\"",
    ];
    for _ in 0..120 {
        let items: Vec<String> = (0..3)
            .map(|_| match dice.roll(3) {
                0 => HOLE.to_string(),
                _ => dice.pick(&strings).replace("{}", &HOLE.to_string()),
            })
            .collect();
        let comment = dice.pick(&["", "  # it's", "  # \u{1} '''"]);
        lines.push(format!("show({}){comment}", items.join(" ,")));
    }
    let script = lines.join("\n");
    let text = text_of(&script);
    let mut next = read(Shell::Python, &text).into_iter();
    let (mut program, mut code) = (
        String::from(
            "seen = 0\ndef show(*all):\n    global seen\n    seen += sum(it is HERE for it in all)\nHERE = object()\n",
        ),
        0,
    );
    for part in &text.parts {
        match part {
            TextPart::Literal { value, .. } => program.push_str(value),
            TextPart::Hole(_) => match next.next().unwrap().spot {
                Spot::Bare => {
                    code += 1;
                    program.push_str("HERE");
                }
                Spot::InString | Spot::Comment => program.push_str("HERE"),
                other => panic!("{other:?}"),
            },
        }
    }
    program.push_str("\nprint(seen, end='')\n");
    let Some(seen) = run("python3", &program, &[]) else { return };
    assert_eq!(seen, code.to_string());
}
