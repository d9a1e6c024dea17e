"""Uploads of which much would be made, to a running server: ``python -m tests.stress.uploads``.

Each file ten times, by visitors who come and go as a browser does. Prints the server's memory after
each round; 1 if it ever has a gigabyte, or if a page fails.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import struct
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from pathlib import Path

import torch
from streamlit.proto.Common_pb2 import FileUploaderState, UploadedFileInfo

from stn_core.checkpoints import save_tensors
from tests.browser.serving import server
from tests.stress.load import Failed, Session, connect, megabytes

ROUNDS = 10
MOST_MEGABYTES = 1_000.0
FIELD, STAGE = "own-warps", "own-stage"  # on the page of one's own network
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


class Visitor:
    """A browser that uploads a file on the page of one's own network."""

    def __init__(self, address: str, session: Session) -> None:
        self.address, self.session = address, session

    async def upload(self, name: str, content: bytes) -> None:
        """Send a file, and open it. Raises Failed if it is not sent, or not drawn or refused as it
        should be."""
        identity = str(uuid.uuid4())
        url = f"{self.address}/_stcore/upload_file/{self.session.name}/{identity}"
        status = await asyncio.to_thread(put, url, content)
        if status >= 300:
            raise Failed(f"{name}: the server answers {status}")
        info = UploadedFileInfo(file_id=identity, name="w.safetensors", size=len(content))
        info.file_urls.file_id = identity
        state = FileUploaderState(uploaded_file_info=[info])
        await self.session.set(FIELD, file_uploader_state_value=state)
        if (STAGE in self.session.elements) != (name == DRAWN):
            raise Failed(f"{name}: {'drawn' if name != DRAWN else 'refused'}")


def put(url: str, content: bytes) -> int:
    """PUT a file as a browser's form has it; gives the answer's status."""
    edge = uuid.uuid4().hex
    head = f'--{edge}\r\nContent-Disposition: form-data; name="f"; filename="w.safetensors"\r\n\r\n'
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


async def drive(address: str, pid: int, rounds: int, sent: dict[str, bytes]) -> list[float]:
    """Upload them all so many times, each round by another visitor; gives the memory after each."""
    memory = []
    for number in range(rounds):
        session = await connect(address, number)
        visitor = Visitor(address, session)
        await session.open("network")
        for name, content in sent.items():
            began = time.monotonic()
            await visitor.upload(name, content)
            memory.append(megabytes(pid))
            took = time.monotonic() - began
            print(f"{number + 1:3}  {name:26}  {took:5.1f} s  {memory[-1]:6.0f} MB")
        await session.socket.close()
    return memory


def main(arguments: list[str] | None = None) -> int:
    """Start a server, upload, print what came of it."""
    options = argparse.ArgumentParser(prog="python -m tests.stress.uploads", description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS, help=f"by default {ROUNDS}")
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as runs, server(Path(runs)) as (address, process):
        try:
            memory = asyncio.run(drive(address, process.pid, given.rounds, files()))
        except Failed as error:
            print(f"a page failed: {error}")
            return 1
    print(f"at most {max(memory):.0f} MB of {MOST_MEGABYTES:.0f}; at the end {memory[-1]:.0f} MB")
    return int(max(memory) > MOST_MEGABYTES)


if __name__ == "__main__":
    sys.exit(main())
