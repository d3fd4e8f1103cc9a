import subprocess
import sys


def test_packaging_and_the_store_load_no_framework_and_no_client() -> None:
    code = (
        "import pilotlight.packaging, pilotlight.store, sys;"
        " print({'tensorflow', 'keras', 'onnx', 'boto3', 'botocore', 'onnxruntime'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "set()\n"
