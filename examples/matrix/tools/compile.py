"""Checks one word list and writes it in the form that programs read: sorted, each word once."""

import json
import sys

language, source, data, meta = sys.argv[1:]
with open(source, encoding="utf-8") as file:
    words = sorted({line.strip() for line in file if line.strip()})
for word in words:
    if word != word.lower() or not word.isalpha():
        sys.exit(f"{source}: {word!r} is no word in small letters")
with open(data, "w", encoding="utf-8") as file:
    file.writelines(f"{word}\n" for word in words)
with open(meta, "w", encoding="utf-8") as file:
    json.dump({"language": language, "words": len(words), "longest": max(words, key=len)}, file)
