"""Answers with the notes as JSON."""

import json
import sys

from text import shorten, slug

NOTES = ["Shopping for the weekend", "Ideas"]


def respond(path: str) -> tuple[int, str]:
    if path == "/notes":
        return 200, json.dumps([{"id": slug(title), "title": shorten(title, 16)} for title in NOTES])
    if path == "/health":
        return 200, "ok"
    return 404, json.dumps({"error": "not found"})


def main() -> None:
    status, body = respond(sys.argv[1] if len(sys.argv) > 1 else "/health")
    print(body)
    sys.exit(0 if status == 200 else 1)
