"""Claim: brackets, keys and texts of a JSON document are followed in any pieces; what is out of place is noticed."""

import ast
import json
import re
from contextlib import suppress
from itertools import product

import pytest

from nnlite.data.files.json_survey import MAX_DEPTH, MAX_KEY_CHARS, Walker, matches, outer_level, survey, text_end

STRAY = re.compile(r",(?=[}\]])")


def events(text, quote='"', size=None):
    """(events with their keys, whether the document ends well) of a text that comes in pieces."""
    walker, ahead, place, found = Walker(quote), "", 0, []
    pieces = [text[i:i + size] for i in range(0, len(text), size)] if size else [text]
    while True:
        event, place = walker.advance(ahead, place)
        if event:
            found.append((event, walker.key if event == ":" else walker.path))
        if event == "!" or not event and not pieces:
            return found, event != "!" and not walker.stack and not walker.is_in_text and not ahead[place:].strip()
        if not event:
            ahead, place = ahead[place:] + pieces.pop(0), 0


def is_json(text):
    with suppress(ValueError):
        return isinstance(json.loads(text), (dict, list))
    return False


@pytest.mark.parametrize("around", ["[]", "{}", '{"a":[]}', '[{"a":1},]'])
def test_it_accepts_what_json_does_but_for_stray_commas(around):
    for tokens in product(["{", "}", "[", "]", ",", ":", '"a"', "1"], repeat=4):
        text = around[:-1] + "".join(tokens) + around[-1]
        closed = [i for i, event in enumerate(events(text)[0]) if event[1] == () and event[0] in "}]"]
        if is_json(text):
            assert events(text)[1], text
        elif events(text)[1] and len(closed) == 1:
            assert is_json(STRAY.sub("", text)), text


@pytest.mark.parametrize("around", ["[]", "{}"])
def test_of_pythons_literals_it_accepts_no_others(around):
    for tokens in product(["{", "}", "(", ")", ",", ":", "'a'", "1", "u'b'"], repeat=4):
        text = around[:-1] + "".join(tokens) + around[-1]
        found, is_good = events(text, "'")
        if is_good and sum(path == () and event in "}])" for event, path in found) == 1:
            with suppress(TypeError):  # an unhashable key
                ast.literal_eval(re.sub(r"(?<=[({]),(?=[)}])", "", text))


@pytest.mark.parametrize("text", [
    "{'a': 1, 'b': (1, 2), 'c': {'x', 'y'}, 3: [], None: u'x', 'd': {}, 'e': ('x',), 'f': {1, 2}}",
    "[{'a': 'it\\'s', \"b\": \"'\"}, {True: -1.5e+3}]"])
def test_pythons_literals(text):
    assert events(text, "'")[1]
    assert not events(text.replace("(1, 2)", "(1, 2]").replace("-1.5", ": 1"), "'")[1]


@pytest.mark.parametrize("text", [
    '{"a": [1, -2.5, "x\\"y", true, null], "b\\u0063": {"d": {}}, "": []} {"e": 1}',
    '[[{"a": "\\\\"}], "\\\\\\"]", []],[]',
    '[{"long": "' + "x\\" * 600 + '\\", "' + "k" * 300 + '": ["y"]}]', "{} [", '{"a": "x', '{"a" 1}', '[1, {"a": tru'])
@pytest.mark.parametrize("size", [1, 2, 3, 5, 64])
def test_the_pieces_make_no_difference(text, size):
    assert events(text, size=size) == events(text)


def test_events_have_keys_and_paths():
    found, is_good = events('{"a": [{"b\\u0063": 1}], "' + "k" * 300 + '": {}}')
    key = "k" * 300
    assert is_good and found == [
        ("{", (None,)), (":", "a"), ("[", (None, "a")), ("{", (None, "a", None)), (":", "bc"), ("}", (None, "a")),
        ("]", (None,)), (":", key), ("{", (None, key)), ("}", (None,)), ("}", ())]


@pytest.mark.parametrize("n, is_good", [(MAX_DEPTH, True), (MAX_DEPTH + 1, False)])
@pytest.mark.parametrize("brackets", ["[]", "{}"])
def test_depth(n, is_good, brackets):
    first = brackets[0] + '"a":' * (brackets == "{}")
    assert events(first * (n - 1) + brackets + brackets[1] * (n - 1))[1] == is_good


@pytest.mark.parametrize("between, is_good", [
    (["", ""], True), ([",", ","], True), (["", ","], False), ([",", ""], True), (["1", ""], False),
    ([":", ""], False)])
def test_documents_that_follow_each_other(between, is_good):
    """Once one follows another without a comma, none may stand between the next ones."""
    first, second = between
    assert events("{}" + first + "[]" + second + "{}")[1] == is_good


@pytest.mark.parametrize("n", [0, 1, 1_000, 1_001, 5_000])
@pytest.mark.parametrize("part", ["x", "\\\"", "\\\\", "é\\n"])
def test_the_end_of_a_text(n, part):
    assert text_end('"' + part * n + '",', 1, '"') == len(part) * n + 2
    assert text_end('"' + part * n, 1, '"') == -1


@pytest.mark.parametrize("path, level", [
    ((None,), 0), ((None, None), 0), ((None, "a"), 1), ((None, "a", None), 1), ((None, None, "a"), 2),
    ((None, "a", None, "b"), 3), ((None, "a", None, "b", None, "c"), 3), ((None, None, "a", None), 2)])
def test_the_widest_item_around_a_path(path, level):
    assert outer_level(path) == level


@pytest.mark.parametrize("path, wanted, is_it", [
    (("a", "b"), ("a", "b"), True), (("a", "b"), ("a", "*"), True), (("a", None), ("a", "*"), False),
    (("a", "b", "c"), ("a", "*"), False), (("b", "b"), ("a", "*"), False), (("a",), ("a", "*"), False)])
def test_a_path_may_stand_for_all_keys(path, wanted, is_it):
    assert matches(path, wanted) == is_it


T, C, CATS = {"title": "t"}, {"title": "t", "category": "c"}, {"name": "x", "id": 1}


@pytest.mark.parametrize("document, path", [
    ([C], (None, None)), ({"a": [T] * 9, "b": [C]}, (None, "b", None)),  # with categories before longer
    ({"a": [T] * 2, "b": [T] * 3}, (None, "b", None)), ({"a": [{"x": 1}] * 9, "b": [T]}, (None, "b", None)),
    ({"categories": [CATS] * 9, "b": [T]}, (None, "b", None)),  # named like categories
    ([C | {"variants": [C] * 9}], (None, None)),  # not inside of products
    ({"p": {"1": T, "2": T}}, (None, "p", "*")), ({"p": {"1": T}}, (None, "p", "1")),
    ({"p": {"1": T, "2": {}}}, (None, "p", "1")),
    ([{"x": 1}, {"y": {"z": 2}}], (None, None)), ({"a": {"x": {}}, "l": [{"y": 1}] * 2}, (None, "l", None)),
    ([{"node": C}] * 4, (None, None, "node")), ([{"targetInd": [1], "title": "t"}], (None, None)),
    ({"a": [{"x": 0}] * 1 + [T], "b": [T]}, (None, "a", None)),  # the first has a title, or half of them
    ({"a": [{"x": 0}] * 2 + [T], "b": [T]}, (None, "b", None)),
    ({"a": [T] + [{"x": 0}] * 3, "b": [T]}, (None, "a", None)),
    ({"a": [{"x": 0}] + [C] * 3, "b": [C]}, (None, "a", None)),
    ({"a": [{"x": 0}] * 3 + [C], "b": [C]}, (None, "b", None)),
])
def test_where_the_products_are(document, path):
    assert survey(json.dumps(document)).path == path


@pytest.mark.parametrize("text, is_one_line", [
    ('[{"title": 1}, {"title": 2}]', True), ('[{"title": 1},\n{"title": 2}]', False), ('[{"title": 1}]', True),
    ('[\n{"title": 1}]', False), ('[\n{"title": 1}, {"title": 2},\n{"title": 3}]', True)])
def test_rows_are_counted_where_they_have_no_lines_of_their_own(text, is_one_line):
    found = survey(text)
    assert found.is_one_line == is_one_line == ("rows are counted, not lines" in found.notes)


def test_what_is_read_of_several_lists_is_said():
    found = survey(json.dumps({"shop": {"a": [T] * 3, "b": [T] * 2, "c": [T]}}))
    assert found.notes == ["products from 'shop.a', the longest list of objects; not read: 'shop.b' (2 objects in the "
                           "sample), 'shop.c' (1 objects in the sample)", "rows are counted, not lines"]
    assert survey(json.dumps({"a": [T]})).notes[0] == "products from 'a'" and survey("[{}]").notes == found.notes[1:]
    assert not survey("[{}]").is_sure and found.is_sure


@pytest.mark.parametrize("key, is_known", [("k" * 300, True), ("k" * (MAX_KEY_CHARS + 9), False)])
def test_long_keys(key, is_known):
    assert (survey(json.dumps({key: [T]})).path == (None, key, None)) == is_known


@pytest.mark.parametrize("document, is_refused", [
    ({"title": {"0": "a"}, "category": {"0": "b"}}, True), ({"title": {"0": "a"}, "category": {"x": "b"}}, False),
    ({"0": {"title": "a"}, "1": {"title": "b"}}, False), ({"id": {"0": "a"}, "x": {"0": "b"}}, False),
    ({"title": "a", "category": "b"}, False)])
def test_an_object_of_columns_is_refused(document, is_refused):
    try:
        survey(json.dumps(document))
    except ValueError as error:
        assert is_refused and "orient='records'" in str(error)
    else:
        assert not is_refused
