"""need.py MODULE...: fails early, and says all that is missing."""

import importlib.util
import sys

missing = [name for name in sys.argv[1:] if importlib.util.find_spec(name) is None]
sys.exit(f"this Python lacks {', '.join(missing)}" if missing else 0)
