"""The gate on tiny graphs, opened by the session that Lambda uses."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from support.onnx_protos import identity_model, linear_model, model_of

from pilotlight.conversion import read_signature
from pilotlight.core.artifacts import Array, Candidate, NamedArrays, Reference
from pilotlight.core.model_config import ParityConfig
from pilotlight.core.reports import Cause, ParityReport
from pilotlight.verification.graphs import verify_golden, verify_graph
from pilotlight_runtime.datatypes import DATATYPES, FP32, Datatype
from pilotlight_runtime.engine.ort_session import open_session
from pilotlight_runtime.session import Session
from pilotlight_runtime.signature import Signature, TensorSpec
from pilotlight_runtime.tensor import Tensor

CONFIG = ParityConfig(samples=150)


def candidate_of(model: onnx.ModelProto, folder: Path) -> Candidate:
    onnx.save(model, folder / "model.onnx")
    return Candidate(folder, read_signature(folder / "model.onnx"))


def doubled(inputs: NamedArrays) -> NamedArrays:
    return {"y": np.asarray(inputs["x"]) * np.float32(2)}


def same(inputs: NamedArrays) -> NamedArrays:
    return {"y": inputs["x"]}


def samples(count: int) -> Array:
    return np.random.default_rng(1).normal(size=(count, 3)).astype(np.float32)


@pytest.mark.parametrize(("available", "wanted", "compared"), [(400, 150, 150), (400, 1, 128), (140, 150, 140)])
def test_at_least_128_samples_where_there_are(tmp_path: Path, available: int, wanted: int, compared: int) -> None:
    reference = Reference(doubled, {"x": samples(available)}, None)
    report = verify_graph(
        candidate_of(linear_model(), tmp_path), reference, ParityConfig(samples=wanted), "", open_session
    )
    assert (report.samples, report.failures, report.note) == (compared, (), "")
    assert (report.metric, report.source_metric) == ("", None)


def test_the_samples_run_in_batches_and_alone(tmp_path: Path) -> None:
    sizes: list[int] = []

    class Watched:
        def __init__(self, session: Session) -> None:
            self._session = session
            self.signature = session.signature

        def run(self, inputs: dict[str, Tensor], outputs: Sequence[str]) -> list[Tensor]:
            sizes.append(inputs["x"].shape[0])
            return self._session.run(inputs, outputs)

    reference = Reference(doubled, {"x": samples(150)}, None)
    candidate = candidate_of(linear_model(), tmp_path)
    verify_graph(candidate, reference, CONFIG, "", lambda path, threads: Watched(open_session(path, threads)))  # type: ignore[arg-type, return-value]  # a Mapping in the Protocol
    assert sizes == [64, 64, 22, 1, 1, 1, 1]


def test_all_kinds_of_failures_are_collected(tmp_path: Path) -> None:
    labels = np.argmax(doubled({"x": samples(150)})["y"], axis=1)
    reference = Reference(doubled, {"x": samples(150)}, labels)
    report = verify_graph(candidate_of(linear_model(-2.0), tmp_path), reference, CONFIG, "accuracy", open_session)
    assert (report.source_metric, report.onnx_metric is not None and report.onnx_metric < 0.1) == (1.0, True)
    assert [failure.split(" ")[0] for failure in report.failures] == ["output", "accuracy"]
    assert report.largest_difference == pytest.approx(4 * float(np.abs(samples(150)).max()))


def test_what_may_go_either_way_is_settled_before_it_is_compared(tmp_path: Path) -> None:
    sizes: list[int] = []

    def either(expected: NamedArrays, found: NamedArrays) -> NamedArrays:
        sizes.append(len(found["y"]))
        return {"y": np.where(expected["y"] > 1, found["y"], expected["y"])}  # type: ignore[operator]  # numbers

    def tripled_where_large(inputs: NamedArrays) -> NamedArrays:
        y = doubled(inputs)["y"]
        return {"y": np.where(y > 1, y * 3, y)}  # type: ignore[operator]  # numbers

    candidate = candidate_of(linear_model(), tmp_path)
    strict = Reference(tripled_where_large, {"x": samples(150)}, None)
    assert verify_graph(candidate, strict, CONFIG, "", open_session).failures
    settled = Reference(tripled_where_large, {"x": samples(150)}, None, either)
    assert verify_graph(candidate, settled, CONFIG, "", open_session).failures == ()
    assert sizes == [150, *[1] * 8]  # all together; each of four among the others and alone


def test_labels_that_do_not_fit_the_metric_are_a_failure(tmp_path: Path) -> None:
    reference = Reference(doubled, {"x": samples(150)}, samples(150))
    report = verify_graph(candidate_of(linear_model(), tmp_path), reference, CONFIG, "accuracy", open_session)
    assert "accuracy needs scores of shape" in report.failures[0]


def test_a_model_that_answers_only_nan_is_refused(tmp_path: Path) -> None:
    """NaN equals NaN, so such a model would be published as one without any difference."""

    def broken(inputs: NamedArrays) -> NamedArrays:
        return {"y": np.full_like(np.asarray(inputs["x"]), np.nan)}

    report = verify_graph(
        candidate_of(linear_model(), tmp_path), Reference(broken, {"x": samples(150)}, None), CONFIG, "", open_session
    )
    assert report.failures == ("output y: the source model answers NaN for every sample; correct the model",)
    assert report.cause is Cause.FAILED


@pytest.mark.parametrize(("shape", "compared"), [((4, 3), 148), ((1, 3), 150), ((150, 3), 150)])
def test_a_fixed_batch_is_kept_to(tmp_path: Path, shape: tuple[int, int], compared: int) -> None:
    reference = Reference(same, {"x": samples(150)}, None)
    candidate = candidate_of(identity_model(shape=shape), tmp_path)
    report = verify_graph(candidate, reference, CONFIG, "", open_session)
    assert (report.samples, report.failures) == (compared, ())


def test_samples_that_a_graph_cannot_take_are_failures(tmp_path: Path) -> None:
    candidate = candidate_of(identity_model(shape=(200, 3)), tmp_path)
    report = verify_graph(candidate, Reference(same, {"x": samples(150)}, None), CONFIG, "", open_session)
    assert report.failures == ("the graph takes 200 samples a call, and only 150 are held out",)
    wrong = Reference(same, {"x": samples(150).astype(np.float64)}, None)
    report = verify_graph(candidate_of(linear_model(), tmp_path), wrong, CONFIG, "", open_session)
    assert report.failures == ("FP32 needs dtype float32, not float64",)


def test_a_graph_that_fails_when_run_is_a_failure(tmp_path: Path) -> None:
    node = helper.make_node("Reshape", ["x", "s"], ["y"])
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, ["n", 3])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, ["n", 3])
    size = helper.make_tensor("s", TensorProto.INT64, [2], [7, 3])
    candidate = candidate_of(model_of(helper.make_graph([node], "g", [x], [y], [size])), tmp_path)
    (failure,) = verify_graph(candidate, Reference(same, {"x": samples(150)}, None), CONFIG, "", open_session).failures
    assert "Reshape" in failure


def test_a_file_that_does_not_open_is_a_failure(tmp_path: Path) -> None:
    candidate = candidate_of(linear_model(), tmp_path)
    (tmp_path / "model.onnx").write_bytes(b"damaged")
    report = verify_graph(candidate, None, CONFIG, "", open_session)
    assert len(report.failures) == 1


def test_a_signature_that_the_session_does_not_have_is_a_failure(tmp_path: Path) -> None:
    candidate = candidate_of(linear_model(), tmp_path)
    onnx.save(identity_model(TensorProto.DOUBLE), tmp_path / "model.onnx")
    failures = verify_graph(candidate, None, CONFIG, "", open_session).failures
    assert failures == (
        "model.onnx has the inputs x FP64[-1, 2], but manifest.json says x FP32[-1, 3]",
        "model.onnx has the outputs y FP64[-1, 2], but manifest.json says y FP32[-1, 3]",
    )


def test_a_shape_with_which_no_function_would_start_is_a_failure_even_where_all_values_agree(tmp_path: Path) -> None:
    onnx.save(identity_model(shape=(1, 3)), tmp_path / "model.onnx")
    wider = Signature((TensorSpec("x", FP32, (-1, 3)),), (TensorSpec("y", FP32, (-1, 3)),))
    reference = Reference(same, {"x": samples(150)}, None)
    report = verify_graph(Candidate(tmp_path, wider), reference, CONFIG, "", open_session)
    assert report.failures == ("model.onnx has the inputs x FP32[1, 3], but manifest.json says x FP32[-1, 3]",)
    assert report.largest_difference == 0.0


def test_outputs_of_another_shape_than_the_signature_says_are_a_failure(tmp_path: Path) -> None:
    model = linear_model()
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = 7
    candidate = candidate_of(model, tmp_path)
    report = verify_graph(candidate, Reference(doubled, {"x": samples(150)}, None), CONFIG, "", open_session)
    assert report.failures == ("output y: shape is [150, 3], the signature says [-1, 7]",)
    x = samples(2)
    report = verify_golden(candidate, {"x": x}, {"y": x * 2}, CONFIG, open_session)
    assert report.failures == ("output y: shape is [2, 3], the signature says [-1, 7]",)


@pytest.mark.parametrize(("drop", "refused"), [(0.0, True), (1.0, False)])
def test_the_metric_may_fall_as_far_as_the_configuration_lets_it(tmp_path: Path, drop: float, *, refused: bool) -> None:
    labels = np.argmax(doubled({"x": samples(150)})["y"], axis=1)
    config = ParityConfig(samples=150, rtol=10.0, metric_drop=drop)
    reference = Reference(doubled, {"x": samples(150)}, labels)
    report = verify_graph(candidate_of(linear_model(-2.0), tmp_path), reference, config, "accuracy", open_session)
    assert [failure.split(" ")[0] for failure in report.failures] == ["accuracy"] * refused


@pytest.mark.parametrize(("factor", "refused"), [(1.1, True), (1.0001, False)])
def test_r2_may_fall_by_what_rounding_costs_and_no_more(tmp_path: Path, factor: float, *, refused: bool) -> None:
    """Of labels around 0, r2 of `factor` times the labels is 1 - (factor - 1) ** 2: 0.99, and 1e-8 less than 1."""
    truth = np.linspace(-1, 1, 150)[:, None]
    x = (truth * factor).astype(np.float32)
    reference = Reference(lambda inputs: {"y": (inputs["x"] / np.float32(factor))}, {"x": x}, truth)  # type: ignore[operator]  # numbers
    config = ParityConfig(samples=150, rtol=10.0)
    report = verify_graph(candidate_of(identity_model(shape=("n", 1)), tmp_path), reference, config, "r2", open_session)
    assert report.onnx_metric == pytest.approx(1 - (factor - 1) ** 2, abs=1e-6)
    assert [failure.split(",")[0] for failure in report.failures] == ["r2 falls from 1.000000 to 0.990000"] * refused


def test_a_metric_that_could_not_be_compared_is_told(tmp_path: Path) -> None:
    reference = Reference(doubled, {"x": samples(100)}, None)
    report = verify_graph(candidate_of(linear_model(), tmp_path), reference, CONFIG, "accuracy", open_session)
    assert report.note == (
        "only 100 samples are held out; 128 are wanted; accuracy was not compared: there are no labels that it takes"
    )


def test_numbers_are_no_texts(tmp_path: Path) -> None:
    candidate = candidate_of(identity_model(TensorProto.STRING), tmp_path)
    report = verify_graph(candidate, Reference(same, {"x": np.full((130, 2), 3)}, None), CONFIG, "", open_session)
    assert report.failures == ("BYTES needs texts or bytes, not int64",)


@pytest.mark.parametrize("datatype", DATATYPES.values(), ids=lambda each: each.name)
def test_every_datatype_goes_through(tmp_path: Path, datatype: Datatype) -> None:
    values = np.array([[0, 0x3F80 if datatype.name == "BF16" else 1]] * 130)
    x = values.astype(str) if datatype.name == "BYTES" else values.astype(datatype.numpy)
    candidate = candidate_of(identity_model(datatype.onnx), tmp_path)
    report = verify_graph(candidate, Reference(same, {"x": x}, None), CONFIG, "", open_session)
    assert (report.samples, report.failures, report.largest_difference) == (130, (), 0.0)
    report = verify_graph(
        candidate, Reference(lambda given: {"y": given["x"][:, ::-1]}, {"x": x}, None), CONFIG, "", open_session
    )
    assert report.failures[0].startswith("output y: 260 of 260 values differ")


@pytest.mark.parametrize(("outliers", "refused"), [(0.01, False), (0.0, True)])
def test_a_sample_that_is_an_outlier_among_others_is_none_more_alone(
    tmp_path: Path, outliers: float, *, refused: bool
) -> None:
    def odd(inputs: NamedArrays) -> NamedArrays:
        return {"y": doubled(inputs)["y"] + (inputs["x"] == inputs["x"][0]) * np.float32(5)}

    candidate = candidate_of(linear_model(), tmp_path)
    config = ParityConfig(samples=150, outliers=outliers)
    report = verify_graph(candidate, Reference(odd, {"x": samples(150)}, None), config, "", open_session)
    assert bool(report.failures) is refused
    assert report.largest_difference == pytest.approx(5.0)


def rejected_for(tmp_path: Path, reference: Reference, metric: str = "", **changes: Any) -> ParityReport:
    candidate = candidate_of(linear_model(), tmp_path)
    return verify_graph(candidate, reference, replace(CONFIG, **changes), metric, open_session)


def test_a_metric_that_cannot_be_computed_is_no_difference_and_others_are_named(tmp_path: Path) -> None:
    reference = Reference(doubled, {"x": samples(150)}, samples(150))
    report = rejected_for(tmp_path, reference, "accuracy")
    assert report.cause is Cause.UNMEASURED
    assert report.failures[0].endswith("r2 or mean_absolute_error can be computed")


def test_a_chosen_metric_that_cannot_be_computed_is_left_out(tmp_path: Path) -> None:
    reference = Reference(doubled, {"x": samples(150)}, samples(150), metric="accuracy", chosen=True)
    report = rejected_for(tmp_path, reference, "accuracy")
    assert (report.failures, report.cause, report.metric) == ((), Cause.NONE, "")
    assert report.note.startswith("accuracy was not compared: accuracy needs scores")


def test_another_shape_than_the_signature_s_is_no_difference(tmp_path: Path) -> None:
    candidate = candidate_of(linear_model(), tmp_path)
    (spec,) = candidate.signature.outputs
    wrong = replace(candidate, signature=candidate.signature._replace(outputs=(spec._replace(shape=(-1, 5)),)))
    report = verify_graph(wrong, Reference(doubled, {"x": samples(150)}, None), CONFIG, "", open_session)
    assert any("the signature says [-1, 5]" in failure for failure in report.failures)
    assert report.cause in (Cause.MISSHAPEN, Cause.FAILED)


def test_other_answers_are_a_difference(tmp_path: Path) -> None:
    report = rejected_for(tmp_path, Reference(same, {"x": samples(150)}, None))
    assert report.cause is Cause.DIFFERS


@pytest.mark.parametrize(("drop", "failures"), [(0.0, 1), (0.5, 0)])
def test_an_error_may_not_rise_by_more_than_the_drop(tmp_path: Path, drop: float, failures: int) -> None:
    """The source is exact; the graph's answers are 0.3 too high, which the tolerances of the values allow here."""
    x = samples(150)

    def shifted(inputs: NamedArrays) -> NamedArrays:
        return {"y": doubled(inputs)["y"] - np.float32(0.3)}

    reference = Reference(shifted, {"x": x}, shifted({"x": x})["y"])
    report = rejected_for(tmp_path, reference, "mean_absolute_error", outliers=1.0, metric_drop=drop)
    assert (report.source_metric, report.onnx_metric) == (0.0, pytest.approx(0.3, rel=1e-5))
    rises = [each for each in report.failures if each.startswith("mean_absolute_error rises from 0.000000 to 0.3")]
    assert len(rises) == len(report.failures) == failures


def test_an_error_that_falls_is_no_failure(tmp_path: Path) -> None:
    x = samples(150)

    def shifted(inputs: NamedArrays) -> NamedArrays:
        return {"y": doubled(inputs)["y"] - np.float32(0.3)}

    reference = Reference(shifted, {"x": x}, doubled({"x": x})["y"])
    report = rejected_for(tmp_path, reference, "mean_absolute_error", outliers=1.0)
    assert report.failures == ()
    assert (report.onnx_metric, report.source_metric) == (0.0, pytest.approx(0.3, rel=1e-5))
