"""Prints the words to look up, as JSON."""

import json
import sys

with open(sys.argv[1], encoding="utf-8") as file:
    print(json.dumps(file.read().split()))
