"""Attacks by races for folders: several threads or processes that save, load and write in the same place.

An operation may be refused by a documented error; what is loaded must be one of the models that were saved, as a whole.
"""

import multiprocessing
import os
import shutil
import time
from functools import lru_cache, partial

import attack
import numpy as np
from attack import Attack
from races import ERRORS, SHORT, Once, Race, shop, small_data, small_model

import nnlite
from nnlite.categories.mapping import Mapping
from nnlite.data.chunks import ChunkFolder, write_chunks


@lru_cache
def models():
    """Two models of one size: the categories of the second are those of the first, read backwards."""
    titles, categories = shop()
    settings = dict(epochs=1, hidden=(16,), min_count=3, threads=1)
    backwards = [tuple(name[::-1] for name in names) for names in categories]
    return [nnlite.TitleClassifier(**settings).fit(titles, categories),
            nnlite.TitleClassifier(seed=7, **settings).fit(titles, backwards)]


def signature(classifier):
    """Which of `models` a classifier is; AssertionError if it is a mixture of both."""
    found = {"AB"[i] for i, one in enumerate(models()) for name, p in one.model_.params.items()
             if name.endswith("W") and np.array_equal(p, classifier.model_.params[name])}
    found |= {"AB"[i] for i, one in enumerate(models()) if one.classes_ == classifier.classes_}
    assert len(found) == 1, f"a mixture of models: {sorted(found) or 'neither of the two'}"
    return found.pop()


def load(folder):
    return signature(nnlite.TitleClassifier.load(folder, threads=1))


def threads_save(case):
    """Three threads save two models to one folder while a fourth loads."""
    folder, (a, b) = case.folder / "m", models()
    a.save(folder)
    Race(case, *[partial(one.save, folder) for one in (a, b, a)], partial(load, folder))
    assert load(folder) in "AB"
    assert os.listdir(case.folder) == ["m"], f"left behind: {sorted(os.listdir(case.folder))}"


def save_until(pipe, folder, places, seconds):
    """Save the models of these places by turns, in a process of its own, which says when it begins."""
    ones = [nnlite.TitleClassifier.load(place, threads=1) for place in places]
    pipe.send("begin")
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        for one in ones:
            try:
                one.save(folder)
            except ERRORS:
                pass


def processes_save(n_processes, case):
    """Processes save two models to one folder while this one loads."""
    folder, seconds = case.folder / "shared" / "m", max(case.seconds, 2 * SHORT)
    places = [case.folder / name for name in "AB"]
    for one, place in zip(models(), places):
        one.save(place)
    models()[0].save(folder)
    methods = multiprocessing.get_all_start_methods()
    context = multiprocessing.get_context("forkserver" if "forkserver" in methods else "spawn")
    context.set_forkserver_preload(["nnlite"])
    pipe, theirs = context.Pipe()
    savers = [context.Process(target=save_until, args=(theirs, folder, places[::step], seconds), daemon=True)
              for step in (1, -1)[:n_processes]]
    for saver in savers:
        saver.start()
    theirs.close()
    for _ in savers:
        pipe.recv()  # EOFError if they have failed
    loaded = 0
    while any(saver.is_alive() for saver in savers):
        loaded += load(folder) in "AB"
    assert all(saver.exitcode == 0 for saver in savers), "a saver has failed"
    assert load(folder) in "AB" and loaded
    assert os.listdir(folder.parent) == ["m"], f"left behind: {sorted(os.listdir(folder.parent))}"


def answers_stay(case):
    """A loaded model keeps its answers while its folder is replaced and removed."""
    folder, titles = case.folder / "m", shop()[0]
    models()[0].save(folder)
    classifier = nnlite.TitleClassifier.load(folder, threads=1)
    want = models()[0].predict_top_k(titles, 3)

    def ask():
        assert classifier.predict_top_k(titles, 3) == want, "other answers than before the folder was replaced"

    Race(case, ask, partial(models()[1].save, folder))
    shutil.rmtree(folder)
    ask()
    assert classifier.explain(titles[0], 1)


def removed_while_loading(case):
    folder = case.folder / "m"

    def remove():
        shutil.rmtree(folder, ignore_errors=True)

    Race(case, partial(models()[0].save, folder), remove, partial(load, folder))


def saved_while_training(case):
    """What is saved in the middle of a training can be loaded."""
    titles, categories = shop()
    one = nnlite.TitleClassifier(epochs=1, hidden=(4,), min_count=3).fit(titles, categories)

    def save_and_load():
        one.save(case.folder / "m")
        found = nnlite.TitleClassifier.load(case.folder / "m", threads=1)
        assert all(np.isfinite(p).all() for p in found.model_.params.values()), "a parameter that is not a number"

    Race(case, partial(one.partial_fit, titles, categories), save_and_load)


def two_write_chunks(case):
    """Two threads encode the same records into one folder."""
    records = list(nnlite.make_catalogue(300))
    vocabulary = nnlite.Vocabulary.build(records, 3)
    want = [data.crc32() for data in write_chunks(case.folder / "alone", records, vocabulary, 100)]
    for number in case.rounds(2):
        folder = case.folder / str(number)
        once = Once(partial(write_chunks, folder, records, vocabulary, 100))
        Race(case, once, once)
        assert [data.crc32() for data in write_chunks(folder, records, vocabulary, 100)] == want, "other chunks"
        assert [data.crc32() for data in ChunkFolder(folder)] == want


def two_trainings_one_folder(case):
    """Two trainings save checkpoints to one folder: each is refused, or ends as it would alone."""
    data, want = small_data(), {}

    def job(seed, folder):
        model = small_model(data)
        nnlite.Trainer(model, nnlite.AdaGrad(0.1), epochs=2, batch_rows=50, seed=seed, threads=1, checkpoints=folder,
                       checkpoint_seconds=0).fit(data)
        found = model.params["labels.W"].tobytes()
        assert want.setdefault(seed, found) == found, "other parameters than alone"

    for seed in (0, 1):
        job(seed, None)
    for number in case.rounds(2):
        folder = case.folder / str(number)
        Race(case, Once(partial(job, 0, folder)), Once(partial(job, 1, folder)))


def one_file(case):
    """Two threads write one file: it is one of the two, as a whole."""
    path = case.folder / "map.tsv"
    both = [Mapping({f"{name}{i}": name for i in range(2_000)}) for name in "ab"]

    def write(mapping):
        mapping.write(path)
        assert Mapping.read(path) in both, "a mixture of two files"

    Race(case, *[partial(write, mapping) for mapping in both])
    assert os.listdir(case.folder) == ["map.tsv"], f"left behind: {os.listdir(case.folder)}"


ATTACKS = {
    "threads save to one folder": Attack(threads_save, ERRORS),
    "a process saves, another loads": Attack(partial(processes_save, 1), ()),
    "two processes save, a third loads": Attack(partial(processes_save, 2), ()),
    "a loaded model is replaced": Attack(answers_stay, ()),
    "a model is removed while it is loaded": Attack(removed_while_loading, ()),
    "a model is saved while it is trained": Attack(saved_while_training, ()),
    "two threads write the same chunks": Attack(two_write_chunks, ()),
    "two trainings with one folder of checkpoints": Attack(two_trainings_one_folder, ()),
    "two threads write one file": Attack(one_file, ()),
}

if __name__ == "__main__":
    attack.main(ATTACKS)
