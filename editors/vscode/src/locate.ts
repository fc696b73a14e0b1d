// Finds the `flowc` to run: the setting, else the bundled one, else `PATH`.
// Pure, so that it is tested without VS Code; it knows nothing of notifications.

import { delimiter, isAbsolute, join, relative, resolve } from "node:path";

/** Everything that the search depends on. */
export interface Surroundings {
  /** The value of `flow.server.path`. */
  readonly setting: string;
  readonly workspaceFolder: string | undefined;
  /** Programs inside the folder of an untrusted workspace are never run. */
  readonly trusted: boolean;
  readonly extensionFolder: string;
  readonly home: string;
  readonly searchPath: string;
  readonly windows: boolean;
  /** Whether this file exists and may be executed. */
  readonly canRun: (file: string) => boolean;
}

export type Location =
  | { readonly kind: "found"; readonly command: string }
  /** The setting names something that cannot be run. */
  | { readonly kind: "bad-setting"; readonly path: string }
  /** Nothing is set, bundled or on the path. */
  | { readonly kind: "missing" };

export function locate(from: Surroundings): Location {
  const set = expand(from.setting.trim(), from);
  if (set !== "" && allowed(set, from)) {
    return from.canRun(set) ? { kind: "found", command: set } : { kind: "bad-setting", path: set };
  }
  const name = from.windows ? "flowc.exe" : "flowc";
  const folders = [join(from.extensionFolder, "server"), ...from.searchPath.split(delimiter).filter(isAbsolute)];
  const command = folders
    .map((folder) => join(folder, name))
    .find((file) => allowed(file, from) && from.canRun(file));
  return command === undefined ? { kind: "missing" } : { kind: "found", command };
}

/** Expands `~` and `${workspaceFolder}`; a relative path is taken from the workspace folder. */
function expand(path: string, from: Surroundings): string {
  if (path === "") return path;
  const expanded = path
    .replace(/^~(?=$|[\\/])/, () => from.home)
    .replaceAll("${workspaceFolder}", () => from.workspaceFolder ?? "${workspaceFolder}");
  return isAbsolute(expanded) || from.workspaceFolder === undefined ? expanded : resolve(from.workspaceFolder, expanded);
}

function allowed(file: string, from: Surroundings): boolean {
  if (from.trusted || from.workspaceFolder === undefined) return true;
  const inside = relative(from.workspaceFolder, file);
  return inside.startsWith("..") || isAbsolute(inside);
}
