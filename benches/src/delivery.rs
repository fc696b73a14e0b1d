//! How a component reaches people: the parts of the language that its jobs do without. Guards and
//! what they make optional, families of directories and views of them, `once` actions whose arguments
//! are joined, actions that write what the caller names, secrets, flows, gates.

use std::fmt::Write as _;

/// What it delivers, in the words of [`Component`](crate::component::Component).
pub(crate) struct Delivery<'a> {
    pub(crate) name: &'a str,
    pub(crate) pascal: &'a str,
    pub(crate) upper: &'a str,
    /// Of which classes are made.
    pub(crate) parts: &'a [&'static str],
}

impl Delivery<'_> {
    /// Appends its declarations.
    pub(crate) fn declare(&self, out: &mut String) {
        self.declare_values(out);
        self.declare_actions(out);
        self.declare_jobs(out);
        self.declare_flow(out);
    }

    fn declare_values(&self, out: &mut String) {
        let Self { name, pascal, upper, parts } = self;
        let parts: Vec<String> = parts.iter().map(|part| format!("{part:?}")).collect();
        let parts = parts.join(", ");
        let _ = write!(
            out,
            r##"
/// What is told of a delivery of `{name}`.
struct {pascal}Notice {{ target: string, parts: [string], silent: bool = false }}

/// Opens the place where `{name}` is kept.
secret {upper}_TOKEN

/// Forks do without.
secret {upper}_MIRROR?

const {upper}_NOTICE = {pascal}Notice(target: "{name}", parts: [{parts}])

fn {name}_target(tag: string?, notice: {pascal}Notice) -> string = match tag {{
    none => notice.target
    _ => if tag.starts_with("v") {{ "#{{notice.target}}/#{{tag}}" }} else {{ "other" }}
}}
"##
        );
    }

    fn declare_actions(&self, out: &mut String) {
        let Self { name, .. } = self;
        let _ = write!(
            out,
            r##"
/// Installs, once in a job, what all parts of `{name}` ask for.
once action packages_{name}(names: [string] merge union, channel: string = "stable") by (channel) {{
    sh "./ci/install.sh --channel #{{channel}} #{{names...}}"
}}

/// Compiles the classes of one part.
action compile_{name}(const part: string, out classes: opaque) -> (note: string?) {{
    packages_{name}(["jdk", part])
    step "Compile #{{part}}" {{
        sh "./ci/javac.sh #{{part}} --out #{{out classes}}"
    }}
    let warned: bool = sh "./ci/warned.sh #{{part}}"
    if warned {{
        out note = sh "./ci/note.sh #{{part}}"
    }}
}}
"##
        );
    }

    fn declare_jobs(&self, out: &mut String) {
        let Self { name, pascal, upper, .. } = self;
        let _ = write!(
            out,
            r##"
/// The classes of one part, and what is to be said of them.
job classes_{name}(const part: string) -> (classes: opaque, note: string?) on linux {{
    inputs = ["{name}/#{{part}}/**"]

    packages_{name}(["curl"])
    let made = compile_{name}(part, out classes)
    out note = made.note
    sh "test -s #{{classes.assert_exists("Main.class")}}"
}}

/// All classes in one place.
job bundle_{name}(
    parts: [string: opaque],
    note: string?,
) -> (docs: opaque, jar: file = "{name}.jar") on linux {{
    checkout = none

    let classes = merge(parts).filter("**/*.class")
    if note != none {{
        sh "echo #{{note}}"
    }}
    sh "jar cf #{{out jar}} -C #{{classes}} ."
    sh "./ci/javadoc.sh #{{classes}} --out #{{out docs}}"
}}

/// Gives it to people.
job ship_{name}(
    app: {pascal}(_),
    jar: file,
    docs: opaque,
    target: string,
) -> (receipt: string) on linux {{
    environment = "production"

    if app.flavor == release {{
        sh "./ci/keep.sh #{{app.symbols}}"
    }}
    step "Ship {name}" {{
        env {{ TOKEN = {upper}_TOKEN, MIRROR = {upper}_MIRROR ?? "" }}
        retry = 2
        sh "./ci/ship.sh #{{app.binary}} #{{jar}} #{{docs.subtree("api")}} #{{target}}"
    }}
    out receipt = sh "cat receipt.txt"
    on_failure {{
        sh "./ci/recall.sh #{{target}}"
    }}
}}

job tell_{name}(receipt: string?) on linux {{
    checkout = none

    if receipt != none {{
        sh "./ci/tell.sh #{{receipt}}"
    }} else {{
        sh "./ci/tell.sh --nothing"
    }}
}}
"##
        );
    }

    fn declare_flow(&self, out: &mut String) {
        let Self { name, pascal, upper, parts } = self;
        let first = parts.first().copied().unwrap_or_default();
        let _ = write!(
            out,
            r##"
/// From the classes to the place where people find them.
flow deliver_{name}(app: {pascal}(release), target: string) -> (receipt: string) {{
    let made = for part in {upper}_NOTICE.parts {{ classes_{name}(part) }}
    let classes = for part in {upper}_NOTICE.parts {{ made[part].classes }}
    let bundle = bundle_{name}(classes, made["{first}"].note)
    out receipt = ship_{name}(app, bundle.jar, bundle.docs, target)
}}
"##
        );
    }

    /// Appends its calls to a pipeline that uses its file as `module`.
    pub(crate) fn call(&self, out: &mut String, module: &str) {
        let Self { name, upper, .. } = self;
        let _ = write!(
            out,
            r##"    let {name}_target = {module}.{name}_target(ctx.tag, {module}.{upper}_NOTICE)
    let {name}_receipt = if ctx.event == push && ctx.branch == "main" {{
        {module}.deliver_{name}({name}[release].app, {name}_target).receipt
    }}
    {module}.tell_{name}({name}_receipt)
"##
        );
    }
}
