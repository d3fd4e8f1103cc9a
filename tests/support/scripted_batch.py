"""AWS Batch, its logs and its prices, played from a script: for states that moto cannot play."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pilotlight.batch import Cloud
from pilotlight.core.errors import RunError
from support.batch_descriptions import HOST, KINDS, QUEUE_ARN, definition, environment, job, queue


class ScriptedBatch:
    """AWS Batch that plays what it is given. states: the job, one for each time that it is asked for; the last stays.

    It keeps what was asked of it in `registered`, `submitted` and `terminated`.
    """

    def __init__(
        self,
        states: Sequence[Mapping[str, Any]] = (),
        *,
        environments: Sequence[Mapping[str, Any]] | None = None,
        queue_changes: Mapping[str, Any] | None = None,
        definitions: Sequence[Mapping[str, Any]] = (),
    ) -> None:
        self._states = list(states)
        self._environments = [environment()] if environments is None else list(environments)
        self._queue = queue(*self._environments, **dict(queue_changes or {}))
        self._definitions = list(definitions)
        self.registered: list[Mapping[str, Any]] = []
        self.submitted: list[Mapping[str, Any]] = []
        self.terminated: list[tuple[str, str]] = []

    def describe_queue(self, name: str) -> Mapping[str, Any] | None:
        return self._queue if name in ("training", QUEUE_ARN) else None

    def describe_environments(self, names: Iterable[str]) -> list[Mapping[str, Any]]:
        wanted = set(names)
        return [one for one in self._environments if one["computeEnvironmentArn"] in wanted]

    def describe_definition(self, name: str) -> Mapping[str, Any] | None:
        return max(self.list_revisions(name), key=lambda one: one["revision"], default=None)

    def list_revisions(self, name: str) -> list[Mapping[str, Any]]:
        return [one for one in self._definitions if one["jobDefinitionName"] == name]

    def register_definition(self, request: Mapping[str, Any]) -> str:
        self.registered.append(request)
        made = definition(len(self._definitions) + 1, **request)
        self._definitions.append(made)
        return str(made["jobDefinitionArn"])

    def submit_job(self, request: Mapping[str, Any]) -> str:
        self.submitted.append(request)
        identity = f"job-{len(self.submitted)}"
        self._states = [{**job("SUBMITTED"), "jobId": identity, "jobName": request["jobName"]}]
        return identity

    def list_jobs(self, queue: str, job_name: str) -> list[str]:
        del queue
        return [str(one["jobId"]) for one in self._states[:1] if one["jobName"] == job_name]

    def describe_jobs(self, ids: Iterable[str]) -> list[Mapping[str, Any]]:
        wanted = set(ids)
        if not self._states or self._states[0]["jobId"] not in wanted:
            return []
        return [self._states.pop(0) if len(self._states) > 1 else self._states[0]]

    def terminate_job(self, job: str, reason: str) -> None:
        self.terminated.append((job, reason))


class ScriptedLogs:
    """CloudWatch Logs. streams: the lines of each by group and name; each read gives at most `page` of them."""

    def __init__(self, streams: Mapping[tuple[str, str], Sequence[str]], page: int = 2) -> None:
        self._streams = streams
        self._page = page

    def read(self, group: str, stream: str, token: str | None) -> tuple[Sequence[str], str | None] | None:
        if (group, stream) not in self._streams:
            return None
        start = int(token or 0)
        lines = self._streams[group, stream][start : start + self._page]
        return lines, str(start + len(lines))


class Recorded:
    """A display that keeps what it is told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    def stage(self, title: str) -> None:
        self.told.append(f"● {title}")

    def note(self, text: str) -> None:
        self.told.append(text)

    def step(self, done: int, total: int, values: Mapping[str, float]) -> None:
        self.told.append(f"{done}/{total} {dict(values)}")

    def line(self, text: str) -> None:
        self.told.append(f"| {text}")


class Market:
    """Instance types and prices; with `denied` neither."""

    def __init__(self, *, denied: bool = False) -> None:
        self._denied = denied

    def describe_types(self, names: object) -> list[dict[str, Any]]:
        del names
        return KINDS

    def describe_instance(self, container_instance: str) -> dict[str, Any] | None:
        """Of ECS's container instance HOST; any other is gone."""
        if container_instance != HOST:
            return None
        placed = {"AvailabilityZone": "eu-west-1a"}
        return {"InstanceType": "g4dn.xlarge", "InstanceLifecycle": "spot", "Placement": placed}

    def list_spot(self, types: object) -> list[tuple[str, str, float]]:
        del types
        self._asked("spot")
        return [("g4dn.xlarge", "eu-west-1a", 0.2)]

    def read_on_demand(self, instance_type: str) -> float | None:
        self._asked("on demand")
        return {"g4dn.xlarge": 0.6}.get(instance_type)

    def _asked(self, what: str) -> None:
        if self._denied:
            raise RunError("prices", f"denied {what}", "Ask.")


class Nothing:
    """Images, quotas, stacks and objects where a test asks for none of them."""

    def has(self, repository: str, tag: str) -> bool:
        raise AssertionError((repository, tag))

    def read_value(self, code: str) -> float | None:
        del code
        return None

    def read_outputs(self, name: str) -> dict[str, str] | None:
        raise AssertionError(name)

    def find(self, url: str) -> tuple[str, int] | None:
        raise AssertionError(url)

    def list_prefix(self, url: str) -> list[tuple[str, str, int]]:
        raise AssertionError(url)


def cloud(engine: ScriptedBatch, logs: ScriptedLogs | None = None) -> Cloud:
    """AWS around an engine that plays a script."""
    none, market = Nothing(), Market()
    streams = logs or ScriptedLogs({})
    return Cloud("eu-west-1", engine, streams, none, none, market, market, none, none)
