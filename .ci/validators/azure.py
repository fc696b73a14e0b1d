"""What no schema of Azure Pipelines can say: names, the graph of jobs, who may read whose outputs, and
the shell of the scripts. Covers what flowc emits, not all that people write."""

import json
import re
import subprocess

import yaml

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
OUTPUT = re.compile(r"dependencies\.(\w+)\.outputs\['([^'.]+)\.[^']+'\]")
PARAMETER = re.compile(r"\$\{\{[^}]*?\bparameters\.(\w+)")
FUNCTION = re.compile(r"\b([A-Za-z]\w*)\(")
TEXT = re.compile(r"'(?:[^']|'')*'")
FUNCTIONS = set(
    "always and canceled coalesce contains containsvalue converttojson counter endswith eq failed format ge gt iif "
    "in join le length lower lt ne not notin or replace split startswith succeeded succeededorfailed trim upper xor".split()
)


def findings(file):
    """Yields (line, column, severity, message)."""
    with open(file, encoding="utf-8") as text:
        root = yaml.compose(text, Loader=yaml.BaseLoader)
    declared = {value(get(it, "name")) for it in items(get(root, "parameters"))}
    for node in texts(root):
        for name in set(PARAMETER.findall(node.value)) - declared:
            yield at(node, f"the parameter {name} is not declared")
    for stage in items(get(root, "stages")) or [root]:
        yield from jobs(items(get(stage, "jobs")))
    yield from shell(root)


def jobs(nodes):
    """A graph of jobs: what they are called, and what they need and read."""
    names = [value(get(node, "job")) for node in nodes]
    steps = {name: step_names(node) for name, node in zip(names, nodes)}
    needs = {name: wanted(node) for name, node in zip(names, nodes)}
    for name, node in zip(names, nodes):
        if not NAME.fullmatch(name):
            yield at(node, f"a job cannot be called {name}")
        if [it.lower() for it in names].count(name.lower()) > 1:
            yield at(node, f"two jobs are called {name}")
        for need in needs[name] - set(names):
            yield at(node, f"{name} depends on {need}, which is not there")
        for step in {it for it in steps[name] if steps[name].count(it) > 1}:
            yield at(node, f"two steps of {name} are called {step}")
        for step in steps[name]:
            if not NAME.fullmatch(step):
                yield at(node, f"a step cannot be called {step}")
        for text in texts(node):
            for job, step in OUTPUT.findall(text.value):
                if job not in needs[name]:
                    yield at(text, f"{name} reads an output of {job} and does not depend on it")
                elif step not in steps.get(job, []):
                    yield at(text, f"{name} reads an output of the step {step}, which {job} does not have")
            if text.value.startswith("$["):
                yield from functions(text)
        for holder in [node, *items(get(node, "steps"))]:
            if (condition := get(holder, "condition")) is not None:
                yield from functions(condition)
    left = dict(needs)
    while ready := [name for name, wants in left.items() if not wants & left.keys()]:
        for name in ready:
            del left[name]
    if left:
        yield 1, 1, "error", f"jobs wait for each other: {', '.join(left)}"


def functions(node):
    for name in FUNCTION.findall(TEXT.sub("", node.value)):
        if name.lower() not in FUNCTIONS:
            yield at(node, f"there is no function {name}")


def shell(root):
    """shellcheck on every bash step; $(name) with a dot or of this program's variables is Azure's macro."""
    for job in mappings(root):
        script = get(job, "bash")
        if script is None:
            continue
        text = re.sub(r"\$\{\{.*?\}\}|\$\((?:\w+\.[\w.]+|flow_\w+)\)", "macro", script.value)
        command = ["shellcheck", "--format=json", "--shell=bash", "--severity=warning", "-"]
        done = subprocess.run(command, input=text, capture_output=True, text=True)
        for found in json.loads(done.stdout or "[]"):
            line = script.start_mark.line + found["line"] + (1 if script.style == "|" else 0)
            yield line, found["column"], found["level"], f"SC{found['code']}: {found['message']}"


def step_names(job):
    return [value(it) for step in items(get(job, "steps")) if (it := get(step, "name")) is not None]


def wanted(job):
    node = get(job, "dependsOn")
    if node is None:
        return set()
    return {value(it) for it in (items(node) or [node])}


def get(node, key):
    if isinstance(node, yaml.MappingNode):
        return next((it for name, it in node.value if name.value == key), None)
    return None


def items(node):
    return node.value if isinstance(node, yaml.SequenceNode) else []


def value(node):
    return node.value if isinstance(node, yaml.ScalarNode) else ""


def nodes(node):
    yield node
    if isinstance(node, yaml.MappingNode):
        for _, inner in node.value:
            yield from nodes(inner)
    for inner in items(node):
        yield from nodes(inner)


def texts(root):
    return (it for it in nodes(root) if isinstance(it, yaml.ScalarNode))


def mappings(root):
    return (it for it in nodes(root) if isinstance(it, yaml.MappingNode))


def at(node, message):
    return node.start_mark.line + 1, node.start_mark.column + 1, "error", message
