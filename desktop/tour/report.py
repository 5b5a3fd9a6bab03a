"""What the tour found out, as it is written to ``report.json``."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel

from desktop.atomic_file import write_atomically


class Step(BaseModel):
    """One step of the story."""

    number: int
    name: str
    seconds: float
    ok: bool
    screenshots: list[str] = []
    problem: str | None = None


class Counts(BaseModel):
    """The story in figures."""

    guests: int = 0
    seated: int = 0
    tickets: int = 0
    scans: int = 0
    admitted: int = 0
    refused: dict[str, int] = {}
    pushed: int = 0
    pulled: int = 0
    conflicts: dict[str, int] = {}
    entries_committed_at_doors: int = 0
    entries_on_server: int = 0


class Report(BaseModel):
    """The whole report; ``digests`` holds one hash for each copy and for the server's view of its role."""

    steps: list[Step] = []
    counts: Counts = Counts()
    digests: dict[str, str] = {}
    differences: list[str] = []
    converged: bool = False
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every step went well and all copies agree."""
        return self.converged and bool(self.steps) and all(step.ok for step in self.steps)

    def write(self, path: Path) -> None:
        """Write the report as JSON."""
        write_atomically(path, self.model_dump_json(indent=2) + "\n")
