"""The app answers to the names that it was given, and to no other that points to its address."""

from __future__ import annotations

import asyncio

import pytest
import websockets
from websockets.exceptions import InvalidStatus

from tests.browser import serving


async def connect(address: str, name: str) -> None:
    """As a browser does to which this name has been given the app's address."""
    port = address.rsplit(":", 1)[1]
    place = f"ws://{name}:{port}/_stcore/stream"
    origin = f"http://{name}:{port}"
    async with websockets.connect(
        place, host="127.0.0.1", port=int(port), origin=origin, subprotocols=["streamlit"]
    ):
        pass


def test_page_of_a_name_that_only_points_here_reaches_nothing(tmp_path):
    with serving.server(tmp_path) as (address, _):
        for name in ("localhost", "127.0.0.1", "[::1]", "LOCALHOST"):
            asyncio.run(connect(address, name))
        for name in ("rebound.example.org", "localhost.example.org", "10.0.0.1"):
            with pytest.raises(InvalidStatus, match="403"):
                asyncio.run(connect(address, name))
