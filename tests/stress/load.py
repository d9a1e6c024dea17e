"""A class of thirty on one server: ``python -m tests.stress.load``.

Thirty browsers' worth of sessions, spoken to as a browser does, over websockets: each opens pages,
takes digits, and moves the grid by hand; two of them watch trainings in the queue. Prints how long
the server took to answer, how much memory it has, and how busy the machine was, also with what is
neither the server's nor its driver's; 1 if an aim is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ClientState_pb2 import ClientState
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from streamlit.proto.WidgetStates_pb2 import WidgetState

from stn_core.runs.folder import Run
from tests.browser.serving import server

PAGES = ("transformer", "distorted", "addition", "colocalisation", "volumes")
THINK_SECONDS = (1.0, 4.0)  # between two moves of a hand
HAND_SHARE, DIGIT_SHARE = 0.7, 0.2  # of the moves: θ by hand, another digit; the rest: a page
MOST_MILLISECONDS = 500.0  # p95 of a re-inference
MOST_MEGABYTES = 10.0  # a session, over the first
MOST_GROWTH = 0.05  # of the memory, between the second quarter of the time and the last
ANSWER_SECONDS = 120.0
MEMORY_SECONDS = 5.0
STEPS_A_TRAINING = 100_000  # longer than this lasts


class Failed(RuntimeError):
    """The page has shown an exception."""


class Session:
    """One browser: a websocket, and what the page has sent."""

    def __init__(self, socket, seed: int) -> None:
        self.socket = socket
        self.random = random.Random(seed)
        self.states: dict[str, WidgetState] = {}
        self.page = ""
        self.name = ""  # by which the server knows it
        self.repeated: tuple[str, float] | None = None  # a fragment, and every so many seconds

    async def open(self, page: str, query: str = "") -> None:
        """Go to a page, and wait until it stands."""
        self.page, self.states = page, {}
        await self.run(ClientState(page_name=page, query_string=query))

    async def run(self, state: ClientState) -> None:
        """Run the script, or a fragment of it, and take in what it draws. Raises Failed."""
        state.page_name = state.page_name or self.page
        state.widget_states.widgets.extend(self.states.values())
        await self.socket.send(BackMsg(rerun_script=state).SerializeToString())
        if not state.fragment_id:
            self.elements: dict[str, tuple] = {}  # by the widget's key
        while True:
            message = ForwardMsg.FromString(
                await asyncio.wait_for(self.socket.recv(), ANSWER_SECONDS)
            )
            kind = message.WhichOneof("type")
            if kind == "script_finished":
                if message.script_finished == ForwardMsg.FINISHED_EARLY_FOR_RERUN:
                    continue  # it goes on at once
                return
            if kind == "new_session":
                self.name = message.new_session.initialize.session_id
            if kind == "auto_rerun":
                self.repeated = (message.auto_rerun.fragment_id, message.auto_rerun.interval)
            if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
                self.take(message.delta)

    def take(self, delta) -> None:
        element = delta.new_element
        kind = element.WhichOneof("type")
        if kind == "exception":
            raise Failed(f"{self.page}: {element.exception.message}")
        drawn = getattr(element, kind)
        name = getattr(drawn, "id", "")
        if isinstance(name, str) and name.startswith("$$ID-"):
            key = name.split("-", 2)[2]
            self.elements[key] = (name, drawn, delta.fragment_id)

    async def set(self, key: str, **value) -> None:
        """Give a widget a value, and wait for the answer."""
        name, _, fragment = self.elements[key]
        state = WidgetState(id=name, **value)
        if "trigger_value" not in value:
            self.states[name] = state
        message = ClientState(fragment_id=fragment)
        if "trigger_value" in value:
            message.widget_states.widgets.append(state)
        await self.run(message)

    async def move_grid(self) -> None:
        """θ by hand, as the stage tells it."""
        _, drawn, _ = self.elements["stage-0"]
        data = json.loads(drawn.json or drawn.mixed.json)
        theta = np.array(data["items"][0]["thetas"])
        moved = theta + [[self.random.gauss(0, 0.1) for _ in row] for row in theta]
        report = {
            "token": data["token"],
            "thetas": moved.tolist(),
            "poses": None,
            "position": None,
            "serial": time.time_ns() // 10**6,
        }
        await self.set("stage-0", json_value=json.dumps({"report": report}))

    async def live(self, until: float, took: dict[str, list[float]]) -> None:
        """Do what a visitor does, and note how long each answer took."""
        while time.monotonic() < until:
            await asyncio.sleep(self.random.uniform(*THINK_SECONDS))
            chance = self.random.random()
            began = time.monotonic()
            if self.page == "distorted" and chance < HAND_SHARE:
                kind = "θ by hand"
                await self.move_grid()
            elif self.page == "distorted" and chance < HAND_SHARE + DIGIT_SHARE:
                kind = "another digit"
                await self.set("digit", double_value=float(self.random.randrange(1000)))
            else:
                # Half of a class is on the page of trained networks.
                page = "distorted" if chance < 0.97 else self.random.choice(PAGES)
                kind = "a page"
                await self.open(page)
            took[kind].append(1000 * (time.monotonic() - began))

    async def follow(self, until: float, took: dict[str, list[float]]) -> None:
        """Watch the training that was started, as its page asks for."""
        while time.monotonic() < until and self.repeated:
            fragment, interval = self.repeated
            await asyncio.sleep(interval)
            began = time.monotonic()
            await self.run(ClientState(fragment_id=fragment, is_auto_rerun=True))
            took["a training"].append(1000 * (time.monotonic() - began))


def megabytes(pid: int) -> float:
    """A process's memory that is in use now."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmRSS"))


class Busy:
    """How much of the machine's processors is used, and by whom, between two looks."""

    def __init__(self, pid: int) -> None:
        self.server, self.driver = psutil.Process(pid), psutil.Process()
        self.known: dict[int, psutil.Process] = {}
        self.looks: list[dict[str, float]] = []
        self.load_before = os.getloadavg()[0]
        self.look()
        self.looks.clear()  # a first look has no time before it

    def look(self) -> None:
        """Note the use since the look before, in processors."""
        trainings = 0.0
        for child in self.server.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                trainings += self.known.setdefault(child.pid, child).cpu_percent() / 100
        server, driver = (one.cpu_percent() / 100 for one in (self.server, self.driver))
        parts = {"the server": server, "its trainings": trainings, "this driver": driver}
        total = psutil.cpu_percent() / 100 * psutil.cpu_count()
        self.looks.append({**parts, "others": max(0.0, total - sum(parts.values()))})

    def __str__(self) -> str:
        means = {k: np.mean([look[k] for look in self.looks]) for k in self.looks[0]}
        used = ", ".join(f"{name} {value:.2f}" for name, value in means.items())
        return (
            f"of {psutil.cpu_count()} processors: {used}; load average {self.load_before:.1f} "
            f"before, {os.getloadavg()[0]:.1f} after"
        )


async def connect(address: str, seed: int) -> Session:
    path = address.replace("http", "ws") + "/_stcore/stream"
    socket = await websockets.connect(path, subprotocols=["streamlit"], max_size=None)
    return Session(socket, seed)


async def train(session: Session) -> None:
    """Start a training by the form's button."""
    await session.open("distorted", "view=Train")
    await session.set("train_steps_distorted_quick_2400", string_value=str(STEPS_A_TRAINING))
    await session.set("train_start", trigger_value=True)


async def drive(address: str, pid: int, sessions: int, minutes: float) -> dict:
    """All of it. Gives the times by kind, the errors, and the memory over time."""
    first = await connect(address, 0)
    for page in (*PAGES, *PAGES, "distorted"):  # all that is loaded once is loaded
        await first.open(page)
    for _ in range(3):
        await first.move_grid()
    alone = megabytes(pid)
    others = [await connect(address, seed) for seed in range(1, sessions)]
    watching, visiting = others[:2], [first, *others[2:]]
    for session in watching:
        await train(session)
    for session in visiting:
        await session.open("distorted")
    until = time.monotonic() + 60 * minutes
    took: dict[str, list[float]] = defaultdict(list)
    memory, errors, busy = [], [], Busy(pid)

    async def watch() -> None:
        while time.monotonic() < until:
            memory.append(megabytes(pid))
            await asyncio.sleep(min(MEMORY_SECONDS, 60 * minutes / 20))
            busy.look()

    lives = [session.live(until, took) for session in visiting]
    lives += [session.follow(until, took) for session in watching]
    for done in await asyncio.gather(watch(), *lives, return_exceptions=True):
        if isinstance(done, BaseException):
            errors.append(f"{type(done).__name__}: {done}")
    for session in (first, *others):
        await session.socket.close()
    return {
        "took": dict(took),
        "errors": errors,
        "a session": (np.median(memory) - alone) / max(1, len(others)),
        "alone": alone,
        "memory": memory,
        "busy": str(busy),
    }


def main(arguments: list[str] | None = None) -> int:
    """Start a server, drive it, print what came of it."""
    options = argparse.ArgumentParser(prog="python -m tests.stress.load", description=__doc__)
    options.add_argument("--sessions", type=int, default=30)
    options.add_argument("--minutes", type=float, default=20.0)
    given = options.parse_args(arguments)
    with tempfile.TemporaryDirectory() as runs:
        with server(Path(runs)) as (address, process):
            found = asyncio.run(drive(address, process.pid, given.sessions, given.minutes))
        trainings = end_trainings(Path(runs))
    return int(not told(found, trainings))


def end_trainings(runs: Path) -> int:
    """Stop what has been started, once it has begun, and wait for it; gives how many had begun."""
    until = time.monotonic() + ANSWER_SECONDS
    begun: list[Run] = []
    while not begun and time.monotonic() < until:
        time.sleep(0.5)
        begun = [run for folder in runs.iterdir() if (run := Run(folder)).history()]
    for run in begun:
        run.control("stop")
    while any(run.is_alive() for run in begun) and time.monotonic() < until:
        time.sleep(0.5)
    return len(begun)


def told(found: dict, trainings: int) -> bool:
    """Print the figures; whether all aims are met."""
    print(f"{'answers':16}  {'count':>6}  {'p50 ms':>7}  {'p95 ms':>7}  {'largest':>8}")
    for kind, times in sorted(found["took"].items()):
        middle, high = np.percentile(times, (50, 95))
        print(f"{kind:16}  {len(times):6}  {middle:7.0f}  {high:7.0f}  {max(times):8.0f}")
    memory, quarter = found["memory"], max(1, len(found["memory"]) // 4)
    early, late = np.median(memory[quarter : 2 * quarter]), np.median(memory[-quarter:])
    print(f"memory: {found['alone']:.0f} MB with one session, {found['a session']:.1f} MB for each")
    print(f"further one; {early:.0f} MB in the second quarter of the time, {late:.0f} in the last")
    print(f"the machine, {found['busy']}")
    print(f"trainings begun: {trainings}; errors: {len(found['errors'])}")
    for words in found["errors"][:5]:
        print(f"  {words}")
    high = np.percentile(found["took"].get("θ by hand", [np.inf]), 95)
    missed = [
        name
        for name, met in {
            "no error": not found["errors"],
            f"a re-inference in {MOST_MILLISECONDS:.0f} ms": high <= MOST_MILLISECONDS,
            f"{MOST_MEGABYTES:.0f} MB a session": found["a session"] <= MOST_MEGABYTES,
            "flat memory": late <= early * (1 + MOST_GROWTH),
        }.items()
        if not met
    ]
    print(f"missed: {', '.join(missed) or 'nothing'}")
    return not missed


if __name__ == "__main__":
    sys.exit(main())
