"""build.py VERSION CHANNEL WHEELS META: one wheel for each folder of packages/, and what is known of them."""

import json
import os
import pathlib
import re
import sys
import time
import zipfile


def wheel(package: pathlib.Path, version: str, target: pathlib.Path) -> None:
    name = package.name
    info = f"{name}-{version}.dist-info"
    when = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", "315532800")))[:6]
    files = {f"{name}/{it.name}": it.read_bytes() for it in sorted(package.glob("*.py"))}
    files[f"{info}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    files[f"{info}/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: build.py\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{info}/RECORD"] = "".join(f"{path},,\n" for path in [*files, f"{info}/RECORD"]).encode()
    with zipfile.ZipFile(target / f"{name}-{version}-py3-none-any.whl", "w") as out:
        for path, content in files.items():
            out.writestr(zipfile.ZipInfo(path, when), content)


def notes(version: str) -> str | None:
    """The paragraph of CHANGES.md below the version's headline."""
    for section in pathlib.Path("CHANGES.md").read_text(encoding="utf-8").split("\n## ")[1:]:
        title, _, text = section.partition("\n")
        if title.strip() == version:
            return " ".join(text.split())
    return None


def main(described: str, channel: str, wheels: str, meta: str) -> None:
    version = described.removeprefix("v")
    # What git says of a commit after a tag is a local version for Python.
    head, dash, tail = version.partition("-")
    version = head + ("+" + re.sub(r"[^0-9A-Za-z]+", ".", tail) if dash else "")
    if not version[:1].isdigit():
        version = f"0+{version}"
    packages = sorted(it for it in pathlib.Path("packages").iterdir() if it.is_dir())
    for package in packages:
        wheel(package, version, pathlib.Path(wheels))
    said = {"version": version, "channel": channel, "packages": [it.name for it in packages]}
    found = notes(described.removeprefix("v"))
    if found:
        said["notes"] = found
    pathlib.Path(meta).write_text(json.dumps(said, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
