// A title becomes tokens, exactly as in Python: `clean` of nnlite/data/cleaning.py, `folded` of letters.py and
// `tokenise` of tokens.py. Where a browser's Unicode is another than Python's, the page's own tables decide.

const SEPARATOR = 0, WORD = 1, MARK = 2, JOINS = 3, UNASSIGNED = 4;  // kinds of characters, as in kernels/hashing.py;
// the last is a MARK that Python's version of Unicode does not know, so that no browser may change it either
const LONGEST_SHAPE = 30;  // words, from which on titles count as equally long
const MOST_CHARACTERS = 2 ** 20;  // of a title: what is longer is not one

const BLANKS = /[\s\x1c-\x1f]+/gu;  // what Python splits at
const ENTITY = /&#?[\p{L}\p{N}_]{1,31};/gu;
// `i` would not do: Python takes İ, ı, ſ and the Kelvin sign for letters of the alphabet, too
const CODE = new RegExp("<!--.*?(?:-->|$)|<([sSſ][cC][rR][iIİı][pP][tT]|[sSſ][tT][yY][lL][eE])(?![\\p{L}\\p{N}_])" +
  ".*?(?:</\\1\\s*>|$)", "giu");
const TAG = /<[/!?]?[A-Za-zİıſ\u212a][^<>]*>/gu;
const HIDDEN = /[\0-\x08\x0e-\x1b\x7f-\x9f\xad\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]/gu;

const FULL_OR_HALF_WIDTH = /[\uff01-\uffee]+/gu;
const LEFT_OUT = new RegExp(
  "[\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7" +  // Hebrew points and accents
  "\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed" +  // tatweel, Arabic
  "\u180b-\u180d\u180f\u200c\u200d\u{e0100}-\u{e01ef}]+", "gu");  // selectors of Mongolian and Chinese; joiners

// The kind of every code point. runs: [kind, length, kind, length, ...]
function kindsOf(runs) {
  const kinds = new Uint8Array(0x110000);
  for (let i = 0, at = 0; i < runs.length; i += 2) {
    kinds.fill(runs[i], at, at + runs[i + 1]);
    at += runs[i + 1];
  }
  return kinds;
}

// The text of "&...;", by the rules of HTML. entities: a Map of names, such as "amp;" and "amp"
function unescaped(entity, entities) {
  const number = /^&#(?:[xX]([0-9a-fA-F]+)|([0-9]+));?/.exec(entity);
  if (number) {
    const code = number[1] ? parseInt(number[1], 16) : parseInt(number[2], 10);
    return characterOf(code) + entity.slice(number[0].length);
  }
  for (let end = entity.length; end > 2; end--) {  // the longest name that is a beginning
    const found = entities.get(entity.slice(1, end));
    if (found !== undefined) return found + entity.slice(end);
  }
  return entity;
}

function characterOf(code) {
  if (code === 0 || code > 0x10ffff || code >= 0xd800 && code <= 0xdfff) return "\ufffd";
  if (code >= 0x80 && code <= 0x9f) return new TextDecoder("windows-1252").decode(new Uint8Array([code]));
  const character = String.fromCodePoint(code);
  return /[\x01-\x08\x0b\x0e-\x1f\x7f]|\p{Noncharacter_Code_Point}/u.test(character) ? "" : character;
}

// The title on one line, as a page would show it.
function clean(text, entities) {
  for (let i = 0; i < 2 && text.includes("&") && text.includes(";"); i++)  // twice: some are escaped twice
    text = text.replace(ENTITY, entity => unescaped(entity, entities));
  text = text.replace(HIDDEN, "").replace(BLANKS, " ").trim();
  return text.replace(CODE, " ").replace(TAG, " ").replace(BLANKS, " ").trim();
}

// The title as its words are taken from it: lower case and, from version 2 on, one spelling of what looks alike.
function folded(title, version, kinds) {
  let whole = "", known = "";
  for (const character of title) {
    if (kinds[character.codePointAt(0)] !== UNASSIGNED) {
      known += character;
    } else {
      whole += respelt(known, version) + character;
      known = "";
    }
  }
  return whole + respelt(known, version);
}

function respelt(text, version) {
  if (version === 1) return text.toLowerCase();
  text = text.normalize("NFC").replace(FULL_OR_HALF_WIDTH, run => run.normalize("NFKC"));
  return text.toLowerCase().replaceAll("i\u0307", "i").replace(LEFT_OUT, "").normalize("NFC");
}

// The words of a folded title, runs of letters, digits and what joins them; and its marks, which are no words.
function wordsAndMarks(title, kinds) {
  const words = [], marks = [];
  let isInside = false;
  for (const character of title) {
    const kind = kinds[character.codePointAt(0)];
    if (kind === WORD && !isInside) words.push(character);
    else if (isInside && (kind === WORD || kind === JOINS)) words[words.length - 1] += character;
    else if (kind === MARK || kind === UNASSIGNED) marks.push(character);
    if (kind !== JOINS) isInside = kind === WORD;
  }
  return {words, marks};
}

// {words, tokens} of a clean title. A token is {text, kind, words}: the words are those that it is made of, null where
// it tells the title's shape. Their order is Python's.
function tokenise(title, rules, kinds) {
  const {words, marks} = wordsAndMarks(folded(title, rules.version, kinds), kinds);
  const tokens = words.map(word => ({text: word, kind: "word", words: [word]}));
  for (let n = 2; n <= rules.ngrams; n++)
    for (let i = 0; i + n <= words.length; i++) {
      const part = words.slice(i, i + n);
      tokens.push({text: part.join(" "), kind: `${n} words`, words: part});
    }
  if (rules.stem)
    for (const word of words) {
      const letters = [...word];
      if (letters.length > rules.stem)
        tokens.push({text: "^" + letters.slice(0, rules.stem).join(""), kind: "beginning", words: [word]});
    }
  if (rules.first_word && words.length)
    tokens.push({text: "<" + words[0], kind: "first word", words: [words[0]]});
  if (rules.shape && words.length) {
    for (const mark of marks) tokens.push({text: mark, kind: "mark", words: null});
    const length = Math.floor(Math.min(words.length, LONGEST_SHAPE) / 2) * 2;
    tokens.push({text: "#" + String(length).padStart(2, "0"), kind: "length", words: null});
  }
  return {words, tokens};
}
