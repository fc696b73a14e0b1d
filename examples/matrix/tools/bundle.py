"""Packs dictionaries into one archive, the same bytes each time, and prints how many words it holds."""

import gzip
import hashlib
import io
import pathlib
import sys
import tarfile

archive, checksum, *dictionaries = (pathlib.Path(it) for it in sys.argv[1:])
packed = io.BytesIO()
with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
    for path in sorted(dictionaries, key=lambda it: it.name):
        entry = tarfile.TarInfo(path.name)
        content = path.read_bytes()
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
archive.write_bytes(gzip.compress(packed.getvalue(), mtime=0))
checksum.write_text(f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n")
print(sum(len(path.read_text(encoding="utf-8").splitlines()) for path in dictionaries))
