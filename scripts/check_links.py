"""Fails where a relative link or an anchor in the project's Markdown leads nowhere. Argument: ROOT."""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(r"\[[^\]]*\]\(\s*<?([^)\s>]+)>?[^)]*\)|(?:src|href)=\"([^\"]+)\"")
_HEADING: Final = re.compile(r"^#{1,6}\s+(.*?)\s*#*$", re.MULTILINE)
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:")


def broken_links(root: Path) -> list[str]:
    """One line for each link in README.md, the other Markdown files of `root` and docs/ that leads nowhere."""
    pages = sorted([*root.glob("*.md"), *root.glob("docs/**/*.md")])
    return [f"{page.relative_to(root)}: {link} {why}" for page in pages for link, why in _broken(page)]


def _broken(page: Path) -> Iterator[tuple[str, str]]:
    text = _CODE.sub("", _FENCE.sub("", page.read_text(encoding="utf-8")))
    for match in _LINK.finditer(text):
        link = match[1] or match[2]
        if _ELSEWHERE.match(link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        if not target.exists():
            yield link, "does not exist"
        elif anchor and target.suffix == ".md" and anchor not in _anchors(target):
            yield link, "is no heading there"


def _anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives the headings of `page`: repeated ones get -1, -2 and so on."""
    text = _FENCE.sub("", page.read_text(encoding="utf-8"))
    anchors: set[str] = set()
    for heading in _HEADING.findall(text):
        words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", words).replace(" ", "-")
        repeats = (f"{slug}-{number}" if number else slug for number in range(len(anchors) + 1))
        anchors.add(next(name for name in repeats if name not in anchors))
    return anchors


if __name__ == "__main__":
    problems = broken_links(Path(sys.argv[1] if len(sys.argv) > 1 else "."))
    print("\n".join(problems), file=sys.stderr, end="\n" if problems else "")
    sys.exit(bool(problems))
