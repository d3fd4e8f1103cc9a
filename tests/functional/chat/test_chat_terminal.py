"""`pilotlight chat` at a terminal and in a pipe, against a web server that streams."""

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from support.chat_server import GREETING, Server, chat_server, end, event, usage

GREETED = (*GREETING[:-1], end("stop"), usage(31, 5), GREETING[-1])


class Terminal:
    """`pilotlight chat` whose standard streams are a terminal."""

    def __init__(self, folder: Path, *options: str) -> None:
        self._own, other = os.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "pilotlight", "chat", "assistant", *options],
            cwd=folder,
            env={**os.environ, "TERM": "dumb", "PILOTLIGHT_API_KEY": "k-1"},
            stdin=other,
            stdout=other,
            stderr=other,
        )
        os.close(other)
        self._shown = ""

    def type(self, text: str) -> None:
        os.write(self._own, text.encode())

    def wait_for(self, text: str, seconds: float = 60) -> str:
        """Reads what is shown until `text` is."""
        ends = time.monotonic() + seconds
        while text not in self._shown:
            if not select.select([self._own], [], [], max(0, ends - time.monotonic()))[0]:
                raise TimeoutError(f"{text!r} is not shown: {self._shown!r}")
            self._shown += os.read(self._own, 65_536).decode()
        shown, _, self._shown = self._shown.partition(text)
        return shown + text

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)
        os.close(self._own)


@pytest.fixture
def server() -> Iterator[Server]:
    with chat_server() as made:
        yield made


@pytest.fixture
def terminal(tmp_path: Path, server: Server) -> Iterator[Terminal]:
    made = Terminal(tmp_path, "--url", server.url, "--system", "Be short.")
    yield made
    made.close()


def test_a_conversation(server: Server, terminal: Terminal) -> None:
    server.answers = [(200, GREETED), (400, (b'{"error": {"message": "too long"}}',)), (200, GREETED)]
    terminal.wait_for("> ")
    terminal.type("Hello\n")
    terminal.wait_for("Good day.")
    terminal.wait_for("[5 tokens after 31, ")
    terminal.wait_for("tokens/s, first text after ")
    terminal.wait_for("> ")
    terminal.type("\n")
    terminal.wait_for("> ")
    terminal.type("More\n")
    terminal.wait_for("error: ")
    terminal.wait_for("too long")
    terminal.wait_for("> ")
    terminal.type("And now?\n")
    terminal.wait_for("Good day.")
    terminal.wait_for("> ")
    terminal.type("\x04")
    assert terminal.process.wait(20) == 0
    said = [(each["role"], each["content"]) for each in server.requests[-1][2]["messages"]]
    assert said == [("system", "Be short."), ("user", "Hello"), ("assistant", "Good day."), ("user", "And now?")]
    assert server.requests[0][1]["x-api-key"] == "k-1"


def test_ctrl_c_stops_the_answer_and_not_the_conversation(server: Server, terminal: Terminal) -> None:
    server.answers = [(200, (event(content="Once upon"), event(content=" a time")))] + [(200, GREETED)] * 2
    server.go_on.clear()
    terminal.wait_for("> ")
    terminal.type("A story\n")
    terminal.wait_for("Once upon")
    terminal.process.send_signal(signal.SIGINT)
    terminal.wait_for("> ")
    for _ in range(20):  # Python's readline may miss a signal that comes before it waits for a key
        terminal.process.send_signal(signal.SIGINT)
        with suppress(TimeoutError):
            terminal.wait_for("> ", 1)
            break
    server.go_on.set()
    terminal.type("Go on\n")
    terminal.wait_for("Good day.")
    said = [(each["role"], each["content"]) for each in server.requests[1][2]["messages"]]
    assert said[2:] == [("assistant", "Once upon"), ("user", "Go on")]


def test_a_signal_that_ends_programs_ends_it(server: Server, terminal: Terminal) -> None:
    server.answers = [(200, (event(content="Once upon"), event(content=" a time")))]
    server.go_on.clear()
    terminal.wait_for("> ")
    terminal.type("A story\n")
    terminal.wait_for("Once upon")
    terminal.process.send_signal(signal.SIGTERM)
    assert terminal.process.wait(20) == 130


def test_control_characters_do_not_reach_the_terminal(server: Server, terminal: Terminal) -> None:
    server.answers = [(200, (event(content="a\x1b[2Jb\u202e👩\u200d💻"), end("length"), GREETING[-1]))]
    terminal.wait_for("> ")
    terminal.type("Hello\n")
    assert terminal.wait_for("💻").endswith("a\\x1b[2Jb\\u202e👩\u200d💻")
    terminal.wait_for("ended at the most tokens]")


def pipe(server: Server, folder: Path, message: bytes, *options: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "pilotlight", "chat", "assistant", "--url", server.url, *options]
    return subprocess.run(command, input=message, cwd=folder, capture_output=True, check=False, timeout=60)


def test_a_pipe_is_one_message(server: Server, tmp_path: Path) -> None:
    server.answers = [(200, (event(content="é\x07\n"), *GREETED))]
    ran = pipe(server, tmp_path, "Grüße\nan alle\n".encode(), "--temperature", "0", "--max-tokens", "9")
    assert (ran.returncode, ran.stdout.decode()) == (0, "é\x07\nGood day.\n")
    assert b"5 tokens after 31" in ran.stderr
    body = server.requests[0][2]
    assert body["messages"] == [{"role": "user", "content": "Grüße\nan alle"}]
    assert (body["temperature"], body["max_tokens"]) == (0, 9)


def test_json(server: Server, tmp_path: Path) -> None:
    server.answers = [(200, GREETED)]
    ran = pipe(server, tmp_path, b"Hello", "--json", "--key", "k-2")
    answer = json.loads(ran.stdout)
    assert (answer["answer"], answer["finish_reason"]) == ("Good day.", "stop")
    assert answer["usage"] == {"prompt": 31, "answer": 5}
    assert server.requests[0][1]["authorization"] == "Bearer k-2"


@pytest.mark.parametrize(
    ("message", "options", "code", "said"),
    [
        (b"", (), 1, b"has no message"),
        (b"\xff", (), 1, b"is no text"),
        (b"Hello", ("--temperature", "-1"), 2, b"--temperature"),
        (b"Hello", ("--max-tokens", "0"), 2, b"--max-tokens"),
        (b"Hello", ("--key", "a b"), 1, b"characters that no key has"),
    ],
)
def test_what_is_refused(
    server: Server, tmp_path: Path, message: bytes, options: tuple[str, ...], code: int, said: bytes
) -> None:
    ran = pipe(server, tmp_path, message, *options)
    assert ran.returncode == code
    assert said in ran.stderr
    assert not server.requests


def test_a_failed_answer_is_an_error(server: Server, tmp_path: Path) -> None:
    server.answers = [(200, (event(content="Good "),))]
    ran = pipe(server, tmp_path, b"Hello")
    assert ran.returncode == 1
    assert ran.stdout == b"Good \n"
    assert b"ended its answer before the end" in ran.stderr
