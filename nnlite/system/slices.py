"""Slices of a range: what is worked on at a time, and who works on what."""


def blocks(n: int, size: int) -> list[slice]:
    """Cut range(n) into slices of `size`; the last may be shorter.

    >>> blocks(5, 2)
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


def shares(n: int, parts: int) -> list[slice]:
    """Cut range(n) into `parts` slices whose sizes differ by at most one."""
    return [slice(i * n // parts, (i + 1) * n // parts) for i in range(parts)]


def width(part: slice) -> int:
    """The number of entries in a slice."""
    return part.stop - part.start
