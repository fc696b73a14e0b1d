"""upload.py INDEX WHEEL...: sends each to the index, with the token in TOKEN."""

import os
import pathlib
import sys
import urllib.request

index, *wheels = sys.argv[1:]
for wheel in wheels:
    file = pathlib.Path(wheel)
    headers = {"Authorization": f"Bearer {os.environ['TOKEN']}", "Content-Type": "application/octet-stream"}
    request = urllib.request.Request(f"{index}/{file.name}", file.read_bytes(), headers, method="PUT")
    with urllib.request.urlopen(request, timeout=60) as response:
        print(f"{file.name}: {response.status}")
