import unittest

from shop.cart import Cart


class Totals(unittest.TestCase):
    def test_an_empty_cart_costs_nothing(self):
        self.assertEqual(Cart().total(), 0)

    def test_counts_add_up(self):
        cart = Cart()
        cart.add("pen", 120)
        cart.add("pen", 120, count=2)
        self.assertEqual(cart.total(), 360)

    def test_negative_prices_are_refused(self):
        with self.assertRaises(ValueError):
            Cart().add("pen", -1)
