"""Without a Redis: what is asked of it is enough."""

import sys
import unittest

sys.path.insert(0, "src")

from visits import Visits  # noqa: E402


class Fake:
    def __init__(self):
        self.asked = []

    def call(self, *words):
        self.asked.append(words)
        return len(self.asked)


class Asking(unittest.TestCase):
    def test_a_visit_is_one_command(self):
        fake = Fake()
        self.assertEqual(Visits(fake).visit("home"), 1)
        self.assertEqual(fake.asked, [("INCR", "visits:home")])


if __name__ == "__main__":
    unittest.main(verbosity=2)
