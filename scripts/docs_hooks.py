"""Hooks of the documentation site.

The Markdown files at the top of the repository become pages. A link to any other file outside docs/ leads to the
repository, so the same link works on the site and in a file browser.
"""

import os
import re
from pathlib import Path, PurePosixPath
from typing import Final

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

TOP_PAGES: Final = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "SECURITY.md": "security.md",
    "CHANGELOG.md": "changelog.md",
}
"""The page of each Markdown file at the top of the repository."""
_FENCED: Final = re.compile(r"(^ *(?:```|~~~).*?^ *(?:```|~~~) *$)", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"(\]\()([^)\s#]+)((?:#[^)\s]*)?\))")
_ELSEWHERE: Final = re.compile(r"[a-z][a-z0-9+.-]*:")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Adds the Markdown files at the top of the repository as pages."""
    root = Path(config.docs_dir).parent
    for name, page in TOP_PAGES.items():
        files.append(File.generated(config, page, content=(root / name).read_text(encoding="utf-8")))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:  # noqa: ARG001 (mkdocs passes these by name)
    """Rewrites the relative links of one page for the site."""
    root = Path(config.docs_dir).parent
    return relink(markdown, page.file.src_uri, root, config.extra["repository"])


def relink(markdown: str, page: str, root: Path, repository: str) -> str:
    """Rewrites the relative links of `markdown` for the site.

    Args:
        markdown: The text of the page, with links as they are in the repository.
        page: The page's path on the site, such as "api/index.md".
        root: The folder of the repository.
        repository: The address of the repository's files, with a slash at its end.

    Returns:
        The text in which links to top-level pages lead to those pages and links to other files outside docs/ lead to
        `repository`. A link to a file that doesn't exist stays, so that `mkdocs build --strict` reports it.
    """
    sources = {target: source for source, target in TOP_PAGES.items()}
    source = PurePosixPath(sources.get(page) or f"docs/{page}")

    def rewrite(match: re.Match[str]) -> str:
        before, link, after = match.groups()
        if _ELSEWHERE.match(link):
            return match[0]
        target = os.path.normpath(source.parent / link)
        if target.startswith("docs/"):
            on_site = target.removeprefix("docs/")
        elif target in TOP_PAGES:
            on_site = TOP_PAGES[target]
        elif (root / target).exists():
            return f"{before}{repository}{target}{after}"
        else:
            return match[0]
        return f"{before}{os.path.relpath(on_site, PurePosixPath(page).parent)}{after}"

    parts = _FENCED.split(markdown)
    return "".join(part if index % 2 else _LINK.sub(rewrite, part) for index, part in enumerate(parts))
