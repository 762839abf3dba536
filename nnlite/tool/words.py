"""The words of a command line, in the order that argparse reads alike in all its versions; errors of one line.

argparse has `predict DIR --top 3 TITLE` fail, because DIR takes "no title" with it, and what helps differs between
versions of Python. So options are put first here, as --name=value, and all other words behind "--". Where a word is
wrong, the error says what was probably meant.
"""

import argparse
import os
import re
import sys
from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from itertools import takewhile
from typing import Any, NoReturn

from nnlite.tool.printing import printable

HELP, VERSION = ("help", "-h", "--help", "-help", "-?", "/?"), ("version", "--version", "-version", "-V")
SHOWN = 60  # characters of a wrong word
ALIKE = 0.7  # of two words, by `difflib`, where one may be the other misspelt
DASHES = "\u2010\u2011\u2012\u2013\u2014\u2212"  # that word processors make of two hyphens
QUOTES = "\u201c\u201d\u201e\u201f", "\u2018\u2019\u201a\u201b"  # double and single ones of word processors
MAY_BE_EQUALS = "--separator", "--delimiter"  # their value may begin with =
_NEGATIVE = re.compile(r"-\d*[.,]?\d+")


class Parser(argparse.ArgumentParser):
    """An ArgumentParser whose error messages are one line, without the usage."""

    def error(self, message: str) -> NoReturn:
        """End the program with exit code 2."""
        self.exit(2, f"{self.prog}: error: {printable(' '.join(message.removeprefix('argument ').split()))}\n")


class Command(Parser):
    """The parser of a command: words in any order. Its options have one value or none."""

    def parse_args(  # type: ignore[override]  # argparse declares a form for each kind of namespace
            self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """What the words say, by name, and `words`, as `in_order`. SystemExit, with exit code 2 for wrong words."""
        words = self.in_order(sys.argv[1:] if args is None else list(args))
        found = super().parse_args(words, namespace)
        found.words = words
        return found

    def in_order(self, words: list[str]) -> list[str]:
        """The words with the options first, their names in full, and the others behind "--"."""
        options: list[str] = []
        others: list[str] = []
        rest, before, doubtful = iter(words), "", ""
        for word in rest:
            option = ""
            if word == "--":
                others += rest
            elif self._is_option(word):
                option = self._option(word, rest)
                if option == "--help":
                    return [option]
                options.append(option)
            elif others and self._has_more_files(before):  # --validation a.csv b.csv, behind the product files
                option = f"{before.partition('=')[0]}={self._unquoted(word)}"
                options.append(option)
            else:
                self._check_behind(before, word)
                doubtful = before if self._has_more_files(before) else doubtful
                others.append(self._unquoted(word))
            before = option
        if doubtful and len(others) > 1:
            self.error(f"want {self._others[-1].metavar} first, and the files of {doubtful.partition('=')[0]} behind "
                       f"it, got them behind {doubtful.replace('=', ' ', 1)}")
        self._check(options, others)
        return [*options, *["--"][:len(others)], *others]

    def _is_option(self, word: str) -> bool:
        """Whether it is one: not a negative number, and not a title such as "-5 C freezer"."""
        if word[:1] in tuple(DASHES) and (name := "--" + re.split("[ =]", word.strip(DASHES + "-"))[0]) in self._known:
            self.error(f"{word:.{SHOWN}}: want plain hyphens, {name}")
        if len(word) < 2 or word[0] != "-" or _NEGATIVE.fullmatch(word):
            return False
        first, space, _ = word.partition(" ")
        if space and first in self._known:
            self.error(f"{word!r:.{SHOWN}}: want {first} and its value as two words, got one between quotes")
        return not space or first.partition("=")[0] in self._known

    def _option(self, word: str, rest: Iterator[str]) -> str:
        """The option as --name=value; its value may be the next word."""
        name, equals, value = word.partition("=")
        name = "--help" if name == "-h" else self._full_name(name)
        action = self._known[name]
        if action.nargs == 0:
            if equals:
                self.error(f"{name}: want no value, got {value!r:.{SHOWN}}")
            return name
        if not equals:
            value = next(rest, "")
        want = f"{name} {action.metavar or '|'.join(action.choices or [])}"
        if not value or not equals and (value == "--" or value.partition("=")[0] in self._known):
            self.error(f"want {want}, got {name} without a value" + ", or with a space behind =" * bool(equals))
        if not equals and value[0] == "=" and name not in MAY_BE_EQUALS:
            self.error(f"want {want}, got spaces around =")
        return f"{name}={self._unquoted(value)}"

    def _full_name(self, name: str) -> str:
        """The option that the name, or the beginning of one, stands for."""
        found = [full for full in self._known if name.startswith("--") and full.startswith(name)]
        if name in found or len(found) == 1:
            return name if name in found else found[0]
        if found:
            self.error(f"want {' or '.join(found)}, got {name}")
        plain = "--" + name.strip("-").lower().replace("_", "-")
        near = next((full for full in self._known if full == plain), "") or _nearest(plain, self._known)
        title = "; put -- before a title that begins with -" * any("TITLE" == a.metavar for a in self._others)
        meant = f"did you mean {near}?" if near else f"see {self.prog} --help"
        self.error(f"unknown option {name:.{SHOWN}}: {meant}{title}")

    def _unquoted(self, word: str) -> str:
        """The word, unless it is the first of several between quotes that the shell does not know."""
        for pair in QUOTES:
            if word[:1] in tuple(pair) and sum(word.count(sign) for sign in pair) % 2:
                self.error(f"{word:.{SHOWN}}: want plain quotes, as \"Blue dress\", got those of a word processor")
        return word

    def _has_more_files(self, option: str) -> bool:
        """Whether the words behind an option, --name=value, may be more of its files."""
        action = self._known.get(option.partition("=")[0])
        return type(action) is argparse._AppendAction and action.metavar == "FILE"

    def _check_behind(self, option: str, word: str) -> None:
        """End the program if a word behind an option seems to be its second value: --hidden 200 100."""
        action = self._known.get(option.partition("=")[0])
        if action and "," in str(action.metavar) and word[:1] not in "-./" and not _is_there(word):
            both = f"{option.replace('=', ' ', 1)},{word}"
            self.error(f"want the values of {option.partition('=')[0]} in one word, {both}, got a space")

    def _check(self, options: list[str], others: list[str]) -> None:
        """End the program for a file given twice, something missing, or too many other words."""
        names = [option.partition("=")[0] for option in options]
        for name in names:
            action = self._known[name]
            if names.count(name) > 1 and type(action) is argparse._StoreAction and action.metavar in ("FILE", "DIR"):
                self.error(f"want {name} once, got it {names.count(name)} times")
        wanted = [action for action in self._others if action.nargs != "*"]
        asked = [action for action in self._actions if action.required and action.option_strings]
        missing = [str(action.metavar) for action in wanted[len(others):]] + [
            f"{action.option_strings[0]} {action.metavar}" for action in asked if action.option_strings[0] not in names]
        if missing:
            every = [*(str(action.metavar) for action in self._others),
                     *(f"{action.option_strings[0]} {action.metavar}" for action in asked)]
            self.error(f"{' and '.join(missing)} required: type {self.prog} {' '.join(every)}")
        if len(others) > len(self._others) and not any(action.nargs for action in self._others):
            last = self._others[-1].metavar if self._others else "nothing"
            quotes = ", in quotes where it has spaces" * (last == "TITLE")
            more = others[len(self._others)]
            self.error(f"want {'one ' * bool(self._others)}{last}{quotes}, got also {more!r:.{SHOWN}}")

    @property
    def _known(self) -> dict[str, argparse.Action]:
        return self._option_string_actions

    @property
    def _others(self) -> list[argparse.Action]:
        """The arguments that are not options."""
        return [action for action in self._actions if not action.option_strings]


class Program(Parser):
    """The parser of all commands; `commands.add_parser` adds one."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.commands = self.add_subparsers(metavar="COMMAND", parser_class=Command)

    def parse_args(  # type: ignore[override]  # argparse declares a form for each kind of namespace
            self, args: Iterable[str] | None = None, namespace: Any = None) -> Any:
        """As the parser of the command that is named; shows help and the version where they are asked for."""
        words, known = sys.argv[1:] if args is None else list(args), self.commands.choices
        name = next((word for word in words if word in known), "")
        if not words or words[0] in HELP:
            shown = known[name] if name else self
            shown.print_help()
            shown.exit(0)
        if words[0] in VERSION or VERSION[1] in takewhile("--".__ne__, words):
            super().parse_args([VERSION[1]])
        if words[0] not in known and not (name and words[0][0:1] == "-"):
            self._refuse(words[0], name)
        words.remove(name)
        return known[name].parse_args(words, namespace)

    def _refuse(self, word: str, name: str) -> NoReturn:
        """End the program because of a first word that is not a command; name: a command behind it."""
        known, near = self.commands.choices, _nearest(word.lower(), self.commands.choices)
        if name:
            self.error(f"want the command first, {self.prog} {name}, got {word!r:.{SHOWN}}")
        if _is_there(word):
            example = "predict {} TITLE" if os.path.isdir(word) else "look {}"
            self.error(f"want a command first, such as {self.prog} {example.format(word)}, got {word!r:.{SHOWN}}")
        if near:
            self.error(f"unknown command {word!r:.{SHOWN}}: did you mean {self.prog} {near}?")
        self.error(f"unknown command {word!r:.{SHOWN}}: want one of {', '.join(known)}")


def _nearest(word: str, known: Any) -> str | None:
    return next(iter(get_close_matches(word, known, 1, ALIKE)), None)


def _is_there(word: str) -> bool:
    try:
        return os.path.lexists(word)
    except ValueError:  # it cannot be the name of a file
        return False
