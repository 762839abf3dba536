"""Two sections of the report that show records: confused categories, and samples with the effects of their words."""

from collections.abc import Sequence

import numpy as np
import scipy.sparse as sp

from nnlite.data.letters import patterns
from nnlite.data.tokens import tokenise
from nnlite.scores.explanation import Effect, explain, likeliest_true
from nnlite.tool.report.figures import Figures
from nnlite.tool.report.page import NO_BREAK, bare, count, percent, table, text

MAX_PAIRS = 20  # of confused categories
MAX_EXAMPLES = 2  # titles of each pair
MAX_SAMPLES = 12, 6  # of all records, of the most confident mistakes
MAX_SAMPLE_CHARS = 400  # of a title: longer ones are not shown
MAX_WORDS = 4  # beside a category
K = 5  # categories of a sample
EFFECTS = (3, "strong"), (1.5, "middling"), (0.5, "weak")  # least effect on a logit, and how the word is marked
LEAST_EFFECT = 0.1  # on a logit, of a word beside a category


def confused(found: Figures, threads: int | None) -> str:
    """The section of confused categories."""
    wrong = np.flatnonzero(~found.hits[:, 0] & (np.diff(found.data.y.indptr) > 0))
    if not wrong.size:
        return "<p>The first category named is true for every record.</p>"
    y = sp.csr_array(found.data.y[wrong])
    truth = likeliest_true(found.classifier.model_, sp.csr_array(found.data.x[wrong]), y, threads)
    pairs, first, n = np.unique(np.stack([truth, found.ids[wrong, 0]], axis=1), axis=0, return_inverse=True,
                                return_counts=True)
    order, first = np.argsort(-n, kind="stable"), first.ravel()
    labels, rows = found.classifier.vocabulary_.labels, []
    for pair in order[:MAX_PAIRS]:
        titles = dict.fromkeys(found.records[i].title for i in wrong[first == pair])
        examples = "".join(f"<li>{text(title, 160)}</li>" for title in list(titles)[:MAX_EXAMPLES])
        true, named = (text(labels[label], 80) for label in pairs[pair])
        rows.append([f'{true}<br><span class="muted">{named}</span>', count(n[pair]), f"<ul>{examples}</ul>"])
    left = len(pairs) - len(rows)
    rest = f" {count(left)} rarer pairs, of {count(n[order[MAX_PAIRS:]].sum())} records, are left out." if left else ""
    return (f"<p>For {count(wrong.size)} records with a known category the first category named is not true. Each row "
            f"shows the true category with the highest probability and, below it, the one named first.{rest}</p>"
            + table("Confused categories", ['true<br>named first', "records", "examples"], rows, words={2: "long"}))


def samples(found: Figures, threads: int | None) -> str:
    """The section of sample predictions: records from the first to the last, and the most confident mistakes."""
    short = np.array([len(record.title) <= MAX_SAMPLE_CHARS for record in found.records])
    some = np.flatnonzero(short & (np.diff(found.data.y.indptr) > 0))
    if not some.size:
        return f"<p>No title with a known category has at most {MAX_SAMPLE_CHARS} characters.</p>"
    evenly = some[np.unique(np.linspace(0, some.size - 1, MAX_SAMPLES[0]).astype(int))]
    wrong = some[~found.hits[some, 0]]
    surest = wrong[np.argsort(-found.p[wrong, 0], kind="stable")[:MAX_SAMPLES[1]]]
    parts = ['<p>The effect of a word on a category is how much the logit of the category falls when the word is left '
             'out. An effect of +1 multiplies the odds by 2.7, +3 by 20. By its effect on the first category a word is '
             '<mark class="weak">marked</mark> from +0.5, <mark class="middling">more</mark> from +1.5, <mark '
             'class="strong">strongly</mark> from +3, and <mark class="against">underlined</mark> at −0.5 and below. '
             'Beside each category are its probability and the words with the largest effects. True categories have a '
             f'<span class="hit">✓</span>. Only titles of at most {MAX_SAMPLE_CHARS} characters are shown.</p>',
             "<h3>Records spread evenly over all</h3>"]
    parts += [_sample(found, i, threads) for i in evenly]
    if surest.size:
        parts.append("<h3>The most confident mistakes</h3><p>The records whose first category is not true and has the "
                     "highest probability. Some of these are mistakes in the data.</p>")
        parts += [_sample(found, i, threads) for i in surest]
    return "\n".join(parts)


def _sample(found: Figures, i: int, threads: int | None) -> str:
    """A record's title with its words marked, its likeliest categories and the words with effects on them."""
    classifier, title = found.classifier, found.records[i].title
    truth, items = [classifier.vocabulary_.labels[label] for label in found.data.y[[i]].indices], []
    explained = explain(classifier.vocabulary_, classifier.model_, title, K, threads)
    for category, p, effects in explained:
        moving = sorted((effect for effect in effects if abs(effect.logit) >= LEAST_EFFECT),
                        key=lambda effect: -abs(effect.logit))[:MAX_WORDS]
        why = ", ".join(f"{text(word, 40)}{NO_BREAK}{logit:+.1f}".replace("-", "−") for word, _, logit in moving)
        true = ' ✓<span class="sr"> true</span>' if category in truth else ""
        items.append(f'<li><span class="p">{percent(p, 0)}</span><span{" class=hit" * bool(true)}>{text(category, 80)}'
                     f'{true}</span><span class="why">{why}</span></li>')
    missed = [category for category in truth if category not in [e.category for e in explained]]
    more = f", and {count(len(missed) - 8)} more" if len(missed) > 8 else ""
    rest = "; ".join(text(category, 80) for category in missed[:8])
    return (f'<article><h4>{marked(title, explained[0].effects)}</h4>'
            f'<ul class="found">{"".join(items)}</ul>' + (f"<small>true as well: {rest}{more}</small>" if rest else "")
            + "</article>")


def marked(title: str, effects: Sequence[Effect]) -> str:
    """The title as HTML, its words marked by their effects on its first category."""
    effect_of, parts, end = {effect.word: effect.logit for effect in effects}, [], 0
    for run in patterns().word.finditer(title):
        effect = max((effect_of.get(word, 0.0) for word in tokenise(run[0])), key=abs, default=0.0)
        against = "against" if effect <= -EFFECTS[-1][0] else ""
        kind = next((kind for least, kind in EFFECTS if effect >= least), against)
        parts.append(bare(title[end:run.start()]))
        parts.append(f'<mark class="{kind}">{bare(run[0])}</mark>' if kind else bare(run[0]))
        end = run.end()
    return f"<bdi>{''.join(parts)}{bare(title[end:])}</bdi>"
