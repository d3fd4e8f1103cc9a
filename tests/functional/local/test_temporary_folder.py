import signal
import threading

import pytest

from pilotlight.core.disk import temporary_folder
from pilotlight.core.hold_signals import hold_signals


def test_the_folder_is_deleted_however_the_block_ends() -> None:
    with temporary_folder() as folder:
        (folder / "file").write_text("x")
        assert folder.name.startswith("pilotlight-")
    assert not folder.exists()
    with pytest.raises(KeyboardInterrupt), temporary_folder() as folder:
        raise KeyboardInterrupt
    assert not folder.exists()


def test_a_signal_waits_for_the_end_of_the_block() -> None:
    done = []

    def block() -> None:
        with hold_signals():
            signal.raise_signal(signal.SIGINT)
            signal.raise_signal(signal.SIGINT)
            done.append("the block")
        done.append("more")

    with pytest.raises(KeyboardInterrupt):
        block()
    assert done == ["the block"]
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_another_thread_holds_nothing() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def look() -> None:
        with hold_signals():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()
    assert seen == [before]
