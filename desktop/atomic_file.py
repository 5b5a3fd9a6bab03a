"""Writes a small file so that a reader finds either the old one or the new one, never a half of it."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path


def write_atomically(path: Path, content: str) -> None:
    """Replace a file by text in UTF-8 that only its owner may read; raises OSError, and the old file stays then."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Beside the old file, since only within one file system is the exchange a single step; made with mode 600.
    handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    beside = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
