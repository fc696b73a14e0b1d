"""Shows the notes as a page."""

import html
import sys

from text import slug

NOTES = ["Shopping for the weekend", "Ideas"]


def page(titles: list[str]) -> str:
    items = "".join(f'<li><a href="/notes/{slug(title)}">{html.escape(title)}</a></li>' for title in titles)
    return f'<!doctype html><link rel="stylesheet" href="/style.css"><ul>{items}</ul>'


def main() -> None:
    path = sys.argv[1] if len(sys.argv) > 1 else "/health"
    print("ok" if path == "/health" else page(NOTES))
