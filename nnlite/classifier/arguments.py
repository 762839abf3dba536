"""Titles and categories as people pass them to a classifier, checked at the door."""

from nnlite.data.records import Record, clean


def texts(where, titles):
    """The titles, cleaned. TypeError for a str, or anything else in a list than str."""
    if isinstance(titles, (str, bytes)):
        raise TypeError(f"{where}: titles: want a list of str, got one {type(titles).__name__}")
    titles = list(titles)
    for i, title in enumerate(titles):
        if not isinstance(title, str):
            raise TypeError(f"{where}: titles[{i}]: want a str, got {type(title).__name__}")
    return list(map(clean, titles))


def checked_records(where, titles, categories):
    """A Record for each title and its categories. TypeError, or ValueError for unequal numbers, as `fit`."""
    titles, wanted = texts(where, titles), "a collection of str, such as a tuple"
    if isinstance(categories, (str, bytes)):
        raise TypeError(f"{where}: categories: want for each title {wanted}, got one {type(categories).__name__}")
    categories = list(categories)
    if len(titles) != len(categories):
        raise ValueError(f"{where}: want as many categories as titles, {len(titles)}, got {len(categories)}")
    for i, names in enumerate(categories):
        if isinstance(names, (str, bytes)) or not hasattr(names, "__iter__"):
            raise TypeError(f"{where}: categories[{i}]: want {wanted}, got {type(names).__name__}")
        categories[i] = tuple(names)
        if odd := [type(name).__name__ for name in categories[i] if not isinstance(name, str)]:
            raise TypeError(f"{where}: categories[{i}]: want {wanted}, got one of {odd[0]}")
    return list(map(Record, titles, categories))
