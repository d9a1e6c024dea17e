"""`inspect`: the app's page *Your network* with a network of your own in it, at work.

python -m stn_core inspect mymodule:build --weights model.pt --images folder/
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import tomllib
import urllib.request
import webbrowser
from collections.abc import Iterator
from pathlib import Path

from stn_core.commands.options import natural
from stn_core.errors import InputError
from stn_core.inspecting.sources import VARIABLE, Source, load

ROOT = Path(__file__).resolve().parents[2]  # where the app stands beside the library
MAIN = ROOT / "app" / "main.py"
CONFIG = ROOT / ".streamlit" / "config.toml"
FIRST_PORT, PORTS = 8501, 100  # of those, the first free one
START_SECONDS = 60.0
LOCAL = ("127.0.0.1", "localhost", "::1")


def add_parser(commands: argparse._SubParsersAction) -> None:
    """The command's options."""
    parser = commands.add_parser(
        "inspect", help="start the app with your own network in it, live (runs the code you name)"
    )
    parser.add_argument("network", help="module:function, which returns a torch.nn.Module")
    parser.add_argument("--weights", help="a state dict: .pt or .safetensors")
    parser.add_argument("--images", required=True, help="a folder, an .npz file, or module:name")
    parser.add_argument("--classes", help="a text file with the name of a class on each line")
    parser.add_argument(
        "--channels", type=int, choices=(1, 3), help="of a folder's pictures (default: as they are)"
    )
    parser.add_argument("--address", default="127.0.0.1", help="(default: 127.0.0.1, this machine)")
    parser.add_argument("--port", type=natural, help=f"(default: the first free from {FIRST_PORT})")
    parser.add_argument("--no-browser", action="store_true", help="do not open a browser")
    parser.set_defaults(command=run)


def run(options: argparse.Namespace) -> None:
    source = Source(
        network=options.network,
        images=options.images,
        weights=options.weights,
        classes=options.classes,
        channels=options.channels,
        folder=os.getcwd(),
    )
    # Here first: what is wrong is said at once, and where it can be put right.
    network = load(source)
    count = len(network.images)
    print(f"{source.network}, its transformers: {', '.join(network.names)}")
    print("\n".join([f"images: {count}", *(f"left out: {what}" for what in network.left_out)]))
    port = _free_port(options.address, options.port)
    server = start(source, options.address, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # and the server with it
    try:
        host = "127.0.0.1" if options.address in ("0.0.0.0", "::") else options.address
        page = f"http://{host}:{port}/network"
        _wait(server, f"http://{host}:{port}/_stcore/health")
        print(f"Open {page} (Ctrl-C ends it)", flush=True)
        if not options.no_browser:
            webbrowser.open(page)
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        server.wait()


def start(source: Source, address: str, port: int) -> subprocess.Popen:
    """The app's server, with this network in it. Raises InputError where there is no app."""
    if not MAIN.is_file() or importlib.util.find_spec("streamlit") is None:
        raise InputError(
            f"the app is not installed: expected {MAIN}, and the package streamlit; install the "
            "project's requirements.txt"
        )
    options = dict(_configured())
    options |= {"server.address": [address], "server.port": [str(port)]}
    options |= {"server.headless": ["true"], "server.fileWatcherType": ["none"]}
    if address not in LOCAL:
        options["server.allowedHosts"] = [*LOCAL, address, socket.gethostname()]
    words = [word for n, values in options.items() for v in values for word in (f"--{n}", v)]
    # -P: the folder that this is started in is not searched for the app's own modules.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(MAIN), *words]
    environment = {"OMP_NUM_THREADS": "1", **os.environ, VARIABLE: source.text}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)


def _configured() -> Iterator[tuple[str, list[str]]]:
    """The project's settings of Streamlit, which it looks for where it is started."""
    if not CONFIG.is_file():
        return

    def flat(prefix: str, table: dict) -> Iterator[tuple[str, list[str]]]:
        for name, value in table.items():
            if isinstance(value, dict):
                yield from flat(f"{prefix}{name}.", value)
            else:
                values = value if isinstance(value, list) else [value]
                yield (
                    f"{prefix}{name}",
                    [str(v).lower() if isinstance(v, bool) else str(v) for v in values],
                )

    yield from flat("", tomllib.loads(CONFIG.read_text()))


def _free_port(address: str, asked: int | None) -> int:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    ports = [asked] if asked else range(FIRST_PORT, FIRST_PORT + PORTS)
    for port in ports:
        with socket.socket(family) as tried:
            tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                tried.bind((address, port))
            except OSError:
                continue
            return port
    raise InputError(f"port {ports[0]} is not free on {address}; choose another with --port")


def _wait(server: subprocess.Popen, health: str) -> None:
    """Until the server answers. Raises InputError if it ends before."""
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            raise InputError(f"the app's server ended with code {server.returncode}")
        try:
            urllib.request.urlopen(health, timeout=1).close()
            return
        except OSError:
            time.sleep(0.2)
    raise InputError(f"the app did not start within {START_SECONDS:.0f} seconds")
