"""What the report shows of the records themselves: the categories that are confused, and why a title gets its own."""

import re

import numpy as np
import scipy.sparse as sp

from nnlite.explanation import explain
from nnlite.html_page import NO_BREAK, bare, count, percent, table, text
from nnlite.text import tokenise

MAX_PAIRS = 20  # of confused categories
MAX_EXAMPLES = 2  # titles of each pair
MAX_SAMPLES = 12, 6  # of all records, of the surest mistakes
MAX_SAMPLE_CHARS = 400  # of a title: longer ones are no samples
MAX_WORDS = 4  # beside a category
K = 5  # categories of a sample
EFFECTS = (0.5, "strong"), (0.2, "middling"), (0.05, "weak")  # on a probability, at least, and how they are marked

_RUN = re.compile(r"[^\W_]+")  # words, with their capitals


def confused(found, threads):
    wrong = np.flatnonzero(~found.hits[:, 0] & (np.diff(found.data.y.indptr) > 0))
    if not wrong.size:
        return "<p>The first category named is true for every record.</p>"
    y = sp.csr_array(found.data.y[wrong])
    truth = likeliest_true(found.classifier.model_, sp.csr_array(found.data.x[wrong]), y, threads)
    pairs, first, n = np.unique(np.stack([truth, found.ids[wrong, 0]], axis=1), axis=0, return_inverse=True,
                                return_counts=True)
    order, first = np.argsort(-n, kind="stable"), first.ravel()
    labels, rows = found.classifier.classes_, []
    for pair in order[:MAX_PAIRS]:
        titles = dict.fromkeys(found.records[i].title for i in wrong[first == pair])
        examples = "".join(f"<li>{text(title, 160)}</li>" for title in list(titles)[:MAX_EXAMPLES])
        true, named = (text(labels[label], 80) for label in pairs[pair])
        rows.append([f'{true}<br><span class="muted">{named}</span>', count(n[pair]), f"<ul>{examples}</ul>"])
    left = len(pairs) - len(rows)
    rest = f" {count(left)} rarer pairs, of {count(n[order[MAX_PAIRS:]].sum())} records, are left out." if left else ""
    return (f"<p>For {count(wrong.size)} records with a known category the first one named is not true. Of the true "
            f"ones, the one shown is that which the model holds likeliest; below it stands what came first.{rest}</p>"
            + table("Confused categories", ['true<br>named first', "records", "such as"], rows, words={2: "long"}))


def likeliest_true(model, x, y, threads=None):
    """(N,): of the true labels of each row, that with the largest logit, ties to the smaller id.

    x csr (N, D)    y csr (N, L), at least one label in each row
    """
    w, b = model.params["labels.W"], model.params["labels.b"]

    def one_block(rows, h):
        indptr = y.indptr[rows.start:rows.stop + 1]
        labels, row = y.indices[indptr[0]:indptr[-1]], np.repeat(np.arange(len(h)), np.diff(indptr))
        z = np.einsum("ij,ij->i", h[row], w[labels]) + b[labels]
        return labels[np.lexsort((labels, -z, row))[indptr[:-1] - indptr[0]]]

    return np.concatenate(model.each_block(x, one_block, threads))


def samples(found, threads):
    short = np.array([len(record.title) <= MAX_SAMPLE_CHARS for record in found.records])
    some = np.flatnonzero(short & (np.diff(found.data.y.indptr) > 0))
    if not some.size:
        return f"<p>No title with a known category has at most {MAX_SAMPLE_CHARS} characters.</p>"
    evenly = some[np.unique(np.linspace(0, some.size - 1, MAX_SAMPLES[0]).astype(int))]
    wrong = some[~found.hits[some, 0]]
    surest = wrong[np.argsort(-found.p[wrong, 0], kind="stable")[:MAX_SAMPLES[1]]]
    parts = ['<p>Each word is left out in turn; what then happens to the probability of the first category is its '
             'effect. A word is <mark class="weak">marked</mark> if it adds at least 5 points, <mark class="middling">'
             'more</mark> from 20, <mark class="strong">strongly</mark> from 50, and <mark class="against">underlined'
             '</mark> if it takes 5 away. Beside each category stand the words that move it most, in points. True ones '
             f'have a <span class="hit">✓</span>. Only titles of at most {MAX_SAMPLE_CHARS} characters are shown.</p>',
             "<h3>Records taken evenly from all</h3>"]
    parts += [_sample(found, i, threads) for i in evenly]
    if surest.size:
        parts.append("<h3>The surest mistakes</h3><p>Where the first category named is not true and has the highest "
                     "probability. Some of them are mistakes of the data.</p>")
        parts += [_sample(found, i, threads) for i in surest]
    return "\n".join(parts)


def _sample(found, i, threads):
    """A record's title with its words marked, its likeliest categories and the words behind them."""
    classifier, title = found.classifier, found.records[i].title
    row, items = found.data.y[[i]].indices, []
    truth = [classifier.classes_[label] for label in row]
    explained = explain(classifier.vocabulary_, classifier.model_, title, K, threads)
    for category, _, effects in explained:
        moving = sorted((effect for effect in effects if abs(effect.probability) >= 0.005),
                        key=lambda effect: -abs(effect.probability))[:MAX_WORDS]
        why = ", ".join(f"{text(word, 40)}{NO_BREAK}{100 * p:+.0f}".replace("-", "−") for word, p, _ in moving)
        p = found.p[i, len(items)]
        true = ' ✓<span class="sr"> true</span>' if category in truth else ""
        items.append(f'<li><span class="p">{percent(p, 0)}</span><span{" class=hit" * bool(true)}>{text(category, 80)}'
                     f'{true}</span><span class="why">{why}</span></li>')
    missed = [category for category in truth if category not in [e.category for e in explained]]
    more = f", and {count(len(missed) - 8)} more" if len(missed) > 8 else ""
    rest = "; ".join(text(category, 80) for category in missed[:8])
    return (f'<article><h4>{marked(title, explained[0].effects)}</h4>'
            f'<ul class="found">{"".join(items)}</ul>' + (f"<small>true as well: {rest}{more}</small>" if rest else "")
            + "</article>")


def marked(title, effects):
    """The title as HTML, the words that matter to its first category marked by their effect."""
    effect_of, parts, end = {effect.word: effect.probability for effect in effects}, [], 0
    for run in _RUN.finditer(title):
        effect = max((effect_of.get(word, 0.0) for word in tokenise(run[0])), key=abs, default=0.0)
        against = "against" if effect <= -EFFECTS[-1][0] else ""
        kind = next((kind for least, kind in EFFECTS if effect >= least), against)
        parts.append(bare(title[end:run.start()]))
        parts.append(f'<mark class="{kind}">{bare(run[0])}</mark>' if kind else bare(run[0]))
        end = run.end()
    return f"<bdi>{''.join(parts)}{bare(title[end:])}</bdi>"
