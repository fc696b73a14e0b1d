"""checksum.py FILE...: their checksums, as `sha256sum --check` reads them.
checksum.py --verify SUMS FILE...: fails unless each has the checksum that SUMS says."""

import hashlib
import pathlib
import sys


def line(path: str) -> str:
    file = pathlib.Path(path)
    return f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.name}"


if sys.argv[1] == "--verify":
    known = set(pathlib.Path(sys.argv[2]).read_text(encoding="utf-8").splitlines())
    wrong = [path for path in sys.argv[3:] if line(path) not in known]
    sys.exit(f"other checksums: {' '.join(wrong)}" if wrong else 0)
for argument in sys.argv[1:]:
    print(line(argument))
