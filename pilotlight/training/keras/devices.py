"""The devices that a Keras model is fitted on: the GPUs of this machine, and those of the other nodes of a job."""

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
    """What one process fits on.

    which: ALL GPUs of the machine or ONE. cluster: the nodes of the job, None where this is the only one. names: the
    devices, as TensorFlow names them, instead of the GPUs there are.
    """

    def __init__(self, which: str = ALL, cluster: Cluster | None = None, names: Sequence[str] = ()) -> None:
        self._which = which
        self._cluster = cluster
        self._names = tuple(names)
        self._begun = False
        self._strategy: Any = None

    @property
    def is_main(self) -> bool:
        """Whether this process keeps the checkpoints, converts and publishes."""
        return self._cluster is None or self._cluster.index == 0

    def begin(self, progress: Progress, *, deterministic: bool) -> None:
        """Before anything is computed, once a process: connects the nodes, and asks for repeatable operations.

        TrainingError where the backend cannot.
        """
        if self._begun:
            return
        self._begun = True
        if self._cluster is None and not deterministic:
            return
        computes = backend()
        if self._cluster is not None:
            if computes != "tensorflow":
                what = f"cannot fit on several nodes with KERAS_BACKEND={computes}"
                raise TrainingError("the run", what, "Use TensorFlow there, or one node.")
            progress.note(f"node {self._cluster.index + 1} of {len(self._cluster.addresses)}: connecting")
            self._strategy = _connected(self._cluster, self._which)
        if deterministic:
            _deterministic(computes)

    def any(self, wish: bool) -> bool:  # noqa: FBT001  (a question's subject)
        """Whether any node wishes it. All nodes ask in the same order, and get the same answer."""
        if self._cluster is None:
            return wish
        import tensorflow as tf

        with self._strategy.scope():
            value = self._strategy.run(lambda: tf.constant(float(wish)))
            return bool(self._strategy.reduce("SUM", value, axis=None).numpy() > 0)

    def strategy(self) -> Any:
        """What TensorFlow computes under, None where that is one device."""
        if self._strategy is None and (self._names or self._which == ALL):
            import tensorflow as tf

            names = self._names or [device.name for device in tf.config.list_logical_devices("GPU")]
            if len(names) > 1:
                self._strategy = tf.distribute.MirroredStrategy(list(names))
        return self._strategy

    def others(self) -> int:
        """How many devices of this machine JAX or PyTorch have besides the first."""
        import keras

        if self._which == ONE:
            return 0
        if keras.backend.backend() == "jax":
            return len(keras.distribution.list_devices()) - 1
        import torch

        return max(0, int(torch.cuda.device_count()) - 1)


@contextmanager
def shared_batches() -> Iterator[None]:
    """Inside, JAX computes on all devices of the machine, each on its part of a batch."""
    import keras

    distribution = keras.distribution

    class Parts(keras.distribution.DataParallel):  # type: ignore[misc]  # Keras has no types
        def get_data_layout(self, data_shape: Sequence[int]) -> Any:
            """What cannot be divided evenly, such as an epoch's last batch, goes to each device whole."""
            if data_shape[0] % self.num_model_replicas:
                return distribution.TensorLayout([None] * len(data_shape), self.device_mesh)
            return super().get_data_layout(data_shape)

    before = distribution.distribution()
    distribution.set_distribution(Parts(devices=distribution.list_devices()))
    try:
        yield
    finally:
        distribution.set_distribution(before)


def _connected(cluster: Cluster, which: str) -> Any:
    import tensorflow as tf

    if which == ONE:
        tf.config.set_visible_devices(tf.config.list_physical_devices("GPU")[:1], "GPU")
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(
        tf.train.ClusterSpec({"worker": list(cluster.addresses)}), task_type="worker", task_id=cluster.index
    )
    return tf.distribute.MultiWorkerMirroredStrategy(cluster_resolver=resolver)


def _deterministic(computes: str) -> None:
    """Operations that give the same bits each time, where they are slower than others or not."""
    if computes == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_op_determinism()
    elif computes == "torch":
        import torch

        torch.use_deterministic_algorithms(mode=True)
    # JAX's are on CPUs; on GPUs, XLA reads XLA_FLAGS=--xla_gpu_deterministic_ops=true before the process begins.
