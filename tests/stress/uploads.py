"""Uploads of which much would be made, to a running server: ``python -m tests.stress.uploads``.

Each file ten times, by visitors who come and go as a browser does. Prints the server's memory after
each round; 1 if it ever has a gigabyte, or if a page fails.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import math
import struct
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Coroutine
from pathlib import Path

import torch
from PIL import Image
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo

from app.data.pictures import MAX_PIXELS
from stn_core.checkpoints import save_tensors
from stn_core.experiments.colocalisation import MAX_IMAGES
from tests.browser.serving import server
from tests.stress.load import Failed, Session, connect, megabytes

ROUNDS = 10
MOST_MEGABYTES = 1_000.0
FIELD, STAGE = "own-warps", "own-stage"  # on the page of one's own network
SET_FIELD, SET_BUTTON = "own_images", "own_start"  # on the page of co-localisation
FILE_NAMES = {FIELD: "w.safetensors", SET_FIELD: "p.png"}
SET_VIEW = "boxes_view=Run it live&live_kind=Your own images"
SET = "a set of pictures"
DRAWN = "the largest that is drawn"  # the others are refused


def safetensors(header: dict, data: bytes = b"") -> bytes:
    """A file as its header says, whatever that is."""
    text = json.dumps(header).encode()
    return struct.pack("<Q", len(text)) + text + data


def warps(family: str, theta: int, *, size: list[int], basis: torch.Tensor | None = None, **entry):
    """A file of warps with one transformer on a small image."""
    tensors = {"0.image": torch.zeros(1, 1, 8, 8, dtype=torch.uint8)}
    tensors["0.theta"] = torch.zeros(1, theta)
    if basis is not None:
        tensors["0.basis"] = basis
    common = {"name": "", "kernel": "bilinear", "padding": "zeros", "side": None}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "warps.safetensors")
        save_tensors(
            path, tensors, {"watched": [{**common, "family": family, "size": size, **entry}]}
        )
        return path.read_bytes()


def files() -> dict[str, bytes]:
    """What has taken gigabytes or minutes, and the largest that is drawn."""
    empty = {"dtype": "F32", "shape": [0], "data_offsets": [0, 0]}
    return {
        DRAWN: warps("ThinPlateSpline", 32, size=[512, 512], side=4),
        "a spline of 256 points": warps("ThinPlateSpline", 512, size=[512, 512], side=16),
        "a basis of 6,000 rows": warps(
            "LearnedBasis", 12_000, size=[1, 1], basis=torch.zeros(6_000, 1)
        ),
        "140,000 tensors": safetensors({f"t{n}": empty for n in range(140_000)}),
        "a name of 5 MB": safetensors({"n" * 5_000_000: empty}),
        "10 MB of nothing": bytes(10_000_000),
    }


def pictures() -> list[bytes]:
    """As many as a set may have, of few bytes and of as many pixels as a picture may have; no two
    alike, for each is decoded once."""
    side = math.isqrt(MAX_PIXELS)
    content = io.BytesIO()
    Image.new("RGBA", (side, side)).save(content, "PNG")
    return [content.getvalue() + bytes([n]) for n in range(MAX_IMAGES)]


class Visitor:
    """A browser that uploads files on the page of one's own network, or of co-localisation."""

    def __init__(self, address: str, session: Session) -> None:
        self.address, self.session = address, session

    async def upload(self, name: str, content: bytes) -> None:
        """Send a file of warps, and open it. Raises Failed if it is not sent, or not drawn or
        refused as it should be."""
        await self.give(FIELD, name, [content])
        if (STAGE in self.session.elements) != (name == DRAWN):
            raise Failed(f"{name}: {'drawn' if name != DRAWN else 'refused'}")

    async def upload_set(self, name: str, contents: list[bytes]) -> None:
        """Send a set of pictures to be co-localised. Raises Failed if it cannot be."""
        await self.give(SET_FIELD, name, contents)
        _, button, _ = self.session.elements[SET_BUTTON]
        if button.disabled:
            raise Failed(f"{name}: refused")

    async def give(self, field: str, name: str, contents: list[bytes]) -> None:
        """Send a field its files. Raises Failed."""
        state = FileUploaderState()
        for content in contents:
            info = UploadedFileInfo(file_id=str(uuid.uuid4()), name=name, size=len(content))
            info.file_urls.file_id = info.file_id
            url = f"{self.address}/_stcore/upload_file/{self.session.name}/{info.file_id}"
            status = await asyncio.to_thread(put, url, FILE_NAMES[field], content)
            if status >= 300:
                raise Failed(f"{name}: the server answers {status}")
            state.uploaded_file_info.append(info)
        await self.session.set(field, file_uploader_state_value=state)


def put(url: str, file_name: str, content: bytes) -> int:
    """PUT a file as a browser's form has it; gives the answer's status."""
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="f"; filename="{file_name}"\r\n\r\n'
    token = cookie(url)
    request = urllib.request.Request(
        url,
        head.encode() + content + f"\r\n--{edge}--\r\n".encode(),
        {
            "Content-Type": f"multipart/form-data; boundary={edge}",
            "X-Xsrftoken": token,
            "Cookie": f"_streamlit_xsrf={token}",
        },
        method="PUT",
    )
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status
    except urllib.error.HTTPError as error:
        return error.code


def cookie(url: str) -> str:
    """The token that the server gives a browser, to come back with an upload."""
    with urllib.request.urlopen(url.split("/_stcore")[0] + "/_stcore/health") as answer:
        cookies = answer.headers.get_all("Set-Cookie") or [""]
    return cookies[0].partition("=")[2].partition(";")[0].strip('"')


async def drive(address: str, pid: int, rounds: int) -> list[float]:
    """Upload them all so many times, each round by another visitor; gives the memory after each."""
    memory = []

    async def note(number: int, name: str, upload: Coroutine) -> None:
        began = time.monotonic()
        await upload
        memory.append(megabytes(pid))
        took = time.monotonic() - began
        print(f"{number + 1:3}  {name:26}  {took:5.1f} s  {memory[-1]:6.0f} MB", flush=True)

    sent, picture_set = files(), pictures()
    for number in range(rounds):
        visitor = Visitor(address, await connect(address, number))
        await visitor.session.open("network")
        for name, content in sent.items():
            await note(number, name, visitor.upload(name, content))
        await visitor.session.open("colocalisation", SET_VIEW)
        await note(number, SET, visitor.upload_set(SET, picture_set))
        await visitor.session.socket.close()
    return memory


def main(arguments: list[str] | None = None) -> int:
    """Start a server, upload, print what came of it."""
    options = argparse.ArgumentParser(prog="python -m tests.stress.uploads", description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS, help=f"by default {ROUNDS}")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as runs, server(Path(runs)) as (address, process):
        try:
            memory = asyncio.run(drive(address, process.pid, given.rounds))
        except Failed as error:
            print(f"a page failed: {error}")
            return 1
    print(f"at most {max(memory):.0f} MB of {MOST_MEGABYTES:.0f}; at the end {memory[-1]:.0f} MB")
    return int(max(memory) > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
