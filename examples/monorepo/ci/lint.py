"""lint.py FOLDER...: lines that are too long, tabs, spaces at the end of a line."""

import pathlib
import sys

WIDTH = 120


def findings(path: pathlib.Path):
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if len(line) > WIDTH:
            yield f"{path}:{number}: {len(line)} characters, {WIDTH} are allowed"
        if "\t" in line:
            yield f"{path}:{number}: a tab"
        if line != line.rstrip():
            yield f"{path}:{number}: spaces at the end"


if __name__ == "__main__":
    paths = [path for folder in sys.argv[1:] for path in sorted(pathlib.Path(folder).rglob("*.py"))]
    found = [finding for path in paths for finding in findings(path)]
    print("\n".join(found) or "clean")
    sys.exit(1 if found else 0)
