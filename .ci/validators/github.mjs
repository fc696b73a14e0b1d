// GitHub's own reader of workflows, as its editor extension has it: the schema, expressions and their
// types, calls of local workflows. A JSON line {file, line, column, severity, message} per finding.
//
//   node github.mjs ROOT FILE...        ROOT: what `uses: ./…` is relative to
import { readFileSync } from "node:fs";
import { registerHooks } from "node:module";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

// Its packages import JSON files without the attribute that Node.js asks for.
registerHooks({
  load: (url, context, next) =>
    url.endsWith(".json")
      ? { format: "json", source: readFileSync(fileURLToPath(url)), shortCircuit: true }
      : next(url, context),
});
const { validate, registerLogger } = await import("@actions/languageservice");
const { TextDocument } = await import("vscode-languageserver-textdocument");
registerLogger({ error: console.error, warn() {}, info() {}, log() {} });

const [root, ...files] = process.argv.slice(2);
const fileProvider = {
  async getFileContent(ref) {
    if ("repository" in ref) throw new Error("workflows of other repositories are not looked up");
    return { name: ref.path, content: readFileSync(join(root, ref.path), "utf8") };
  },
};

const severities = [, "error", "warning", "info", "hint"];
for (const file of files) {
  const document = TextDocument.create(pathToFileURL(file).href, "yaml", 1, readFileSync(file, "utf8"));
  for (const { range, severity, message } of await validate(document, { fileProvider })) {
    const { line, character } = range.start;
    const found = { file, line: line + 1, column: character + 1, severity: severities[severity] ?? "error", message };
    console.log(JSON.stringify(found));
  }
}
