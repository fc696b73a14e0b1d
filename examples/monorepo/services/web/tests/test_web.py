import unittest

from web import page


class Page(unittest.TestCase):
    def test_titles_are_links(self):
        self.assertIn('<a href="/notes/ideas">Ideas</a>', page(["Ideas"]))

    def test_titles_are_text(self):
        self.assertIn("a &lt; b", page(["a < b"]))
