"""One step of a fit on several devices of TensorFlow: each device's gradients, and their sum."""

from __future__ import annotations

from typing import Any


def make_step(strategy: Any, model: Any) -> Any:
    """A function that takes one step on a global batch and returns the metrics so far."""
    import tensorflow as tf

    part = _part_function(tf, strategy.num_replicas_in_sync, model)

    def step(batch: Any) -> Any:
        strategy.run(part, args=(batch,))
        return model.get_metrics_result()

    traced = tf.function(step, reduce_retracing=True, autograph=False)

    def call(batch: Any) -> Any:
        with strategy.scope():
            return traced(batch)

    return call


def _part_function(tf: Any, devices: int, model: Any) -> Any:
    """A function for one device: the gradients of its part of a batch, summed over all devices, and the same step."""
    import keras

    tracker = next(metric for metric in model.metrics if metric.name == "loss")

    def part(batch: Any) -> Any:
        context = tf.distribute.get_replica_context()
        with tf.device("/CPU:0"):  # so that each device gets its own part alone
            samples, share, count = _own_samples(tf, batch, context.replica_id_in_sync_group, devices)
        x, y, weight = keras.utils.unpack_x_y_sample_weight(samples)
        before = [tf.identity(variable.value) for variable in model.metrics_variables]
        with tf.GradientTape() as tape:
            answer = model(x, training=True)
            # Keras divides a loss by the number of devices, for sums of equal parts.
            loss = model.compute_loss(x=x, y=y, y_pred=answer, sample_weight=weight, training=True) * devices
            scaled = model.optimizer.scale_loss(loss) * tf.cast(share, loss.dtype)
        gradients = tape.gradient(scaled, model.trainable_variables)
        for variable, value in zip(model.metrics_variables, before, strict=True):
            # compute_loss has counted the loss of each of several outputs as that of a whole batch.
            variable.assign(value + (tf.identity(variable.value) - value) * tf.cast(share, value.dtype))
        tracker.update_state(loss, sample_weight=count)
        x, y, answer, weight = tf.nest.map_structure(
            lambda each: None if each is None else each[:count], (x, y, answer, weight)
        )
        model.compute_metrics(x, y, answer, sample_weight=weight)
        pairs = [pair for pair in zip(gradients, model.trainable_variables, strict=True) if pair[0] is not None]
        dense = [tf.convert_to_tensor(gradient) for gradient, _ in pairs]
        summed = context.all_reduce(tf.distribute.ReduceOp.SUM, dense)
        model.optimizer.apply(summed, [variable for _, variable in pairs])

    return part


def _own_samples(tf: Any, batch: Any, device: Any, devices: int) -> tuple[Any, Any, Any]:
    """Every `devices`-th sample of `batch` from number `device` on, their share of the batch, and how many they are.

    A device without any gets the first sample, with a share and a count of 0: a mean over no samples is not a number.
    """
    total = tf.shape(tf.nest.flatten(batch)[0])[0]
    rows = tf.range(device, total, devices)
    count = tf.shape(rows)[0]
    rows = tf.cond(count > 0, lambda: rows, lambda: tf.zeros([1], rows.dtype))
    samples = tf.nest.map_structure(lambda each: tf.gather(each, rows), batch)
    return samples, tf.cast(count, tf.float32) / tf.cast(total, tf.float32), count
