"""One run on two nodes of a multi-node job: they fit together, and the main one publishes."""

from __future__ import annotations

import json
from pathlib import Path

from support.backend_runs import end, light_squares, project_with, start

from pilotlight.core.exit_codes import EXIT_INTERRUPTED

JOB = {
    "AWS_BATCH_JOB_NUM_NODES": "2",
    "AWS_BATCH_JOB_MAIN_NODE_INDEX": "0",
    "AWS_BATCH_JOB_ID": "3f1c",
    "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS": "127.0.0.1",
}


def test_the_main_node_publishes_what_both_have_fitted(tmp_path: Path) -> None:
    project = project_with(tmp_path, "digits")
    command = ("pilotlight.training", "digits", "--data", str(light_squares(tmp_path / "images.npz")), "--epochs", "2")
    nodes = [start(project, *command, **JOB, AWS_BATCH_JOB_NODE_INDEX=str(index)) for index in range(2)]
    (code, said, told), (other_code, other_said, other_told) = (end(node) for node in nodes)
    assert code == 0, told
    assert other_code == 0, other_told
    main, other = ([json.loads(line) for line in each.splitlines()] for each in (said, other_said))
    assert main[-1]["event"] == "result"
    assert main[-1]["parity"]["onnx_metric"] > 0.9
    assert other[-1] == {"event": "note", "text": "node 1 has finished its part; node 0 continues"}
    learned = [
        [each["text"] for each in events if str(each.get("text", "")).startswith("epoch 2")] for events in (main, other)
    ]
    assert learned[0] == learned[1] != []
    assert [each["title"] for each in other if each["event"] == "stage"] == ["train"]
    (version,) = (tmp_path / "store" / "digits").iterdir()
    assert version.name == main[-1]["version"]


def test_variables_that_make_no_sense_are_one_paragraph(tmp_path: Path) -> None:
    project = project_with(tmp_path, "digits")
    wrong = {**JOB, "AWS_BATCH_JOB_NODE_INDEX": "2"}
    code, said, told = end(start(project, "pilotlight.training", "digits", **wrong))
    assert code == 1, told
    error = json.loads(said.splitlines()[-1])
    assert error["kind"] == "TrainingError"
    assert "node 2 of 2" in error["text"]


def test_a_node_that_is_lost_interrupts_the_run(tmp_path: Path) -> None:
    """As where its spot instance is taken back: another attempt makes sense, and has a checkpoint to go on from."""
    project = project_with(tmp_path, "digits")
    data = light_squares(tmp_path / "images.npz")
    command = ("pilotlight.training", "digits", "--data", str(data), "--epochs", "200", "--run", "lost")
    main, other = (start(project, *command, **JOB, AWS_BATCH_JOB_NODE_INDEX=str(index)) for index in range(2))
    try:
        assert main.stdout is not None
        for line in main.stdout:
            if "epoch 2 of" in line:
                break
        other.kill()
        code, said, told = end(main)
        assert code == EXIT_INTERRUPTED, told
        error = json.loads(said.splitlines()[-1])
        assert error["kind"] == "Interrupted"
        assert "another node" in error["text"]
        assert list((tmp_path / "store" / ".runs" / "lost" / "checkpoints").rglob("*.npz"))
    finally:
        main.kill()
        other.kill()
        other.communicate()
