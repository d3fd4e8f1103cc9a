"""The devices that a Keras model is fitted on: the GPUs of this machine and of the other nodes of a job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

from pilotlight.core.errors import TrainingError
from pilotlight.core.progress import Progress
from pilotlight.training.keras.backend import backend
from pilotlight.training.nodes import Cluster

ALL: Final = "all"
ONE: Final = "one"


class Devices:
    """The devices of one process.

    Args:
        which: ALL GPUs of the machine or ONE.
        cluster: The nodes of the job, None for a job of one node.
        names: TensorFlow's names of devices to use instead of all GPUs.
    """

    def __init__(self, which: str = ALL, cluster: Cluster | None = None, names: Sequence[str] = ()) -> None:
        self._which = which
        self._cluster = cluster
        self._names = tuple(names)
        self._started = False
        self._strategy: Any = None

    @property
    def nodes(self) -> int:
        """How many nodes the job has."""
        return 1 if self._cluster is None else len(self._cluster.addresses)

    @property
    def is_main(self) -> bool:
        """Whether this process writes the checkpoints, converts and publishes."""
        return self._cluster is None or self._cluster.index == 0

    def begin(self, progress: Progress, *, deterministic: bool) -> None:
        """Connects the nodes and turns repeatable operations on. Only the first call in a process has an effect.

        Raises:
            TrainingError: The backend cannot fit on several nodes.
        """
        if self._started:
            return
        self._started = True
        if self._cluster is None and not deterministic:
            return
        library = backend()
        if self._cluster is not None:
            if library != "tensorflow":
                what = f"cannot fit on several nodes with KERAS_BACKEND={library}"
                raise TrainingError("the run", what, "Use TensorFlow, or one node.")
            progress.note(f"node {self._cluster.index + 1} of {len(self._cluster.addresses)}: connecting")
            self._strategy = _connect(self._cluster, self._which)
        if deterministic:
            _turn_on_determinism(library)

    def any(self, wish: bool) -> bool:  # noqa: FBT001  (the value that the question is about)
        """Whether `wish` is true on any node. All nodes must ask in the same order; they get the same answer."""
        if self._cluster is None:
            return wish
        import tensorflow as tf

        with self._strategy.scope():
            value = self._strategy.run(lambda: tf.constant(float(wish)))
            return bool(self._strategy.reduce("SUM", value, axis=None).numpy() > 0)

    def strategy(self) -> Any:
        """The tf.distribute strategy, None for one device."""
        if self._strategy is None and (self._names or self._which == ALL):
            import tensorflow as tf

            names = self._names or [device.name for device in tf.config.list_logical_devices("GPU")]
            if len(names) > 1:
                self._strategy = tf.distribute.MirroredStrategy(list(names))
        return self._strategy

    def others(self) -> int:
        """How many devices of this machine JAX or PyTorch could use besides the first."""
        import keras

        if self._which == ONE:
            return 0
        if keras.backend.backend() == "jax":
            return len(keras.distribution.list_devices()) - 1
        import torch

        return max(0, int(torch.cuda.device_count()) - 1)


@contextmanager
def data_parallel() -> Iterator[None]:
    """Inside the block, JAX computes on all devices of the machine, each on its part of a batch."""
    import keras

    distribution = keras.distribution

    class Parts(keras.distribution.DataParallel):
        def get_data_layout(self, data_shape: Sequence[int]) -> Any:
            """A batch that cannot be divided evenly, such as an epoch's last one, goes to each device whole."""
            if data_shape[0] % self.num_model_replicas:
                return distribution.TensorLayout([None] * len(data_shape), self.device_mesh)
            return super().get_data_layout(data_shape)

    before = distribution.distribution()
    distribution.set_distribution(Parts(devices=distribution.list_devices()))
    try:
        yield
    finally:
        distribution.set_distribution(before)


def _connect(cluster: Cluster, which: str) -> Any:
    import tensorflow as tf

    if which == ONE:
        tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[:1], "GPU")
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.addresses)}), task_type="worker", task_id=cluster.index
    )
    return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)


def _turn_on_determinism(library: str) -> None:
    """Has the backend use operations that give the same bits each time, even where they are slower."""
    if library == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif library == "torch":
        import torch

        torch.use_deterministic_algorithms(mode=True)
    # On CPUs JAX always does. On GPUs, XLA reads XLA_FLAGS=--xla_gpu_deterministic_ops=true when the process starts.
