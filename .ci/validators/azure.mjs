// Microsoft's own reader of Azure Pipelines, as its editor extension has it, with the schema of every
// built-in task. A JSON line {file, line, column, severity, message} per finding.
//
//   node azure.mjs SCHEMA FILE...
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(import.meta.url);
const { getLanguageService } = require("azure-pipelines-language-service");
const { parse } = require("azure-pipelines-language-service/lib/parser/yamlParser.js");
const { TextDocument } = require("vscode-languageserver-textdocument");

const print = console.log;
console.log = () => {}; // where it traces what it looks up

const [schema, ...files] = process.argv.slice(2);
const text = readFileSync(schema, "utf8");
const service = getLanguageService(
  async () => JSON.parse(text), // anew each time: the service changes it
  [],
  async () => pathToFileURL(resolve(schema)).href,
  { resolveRelativePath: (path) => path },
);
service.configure({ validate: true, schemas: [] });

const severities = [, "error", "warning", "info", "hint"];
for (const file of files) {
  const document = TextDocument.create(pathToFileURL(file).href, "azure-pipelines", 1, readFileSync(file, "utf8"));
  for (const { range, severity, message } of await service.doValidation(document, parse(document.getText()))) {
    const { line, character } = range.start;
    const found = { file, line: line + 1, column: character + 1, severity: severities[severity] ?? "error", message };
    print(JSON.stringify(found));
  }
}
