"""What `init`, `new` and `import` add to a project: decided by reading only, then written file by file."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from pilotlight.core.errors import ProjectError
from pilotlight.core.files import remove_unfinished, write_atomically


class Change(NamedTuple):
    """A file whose content is replaced.

    Attributes:
        path: The file.
        before: Its content.
        after: Its new content.
    """

    path: Path
    before: bytes
    after: bytes


class Addition(NamedTuple):
    """Files to add, and at last one to change.

    Writing it again does nothing, and completes what a killed process has left.

    Attributes:
        folder: The folder of the new files.
        files: The content of the new files by relative path, in the order in which they are written.
        change: What is changed when all files are there; None for nothing.
        note: What a person should know about the change; "" for nothing.
    """

    folder: Path
    files: Mapping[Path, bytes]
    change: Change | None = None
    note: str = ""

    def check(self) -> None:
        """Check that nothing is in the way. A file that has the same content already is not.

        Raises:
            ProjectError: Files have another content; the message names all of them.
        """
        taken = [str(name) for name, content in self.files.items() if self._is_taken(name, content)]
        if taken:
            raise ProjectError(
                str(self.folder),
                f"has {', '.join(taken)} already, with other content",
                "Nothing was written: move them away first.",
            )

    def write(self) -> None:
        """Write what is missing.

        Raises:
            ProjectError: A file is in the way, or cannot be written.
        """
        self.check()
        for folder in {(self.folder / name).parent for name in self.files}:
            remove_unfinished(folder)
        for name, content in self.files.items():
            path = self.folder / name
            if not path.is_file():
                write_atomically(path, content)
        if self.change is None:
            return
        target = self.change.path.resolve()  # a link stays one
        remove_unfinished(target.parent)
        if self.change.after != self.change.before:
            write_atomically(target, self.change.after)

    def _is_taken(self, name: Path, content: bytes) -> bool:
        path = self.folder / name
        if path.is_file():
            return path.read_bytes() != content
        above = (path, *path.parents[: len(name.parts)])
        return path.is_dir() or any(map(_is_obstacle, above))


def _is_obstacle(path: Path) -> bool:
    """Return whether a path is something that a folder cannot be created at: a file, or a link to nothing."""
    return path.is_symlink() if not path.exists() else not path.is_dir()
