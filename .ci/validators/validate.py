"""Runs every validator over workflow files that flowc emitted.

    validate.py FILE...     below .github/workflows/ or .azure-pipelines/

A line FILE:LINE:COLUMN: [TOOL] SEVERITY: MESSAGE per finding, then their number. Exit status: 0 none,
1 some, 2 a tool is missing or broke.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import azure
import check_jsonschema

NODE = Path(os.environ["TOOLS"], "node")
SCHEMAS = Path(check_jsonschema.__file__).parent / "builtin_schemas" / "vendor"

class Broken(Exception):
    """A tool did not do its work."""


def output(command, good=(0, 1), **options):
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode not in good:
        last = (done.stderr or done.stdout).strip().splitlines()[-3:]
        raise Broken(f"{command[0]} ended with {done.returncode}: {' / '.join(last)}")
    return done.stdout


def schema(files):
    command = ["check-jsonschema", "-o", "json", "--regex-variant", "nonunicode"]
    answer = json.loads(output([*command, "--builtin-schema", "vendor.github-workflows", *files]))
    for error in answer.get("parse_errors", []):
        yield error["filename"], 1, 1, "error", error["message"]
    for error in answer.get("errors", []):
        best = error.get("best_deep_match") or error
        yield error["filename"], 1, 1, "error", f"{best['path']}: {best['message']}"


def actionlint(files):
    environment = {**os.environ, "SHELLCHECK_OPTS": "--severity=warning"}
    for file in files:
        # In the repository that the workflow lies in, as it will be on the platform.
        root = Path(file).parents[2]
        answer = output(["actionlint", "-format", "{{json .}}", file], cwd=root, env=environment)
        for error in json.loads(answer or "[]") or []:
            yield file, error["line"], error["column"], "error", f"{error['message']} [{error['kind']}]"


def zizmor(files):
    # The strictest persona, by its own rules, whatever lies beside the files.
    command = ["zizmor", "--offline", "--no-progress", "--quiet", "--no-exit-codes", "--format=json-v1"]
    command += ["--persona=auditor", "--no-config"]
    for file in files:
        for found in json.loads(output([*command, file]) or "[]"):
            place = next(it for it in found["locations"] if it["symbolic"]["kind"] == "Primary")
            start = place["concrete"]["location"]["start_point"]
            severity = found["determinations"]["severity"].lower()
            yield file, start["row"] + 1, start["column"] + 1, severity, f"{found['desc']} [{found['ident']}]"


def service(script, *arguments):
    for line in output(["node", NODE / script, *arguments]).splitlines():
        found = json.loads(line)
        if found["severity"] != "hint":
            yield found["file"], found["line"], found["column"], found["severity"], found["message"]


def github_service(files):
    for file in files:
        yield from service("github.mjs", Path(file).parents[2], file)


def azure_service(files):
    yield from service("azure.mjs", SCHEMAS / "azure-pipelines.json", *files)


def azure_semantics(files):
    for file in files:
        for found in azure.findings(file):
            yield file, *found


TOOLS = {
    ".github": [schema, github_service, actionlint, zizmor],
    ".azure-pipelines": [azure_service, azure_semantics],
}


def main():
    files = [str(Path(it).resolve()) for it in sys.argv[1:]]
    if not files:
        sys.exit(__doc__)
    status, count = 0, 0
    for folder, tools in TOOLS.items():
        some = [it for it in files if folder in Path(it).parts]
        for tool in tools if some else []:
            try:
                for file, line, column, severity, message in tool(some):
                    message = " ".join(message.split())
                    print(f"{os.path.relpath(file)}:{line}:{column}: [{tool.__name__}] {severity}: {message}")
                    count += 1
            except (Broken, OSError) as error:
                print(f"{tool.__name__}: {error}", file=sys.stderr)
                status = 2
    print(f"{len(files)} files, {count} findings")
    return status or int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
