"""Where work runs: in this thread, in processes that may die, or on a cluster."""

import gc
import os
import pickle
import signal
import sys
import threading
import time
import types
import weakref
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, replace

import pytest
import torch

import lossviz as lv
from lossviz import SettingError, engine
from lossviz.engine import Engine, InlineExecutor, WorkerDiedError, executors
from lossviz.engine.engine import MOST_TRIES, resident
from lossviz.engine.pack import pack, unpack


def test_tensors_travel_as_plain_arrays():
    big = torch.arange(10_000.0)
    view = big[5:8]
    data = pack({"view": view, "parameter": torch.nn.Parameter(view), "shared": [view, view]})
    assert len(data) < 2000
    again = unpack(data)
    assert torch.equal(again["view"], view)
    assert isinstance(again["parameter"], torch.nn.Parameter)
    assert again["shared"][0] is again["shared"][1]
    again["view"].add_(1)
    scalar = unpack(pack(torch.tensor(3.0)))
    assert scalar.shape == ()
    by_columns = torch.arange(6.0).view(2, 3).mT
    for matrix, stride in ((by_columns, (1, 3)), (by_columns.contiguous(), (2, 1))):
        assert torch.equal(unpack(pack(matrix)), matrix)
        assert unpack(pack(matrix)).stride() == stride
    assert unpack(pack(by_columns[::2])).tolist() == [[0.0, 3.0], [2.0, 5.0]]


def test_without_a_start_work_is_done_in_this_thread():
    assert engine.current().inline
    assert engine.run(threading.get_ident) == threading.get_ident()
    assert isinstance(engine.executor(), InlineExecutor)
    assert engine.pids() == ()
    assert engine.memory() == {}
    with pytest.raises(ZeroDivisionError):
        engine.run(divmod, 1, 0)
    assert engine.submit(divmod, 1, 0).exception() is not None


def test_no_workers_is_the_thread_that_asks():
    assert engine.start(workers=0).inline


def test_what_was_sent_and_what_came_back_are_let_go():
    pool = Engine(lambda: ThreadPoolExecutor(1))
    future = pool.submit(time.sleep, 0.05)  # so that it is not done before it is waited for
    assert future.result() is None
    left = weakref.ref(future)
    del future
    pool.run(pow, 2, 3)  # then the only thread is through with the first
    gc.collect()
    assert left() is None
    pool.stop()


def test_an_engine_that_was_stopped_takes_no_work():
    stopped = Engine(InlineExecutor)
    assert stopped.run(pow, 2, 3) == 8
    stopped.stop()
    with pytest.raises(RuntimeError, match="start it again"):
        stopped.run(pow, 2, 3)


class Flaky(Executor):
    """Breaks so many times, at once or in the future."""

    left = 0
    at_once = False

    def submit(self, fn, /, *args, **kwargs):
        if Flaky.left > 0:
            Flaky.left -= 1
            if Flaky.at_once:
                raise BrokenProcessPool("dead")
            future: Future = Future()
            future.set_exception(BrokenProcessPool("dead"))
            return future
        return InlineExecutor().submit(fn, *args, **kwargs)


@pytest.mark.parametrize("at_once", [False, True])
def test_lost_work_is_done_again_but_not_for_ever(at_once: bool):
    made = []
    flaky = Engine(lambda: made.append(1) or Flaky())
    Flaky.at_once = at_once
    Flaky.left = MOST_TRIES - 1
    assert flaky.run(pow, 2, 3) == 8
    assert len(made) == MOST_TRIES
    Flaky.left = MOST_TRIES
    with pytest.raises(WorkerDiedError, match="too little memory") as told:
        flaky.run(pow, 2, 3)
    assert isinstance(told.value.__cause__, BrokenExecutor)
    Flaky.left = 0


@pytest.mark.parametrize("error", [OSError("out of memory"), EOFError("no answer")])
def test_where_no_worker_can_be_started_it_is_told(error: Exception):
    class Barren(Executor):
        def submit(self, fn, /, *args, **kwargs):
            raise error

    with pytest.raises(WorkerDiedError, match=f"No worker could be started .{error}") as told:
        Engine(Barren).run(pow, 2, 3)
    assert told.value.__cause__ is error


def test_threads_that_lose_work_together_share_one_new_pool():
    made = []
    barrier = threading.Barrier(4)

    class Once(Executor):
        def submit(self, fn, /, *args, **kwargs):
            if len(made) == 1:
                barrier.wait()
                raise BrokenProcessPool("dead")
            return InlineExecutor().submit(fn, *args, **kwargs)

    shared = Engine(lambda: made.append(1) or Once())
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(lambda n: shared.run(abs, n), [-1, -2, -3, -4])) == [1, 2, 3, 4]
    assert len(made) == 2


def test_a_future_that_was_cancelled_stays_so():
    inner: list[Future] = []

    class Slow(Executor):
        def submit(self, fn, /, *args, **kwargs):
            inner.append(Future())
            return inner[-1]

    slow = Engine(Slow)
    asked = slow.submit(pow, 2, 3)
    assert asked.cancel()
    inner[0].set_result(pack(8))
    assert asked.cancelled()
    stopped = slow.submit(pow, 2, 3)
    inner[1].cancel()
    inner[1].set_running_or_notify_cancel()
    assert stopped.cancelled()


def test_work_that_has_not_begun_is_let_go_and_what_has_begun_goes_on():
    threads = ThreadPoolExecutor(1)
    at_work, gate = threading.Event(), threading.Event()
    threads.submit(lambda: (at_work.set(), gate.wait()))
    at_work.wait()
    one = Engine(lambda: threads)
    waits, last = (one.submit(pow, n, 2) for n in (3, 4))
    assert one.drop(waits)
    assert waits.cancelled()
    gate.set()
    assert last.result() == 16
    assert not one.drop(last)
    assert not one.drop(Future())
    one.stop()


@pytest.fixture(scope="module")
def pool():
    started = engine.start(workers=2)
    yield started
    engine.stop()
    gc.collect()


def kill_once(marker: str) -> str:
    """Kill the worker the first time, answer the second."""
    if not os.path.exists(marker):
        with open(marker, "w"):
            pass
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def test_the_pool_works_on_one_thread_each(pool):
    assert engine.start() is pool  # what was started is kept
    assert not pool.inline
    assert engine.run(torch.get_num_threads) == 1
    assert engine.run(os.getpid) in engine.pids()
    assert len(engine.pids()) == 2
    assert all(size > 10 * 2**20 for size in engine.memory().values())
    with pytest.raises(ZeroDivisionError):
        engine.run(divmod, 1, 0)


def test_workers_have_everything_imported(pool):
    assert engine.run(_imported)


def _imported() -> bool:
    return set(executors.PRELOAD) <= set(sys.modules)


def test_workers_do_not_run_the_main_file(monkeypatch, tmp_path):
    # Streamlit puts the page that runs at the moment in the place of the program's main module.
    page = types.ModuleType("__main__")
    page.__file__ = str(tmp_path / "page.py")
    (tmp_path / "page.py").write_text("raise SystemExit('a page has run in a worker')")
    monkeypatch.setitem(sys.modules, "__main__", page)
    with executors.process_pool(1) as executor:
        assert executor.submit(pow, 2, 5).result() == 32
    assert executors.spawn.get_preparation_data is executors._preparation_data


def test_a_killed_worker_is_replaced(pool, tmp_path):
    # Work that is waiting is lost with it, and done again too.
    others = [engine.submit(abs, -n) for n in range(20)]
    assert engine.run(kill_once, str(tmp_path / "killed")) == "alive"
    assert [other.result() for other in others] == list(range(20))
    assert engine.run(pow, 2, 3) == 8
    assert len(engine.pids()) in (1, 2)


@dataclass(frozen=True)
class Count:
    """How far a chain is that counts; on the way a worker is killed."""

    marker: str
    step: int = 0
    steps: int = 60

    @property
    def done(self) -> bool:
        return self.step == self.steps


def count(state: Count, n: int) -> tuple[Count, list[int]]:
    if state.step:
        kill_once(state.marker)
    end = min(state.steps, state.step + n)
    return replace(state, step=end), list(range(state.step, end))


def test_a_killed_worker_costs_a_chain_one_chunk(pool, tmp_path):
    state = Count(str(tmp_path / "killed"))
    chain = engine.Chain(count, state, seconds_per_step=0.01, chunk_seconds=0.1)
    chunks = chain.wait(timeout=60)
    assert [number for chunk in chunks for number in chunk] == list(range(60))
    assert (tmp_path / "killed").exists()


def test_a_killed_worker_changes_no_number_of_a_scan(pool, tmp_path):
    exp, side = lv.Experiment(), torch.linspace(-1, 1, 41)
    problem = lv.build(exp)
    plane = lv.random_plane(problem, problem.params0)
    scan = engine.Scan(exp, plane, side, side, chunk_seconds=1e-4)
    engine.run(kill_once, str(tmp_path / "killed"))
    assert torch.equal(scan.wait(timeout=60).loss, lv.evaluate(problem, plane, side, side).loss)
    assert 0 < scan.estimate() < 60


def always_die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def test_work_that_kills_every_worker_is_told(pool):
    with pytest.raises(WorkerDiedError, match=f"{MOST_TRIES} attempts"):
        engine.run(always_die)
    assert engine.run(pow, 2, 3) == 8


def test_memory_of_a_process_that_is_gone():
    assert resident(2**22 + 1) is None


# --- a cluster -----------------------------------------------------------------------------------


def fake_cluster(monkeypatch, client):
    module = types.ModuleType("distributed")
    module.Client = client
    monkeypatch.setitem(sys.modules, "distributed", module)


class Client:
    """What is used of `distributed.Client`."""

    def __init__(self, address: str) -> None:
        if address == "tcp://nobody:1":
            raise OSError("timed out")
        self.address = address

    def get_executor(self) -> Executor:
        return ThreadPoolExecutor(1)


def engine_on(scheduler: str) -> Engine:
    return engine.engine.engine_for(None, (), scheduler)[0]


def test_a_scheduler_that_is_named_gets_the_work(monkeypatch):
    fake_cluster(monkeypatch, Client)
    remote = engine_on("tcp://somewhere:8786")
    assert not remote.inline
    assert remote.run(pow, 2, 3) == 8
    assert isinstance(remote.executor(), ThreadPoolExecutor)
    remote.stop()


def test_the_environment_names_the_scheduler(monkeypatch):
    fake_cluster(monkeypatch, Client)
    monkeypatch.setenv(executors.SCHEDULER, "tcp://nobody:1")
    engine.stop()
    with pytest.raises(SettingError, match="No scheduler answers at 'tcp://nobody:1'"):
        engine.start()
    assert engine.current().inline


def test_a_missing_package_is_told(monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(SettingError, match="not installed"):
        engine_on("tcp://somewhere:8786").executor()


def test_cores_without_affinity(monkeypatch):
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    assert executors.cores() >= 1
    assert pickle.loads(pickle.dumps(executors.one_thread)) is executors.one_thread
