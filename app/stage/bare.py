"""What every page has of the browser component: its keys, and one entry in the history."""

from __future__ import annotations

from app.stage.component import mount


def bare() -> None:
    """Nothing that is to be seen."""
    mount(key="keys", data={"layout": "bare", "token": "keys"})
