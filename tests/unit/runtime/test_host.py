from pathlib import Path

from pilotlight_runtime.engine.host import describe_host

INTEL = "processor\t: 0\nflags\t\t: fpu sse4_1 avx f16c fma avx2 amx_tile\n\nprocessor\t: 1\nflags\t: fpu\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd\n"


def described(folder: Path, text: str, machine: str = "x86_64", engine: str = "1.32.0") -> str:
    path = folder / "cpuinfo"
    path.write_text(text)
    return describe_host(engine, machine=machine, cpu_info=str(path))


def test_a_host_is_its_engine_machine_and_the_flags_that_matter(tmp_path: Path) -> None:
    assert described(tmp_path, INTEL) == "onnxruntime 1.32.0, x86_64 sse4_1 avx f16c fma avx2"
    assert described(tmp_path, ARM, "aarch64") == "onnxruntime 1.32.0, aarch64"


def test_another_engine_or_instruction_set_is_another_host(tmp_path: Path) -> None:
    here = described(tmp_path, INTEL)
    assert described(tmp_path, INTEL, engine="1.33.0") != here
    assert described(tmp_path, INTEL.replace("avx2", "avx2 avx512f")) != here
    assert described(tmp_path, INTEL.replace(" avx2", "")) != here
    assert described(tmp_path, INTEL.replace("fpu ", "")) == here


def test_without_a_list_of_flags_the_machine_alone_counts(tmp_path: Path) -> None:
    assert describe_host("1", machine="arm64", cpu_info=str(tmp_path / "none")) == "onnxruntime 1, arm64"
    assert described(tmp_path, "no flags here\n") == "onnxruntime 1.32.0, x86_64"
