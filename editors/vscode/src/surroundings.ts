// What the search for the server depends on, read from VS Code and the system.

import { accessSync, constants, statSync } from "node:fs";
import { homedir } from "node:os";
import { workspace, type Uri } from "vscode";
import type { Surroundings } from "./locate";

export function surroundings(extension: Uri): Surroundings {
  const folder = workspace.workspaceFolders?.[0]?.uri;
  return {
    setting: workspace.getConfiguration("flow").get("server.path", ""),
    workspaceFolder: folder?.scheme === "file" ? folder.fsPath : undefined,
    trusted: workspace.isTrusted,
    extensionFolder: extension.fsPath,
    home: homedir(),
    searchPath: process.env["PATH"] ?? "",
    windows: process.platform === "win32",
    canRun,
  };
}

function canRun(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}
