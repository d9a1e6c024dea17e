"""`inspect`: the app's page *Your network* with a network of your own in it, at work.

python -m stn_core inspect mymodule:build --weights model.pt --images folder/
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
import urllib.request
import webbrowser
from urllib.parse import urljoin

from stn_core.commands.options import natural
from stn_core.errors import InputError
from stn_core.inspecting.server import FIRST_PORT, free_port, page_of, start
from stn_core.inspecting.sources import Source, load

START_SECONDS = 60.0


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
    port = free_port(options.address, options.port)
    server = start(source, options.address, port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # and the server with it
    try:
        page = page_of(options.address, port)
        _wait(server, urljoin(page, "/_stcore/health"))
        print(f"Open {page} (Ctrl-C ends it)", flush=True)
        if not options.no_browser:
            webbrowser.open(page)
        server.wait()
    except KeyboardInterrupt:
        pass
    finally:
        server.terminate()
        server.wait()


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
