"""The function that sends alerts of quotas: from a line of the models' log to a topic or a webhook."""

import base64
import gzip
import io
import json
import re
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any, ClassVar

import boto3
import pytest
from moto import mock_aws
from support.templates import Template, read_template

from pilotlight_runtime.metering.charge import Amount, Charge
from pilotlight_runtime.metering.ledger import Ledger
from pilotlight_runtime.metering.windows import Window

ALERT = {"tenant": "Ab3dE6gH", "window": "day", "label": "2026-11-26", "percent": 80, "limit": 1000}
LINE = {"level": "WARNING", "message": "quota", **ALERT, "request_id": "r-1", "key_id": "k1"}
Handler = Callable[[dict[str, Any], object], None]


@pytest.fixture
def stack(request: pytest.FixtureRequest) -> Template:
    return read_template(request.config.rootpath / "infra" / "service.yaml")


@pytest.fixture
def handler(stack: Template) -> Handler:
    """The function's code, as it stands in the nested stack."""
    names: dict[str, Any] = {}
    exec(stack["Resources"]["Notifier"]["Properties"]["Code"]["ZipFile"], names)  # noqa: S102  (our own code)
    found: Handler = names["handler"]
    return found


def event(*lines: object) -> dict[str, Any]:
    """What CloudWatch Logs sends to a function that has subscribed to a log group."""
    entries = [{"id": str(number), "timestamp": 1, "message": json.dumps(line)} for number, line in enumerate(lines)]
    document = {"messageType": "DATA_MESSAGE", "logGroup": "/pilotlight/dev/models", "logEvents": entries}
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()}}


@contextmanager
def webhook(status: int) -> Iterator[tuple[str, list[Any]]]:
    """A server that takes posts and answers with `status`: its address, and what it was sent."""
    taken: list[Any] = []

    class Taking(BaseHTTPRequestHandler):
        statuses: ClassVar[int] = status

        def do_POST(self) -> None:
            taken.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(self.statuses)
            self.send_header("Location", "/elsewhere")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Taking) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/hooks/a-secret", taken
        finally:
            server.shutdown()
            thread.join()


def test_a_webhook_gets_the_alerts_and_nothing_else_of_the_lines(
    handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook(204) as (address, taken):
        monkeypatch.setenv("WEBHOOK", address)
        handler(event(LINE, {**LINE, "percent": 100}), None)
    assert taken == [ALERT, {**ALERT, "percent": 100}]


def test_a_webhook_that_fails_is_called_again_by_lambda_and_its_address_is_not_logged(
    handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook(500) as (address, taken):
        monkeypatch.setenv("WEBHOOK", address)
        with pytest.raises(RuntimeError, match="the webhook answered with status 500") as failed:
            handler(event(LINE), None)
    assert taken == [ALERT]
    assert "a-secret" not in repr(failed.value)
    assert failed.value.__suppress_context__


def test_a_webhook_that_is_not_there_is_told_without_its_address(
    handler: Handler, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook(204) as (address, _):
        pass
    monkeypatch.setenv("WEBHOOK", address)
    with pytest.raises(RuntimeError, match=r"^the webhook cannot be reached: URLError$"):
        handler(event(LINE), None)


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1:1/a b/a-secret", "http://127.0.0.1:a-secret/", "http://[a-secret/", "a-secret"]
)
def test_no_error_quotes_an_address_that_is_none(
    handler: Handler, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("WEBHOOK", address)
    with pytest.raises(RuntimeError, match="the webhook cannot be reached") as failed:
        handler(event(LINE), None)
    assert "a-secret" not in "".join(traceback.format_exception(failed.value))


def test_a_redirection_is_a_failure(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    """urllib would send a GET to the other address, and the alert to nobody."""
    with webhook(302) as (address, taken):
        monkeypatch.setenv("WEBHOOK", address)
        with pytest.raises(RuntimeError, match="the webhook answered with status 302"):
            handler(event(LINE), None)
    assert taken == [ALERT]


def test_without_a_webhook_the_topic_gets_them(handler: Handler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBHOOK", "")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    with mock_aws():
        topic = boto3.client("sns").create_topic(Name="usage")["TopicArn"]
        queues = boto3.client("sqs")
        queue = queues.create_queue(QueueName="read")["QueueUrl"]
        arn = queues.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
        boto3.client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
        monkeypatch.setenv("TOPIC", topic)
        handler(event(LINE), None)
        (message,) = queues.receive_message(QueueUrl=queue)["Messages"]
    body = json.loads(message["Body"])
    assert json.loads(body["Message"]) == ALERT
    assert body["Subject"] == "80 % of a quota are used"


def lines_at(percent: int) -> list[dict[str, Any]]:
    """What a function logs when a charge passes a mark of a quota."""
    stream = io.StringIO()
    charge = Charge("Ab3dE6gH", "5" * 64, "k1", "digits", Amount({}, 1, 0), 1_795_000_000, {"day": "2026-11-26"})
    window = Window("day", "2026-11-26", 1000 - percent * 10, 1000)
    Ledger(stream).report_thresholds(charge, (window,))
    return [json.loads(line) for line in stream.getvalue().splitlines()]


@pytest.mark.parametrize("percent", [50, 80, 100])
def test_what_a_function_logs_at_a_mark_is_sent(
    handler: Handler, monkeypatch: pytest.MonkeyPatch, percent: int
) -> None:
    (line,) = lines_at(percent)
    with webhook(204) as (address, taken):
        monkeypatch.setenv("WEBHOOK", address)
        handler(event(line), None)
    assert taken == [{**ALERT, "percent": percent}]


def test_the_lines_of_alerts_alone_reach_it(stack: Template) -> None:
    alerts = stack["Resources"]["Alerts"]["Properties"]
    assert alerts["FilterPattern"] == '{ ($.message = "quota") && ($.percent = *) }'
    assert alerts["LogGroupName"] == {"Ref": "ModelsLogGroup"}
    assert alerts["DestinationArn"] == {"Fn::GetAtt": ["Notifier", "Arn"]}
    for line in lines_at(80):
        read = re.findall(r"\$\.(\w+)", alerts["FilterPattern"])
        assert {name: line[name] for name in read} == {"message": "quota", "percent": 80}
    permission = stack["Resources"]["NotifierPermission"]["Properties"]
    assert permission["Principal"] == "logs.amazonaws.com"
    assert permission["SourceArn"]["Fn::Sub"].endswith(":log-group:${ModelsLogGroup}:*")
