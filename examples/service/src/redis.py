"""As much of a client of Redis as a counter needs: the standard library is enough."""

import socket


class Redis:
    def __init__(self, host, port=6379):
        self.socket = socket.create_connection((host, port), timeout=5)
        self.reader = self.socket.makefile("rb")

    def call(self, *words):
        parts = [f"*{len(words)}\r\n".encode()]
        for word in (str(it).encode() for it in words):
            parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
        self.socket.sendall(b"".join(parts))
        return self.answer()

    def answer(self):
        line = self.reader.readline()
        kind, rest = line[:1], line[1:].strip()
        if kind == b"-":
            raise RuntimeError(rest.decode())
        if kind == b":":
            return int(rest)
        if kind == b"$":
            return None if rest == b"-1" else self.reader.read(int(rest) + 2)[:-2].decode()
        return rest.decode()
