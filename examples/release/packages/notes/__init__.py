"""Lists of notes."""


def listed(notes: list[str]) -> list[str]:
    return [f"{number}. {note[:1].upper()}{note[1:]}" for number, note in enumerate(notes, start=1)]
