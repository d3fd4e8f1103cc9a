"""The machines of one multi-node job: which node this one is, and how the nodes find one another.

AWS Batch gives each node of a multi-node parallel job its number, and the address of the main node. TensorFlow needs
the address of every node. So each node writes its own address to the store and waits until all addresses are there.
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
"""How long a node waits for the others: the instances of one job start minutes apart."""
_POLL_SECONDS: Final = 2.0
_UNSAFE: Final = re.compile(r"[^A-Za-z0-9-]")


class NodePlace(Protocol):
    """Where nodes write their addresses, such as pilotlight.store's Blobs."""

    def put_bytes(self, name: str, content: bytes) -> bool:
        """Stores `content` under `name`; False where that name exists already."""

    def get_bytes(self, name: str) -> bytes | None:
        """The content of `name`, None where the name does not exist."""

    def names(self, prefix: str) -> Iterator[str]:
        """Every name that starts with `prefix`, sorted."""


@dataclass(frozen=True)
class Node:
    """This machine in a multi-node job.

    Attributes:
        count: How many nodes the job has.
        index: The number of this node.
        main: The number of the main node.
        job: A name for the job and its attempt.
        main_address: The IPv4 address of the main node; "" on the main node itself.
    """

    count: int
    index: int
    main: int
    job: str
    main_address: str

    @property
    def is_main(self) -> bool:
        """Whether this node converts and publishes. The other nodes only fit."""
        return self.index == self.main


@dataclass(frozen=True)
class Cluster:
    """All nodes of a job.

    Attributes:
        addresses: The host:port of every node, the main node first.
        index: This node's place among them.
    """

    addresses: tuple[str, ...]
    index: int


def node_of(environ: Mapping[str, str]) -> Node | None:
    """This node of a multi-node job; None for a job of one node.

    Raises:
        TrainingError: A variable of AWS Batch is missing or invalid.
    """
    try:
        if int(environ.get(COUNT, "1") or "1") <= 1:
            return None
        count, index, main = (int(environ[name]) for name in (COUNT, INDEX, MAIN))
        job = f"{environ[JOB].split('#')[0]}-{environ.get(ATTEMPT, '1')}"
    except (KeyError, ValueError) as error:
        hint = f"AWS Batch sets {COUNT}, {INDEX}, {MAIN} and {JOB} for each node of a multi-node parallel job."
        raise TrainingError("the environment", f"has several nodes, but {error} is missing or invalid", hint) from error
    address = environ.get(MAIN_ADDRESS, "")
    if not 0 <= index < count or not 0 <= main < count or (index != main and not address):
        hint = f"AWS Batch sets {MAIN_ADDRESS} on every node except the main one."
        raise TrainingError(
            "the environment", f"has no valid address of the main node for node {index} of {count}", hint
        )
    return Node(count, index, main, _UNSAFE.sub("-", job), address)


def meet(
    node: Node,
    place: NodePlace,
    address: str,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
    seconds: float = SECONDS,
) -> Cluster:
    """Writes this node's address and waits until every node of the job has done so.

    Args:
        node: This node.
        place: Where addresses are written.
        address: The host:port of this node.
        clock: Seconds that only increase.
        sleep: Waits so many seconds.
        seconds: How long to wait.

    Raises:
        TrainingError: The time is over; the message names the missing nodes.
    """
    prefix = f"{node.job}/"
    place.put_bytes(f"{prefix}{node.index}", address.encode())
    end = clock() + seconds
    while len(found := set(place.names(prefix))) < node.count:
        if clock() > end:
            missing = [str(index) for index in range(node.count) if f"{prefix}{index}" not in found]
            what = f"waited {seconds:.0f} seconds for node {', '.join(missing)} of {node.count}"
            raise TrainingError(
                f"node {node.index}", what, "Read the log of that node. All nodes must write to the same store."
            )
        sleep(_POLL_SECONDS)
    order = [node.main, *(index for index in range(node.count) if index != node.main)]
    addresses = [(place.get_bytes(f"{prefix}{index}") or b"").decode(errors="replace") for index in order]
    return Cluster(tuple(addresses), order.index(node.index))


def own_address(node: Node) -> str:
    """The host:port at which other nodes reach this one. The port was free a moment ago."""
    with socket.socket() as listener:
        listener.bind(("", 0))
        port = listener.getsockname()[1]
    return f"{_own_host(node)}:{port}"


def _own_host(node: Node) -> str:
    """The address of the interface that reaches the main node; on the main node, that of its host name."""
    if not node.main_address:
        return socket.gethostbyname(socket.gethostname())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as towards:
        towards.connect((node.main_address, 9))  # sends nothing; it only chooses the interface
        return str(towards.getsockname()[0])
