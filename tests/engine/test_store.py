"""The store: found again by the full text, within its bound, whatever happens to its files."""

import json
import logging
import multiprocessing
import os
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import hypothesis.strategies as st
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from lossviz.engine import Store
from lossviz.engine import store as store_module
from lossviz.engine.store import _written

VALUE = {"loss": np.arange(6.0).reshape(2, 3), "note": "text", "bad": float("nan")}


@pytest.fixture
def store(tmp_path) -> Store:
    return Store(tmp_path / "deep" / "cache", 2**20, "1")


def only_file(store: Store) -> Path:
    (path,) = store.folder.iterdir()
    return path


def test_what_is_kept_is_found_again(store):
    assert store.recall("a") is None
    assert store.size() == 0
    assert store.keep("a", VALUE)
    found = Store(store.folder, 2**20, "1").recall("a")
    assert found["note"] == "text"
    assert np.array_equal(found["loss"], VALUE["loss"])
    assert store.size() == only_file(store).stat().st_size
    assert store.keep("a", 2)
    assert store.recall("a") == 2
    assert store.recall("A") is None
    assert store.recall("") is None
    store.clear()
    assert store.recall("a") is None
    assert store.size() == 0


def test_another_version_finds_nothing(store):
    store.keep("a", 1)
    assert Store(store.folder, 2**20, "2").recall("a") is None
    assert store.recall("a") == 1


def test_any_text_is_a_key(store):
    texts = ['"checksum":"' + "0" * 64, "\n", "ä\0€", "x" * 10_000, "../../etc", "a\nb"]
    for place, text in enumerate(texts):
        assert store.keep(text, place)
    assert [store.recall(text) for text in texts] == list(range(len(texts)))


def test_a_file_is_plain_safetensors(store):
    store.keep("a", VALUE)
    arrays = safetensors.numpy.load_file(only_file(store))
    assert np.array_equal(arrays["0"], VALUE["loss"])


def test_a_value_that_cannot_be_kept_is_told(store):
    with pytest.raises(TypeError, match="cannot be kept"):
        store.keep("a", object())
    assert not store.folder.exists()


# --- broken and foreign files --------------------------------------------------------------------


@given(st.data())
@settings(max_examples=150)
def test_any_changed_byte_is_a_miss(data):
    written = _written("1\na", VALUE)
    place = data.draw(st.integers(0, len(written) - 1))
    bits = data.draw(st.integers(1, 255))
    changed = bytearray(written)
    changed[place] ^= bits
    check_miss(bytes(changed))


@given(st.data())
@settings(max_examples=60)
def test_a_truncated_or_lengthened_file_is_a_miss(data):
    written = _written("1\na", VALUE)
    end = data.draw(st.integers(0, len(written) - 1))
    check_miss(written[:end])
    check_miss(written + data.draw(st.binary(min_size=1, max_size=100)))


@given(st.binary(max_size=400))
@settings(max_examples=60)
def test_any_other_bytes_are_a_miss(data):
    check_miss(data)
    check_miss(len(data).to_bytes(8, "little") + data)


def check_miss(data: bytes) -> None:
    """A file of such contents is no result, is removed, and its place can be taken."""
    with TemporaryDirectory() as folder:
        store = Store(folder, 2**20, "1")
        path = store._path("a")
        path.write_bytes(data)
        logging.disable(logging.WARNING)
        try:
            assert store.recall("a") is None
        finally:
            logging.disable(logging.NOTSET)
        assert not path.exists()
        assert store.keep("a", 1)
        assert store.recall("a") == 1


def with_header(change) -> bytes:
    """A file that is sound, but whose contents were changed before the checksum was taken."""
    about = {"key": "1\na", "tree": {"array": [0, False]}}
    metadata = {"format": store_module.FORMAT, "checksum": "0" * 64}
    change(about, metadata)
    metadata["about"] = json.dumps(about)
    data = safetensors.numpy.save({"0": np.zeros(3)}, metadata=metadata)
    place = data.index(store_module.MARK) + len(store_module.MARK)
    return data[:place] + store_module._checksum(data, place) + data[place + 64 :]


@pytest.mark.parametrize(
    "change",
    [
        lambda about, metadata: about.update(key="1\nb"),
        lambda about, metadata: about.pop("tree"),
        lambda about, metadata: about.update(tree={"array": [1, False]}),
        lambda about, metadata: about.update(tree={"pickle": "gASVAAAA"}),
        lambda about, metadata: about.update(tree={"record": {"name": "os.system"}}),
        lambda about, metadata: metadata.update(format="lossviz result 0"),
    ],
)
def test_a_sound_file_of_something_else_is_a_miss(change):
    check_miss(with_header(change))


def test_an_untouched_one_of_that_kind_is_a_hit(store):
    store.folder.mkdir(parents=True)
    store._path("a").write_bytes(with_header(lambda about, metadata: None))
    assert store.recall("a").tolist() == [0, 0, 0]


def test_a_broken_file_is_told_in_the_log(store, caplog):
    store.keep("a", 1)
    only_file(store).write_bytes(b"nothing")
    assert store.recall("a") is None
    assert "is broken" in caplog.text
    assert not list(store.folder.iterdir())


def test_a_file_that_is_far_too_large_is_not_read(store, caplog):
    store.folder.mkdir(parents=True)
    with store._path("a").open("wb") as file:
        file.truncate(2**40)
    assert store.recall("a") is None
    assert "larger than" in caplog.text


def test_files_of_others_are_left_alone(store):
    store.folder.mkdir(parents=True)
    names = ["thesis.txt", "model.safetensors", "a" * 40, "b" * 40 + ".part"]
    for name in names:
        (store.folder / name).write_bytes(b"x" * 2**20)
    (store.folder / ("c" * 40 + ".d")).mkdir()
    assert store.keep("a", 1)
    assert store.size() < 10_000
    store.clear()
    assert sorted(path.name for path in store.folder.iterdir()) == sorted([*names, "c" * 40 + ".d"])


def test_parts_that_nobody_finishes_go(store):
    store.keep("a", 1)
    part = only_file(store).with_suffix(f".{'e' * 32}.part")
    part.write_bytes(b"half")
    store.keep("b", 2)
    assert part.exists()  # somebody may be writing it
    os.utime(part, (0, time.time() - 2 * store_module.STALE))
    store.keep("c", 3)
    assert not part.exists()


# --- the bound -----------------------------------------------------------------------------------


def size_of(numbers: int) -> int:
    return len(_written("1\n0", np.zeros(numbers)))


def test_the_longest_unused_goes_first(tmp_path):
    store = Store(tmp_path, 3 * size_of(100) + 10, "1")
    for key in "012":
        assert store.keep(key, np.zeros(100))
    assert store.recall("0") is not None
    assert store.keep("3", np.zeros(100))
    assert [store.recall(key) is not None for key in "0123"] == [True, False, True, True]
    # One that replaces itself needs no more room.
    assert store.keep("3", np.ones(100))
    assert [store.recall(key) is not None for key in "023"] == [True, True, True]


def test_what_is_larger_than_all_may_be_is_not_kept(tmp_path):
    store = Store(tmp_path, 2 * size_of(10), "1")
    assert store.keep("small", 1)
    assert not store.keep("large", np.zeros(10_000))
    assert store.recall("small") == 1


class Bounded(RuleBasedStateMachine):
    """Any sequence of keeps and recalls, beside a list in the order of use."""

    MOST = 4 * size_of(40)

    def __init__(self):
        super().__init__()
        self.place = TemporaryDirectory()
        self.store = Store(self.place.name, self.MOST, "1")
        self.used: dict[str, int] = {}

    @rule(key=st.sampled_from("0123456789"), numbers=st.integers(0, 120))
    def keep(self, key: str, numbers: int):
        assert self.store.keep(key, np.full(numbers, float(key)))
        self.used.pop(key, None)
        size = self.store._path(key).stat().st_size
        while sum(self.used.values()) + size > self.MOST:
            del self.used[next(iter(self.used))]
        self.used[key] = size

    @rule(key=st.sampled_from("0123456789"))
    def recall(self, key: str):
        found = self.store.recall(key)
        assert (found is not None) == (key in self.used)
        if found is not None:
            assert (found == float(key)).all()
            self.used[key] = self.used.pop(key)

    @invariant()
    def is_within_the_bound(self):
        assert self.store.size() == sum(self.used.values()) <= self.MOST

    def teardown(self):
        self.place.cleanup()


TestBounded = Bounded.TestCase
TestBounded.settings = settings(max_examples=20, stateful_step_count=25, deadline=None)


# --- several at once -----------------------------------------------------------------------------


def hammer(folder: str, seed: int, most: int) -> int:
    """Keep and recall at random; gives how often a result was wrong."""
    random = np.random.default_rng(seed)
    store = Store(folder, most, "1")
    wrong = 0
    for _ in range(60):
        key = int(random.integers(6))
        found = store.recall(str(key))
        wrong += found is not None and not (found == key).all()
        store.keep(str(key), np.full(int(random.integers(1, 200)), float(key)))
    return wrong


# From Python 3.12 on a fork beside threads warns; these children do nothing with threads.
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_several_processes_share_a_folder(tmp_path):
    most = 4 * size_of(100)
    # Spawned ones would import all of torch anew.
    with multiprocessing.get_context("fork").Pool(3) as pool:
        wrong = pool.starmap(hammer, [(str(tmp_path), seed, most) for seed in range(6)])
    assert wrong == [0] * 6
    assert 0 < Store(tmp_path, most, "1").size() <= most
    assert all(path.suffix == ".safetensors" for path in tmp_path.iterdir())


# --- a disk that refuses -------------------------------------------------------------------------


def test_a_folder_that_cannot_be_is_told_once_asked(tmp_path, caplog):
    (tmp_path / "file").write_text("I am no folder.")
    store = Store(tmp_path / "file" / "cache", 2**20, "1")
    assert store.recall("a") is None
    assert not store.keep("a", 1)
    assert "cannot be kept" in caplog.text
    assert store.size() == 0


@pytest.mark.parametrize("call", ["write_bytes", "unlink"])
def test_a_full_or_forbidden_disk_raises_nothing(store, monkeypatch, caplog, call):
    store.keep("a", 1)

    def refuse(*args, **kwargs):
        raise OSError("No space left on device")

    monkeypatch.setattr(Path, call, refuse)
    if call == "unlink":
        store.clear()
        assert "cannot be removed" in caplog.text
    else:
        assert not store.keep("b", 2)
        assert "No space left" in caplog.text
    assert store.recall("a") == 1


def test_a_result_that_cannot_be_read_is_a_miss_and_stays(store, monkeypatch, caplog):
    store.keep("a", 1)

    def refuse(self):
        raise PermissionError("not yours")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "read_bytes", refuse)
        assert store.recall("a") is None
    assert "not yours" in caplog.text
    assert store.recall("a") == 1


def test_results_that_vanish_while_one_looks_are_no_matter(store, monkeypatch):
    for key in "abc":
        store.keep(key, 1)

    class Gone:
        def __init__(self, entry):
            self.name, self.path = entry.name, entry.path

        def stat(self, **options):
            raise FileNotFoundError

    listed = list(os.scandir(store.folder))
    monkeypatch.setattr(store_module.os, "scandir", lambda folder: [Gone(e) for e in listed])
    assert store.size() == 0
