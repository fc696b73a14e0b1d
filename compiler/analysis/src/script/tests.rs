//! Scripts and where their interpolations stand.

use flow_syntax::Span;
use flow_syntax::tree::{Expr, ExprKind, Hole, HoleKind, Shell, Text, TextPart};

use super::{Spot, Words, plainly_safe, read};

/// A script in which `@` stands for each interpolation, and `§` for an `@`.
fn script(text: &str) -> Text {
    let mut parts = Vec::new();
    for (at, piece) in text.split('@').enumerate() {
        if at > 0 {
            let value = Expr { kind: ExprKind::Int(1), span: Span::empty(0) };
            parts.push(TextPart::Hole(Hole { kind: HoleKind::Read { value, spread: false }, span: Span::empty(0) }));
        }
        parts.push(TextPart::Literal { value: piece.replace('§', "@").into(), span: Span::empty(0) });
    }
    Text { parts, block: true, span: Span::empty(0) }
}

fn letter(spot: Spot) -> char {
    match spot {
        Spot::Bare => 'b',
        Spot::Quoted => 'q',
        Spot::Number => 'n',
        Spot::SingleQuoted => 's',
        Spot::QuotedHereDoc => 'h',
        Spot::Comment => 'c',
        Spot::Escaped => 'e',
        Spot::InString => 't',
        Spot::Joined => 'j',
        Spot::Unclear => '?',
    }
}

fn spots(shell: Shell, text: &str) -> String {
    read(shell, &script(text)).iter().map(|reading| letter(reading.spot)).collect()
}

fn table(shell: Shell, rows: &[(&str, &str)]) {
    let wrong: Vec<String> = rows
        .iter()
        .map(|(text, expected)| (text, expected, spots(shell, text)))
        .filter(|(_, expected, found)| *expected != found)
        .map(|(text, expected, found)| format!("{text:?}: {found}, not {expected}"))
        .collect();
    assert!(wrong.is_empty(), "{shell:?}:\n{}", wrong.join("\n"));
}

/// What `sh` and `bash` read alike.
const BOTH: &[(&str, &str)] = &[
    ("echo @", "b"),
    ("echo a@b @", "bb"),
    ("x=@", "b"),
    ("x=@ cmd @ > @ 2>@ <@", "bbbbb"),
    ("echo \"@\" '@' \\@ @", "qseb"),
    ("echo 'a'\"@\"'@'@", "qsb"),
    ("echo \"'@'\" '\"@\"'", "qs"),
    ("echo \"\\\"@\\\"\" @", "qb"),
    ("echo \"\\\\@\" \"\\@\"", "qe"),
    ("echo \\\\@ \\\\\\@", "be"),
    ("echo a \\\n @", "b"),
    ("echo a\\\n#@\n", "b"),
    ("echo \\\n#@\n", "c"),
    // Expansions.
    ("echo $@ $$@ $x@ $1@ $#@ ${x}@", "?bbbbb"),
    ("echo \"$@ $$@ $x@\"", "?qq"),
    ("echo $(echo @ '@' \"@\")", "bsq"),
    ("echo \"$(echo @ '@' \"@\")\" \"@\" @", "bsqqb"),
    ("echo \"$( echo \"$( echo \"@\" @ )\" @ )\" '@'", "qbbs"),
    ("echo `echo @ \"@\"` @", "bqb"),
    ("echo \"`echo @`\" @", "?b"),
    ("echo `echo \\`echo @\\`` @", "?b"),
    ("echo ${x:-@} ${x:-a@b} ${x#@} ${@} @", "nnn?b"),
    ("echo ${x:-\"@\"} ${x:-'@'} ${x:-$(echo @)} @", "??bb"),
    ("echo \"${x:-@} ${x:-it's} @\" '@'", "nqs"),
    ("echo ${#x} @ ${#} @ ${!} @", "bbb"),
    ("echo $((@ + 1)) $(( (1 + @) * $(echo @) )) @", "nnbb"),
    ("echo \"$((@ << 2))\" \"@\"", "nq"),
    ("echo $((echo @); echo @)", "n?"),
    ("echo $(( 1 ) @", "?"),
    // Comments.
    ("# @\necho a#@ #@\n@", "cbcb"),
    ("echo a; # @\n@ #", "cb"),
    ("echo $(true # ) @\n) @", "cb"),
    ("x=$#; echo @", "b"),
    ("(# @\necho @)", "cb"),
    // Here-documents.
    ("cat <<EOF\n@ '@' \"@\" $(echo @ '@')\nEOF\n@", "qqqbsb"),
    ("cat <<'EOF'\n@\n$(@)\nEOF\n@", "hhb"),
    ("cat <<\"EOF\" | tr @ b\n@\nEOF\n@", "bhb"),
    ("cat <<\\EOF\n@\nEOF\n@", "hb"),
    ("cat <<E'O'F\n@\nEOF\n@", "hb"),
    ("cat <<-EOF\n\t@\n\tEOF\n@ '@'", "qbs"),
    ("cat <<-'EOF'\n\t@\n\t\tEOF\n@", "hb"),
    ("cat <<EOF\n @\n EOF\n'@'\nEOF\n'@'", "qqs"),
    ("cat <<A <<'B' @\n@\nA\n@\nB\n@", "bqhb"),
    ("cat <<EOF\n\\@ \\\\@ \\$@\nEOF\n", "eqq"),
    ("cat <<EOF\na\\\nEOF\n'@'\nEOF\n'@'", "qs"),
    ("cat <<EOF\na\\\\\nEOF\n'@'", "s"),
    ("cat <<@\n@", "??"),
    ("cat <<EOF\n@", "q"),
    ("x=$(cat <<EOF\n@ )\nEOF\n) @", "qb"),
    ("x=$(cat <<EOF) @\n@\nEOF\n@", "???"),
    ("cat << EOF && echo @\n@\nEOF\n@", "bqb"),
    ("if cat <<EOF; then echo @; fi\n\"@\"\nEOF\necho @", "bqb"),
    ("cat <<EOF; echo $(echo @\n@) @\nEOF\n", "b??"),
    ("cat <<EOF; echo $(echo @) @\n@\nEOF\n@", "bbqb"),
    ("cat <<EOF\n`echo @`\nEOF\n@", "?b"),
    ("cat <<EOF\n$x@ ${x:-@}\nEOF\n", "qn"),
    // What holds commands.
    ("case @ in @) echo @;; a|@) echo '@';; (b) @;; *) @; esac; @", "bbbbsbbb"),
    ("x=$(case a in a) echo @;; b) echo '@';; esac) '@' @", "bssb"),
    ("x=\"$(case \"@\" in (a|b) echo @;; esac)\" @", "qbb"),
    ("case a in\n a) @ ;;\n # it's @\n b) @ ;;\nesac\n'@'", "bcbs"),
    ("case a in a) case b in b) echo @;; esac;; c) '@';; esac; echo @", "bsb"),
    ("echo case a in b; echo @ '@'", "bs"),
    ("for case in esac @; do echo '@' @; done", "bsb"),
    ("for x in @ \"@\"; do echo @; done", "bqb"),
    ("for @ in a; do :; done", "?"),
    ("f() { echo @; }; f @", "bb"),
    ("f()\n( echo @ )\nf @", "bb"),
    ("if [ \"@\" = @ ]; then @; elif @; fi", "qbbb"),
    ("(echo @; (echo '@')) @", "bsb"),
    ("{ echo @; } > @", "bb"),
    ("a && @ || @ & @ | @", "bbbb"),
    // What nobody can tell.
    (") @", "?"),
    ("echo \"a", ""),
    ("echo 'a @", "s"),
];

#[test]
fn posix() {
    table(Shell::Sh, BOTH);
    table(Shell::Bash, BOTH);
    table(Shell::Sh, &[("echo $'@' @", "sb"), ("echo $'a\\'@' @", "??"), ("((x = @)); echo @", "?b"), ("x[@]=1", "b")]);
}

#[test]
fn bash() {
    table(
        Shell::Bash,
        &[
            ("echo $'@\\'@' @ $\"@\"", "ssbq"),
            ("cat <<<@ <<<\"@\" '@'", "bqs"),
            ("[[ @ == @ && \"@\" != @ ]] && echo @", "bbqbb"),
            ("[[ $x =~ ^(a|@)$ ]] && echo '@' @", "bsb"),
            ("[[ $x =~ @ || @ = b ]]; @", "bbb"),
            ("[[ @ -eq 1 && 2 -lt \"@\" && @ == a ]] @", "nnbb"),
            ("[[ -v @ ]] && [[ -f @ ]]", "?b"),
            ("[[ @ < b && (@ > a) ]]; echo @", "bbb"),
            ("[ @ -eq 1 ]", "b"),
            ("((x = @ << 2)); echo @ '@'", "nbs"),
            ("for ((i = 0; i < @; i++)); do @; done", "nb"),
            ("a=(@ '@' \"@\" # @\n @) @", "bsqcbb"),
            ("a[@]=1; a+=(@); a=([@]=@)", "nbnb"),
            ("let x=@ y=1; echo @", "nb"),
            ("diff <(echo @ '@') >(cat @) @", "bsbb"),
            ("echo ${x//@/@} ${x:@:1} ${x[@]} @", "nnnnb"),
            ("echo \"${x//'a'/b}\" @", "?"),
            ("function f { echo @; }; f @", "bb"),
            ("echo a &> @; echo @ &>> @", "bbb"),
            ("case a in a) @ ;& b) @ ;;& c) @; esac", "bbb"),
            ("case a in +(a|@)) @ ;; esac; @", "bbb"),
            ("echo !(a|@) @", "bb"),
            ("coproc cat; echo @ {a,@}", "bb"),
        ],
    );
}

#[test]
fn powershell() {
    table(
        Shell::Pwsh,
        &[
            ("Write-Output @ \"@\" '@'", "bqs"),
            ("Write-Output \"a \"\"@\"\" 'x' @\" 'it''s @' @", "qqsb"),
            ("\"`\"@\" '`' @ `@", "qbe"),
            ("\"`@ ``@\"", "eq"),
            ("\"$(1 + @) $(\"@\" + '@') @\" @", "bqsqb"),
            ("\"$@ $x@ ${x}@\" $@", "?qq?"),
            ("# @\na#@ #@\n<# @\n @ #> @", "cjcccb"),
            ("$x = §\"\n@ \"@\" '@'\n\"§\n@", "qqqb"),
            ("$x = §'\n@\n'§ + @", "hb"),
            ("$x = §'\n@\n '§ @\n'§\n@", "hhb"),
            ("cmd --% @ \"@\"\n@", "??b"),
            ("a@ @b @.x @:y (@).Length [int]@ -x:@ $y=@ --flag=@ -f=@ a/@", "jjjjbjjbjjj"),
            ("§{a=@; b=@}, §(@), f(@) §@", "bbbb?"),
            ("\u{201c}@\u{201d} \u{2018}@\u{2019} @", "qsb"),
            ("foo | bar @ ; baz @\n@", "bbb"),
        ],
    );
}

#[test]
fn windows() {
    table(
        Shell::Cmd,
        &[
            ("echo @ \"@\"", "bq"),
            ("rem @\n:: @\n§REM @\necho rem @", "cccb"),
            ("echo a & rem @", "c"),
            ("echo ^@ ^^@ \"^@\"", "ebq"),
            ("echo %@ %%@ @% %x%@", "?b??"),
            ("echo @>f\necho @ >f", "?b"),
        ],
    );
}

#[test]
fn python() {
    table(
        Shell::Python,
        &[
            ("print(@)", "b"),
            ("print(\"@\", '@', @)", "ttb"),
            ("x = \"\"\"a \" @ '''\n@\"\"\" + @", "ttb"),
            ("x = '''@\\''''@", "t?"),
            ("x = '' + @ + \"\" + @ # @", "bbc"),
            ("x = 'a\\'@' + @", "tb"),
            ("x = r'\\\\' + @", "b"),
            ("f'{@}' b\"@\" rb'@' @", "tttb"),
            ("x = \\\n  @", "b"),
            ("x@ @y \"a\"@", "???"),
            ("x = 'a # @'  # @\n@", "tcb"),
            ("x = 'open\n@", "b"),
        ],
    );
}

#[test]
fn words() {
    let words =
        |text: &str| -> Vec<Words> { read(Shell::Bash, &script(text)).iter().map(|reading| reading.words).collect() };
    use Words::{Any, Glued, One};
    assert_eq!(words("echo @ a@ @b \"@\" @@"), [Any, Glued, Glued, One, Glued, Glued]);
    assert_eq!(words("x=@; y=(@ @); for z in @; do :; done"), [Glued, Any, Any, Any]);
    assert_eq!(words("case @ in @) @;; esac > @ <<<@"), [One, One, Any, One, One]);
    assert_eq!(words("[[ @ == @ ]] && (@)"), [One, One, Any]);
}

#[test]
fn literals() {
    let literal = |shell: Shell, text: &str| -> Vec<bool> {
        read(shell, &script(text)).iter().map(|reading| reading.literal).collect()
    };
    // A keyword, a stream's number, a name's end, a range, a home, a pattern's operator.
    for text in ["@ x", "echo @> f", "echo $x@", "echo \"$x@\"", "echo {a,@}", "echo [@]", "echo ~@", "[[ a =~ @ ]]"] {
        assert_eq!(literal(Shell::Bash, text), [false], "{text}");
    }
    for text in ["echo @", "./ci/@.sh", "x=@", "echo \"@\"", "echo ${x}@", "echo a@b", "case a in @) ;; esac"] {
        let expected = !text.starts_with("x=");
        assert_eq!(literal(Shell::Bash, text), [expected], "{text}");
    }
    // A line of a here-document must not become its delimiter.
    assert_eq!(literal(Shell::Sh, "cat <<EOF\n@\nE@\nx: @\nEOF"), [false, false, true]);
    assert!(plainly_safe("a-b/c.d") && !plainly_safe("") && !plainly_safe("a b") && !plainly_safe("é"));
}

#[test]
fn nothing_panics() {
    let pieces = [
        "@", "'", "\"", "`", "$", "(", ")", "{", "}", "[[", "]]", "<<", "<<-", "EOF", "\n", "\\", "#", " ", "case ",
        "in", "esac", ";;", "=~", "=", "((", "))", "\"\"\"", "§'\n", "'§", "<#", "#>", "%", "^", "\t", "é",
    ];
    let mut seed = 1_u64;
    for _ in 0..4_000 {
        let mut text = String::new();
        for _ in 0..24 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(seed >> 33) as usize % pieces.len()]);
        }
        let holes = text.matches('@').count();
        for shell in [Shell::Sh, Shell::Bash, Shell::Pwsh, Shell::Cmd, Shell::Python] {
            assert_eq!(read(shell, &script(&text)).len(), holes, "{shell:?}: {text}");
        }
    }
    for open in ["$(", "\"$(", "${x:-", "`", "(", "$((", "[[ ("] {
        let text = open.repeat(5_000) + "@";
        for shell in [Shell::Sh, Shell::Bash, Shell::Pwsh] {
            assert_eq!(read(shell, &script(&text)).len(), 1, "{shell:?}: {open}");
        }
    }
}
