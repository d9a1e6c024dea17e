"""The app's server: where it is, its settings, and how it is started with a network in it."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

from stn_core.errors import InputError
from stn_core.inspecting.sources import VARIABLE, Source

ROOT = Path(__file__).resolve().parents[2]  # where the app stands beside the library
MAIN = ROOT / "app" / "main.py"
CONFIG = ROOT / ".streamlit" / "config.toml"
FIRST_PORT, PORTS = 8501, 100  # of those, the first free one
LOCAL = ("127.0.0.1", "localhost", "::1")


def start(source: Source, address: str, port: int) -> subprocess.Popen:
    """Start the app with this network in it, as a process of its own.

    Raises InputError where there is no app.

    >>> source = Source(network="stn_core.tutorial_network:build", images="none")
    >>> server = start(source, "127.0.0.1", free_port("127.0.0.1"))
    >>> server.terminate()
    >>> server.wait() is None
    False
    """
    check_installed()
    options = settings(address, port)
    words = [
        word
        for name, value in options.items()
        for one in (value if isinstance(value, list) else [value])
        for word in (f"--{name}", str(one).lower() if isinstance(one, bool) else str(one))
    ]
    # -P: the folder that this is started in is not searched for the app's own modules.
    command = [sys.executable, "-P", "-m", "streamlit", "run", str(MAIN), *words]
    environment = {"OMP_NUM_THREADS": "1", **os.environ, VARIABLE: source.text}
    return subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)


def check_installed() -> None:
    """Raise InputError where there is no app.

    >>> check_installed()
    """
    if not MAIN.is_file() or importlib.util.find_spec("streamlit") is None:
        raise InputError(
            f"the app is not installed: expected {MAIN}, and the package streamlit; install the "
            "project's requirements.txt"
        )


def settings(address: str, port: int) -> dict[str, Any]:
    """Streamlit's, by their dotted names: the project's own, which it looks for only where it is
    started, and the address.

    >>> settings("127.0.0.1", 8600)["server.port"]
    8600
    """
    found: dict[str, Any] = {}

    def add(prefix: str, table: dict[str, Any]) -> None:
        for name, value in table.items():
            if isinstance(value, dict):
                add(f"{prefix}{name}.", value)
            else:
                found[f"{prefix}{name}"] = value

    if CONFIG.is_file():
        add("", tomllib.loads(CONFIG.read_text()))
    if address not in LOCAL:
        found["server.allowedHosts"] = [*LOCAL, address, socket.gethostname()]
    return found | {
        "server.address": address,
        "server.port": port,
        "server.headless": True,
        "server.fileWatcherType": "none",
    }


def free_port(address: str, asked: int | None = None) -> int:
    """The first free port of this address, or the one that is asked for. Raises InputError.

    >>> free_port("127.0.0.1") >= 8501
    True
    """
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


def page_of(address: str, port: int) -> str:
    """Where the network is to be seen.

    >>> page_of("0.0.0.0", 8501)
    'http://127.0.0.1:8501/network'
    """
    host = "127.0.0.1" if address in ("0.0.0.0", "::") else address
    return f"http://{f'[{host}]' if ':' in host else host}:{port}/network"
