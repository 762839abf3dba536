"""Titles become tokens: words, n-grams of words, the beginnings of words; many titles at a time, as hashes.

`tokenise` defines the tokens of a title. `hashed` makes 64-bit hashes of the same tokens with compiled loops. Two
tokens with the same hash count as one: among n different tokens this happens with a probability of about n^2 / 2^65,
which is 3 in a million for 10 million tokens.

A random secret keeps this true of words that somebody has chosen: the first state and the odd multiplier of the hash.
A step is a bijection, so hashes can only meet where two code points cancel a difference of states, for which the upper
43 bits of two products must agree; a random odd multiplier lets that happen with a probability of at most 2^-42
(Dietzfelbinger et al. 1997), whereas words that collide under a public multiplier can be computed in seconds (Aumasson
and Bernstein 2012).
"""

import secrets
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from nnlite.data.letters import VERSION, character_kinds, folded, patterns
from nnlite.kernels import hashing
from nnlite.system.ranges import integer

LONGEST = 100  # words of an n-gram, letters of a stem: a title's tokens are up to so many times its words
MAX_CHARS = 1 << 20  # of a title: what is longer is not one
MAX_TOKENS = 1 << 23  # of the titles that are hashed together; 60 bytes each
PUBLIC = np.array([0x243F6A8885A308D3, 0x9E3779B97F4A7C15], np.uint64)  # a secret of digits of pi and the golden ratio


@dataclass(frozen=True)
class TokenRules:
    """Which tokens a title has, see `tokenise`. ValueError unless ngrams and stem are in 1..LONGEST; stem may be None.

    ngrams: words of the longest n-gram    stem: letters of a stem, or None for no stems
    first_word, shape: whether there is a token for the first word, and tokens for the title's shape
    version: of the rules what a word is, see `letters`
    """

    ngrams: int = 1
    stem: int | None = None
    first_word: bool = False
    shape: bool = False
    version: int = VERSION

    def __post_init__(self) -> None:
        for name in ("ngrams",) if self.stem is None else ("ngrams", "stem"):
            value = integer(f"TokenRules: {name}", getattr(self, name))
            if not 1 <= value <= LONGEST:
                raise ValueError(f"TokenRules: {name}: want 1 to {LONGEST}, got {value}")
            object.__setattr__(self, name, value)  # Python's integer, which JSON can hold
        if self.version not in range(1, VERSION + 1):
            raise ValueError(f"TokenRules: version: want 1 to {VERSION}, got {self.version!r:.40}")


def tokenise(title: str, rules: TokenRules = TokenRules()) -> list[str]:
    """The words of a title, lower-cased runs of letters and digits, then its n-grams of 2, 3, ... up to `ngrams` words.

    Combining marks are part of the word before them: 'हिन्दी' is one word, and so is 'Crème', however its accent is
    encoded. Arabic and Hebrew words lose their vowel points. In scripts without spaces, such as Chinese, Japanese and
    Thai, an unbroken run is one word. `letters` says all that is decided.

    With stem=4 the first 4 letters of every longer word follow, after a `^` that distinguishes them from words: a rare
    word shares them with related words. With first_word the first word follows once more, after a `<`: in many shops
    it is the brand. With shape the title's punctuation marks follow, as often as they occur, and after a `#` its number
    of words, rounded down to an even one: titles of books, clothes and spare parts are written differently.

    >>> tokenise("Levi's 501 Jeans", TokenRules(ngrams=2))
    ['levi', 's', '501', 'jeans', 'levi s', 's 501', '501 jeans']
    >>> tokenise("501 Jeans", TokenRules(stem=4))
    ['501', 'jeans', '^jean']
    >>> tokenise("501 Jeans", TokenRules(first_word=True))
    ['501', 'jeans', '<501']
    >>> tokenise("Jeans, 32 in. (blue)", TokenRules(shape=True))
    ['jeans', '32', 'in', 'blue', ',', '.', '(', ')', '#04']
    """
    title, (word_pattern, mark_pattern) = folded(title, rules.version), patterns(rules.version)
    words = word_pattern.findall(title)
    tokens = list(words)
    for n in range(2, rules.ngrams + 1):
        tokens += map(" ".join, zip(*(words[i:] for i in range(n))))
    if rules.stem:
        tokens += [f"^{word[:rules.stem]}" for word in words if len(word) > rules.stem]
    if rules.first_word:
        tokens += [f"<{word}" for word in words[:1]]
    if rules.shape and words:
        tokens += [*mark_pattern.findall(title), f"#{min(len(words), hashing.LONGEST_SHAPE) // 2 * 2:02}"]
    return tokens


class Tokens(NamedTuple):
    """The tokens of some titles, title after title and each title's in the order of `tokenise`."""

    text: str  # the titles, as `letters.folded` spells them
    hashes: np.ndarray  # uint64 (tokens,)
    places: np.ndarray  # int64 (tokens, 2): where in `text`, see hashing.hash_tokens
    rows: np.ndarray  # int64 (titles + 1,): the tokens of title i are those from rows[i] to rows[i + 1]
    version: int = VERSION  # of the rules that made them

    def name(self, k: int) -> str:
        """The text of token k."""
        first, last = self.places[k].tolist()
        if last == -1:
            return f"#{first:02}"
        if first == last:
            return self.text[first]
        if first < 0:
            return f"<{self.text[-first:last]}"
        return f"^{self.text[first:-last]}" if last < 0 else " ".join(
            patterns(self.version).word.findall(self.text[first:last]))


def new_secret() -> np.ndarray:
    """A random secret of the hash, see `kernels.hashing`: uint64 (2,)."""
    return np.array([secrets.randbits(64), secrets.randbits(64) | 1], np.uint64)


def checked_secret(numbers: list[int]) -> np.ndarray:
    """The secret of two int, uint64 (2,). ValueError for anything else."""
    if not isinstance(numbers, list) or list(map(type, numbers)) != [int, int] or \
            not all(0 <= n < 2**64 for n in numbers) or not numbers[1] % 2:
        raise ValueError(f"hash_secret: want two whole numbers of 0 to 2^64 - 1, the second odd, got {numbers!r:.60}")
    return np.array(numbers, np.uint64)


def hashed(titles: list[str] | tuple[str, ...], rules: TokenRules = TokenRules(),
           secret: np.ndarray = PUBLIC) -> Tokens:
    """The Tokens of some titles, as `tokenise` makes them, hashed with a secret.

    ValueError for a title of more than MAX_CHARS characters, or titles of more than MAX_TOKENS tokens together.
    """
    most = max(map(len, titles), default=0)
    if most > MAX_CHARS:
        raise ValueError(f"title: too long: want at most {MAX_CHARS:,} characters, got {most:,}: "
                         f"{max(titles, key=len)[:40]!r}...")
    text, codes, ends = _joined([  # one by one: ASCII is faster on its own
        title.lower() if title.isascii() else folded(title, rules.version) for title in titles])
    most = codes.size // 2 + 1  # words: two are separated by at least one character
    starts, stops = np.empty(most, np.int64), np.empty(most, np.int64)
    words, rows = np.empty(ends.size + 1, np.int64), np.empty(ends.size + 1, np.int64)
    kinds = character_kinds(rules.version)
    scalars = int(rules.ngrams), int(rules.stem or 0), bool(rules.first_word), bool(rules.shape)
    hashing.find_words(codes, kinds, ends, *scalars, starts, stops, words, rows)
    if rows[-1] > MAX_TOKENS:
        raise ValueError(f"titles: too many tokens: want at most {MAX_TOKENS:,} at a time, got {rows[-1]:,}: the "
                         f"longest title is {max(titles, key=len)[:40]!r}...")
    hashes, places = np.empty(rows[-1], np.uint64), np.empty((rows[-1], 2), np.int64)
    with np.errstate(over="ignore"):  # of interpreted kernels
        hashing.hash_tokens(codes, kinds, ends, starts, stops, words, rows, *scalars, secret, hashes, places)
    return Tokens(text, hashes, places, rows, rules.version)


def hash_of(tokens: list[str], secret: np.ndarray = PUBLIC) -> np.ndarray:
    """The hashes of a list of tokens with a secret, uint64 (tokens,)."""
    _, codes, ends = _joined(tokens)
    hashes = np.empty(ends.size, np.uint64)
    with np.errstate(over="ignore"):  # of interpreted kernels
        hashing.hash_texts(codes, ends, secret, hashes)
    return hashes


def _joined(texts):
    """The texts as one, between line ends; its code points; where in it each text ends."""
    text = "\n".join(["", *texts, ""])
    ends = np.cumsum(np.fromiter(map(len, texts), np.int64, len(texts)) + 1)
    return text, np.frombuffer(text.encode("utf-32-le", "surrogatepass"), np.uint32), ends
