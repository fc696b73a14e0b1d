import sys

from notes import listed

print("\n".join(listed(sys.argv[1:])))
