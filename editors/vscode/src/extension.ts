// The extension's entry: what VS Code calls when the first `.flow` file opens.
// It only ties things together: commands and changes of settings to the session.

import { commands, window, workspace, type ExtensionContext } from "vscode";
import { Session } from "./session";

let session: Session | undefined;

export async function activate(context: ExtensionContext): Promise<void> {
  const output = window.createOutputChannel("Flow", { log: true });
  const current = new Session(context.extensionUri, output);
  session = current;
  context.subscriptions.push(
    output,
    commands.registerCommand("flow.restartServer", () => current.restart()),
    commands.registerCommand("flow.showOutput", () => output.show()),
    workspace.onDidGrantWorkspaceTrust(() => current.restart()),
    workspace.onDidChangeConfiguration(async (change) => {
      if (change.affectsConfiguration("flow.server.path")) await current.restart();
    }),
  );
  await current.start();
}

export async function deactivate(): Promise<void> {
  await session?.stop();
}
