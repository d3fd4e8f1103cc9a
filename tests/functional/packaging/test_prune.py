from pathlib import Path

from pilotlight.packaging.prune import prune_layer

KEPT = [
    "PIL/Image.py",
    "PIL/ImageOps.py",
    "PIL/JpegImagePlugin.py",
    "PIL/PngImagePlugin.py",
    "PIL/_imaging.cpython-313-x86_64-linux-gnu.so",
    "aws_lambda_powertools/logging/logger.py",
    "aws_lambda_powertools/metrics/provider/cloudwatch_emf/cloudwatch.py",
    "aws_lambda_powertools/utilities/jmespath_utils/__init__.py",
    "numpy/core/multiarray.so",
    "onnxruntime-1.32.0.dist-info/METADATA",
    "onnxruntime/LICENSE",
    "onnxruntime/ThirdPartyNotices.txt",
    "onnxruntime/capi/libonnxruntime.so.1.32.0",
    "pillow-13.0.0.dist-info/licenses/LICENSE.txt",
    "pillow.libs/libjpeg-6dc8d115.so.62.4.0",
    "pillow.libs/libnew-0.so",
    "pillow.libs/libtiff-20b7e810.so.6.3.0",
]
DROPPED = [
    "PIL/GifImagePlugin.py",
    "PIL/ImageDraw.py",
    "PIL/ImageTk.py",
    "PIL/WebPImagePlugin.py",
    "PIL/_imaging.pyi",
    "PIL/_webp.cpython-313-x86_64-linux-gnu.so",
    "aws_lambda_powertools/event_handler/api_gateway.py",
    "aws_lambda_powertools/utilities/parser/models/sqs.py",
    "bin/jp.py",
    "onnxruntime/__init__.py",
    "onnxruntime/capi/libonnxruntime_providers_shared.so",
    "onnxruntime/capi/onnxruntime_pybind11_state.cpython-313-x86_64-linux-gnu.so",
    "onnxruntime/transformers/models/gpt2/convert.py",
    "pillow-13.0.0.dist-info/RECORD",
    "pillow.libs/libavif-c6062d5f.so.16.4.2",
]


def test_what_serving_never_loads_goes(tmp_path: Path) -> None:
    for name in KEPT + DROPPED:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    prune_layer(tmp_path)
    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file())
    assert left == sorted(KEPT)
    assert not (tmp_path / "onnxruntime" / "transformers").exists()
