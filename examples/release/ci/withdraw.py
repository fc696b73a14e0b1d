"""withdraw.py VERSION: tells people that this version did not make it."""

import sys

print(f"Version {sys.argv[1]} was not released. Its tag can be moved once the cause is mended.")
