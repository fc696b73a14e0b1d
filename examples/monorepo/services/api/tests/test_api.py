import json
import unittest

from api import respond


class Respond(unittest.TestCase):
    def test_notes_are_listed(self):
        status, body = respond("/notes")
        self.assertEqual(status, 200)
        self.assertEqual(json.loads(body)[1], {"id": "ideas", "title": "Ideas"})

    def test_what_is_not_there(self):
        self.assertEqual(respond("/nothing")[0], 404)
