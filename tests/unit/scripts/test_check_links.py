import runpy
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("[a](docs/page.md)", None),
        ("[a](docs/page.md#a-heading-2-or-so)", None),
        ("[a](docs/page.md#twice-1)", None),
        ("[a](#here)", None),
        ("[a](https://example.com/none)", None),
        ("`[a](none.md)`", None),
        ('<img src="docs/page.md">', None),
        ("[a](none.md)", "none.md does not exist"),
        ('<img src="none.svg">', "none.svg does not exist"),
        ("[a](docs/page.md#none)", "docs/page.md#none is no heading there"),
        ("[a](docs/page.md#in-code)", "docs/page.md#in-code is no heading there"),
        ("[a](#there)", "#there is no heading there"),
    ],
)
def test_finds_what_leads_nowhere(
    line: str, problem: str | None, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    script = runpy.run_path(str(request.config.rootpath / "scripts" / "check_links.py"))
    (tmp_path / "README.md").write_text(f"# Here\n{line}\n")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("# A heading: 2 (or `so`)\n## Twice\n## Twice\n```\n# In code\n```\n")
    assert script["broken_links"](tmp_path) == ([f"README.md: {problem}"] if problem else [])
