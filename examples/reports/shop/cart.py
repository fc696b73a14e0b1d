"""What a customer wants to buy. Prices are in cents."""


class Cart:
    def __init__(self):
        self.items = {}

    def add(self, name, price, count=1):
        if price < 0 or count < 1:
            raise ValueError("a price is not negative, and a count at least 1")
        _, before = self.items.get(name, (price, 0))
        self.items[name] = (price, before + count)

    def total(self):
        return sum(price * count for price, count in self.items.values())
