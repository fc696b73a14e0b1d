// Where the server is looked for, in which order, and what an untrusted folder may not do.

import assert from "node:assert/strict";
import { test } from "node:test";
import { locate, type Location, type Surroundings } from "../../src/locate";

function check(expected: Location, files: string[], over: Partial<Surroundings> = {}): void {
  const found = locate({
    setting: "",
    workspaceFolder: "/project",
    trusted: true,
    extensionFolder: "/ext",
    home: "/home/me",
    searchPath: "/usr/bin:bin:/opt/bin",
    windows: false,
    canRun: (file) => files.includes(file),
    ...over,
  });
  assert.deepEqual(found, expected);
}
const found = (command: string): Location => ({ kind: "found", command });

test("the setting comes first, then the bundled server, then PATH in its order", () => {
  const all = ["/set/flowc", "/ext/server/flowc", "/usr/bin/flowc", "/opt/bin/flowc"];
  check(found("/set/flowc"), all, { setting: "/set/flowc" });
  check(found("/ext/server/flowc"), all);
  check(found("/usr/bin/flowc"), all.slice(2));
  check(found("/opt/bin/flowc"), all.slice(3));
  check({ kind: "missing" }, []);
});

test("the setting is expanded", () => {
  check(found("/home/me/flowc"), ["/home/me/flowc"], { setting: "~/flowc" });
  check(found("/project/out/flowc"), ["/project/out/flowc"], { setting: "${workspaceFolder}/out/flowc" });
  check(found("/project/out/flowc"), ["/project/out/flowc"], { setting: " out/flowc " });
});

test("a setting that cannot be run is not passed over in silence", () => {
  check({ kind: "bad-setting", path: "/gone/flowc" }, ["/usr/bin/flowc"], { setting: "/gone/flowc" });
  check({ kind: "bad-setting", path: "${workspaceFolder}/flowc" }, [], {
    setting: "${workspaceFolder}/flowc",
    workspaceFolder: undefined,
  });
});

test("a relative entry of PATH is never searched", () => {
  check({ kind: "missing" }, ["/project/bin/flowc", "bin/flowc"]);
});

test("nothing inside an untrusted folder is run", () => {
  const inside = ["/project/flowc", "/usr/bin/flowc"];
  check(found("/usr/bin/flowc"), inside, { setting: "${workspaceFolder}/flowc", trusted: false });
  check({ kind: "missing" }, ["/project/flowc"], { searchPath: "/project", trusted: false });
  check(found("/home/me/flowc"), ["/home/me/flowc"], { setting: "~/flowc", trusted: false });
});

test("on Windows the program is flowc.exe", () => {
  check(found("/usr/bin/flowc.exe"), ["/usr/bin/flowc", "/usr/bin/flowc.exe"], { windows: true });
});
