"""The machines of one multi-node job: which of them this is, and how they find one another.

AWS Batch tells each node of a multi-node parallel job its number, and the others where the main node is. TensorFlow
wants every node's address. So each puts its own into the store and waits until all are there.
Source: AWS Batch user guide, "Multi-node parallel jobs", "Environment variables".
"""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from pilotlight.core.errors import TrainingError

COUNT: Final = "AWS_BATCH_JOB_NUM_NODES"
INDEX: Final = "AWS_BATCH_JOB_NODE_INDEX"
MAIN: Final = "AWS_BATCH_JOB_MAIN_NODE_INDEX"
MAIN_ADDRESS: Final = "AWS_BATCH_JOB_MAIN_NODE_PRIVATE_IPV4_ADDRESS"
JOB: Final = "AWS_BATCH_JOB_ID"
ATTEMPT: Final = "AWS_BATCH_JOB_ATTEMPT"
SECONDS: Final = 900.0
"""How long a node waits for the others: instances of one job come up minutes apart."""
_BETWEEN_LOOKS: Final = 2.0
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9-]")


class NodePlace(Protocol):
    """Where nodes leave their addresses. pilotlight.store's Blobs are one."""

    def put_bytes(self, name: str, content: bytes) -> bool:
        """Stores `content` under `name` unless something is there."""

    def get_bytes(self, name: str) -> bytes | None:
        """The content of `name`, None where there is none."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that begins with `prefix`, sorted."""


@dataclass(frozen=True)
class Node:
    """One of `count` nodes. index: its own number. main: the main node's. job: names the job and its attempt.

    main_address: an IPv4 address; "" on the main node itself.
    """

    count: int
    index: int
    main: int
    job: str
    main_address: str

    @property
    def is_main(self) -> bool:
        """Whether this one converts and publishes. The others fit alone."""
        return self.index == self.main


@dataclass(frozen=True)
class Cluster:
    """addresses: host:port of every node, the main one first. index: this node's place among them."""

    addresses: tuple[str, ...]
    index: int


def node_of(environ: Mapping[str, str]) -> Node | None:
    """This node of a multi-node job; None where there is one node. TrainingError where a variable makes no sense."""
    if int(environ.get(COUNT, "1") or "1") <= 1:
        return None
    try:
        count, index, main = (int(environ[name]) for name in (COUNT, INDEX, MAIN))
        job = f"{environ[JOB].split('#')[0]}-{environ.get(ATTEMPT, '1')}"
    except (KeyError, ValueError) as error:
        hint = f"AWS Batch sets {COUNT}, {INDEX}, {MAIN} and {JOB} for each node of a multi-node parallel job."
        raise TrainingError(
            "the environment", f"says that there are several nodes, but {error} is wrong", hint
        ) from error
    address = environ.get(MAIN_ADDRESS, "")
    if not 0 <= index < count or not 0 <= main < count or (index != main and not address):
        hint = f"AWS Batch gives every node but the main one {MAIN_ADDRESS}."
        raise TrainingError("the environment", f"does not tell node {index} of {count} where the main node is", hint)
    return Node(count, index, main, _UNSAFE.sub("-", job), address)


def meet(
    node: Node,
    place: NodePlace,
    address: str,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    seconds: float = SECONDS,
) -> Cluster:
    """Waits until every node of the job has left its address in `place`; this node's is `address` (host:port).

    TrainingError, naming the nodes that are missing, once `seconds` by `clock` have passed.
    """
    prefix = f"{node.job}/"
    place.put_bytes(f"{prefix}{node.index}", address.encode())
    end = clock() + seconds
    while len(found := set(place.names(prefix))) < node.count:
        if clock() > end:
            missing = [str(index) for index in range(node.count) if f"{prefix}{index}" not in found]
            what = f"waited {seconds:.0f} seconds for node {', '.join(missing)} of {node.count}"
            raise TrainingError(
                f"node {node.index}", what, "Look at that node's log; all must write to the same store."
            )
        sleep(_BETWEEN_LOOKS)
    order = [node.main, *(index for index in range(node.count) if index != node.main)]
    addresses = [(place.get_bytes(f"{prefix}{index}") or b"").decode() for index in order]
    return Cluster(tuple(addresses), order.index(node.index))


def own_address(node: Node) -> str:
    """host:port that the other nodes reach this one by. The port is one that was free just now."""
    with socket.socket() as listening:
        listening.bind(("", 0))
        port = listening.getsockname()[1]
    return f"{_own_host(node)}:{port}"


def _own_host(node: Node) -> str:
    """The address of the interface that leads to the main node; on the main node, that of its host name."""
    if not node.main_address:
        return socket.gethostbyname(socket.gethostname())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        towards.connect((node.main_address, 9))  # sends nothing; it only chooses the interface
        return str(towards.getsockname()[0])
