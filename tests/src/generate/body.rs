//! The bodies of jobs.

use super::{Known, Type, Writer};

/// An output of a job.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) name: String,
    pub(super) ty: Type,
    pub(super) always: bool,
}

/// A job that was declared.
#[derive(Clone, Debug)]
pub(super) struct Job {
    pub(super) name: String,
    pub(super) params: Vec<(String, Type)>,
    /// The types of its outputs, by name.
    pub(super) outputs: Vec<Output>,
}

/// A script that says what a value is, whatever bytes it has.
fn telling(mark: &str, read: &str) -> String {
    format!("printf '@{mark} '; printf '%s' {read} | od -An -v -tx1 | tr -d ' \\n'; echo")
}

impl Writer {
    /// Declares a job that takes values of these types.
    pub(super) fn job(&mut self, name: &str, takes: &[Type], gives: &[Type], plain: bool) -> Job {
        let params: Vec<(String, Type)> =
            takes.iter().enumerate().map(|(index, ty)| (format!("p{}", index + 1), *ty)).collect();
        let outputs: Vec<Output> = gives
            .iter()
            .enumerate()
            .map(|(index, ty)| Output {
                name: format!("r{}", index + 1),
                ty: *ty,
                always: !plain && *ty == Type::File && index == 0,
            })
            .collect();
        let heads: Vec<String> = outputs.iter().map(head).collect();
        let given = if heads.is_empty() { String::new() } else { format!(" -> ({})", heads.join(", ")) };
        let taken: Vec<String> = params.iter().map(|(name, ty)| format!("{name}: {}", ty.name())).collect();
        self.line("");
        self.open(&format!("job {name}({}){given} on linux", taken.join(", ")));
        self.line("checkout = none");
        self.line("");

        for output in outputs.iter().filter(|it| it.always) {
            self.files(output);
        }
        let mut known: Vec<Known> = params.iter().map(|(name, ty)| Known { name: name.clone(), ty: *ty }).collect();
        for it in known.clone() {
            self.show(&it);
        }
        if plain {
            self.capture(&mut known);
        } else {
            for _ in 0..2 + self.random.below(4) {
                self.statement(&mut known);
            }
        }
        if !plain && self.may_fail && self.chance(25) {
            self.may_fail = false;
            let condition = self.condition(&known);
            let guarded = self.chance(50);
            if guarded {
                self.open(&format!("if {condition}"));
            }
            self.line("sh \"exit 3\"");
            if guarded {
                self.close();
            }
        }
        for output in outputs.iter().filter(|it| !it.always) {
            if output.ty.is_files() {
                self.files(output);
            } else {
                self.give(output, &known);
            }
        }
        if !plain {
            self.ending(&params);
        }
        self.close();
        Job { name: name.to_owned(), params, outputs }
    }

    /// Tells what something is.
    fn show(&mut self, it: &Known) {
        let mark = self.fresh("m");
        let read = format!("#{{{}}}", it.name);
        let script = match it.ty {
            Type::Texts => format!("for one in #{{{}...}}; do\n    {}\ndone", it.name, telling(&mark, "\"$one\"")),
            Type::File => format!("printf '@{mark} '; cksum < {read}"),
            Type::Exec => format!("printf '@{mark} '; {read}"),
            Type::Tree => format!(
                "cd {read}\nprintf '@{mark} '; find . -printf '%y %p %l\\n' | LC_ALL=C sort | cksum\nprintf '@{mark} '; find . -type f -perm -u+x | LC_ALL=C sort | tr '\\n' ' '; echo"
            ),
            _ => telling(&mark, &read),
        };
        self.open(&format!("step \"Show {mark}\""));
        self.script("", &script);
        self.close();
    }

    fn capture(&mut self, known: &mut Vec<Known>) {
        let ty = *self.random.of(&Type::VALUES);
        let (name, script) = (self.fresh("v"), self.printing(ty));
        if self.chance(60) {
            self.script(&format!("let {name}: {} = ", ty.name()), &script);
        } else {
            self.line(&format!("let {name}: {}", ty.name()));
            self.script("", &format!("( {script} ) > #{{out {name}}}"));
        }
        known.push(Known { name, ty });
    }

    fn statement(&mut self, known: &mut Vec<Known>) {
        match self.random.below(12) {
            0 | 1 => self.capture(known),
            2 | 3 => {
                let ty = *self.random.of(&[Type::Text, Type::Int, Type::Bool]);
                let (name, value) = (self.fresh("v"), self.expression(known, ty));
                self.line(&format!("let {name}: {} = {value}", ty.name()));
                let it = Known { name, ty };
                self.show(&it);
                known.push(it);
            }
            4 => {
                let condition = self.condition(known);
                let (a, b) = (self.fresh("m"), self.fresh("m"));
                self.open(&format!("if {condition}"));
                self.line(&format!("sh \"echo @{a}\""));
                self.close();
                if self.chance(50) {
                    self.text.pop();
                    self.text.push_str(" else {\n");
                    self.depth += 1;
                    self.line(&format!("sh \"echo @{b}\""));
                    self.close();
                }
            }
            5 => {
                let ty = *self.random.of(&[Type::Text, Type::Int, Type::Mode]);
                let (name, condition) = (self.fresh("v"), self.condition(known));
                let (a, b) = (self.printing(ty), self.printing(ty));
                self.line(&format!("let {name}: {} = if {condition} {{", ty.name()));
                self.depth += 1;
                self.script("", &a);
                self.depth -= 1;
                self.line("} else {");
                self.depth += 1;
                self.script("", &b);
                self.close();
                let it = Known { name, ty };
                self.show(&it);
                known.push(it);
            }
            6 => {
                let mark = self.fresh("m");
                self.open(&format!("step \"Again {mark}\""));
                self.line("retry = 3");
                self.script("", &format!("echo x >> {mark}\ntest \"$(wc -l < {mark})\" -ge 2\necho @{mark}"));
                self.close();
            }
            7 => {
                let (mark, value) = (self.fresh("m"), self.expression(known, Type::Text));
                let name = mark.to_uppercase();
                self.line(&format!("export EXPORTED_{name} = {value}"));
                self.open(&format!("step \"Exported {mark}\""));
                self.script("", &telling(&mark, &format!("\"$EXPORTED_{name}\"")));
                self.close();
            }
            8 => {
                let mark = self.fresh("m");
                self.open(&format!("step \"Tolerated {mark}\""));
                self.line("continue_on_error = true");
                self.script("", &format!("echo @{mark}\nexit 1"));
                self.close();
            }
            9 => {
                let mark = self.fresh("m");
                let tool = format!("printf '#!/bin/sh\\necho @{mark}\\n' > bin-{mark}/tool-{mark}");
                self.script("", &format!("mkdir bin-{mark}\n{tool}\nchmod +x bin-{mark}/tool-{mark}"));
                self.line(&format!("add_path \"bin-{mark}\""));
                self.line(&format!("sh \"tool-{mark}\""));
            }
            10 => {
                let (mark, value) = (self.fresh("m"), self.expression(known, Type::Text));
                self.open(&format!("step \"Environment {mark}\""));
                self.open("env");
                self.line(&format!("GIVEN = {value}"));
                self.close();
                self.script("", &telling(&mark, "\"$GIVEN\""));
                self.close();
            }
            _ => {
                if let Some(name) = self.pick(known, Type::Mode) {
                    let (a, b) = (self.fresh("m"), self.fresh("m"));
                    self.open(&format!("match {name}"));
                    self.line(&format!("dev => {{ sh \"echo @{a}\" }}"));
                    self.line(&format!("release => {{ sh \"echo @{b}\" }}"));
                    self.close();
                } else {
                    self.capture(known);
                }
            }
        }
    }

    /// Assigns an output of a value.
    fn give(&mut self, output: &Output, known: &[Known]) {
        let name = &output.name;
        if self.chance(40) {
            let script = self.printing(output.ty);
            self.script(&format!("out {name} = "), &script);
        } else {
            let value = self.expression(known, output.ty);
            self.line(&format!("out {name} = {value}"));
        }
    }

    /// Writes an output of files.
    fn files(&mut self, output: &Output) {
        let name = &output.name;
        let mark = self.fresh("m");
        let script = match output.ty {
            Type::File => format!("printf '%s\\n' 'of {mark}' > #{{out {name}}}"),
            Type::Exec => {
                format!("printf '#!/bin/sh\\necho of {mark}\\n' > tool\nchmod +x tool\nmv tool #{{out {name}}}")
            }
            _ => [
                &format!("dir=#{{out {name}}}"),
                "mkdir -p \"$dir/sub/empty\" \"$dir/.hidden\"",
                &format!("printf '{mark}' > \"$dir/sub/a b\""),
                "printf 'x' > \"$dir/.hidden/file\"",
                "cp /bin/true \"$dir/tool\"",
                "chmod 755 \"$dir/tool\"",
                "ln -s sub/a\\ b \"$dir/link\"",
                "ln -s ../tool \"$dir/sub/tool\"",
            ]
            .join("\n"),
        };
        self.script("", &script);
    }

    /// What comes last.
    fn ending(&mut self, params: &[(String, Type)]) {
        let block = |writer: &mut Self, word: &str| {
            writer.open(word);
            match params.iter().find(|(_, ty)| matches!(ty, Type::Text | Type::Int)) {
                Some((name, ty)) => writer.show(&Known { name: name.clone(), ty: *ty }),
                None => {
                    let mark = writer.fresh("m");
                    writer.line(&format!("sh \"echo @{mark}\""));
                }
            }
            writer.close();
        };
        if self.chance(30) {
            block(self, "on_failure");
        }
        if self.chance(30) {
            block(self, "finally");
        }
    }
}

/// An output as it is declared.
fn head(output: &Output) -> String {
    let always = if output.always { "always " } else { "" };
    let path = match output.ty {
        Type::File => format!(" = \"{}.txt\"", output.name),
        Type::Exec => format!(" = \"bin/{}\"", output.name),
        _ => String::new(),
    };
    format!("{always}{}: {}{path}", output.name, output.ty.name())
}
