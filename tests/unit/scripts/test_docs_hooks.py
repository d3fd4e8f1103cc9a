import runpy
from pathlib import Path

import pytest

REPOSITORY = "https://example.com/blob/main/"


@pytest.mark.parametrize(
    ("page", "link", "on_site"),
    [
        ("index.md", "docs/deploy.md#stages", "deploy.md#stages"),
        ("index.md", "docs/way.svg", "way.svg"),
        ("index.md", "CONTRIBUTING.md", "contributing.md"),
        ("contributing.md", "docs/architecture.md", "architecture.md"),
        ("deploy.md", "operate.md", "operate.md"),
        ("deploy.md", "../CONTRIBUTING.md#levels", "contributing.md#levels"),
        ("deploy.md", "../template.yaml", f"{REPOSITORY}template.yaml"),
        ("deploy.md", "../none.yaml", "../none.yaml"),
        ("deploy.md", "https://example.com/", "https://example.com/"),
        ("decisions/one.md", "../deploy.md", "../deploy.md"),
        ("decisions/one.md", "../../SECURITY.md", "../security.md"),
        ("decisions/one.md", "../../template.yaml#L3", f"{REPOSITORY}template.yaml#L3"),
    ],
)
def test_a_link_of_the_repository_works_on_the_site(
    page: str, link: str, on_site: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    (tmp_path / "template.yaml").touch()
    relink = runpy.run_path(str(request.config.rootpath / "scripts" / "docs_hooks.py"))["relink"]
    assert relink(f"before [a]({link}) after", page, tmp_path, REPOSITORY) == f"before [a]({on_site}) after"


def test_code_blocks_stay_as_they_are(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    relink = runpy.run_path(str(request.config.rootpath / "scripts" / "docs_hooks.py"))["relink"]
    block = "```python\nnames[0](docs/deploy.md)\n```\n"
    assert relink(block, "index.md", tmp_path, REPOSITORY) == block
