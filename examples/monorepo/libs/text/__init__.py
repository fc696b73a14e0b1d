"""What the services have in common."""


def slug(title: str) -> str:
    """The part of an address that stands for a title: `Hello, World` is at `hello-world`."""
    words = "".join(c if c.isalnum() else " " for c in title.lower()).split()
    return "-".join(words)


def shorten(text: str, width: int) -> str:
    """At most `width` characters, cut between words where possible."""
    if len(text) <= width:
        return text
    head = text[: width - 1]
    return (head.rsplit(" ", 1)[0] if " " in head else head) + "…"
