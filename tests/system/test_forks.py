"""Claim: a forked child has its own threads, waits for no lock of its parent's, and computes the same bits."""

import multiprocessing
import os
import textwrap
from concurrent.futures import ProcessPoolExecutor

import pytest
from children import begin, call
from problems import compiled
from shops import shop

from nnlite import TitleClassifier

CHILDREN = int(os.environ.get("NNLITE_CHILDREN", 10))  # of the test under load
pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="not every system can fork")

START = """
    import faulthandler, os, signal, threading, traceback, warnings
    from nnlite import TitleClassifier, make_catalogue
    from nnlite.system.ahead import ahead
    from nnlite.system.blas import blas_libraries, one_blas_thread
    from nnlite.system.threads import team
    warnings.simplefilter("ignore", DeprecationWarning)  # of Python 3.12, of every fork of a process with threads

    def child(function, seconds=200):
        \"\"\"Its exit code; of one that hangs, minus the number of SIGALRM, and standard error says where.\"\"\"
        pid = os.fork()
        if not pid:
            faulthandler.register(signal.SIGALRM, chain=True)
            signal.alarm(seconds)
            try:
                function()
            except BaseException:
                traceback.print_exc()
                os._exit(1)
            os._exit(0)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])

    def blas_threads():
        return [library.num_threads for library in blas_libraries().lib_controllers]
"""
SHOP = """
    titles, categories = zip(*make_catalogue(150))
    settings = dict(epochs=1, hidden=(8,), min_count=3, threads=2)
    model = TitleClassifier(**settings).fit(titles, categories)
    want = model.predict(titles[:50])
"""


def run(*programs, arguments=(), anew=False):
    """Run a Python program, which must succeed, in a process that may fork. anew: start Python, do not copy `warm`."""
    program = "".join(map(textwrap.dedent, (START, *programs)))
    if anew:
        call("test_forks", "execute", program, arguments)
        return
    process = begin(execute, program, arguments, daemon=False)
    process.join(600)
    process.kill()
    process.join()
    assert process.exitcode == 0


def execute(program, arguments):
    exec(program, {"arguments": arguments})


@compiled
def test_no_child_hangs_that_is_forked_under_load(tmp_path):
    """Threads of the parent predict, train and save meanwhile."""
    run(SHOP, """
        folder, n_children = arguments

        def work(name):
            model.predict(titles)
            model.predict(titles[:1])
            other = TitleClassifier(**settings).fit(titles, categories)
            other.save(folder / name)
            assert model.predict(titles[:50]) == other.predict(titles[:50]) == want
            assert TitleClassifier.load(folder / name).predict(titles[:50]) == want

        def forever(name):
            while True:
                work(name)

        for name in "one", "two":
            threading.Thread(target=forever, args=(name,), daemon=True).start()
        codes = [child(lambda: work(f"child {i % 3}")) for i in range(n_children)]
        assert codes == [0] * n_children, codes
        os._exit(0)
    """, arguments=[tmp_path, CHILDREN])


def test_a_child_keeps_no_lock_that_its_parent_releases(tmp_path):
    """Forked while another thread moves a folder, it has a copy of what that has open."""
    (tmp_path / ".shop.0123456789abcdef").mkdir()
    (tmp_path / ".shop.0123456789abcdef" / "nnlite-temporary").write_text("another")
    run("""
        from nnlite.system import atomic_folder, beside, locks

        [folder] = arguments
        is_locked, children = locks.is_locked, []

        def locked(file, **options):
            answer = is_locked(file, **options)
            if not (pid := os.fork()):
                signal.pause()
            children.append(pid)
            return answer

        atomic_folder.is_locked = beside.is_locked = locked
        with atomic_folder._one_at_a_time(folder):
            pass
        beside.clear(folder / "shop")
        files = os.open(folder, os.O_RDONLY), os.open(folder / ".shop.0123456789abcdef" / beside.MARK, os.O_RDWR)
        free = [is_locked(file) for file in files]
        for pid in children:
            os.kill(pid, signal.SIGKILL)
        assert (free, len(children)) == ([True, True], 2)
    """, arguments=[tmp_path])


@compiled
def test_a_child_has_threads_of_its_own_and_its_memory_does_not_grow():
    run(SHOP, """
        def two_threads_meet():
            barrier = threading.Barrier(2)
            assert team(2).run(lambda i: barrier.wait(timeout=20) >= 0, range(2)) == [True] * 2

        def work():
            assert threading.active_count() == 1
            two_threads_meet()
            for _ in range(100):
                team(2).run(str, range(8))
            assert list(ahead([lambda: model.predict(titles[:50])])) == [want]  # on a thread, as in a web server
            two_threads_meet()  # so what was given to the other thread before has been taken, however busy the machine
            assert team(2).inbox.qsize() <= 2 and threading.active_count() == 2

        def work_and_fork():
            work()
            assert child(work) == 0

        two_threads_meet()
        assert child(work_and_fork) == child(work_and_fork) == 0
        two_threads_meet()
    """)


def test_a_child_has_the_blas_threads_of_a_parent_that_computes_nothing():
    """Another thread, or the one that forks, holds BLAS at one thread during the fork."""
    run("""
        before, held, end = blas_threads(), threading.Event(), threading.Event()

        def hold():
            with one_blas_thread():
                held.set()
                end.wait()

        def check():
            assert blas_threads() == before
            with one_blas_thread():
                assert set(blas_threads()) == {1}
            assert blas_threads() == before

        def check_within():
            assert set(blas_threads()) == {1}
            nested.__exit__(None, None, None)
            check()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait()
        assert child(check) == 0 and set(blas_threads()) == {1}
        nested = one_blas_thread()
        nested.__enter__()
        assert child(check_within) == 0 and set(blas_threads()) == {1}
        end.set()
        holder.join()
        assert set(blas_threads()) == {1} and child(check_within) == 0
        nested.__exit__(None, None, None)
        assert blas_threads() == before
    """, anew=True)


def test_an_iterator_of_the_parent_works_in_the_child():
    run("""
        reading, go = threading.Event(), threading.Event()

        def slow():
            reading.set()
            go.wait(0 if os.getpid() != parent else 20)
            return 2

        parent, results = os.getpid(), ahead([lambda: 1, slow, lambda: 3])
        assert next(results) == 1
        reading.wait()

        def rest():
            assert list(results) == [2, 3]

        assert child(rest) == 0
        assert child(results.close) == 0
        go.set()
        rest()
    """)


def test_a_call_that_a_fork_cuts_in_two_is_an_error_in_the_child():
    run("""
        barrier, forked, pids = threading.Barrier(2), threading.Event(), []

        def item(i):
            barrier.wait(timeout=20)
            if threading.current_thread() is threading.main_thread():
                pids.append(os.fork())
                signal.alarm(60 * (not pids[0]))
                forked.set()
            else:
                forked.wait(20)

        try:
            team(2).run(item, range(2))
            code = 1
        except RuntimeError as error:
            code = 7 if "want a fork between two calls" in str(error) else 2
        if not pids[0]:
            os._exit(code)
        assert os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]) == 7 and code == 1
    """)


@compiled
def test_a_fork_waits_for_the_end_of_a_compilation():
    """Numba compiles under one lock; without a cache every kernel is compiled, here while children are forked."""
    run("""
        import numba

        def compiled(i):
            return numba.njit(lambda x: x + i)(1)

        def forever():
            while True:
                compiled(1)

        threading.Thread(target=forever, daemon=True).start()
        for _ in range(5):
            assert child(lambda: compiled(2)) == 0
        os._exit(0)
    """)


def predicted(model, titles):
    return model.predict(titles)


@compiled
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("method", ["fork", "spawn", "forkserver"])
def test_processes_of_every_kind_predict_the_same(method):
    titles, categories = shop()
    model = TitleClassifier(epochs=1, hidden=(16,), threads=2).fit(titles, categories)
    want = model.predict(titles)
    with ProcessPoolExecutor(1, multiprocessing.get_context(method)) as pool:
        assert list(pool.map(predicted, [model] * 3, [titles] * 3, timeout=100)) == [want] * 3
