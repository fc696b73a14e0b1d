import unittest

from shop.discount import discounted


class Discounts(unittest.TestCase):
    def test_a_tenth(self):
        self.assertEqual(discounted(1000, 10), 900)

    def test_nothing(self):
        self.assertEqual(discounted(1000, 0), 1000)
