"""Checks a table: all rows have as many cells as the head, and numbers where the head says `people`.

Prints how many rows there are."""

import csv
import sys

path, limit = sys.argv[1], int(sys.argv[2])
with open(path, encoding="utf-8", newline="") as file:
    head, *rows = csv.reader(file)
for number, row in enumerate(rows, 2):
    if len(row) != len(head) or not row[head.index("people")].isdigit():
        sys.exit(f"{path}:{number}: not like the head says: {row}")
if len(rows) > limit:
    sys.exit(f"{path}: {len(rows)} rows, and {limit} are allowed")
print(len(rows))
