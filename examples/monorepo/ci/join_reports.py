"""join_reports.py FOLDER: one page of Markdown made of all reports."""

import pathlib
import sys

print("# Tests\n")
for report in sorted(pathlib.Path(sys.argv[1]).glob("*.txt")):
    head, *failed = report.read_text(encoding="utf-8").splitlines()
    print(f"- {head}")
    for name in failed:
        print(f"  - {name}")
