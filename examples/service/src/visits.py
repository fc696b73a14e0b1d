"""Counts visits of pages."""


class Visits:
    def __init__(self, redis):
        self.redis = redis

    def visit(self, page):
        return self.redis.call("INCR", f"visits:{page}")

    def of(self, page):
        return int(self.redis.call("GET", f"visits:{page}") or 0)
