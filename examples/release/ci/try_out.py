"""try_out.py FOLDER VERSION WHEEL...: unpacks the wheels into FOLDER, as an installer does, and uses them."""

import subprocess
import sys
import zipfile

folder, version, *wheels = sys.argv[1:]
for wheel in wheels:
    with zipfile.ZipFile(wheel) as packed:
        packed.extractall(folder)
said = subprocess.run(
    [sys.executable, "-m", "notes_cli", "buy milk"],
    env={"PYTHONPATH": folder, "PYTHONDONTWRITEBYTECODE": "1"},
    check=True,
    capture_output=True,
    text=True,
).stdout.strip()
print(f"{sys.version.split()[0]}: version {version} says {said!r}")
sys.exit(None if said == "1. Buy milk" else "that is wrong")
