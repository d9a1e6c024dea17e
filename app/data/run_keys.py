"""What a network or a training is known by on the pages; ``text`` is what a widget has of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Published:
    """Shipped with the app. name: ``st-cnn-aff``; of a recording with a further seed ``…@1``."""

    name: str

    @property
    def text(self) -> str:
        return self.name


@dataclass(frozen=True)
class Study:
    """A shipped study of what goes wrong, by its short name."""

    name: str

    @property
    def text(self) -> str:
        return f"study-{self.name}"


@dataclass(frozen=True)
class StartedHere:
    """A training that was started on this machine, by its folder's path below the runs' folder."""

    folder: str

    @property
    def text(self) -> str:
        return f"run-{self.folder}"


@dataclass(frozen=True)
class Uploaded:
    """A checkpoint of the visitor's own, by Streamlit's id of the file."""

    file: str

    @property
    def text(self) -> str:
        return f"own-{self.file}"


RunKey = Published | Study | StartedHere | Uploaded


def recording_name(key: Published | Study, prefix: str) -> str:
    """The name of a shipped recording, of ``distorted/rts/`` unless it is of a study."""
    return f"studies/{key.name}" if isinstance(key, Study) else f"{prefix}{key.name}"
