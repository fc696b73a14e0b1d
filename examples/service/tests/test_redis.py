"""Against a real Redis, at REDIS_HOST."""

import os
import sys
import unittest

sys.path.insert(0, "src")

from redis import Redis  # noqa: E402
from visits import Visits  # noqa: E402


class Counting(unittest.TestCase):
    def setUp(self):
        self.redis = Redis(os.environ["REDIS_HOST"])
        self.redis.call("FLUSHALL")

    def test_visits_are_counted(self):
        visits = Visits(self.redis)
        self.assertEqual(visits.of("home"), 0)
        self.assertEqual([visits.visit("home") for _ in range(3)], [1, 2, 3])
        self.assertEqual(visits.of("home"), 3)

    def test_errors_are_told(self):
        with self.assertRaises(RuntimeError):
            self.redis.call("NO-SUCH-COMMAND")


if __name__ == "__main__":
    unittest.main(verbosity=2)
