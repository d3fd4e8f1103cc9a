"""Nothing leaks, nothing is freed early, and threads may share a session."""

import gc
import os
import struct
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from onnx import TensorProto
from support import ort_models

from pilotlight_runtime.datatypes import BYTES, FP32, INT64
from pilotlight_runtime.engine.ort_session import OrtSession, open_session
from pilotlight_runtime.engine.values import COPY_UP_TO
from pilotlight_runtime.errors import InferenceFailed, SessionError
from pilotlight_runtime.tensor import Tensor

REQUESTS = int(os.environ.get("PILOTLIGHT_LEAK_REQUESTS", "20000"))
LARGE = COPY_UP_TO // 4 + 1000  # floats: more than is copied

linux_only = pytest.mark.skipif(
    not Path("/proc/self/statm").exists(), reason="reads /proc/self/statm, which is Linux's"
)


def resident_bytes() -> int:
    gc.collect()
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(act: Callable[[int], None], warm: int, times: int) -> int:
    """Bytes that `times` of `act` add once `warm` of it have filled the caches."""
    act(warm)
    before = resident_bytes()
    act(times)
    return resident_bytes() - before


def floats(*values: float) -> Tensor:
    return Tensor.from_numpy(np.array(values, "float32"), FP32)


def identity(folder: Path, datatype: int = TensorProto.FLOAT) -> OrtSession:
    return open_session(ort_models.save(ort_models.identity(datatype, ["N"]), folder, f"identity{datatype}.onnx"), 1)


@linux_only
def test_requests_leave_nothing_behind(tmp_path: Path) -> None:
    convolution = open_session(ort_models.save(ort_models.convolution(), tmp_path), 1)
    reshape = open_session(ort_models.save(ort_models.reshape(), tmp_path, "reshape.onnx"), 1)
    texts, numbers = identity(tmp_path, BYTES.onnx), identity(tmp_path)
    wanted = Tensor(INT64, (2,), memoryview(struct.pack("<2q", 2, 3)))
    shifted = memoryview(bytes(4 * LARGE + 1))[1:]

    def requests(count: int) -> None:
        for i in range(count):
            convolution.run({"x": Tensor(FP32, (1, 1, 28, 28), memoryview(bytes(3136)))}, ["y"])
            reshape.run({"x": floats(1, 2, 3, 4, 5, 6), "shape": wanted}, ["y"])
            with pytest.raises(InferenceFailed):
                reshape.run({"x": floats(1, 2), "shape": wanted}, ["y"])
            with pytest.raises(InferenceFailed):
                reshape.run({"x": floats(1, 2)}, ["y"])
            elements = tuple(b"some text \0 that is long enough" * (j % 3) for j in range(i % 9))
            texts.run({"x": Tensor(BYTES, (len(elements),), elements)}, ["y"])
            if i % 10 == 0:
                size = (
                    LARGE - i % 97
                )  # many sizes, for each of which ctypes makes a type, all of them while it warms up
                numbers.run({"x": Tensor(FP32, (size,), shifted[: 4 * size])}, ["y"])

    grown = growth(requests, 3000, REQUESTS // 5)
    assert grown < 2_000_000, f"{grown} bytes"


@linux_only
def test_errors_leave_nothing_behind(tmp_path: Path) -> None:
    absent = tmp_path / ("absent" * 40)  # a long name, so that each message is long

    def failures(count: int) -> None:
        for _ in range(count):
            with pytest.raises(SessionError):
                open_session(absent, 1)

    grown = growth(failures, 500, 10_000)
    assert grown < 1_500_000, f"{grown} bytes; the messages come to five million"


@linux_only
def test_sessions_leave_nothing_behind(tmp_path: Path) -> None:
    path = ort_models.save(ort_models.convolution(), tmp_path)
    bad = tmp_path / "bad.onnx"
    bad.write_bytes(b"\xff" * 100)
    sequence = ort_models.save(
        ort_models.one_node("Cast", [("x", 1, ["N"])], [("odd", TensorProto.FLOAT8E4M3FN, ["N"])], to=17),
        tmp_path,
        "odd.onnx",
    )

    def sessions(count: int) -> None:
        for _ in range(count):
            session = open_session(path, 2)
            session.run({"x": Tensor(FP32, (1, 1, 28, 28), memoryview(bytes(3136)))}, ["y"])
            session.close()
            for wrong in (bad, sequence, tmp_path / "absent.onnx"):
                with pytest.raises(SessionError):
                    open_session(wrong, 1)

    grown = growth(sessions, 50, 300)
    assert grown < 6_000_000, f"{grown} bytes"


def test_lent_output_outlives_its_session(tmp_path: Path) -> None:
    session = identity(tmp_path)
    array = np.arange(LARGE, dtype="float32")
    (tensor,) = session.run({"x": Tensor.from_numpy(array, FP32)}, ["y"])
    part = tensor.buffer[400:800]
    shared = tensor.numpy()
    session.close()
    del session, tensor
    gc.collect()
    others = [identity(tmp_path).run({"x": floats(*range(1000))}, ["y"]) for _ in range(20)]
    assert others
    np.testing.assert_array_equal(shared, array)
    del shared
    gc.collect()
    assert bytes(part) == array[100:200].tobytes()


@linux_only
def test_lent_output_is_freed_with_its_last_view(tmp_path: Path) -> None:
    session = identity(tmp_path)
    inputs = {"x": Tensor(FP32, (5_000_000,), memoryview(bytes(20_000_000)))}
    session.run(inputs, ["y"])
    before = resident_bytes()
    for _ in range(200):
        view = session.run(inputs, ["y"])[0].buffer[1000:2000]
        assert len(view) == 1000
        del view
    assert resident_bytes() - before < 250_000_000, "the outputs come to four gigabytes; malloc keeps some freed blocks"


@pytest.mark.parametrize("size", [1, 1000, LARGE])
def test_outputs_are_the_caller_s_own(size: int, tmp_path: Path) -> None:
    session = identity(tmp_path)
    data = bytearray(4 * size)
    inputs = {"x": Tensor(FP32, (size,), memoryview(data))}
    first, second = (session.run(inputs, ["y"])[0] for _ in range(2))
    first.buffer[0] = 1
    assert second.buffer[0] == 0
    assert data[0] == 0
    assert first.numpy().flags.writeable


def test_threads_share_a_session(tmp_path: Path) -> None:
    session = open_session(ort_models.save(ort_models.convolution(), tmp_path), 1)
    random = np.random.default_rng(20)
    inputs = [Tensor.from_numpy(random.random((1 + i % 5, 1, 28, 28), "float32"), FP32) for i in range(20)]
    expected = [session.run({"x": tensor}, ["y"]) for tensor in inputs]

    def work(start: int) -> None:
        for i in range(start, start + 100):
            assert session.run({"x": inputs[i % 20]}, ["y"]) == expected[i % 20]

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, range(8)))


def test_closing_while_threads_run(tmp_path: Path) -> None:
    path = ort_models.save(ort_models.convolution(64), tmp_path)
    tensor = Tensor.from_numpy(np.ones((8, 1, 28, 28), "float32"), FP32)
    for _ in range(10):
        session = open_session(path, 1)
        started = threading.Barrier(5)

        def work(session: OrtSession = session, started: threading.Barrier = started) -> int:
            started.wait()
            done = 0
            try:
                while True:
                    assert session.run({"x": tensor}, ["y"])[0].shape == (8, 64, 28, 28)
                    done += 1
            except InferenceFailed as error:
                assert str(error) == "the session is closed"  # noqa: PT017  (how the loop ends)
                return done

        with ThreadPoolExecutor(4) as pool:
            running = [pool.submit(work) for _ in range(4)]
            started.wait()
            session.close()
            assert sum(future.result() for future in running) >= 0
