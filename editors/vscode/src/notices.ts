// What the user is told when the server is missing or ends, and the way out that
// each message offers. Every message names the thing and has a button.

import { commands, Uri, window } from "vscode";
import type { Location } from "./locate";

type Failure = Exclude<Location, { kind: "found" }>;

const SETTINGS = "Open settings";
const HELP = "Install help";
const RESTART = "Restart";
const OUTPUT = "Show output";

export async function serverNotFound(failure: Failure, extension: Uri): Promise<void> {
  const headline =
    failure.kind === "bad-setting"
      ? `The setting flow.server.path names "${failure.path}", which is not a program that can be run.`
      : "The Flow compiler `flowc` was not found: it is neither set in flow.server.path, nor bundled, nor on PATH.";
  const answer = await window.showErrorMessage(`${headline} Only highlighting works.`, SETTINGS, HELP);
  if (answer === SETTINGS) await commands.executeCommand("workbench.action.openSettings", "flow.server.path");
  if (answer === HELP) await commands.executeCommand("markdown.showPreview", Uri.joinPath(extension, "docs", "install.md"));
}

export async function serverDidNotStart(command: string): Promise<void> {
  await offer(
    window.showErrorMessage(
      `"${command}" did not start as a language server. Is it a flowc that knows the command \`lsp\`?`,
      OUTPUT,
      SETTINGS,
    ),
  );
}

export async function serverCrashed(): Promise<void> {
  await offer(window.showWarningMessage("The Flow language server crashed and was started again.", OUTPUT));
}

export async function serverGaveUp(): Promise<void> {
  await offer(
    window.showErrorMessage(
      "The Flow language server keeps crashing and was not started again. Only highlighting works.",
      RESTART,
      OUTPUT,
    ),
  );
}

async function offer(shown: Thenable<string | undefined>): Promise<void> {
  const answer = await shown;
  if (answer === RESTART) await commands.executeCommand("flow.restartServer");
  if (answer === OUTPUT) await commands.executeCommand("flow.showOutput");
  if (answer === SETTINGS) await commands.executeCommand("workbench.action.openSettings", "flow.server.path");
}
