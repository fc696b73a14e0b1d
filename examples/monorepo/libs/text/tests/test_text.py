import unittest

from text import shorten, slug


class Slug(unittest.TestCase):
    def test_words_are_joined(self):
        self.assertEqual(slug("Hello, World!"), "hello-world")

    def test_nothing_stays_nothing(self):
        self.assertEqual(slug(" ?! "), "")


class Shorten(unittest.TestCase):
    def test_short_text_stays(self):
        self.assertEqual(shorten("as it is", 20), "as it is")

    def test_long_text_is_cut_between_words(self):
        self.assertEqual(shorten("one two three", 10), "one two…")
