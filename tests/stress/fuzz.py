"""Damaged pictures, checkpoints, runs and links by the hundred: ``python -m tests.stress.fuzz``.

Each is to be taken, or refused in the words of its own error; anything else counts as unexpected,
as does a process that dies, or that takes more than 300 MB over what it had at first.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import traceback
import zlib
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import quote

ROOT = Path(__file__).parents[2]
MOST_MEGABYTES = 300.0  # over idle
COUNTS = {"images": 1000, "checkpoints": 1000, "runs": 500, "urls": 500}
SHOWN = 5  # unexpected ones, in full


def main(arguments: list[str] | None = None) -> int:
    """Run each kind in a process of its own, and print the counts; 1 if anything is unexpected."""
    options = argparse.ArgumentParser(prog="python -m tests.stress.fuzz", description=__doc__)
    for kind, count in COUNTS.items():
        options.add_argument(f"--{kind}", type=int, default=count, help=f"by default {count}")
    options.add_argument("--seed", type=int, default=0)
    given = options.parse_args(arguments)
    print(f"{'':12}  {'taken':>6}  {'refused':>8}  {'unexpected':>11}  {'MB over idle':>13}")
    failed = False
    for kind in COUNTS:
        count = getattr(given, kind)
        if not count:
            continue
        found = in_a_process(kind, count, given.seed)
        failed |= bool(found["unexpected"]) or found["megabytes"] > MOST_MEGABYTES
        print(
            f"{kind:12}  {found['taken']:6}  {found['refused']:8}  {len(found['unexpected']):11}  "
            f"{found['megabytes']:13.0f}"
        )
        for words in found["unexpected"][:SHOWN]:
            print(words)
    return int(failed)


def in_a_process(kind: str, count: int, seed: int) -> dict:
    """The counts of one kind; a process that dies is itself unexpected."""
    with tempfile.TemporaryDirectory() as scratch:
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "tests.stress.fuzz",
                "child",
                kind,
                str(count),
                str(seed),
                scratch,
            ],
            cwd=ROOT,
            env={**os.environ, "OMP_NUM_THREADS": "1", "STN_RUNS": scratch, "STN_OFFLINE": "1"},
            capture_output=True,
            text=True,
        )
    try:
        return json.loads(done.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        words = f"the process ended with {done.returncode}: {done.stderr[-2000:]}"
        return {"taken": 0, "refused": 0, "unexpected": [words], "megabytes": 0.0}


def child(kind: str, count: int, seed: int, scratch: Path) -> None:
    """Do it, and print the counts as JSON."""
    rng = random.Random(f"{kind} {seed}")
    attempts = {"images": images, "checkpoints": checkpoints, "runs": runs, "urls": urls}[kind]
    tries = attempts(rng, scratch)
    next(tries)()  # an undamaged one: everything is loaded, and this is idle
    idle = megabytes("VmRSS")
    reset_peak()
    counts, unexpected = Counter(), []
    for number in range(count):
        attempt = next(tries)
        try:
            counts[attempt()] += 1
        except Exception:
            unexpected.append(f"{kind} {number}: {traceback.format_exc()[-1500:]}")
    peak = megabytes("VmHWM") - idle
    said = {"taken": counts["taken"], "refused": counts["refused"]}
    print(json.dumps({**said, "unexpected": unexpected, "megabytes": peak}))


def megabytes(field: str) -> float:
    """A field of this process's status; 0 where there is no such file."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(field))


def reset_peak() -> None:
    """From now on VmHWM is the peak since now."""
    Path("/proc/self/clear_refs").write_text("5")


def taken_or(errors: type[Exception] | tuple, attempt: Callable[[], object]) -> str:
    """``taken``, or ``refused`` by one of these errors, which is to say why."""
    try:
        attempt()
    except errors as error:
        words = str(error)
        assert 10 < len(words) < 3000, f"no message to be read: {words[:200]!r} ({len(words)})"
        return "refused"
    return "taken"


# -- damage


def damaged(content: bytes, rng: random.Random) -> bytes:
    """Cut short, flipped, overwritten, repeated or swapped."""
    content = bytearray(content)
    size = max(1, len(content))
    match rng.randrange(6):
        case 0:
            return bytes(content[: rng.randrange(size)])
        case 1:
            for _ in range(rng.choice((1, 3, 20, 200))):
                at = rng.randrange(size)
                content[at : at + 1] = bytes([content[at : at + 1][0] ^ 1 << rng.randrange(8)])
        case 2:
            at, length = rng.randrange(size), rng.randrange(1, 64)
            content[at : at + length] = rng.randbytes(length)
        case 3:
            at, length = rng.randrange(size), rng.randrange(1, 200)
            content[at:at] = content[at : at + length] * rng.randrange(1, 20)
        case 4:
            first, second = sorted((rng.randrange(size), rng.randrange(size)))
            content = content[second:] + content[first:second] + content[:first]
        case 5:
            at = rng.randrange(min(size, 64))  # where lengths and shapes are
            content[at : at + 4] = rng.choice((b"\xff\xff\xff\x7f", b"\0\0\0\0", b"\xff" * 4))
    return bytes(content)


STRANGE = (
    None, True, -1, 0, 10**30, 1e308, float("nan"), float("inf"), "", "x" * 3000,
    "../../etc/passwd", [], [1], {}, {"a": {}}, "\0", "٣", "<b>",
)  # fmt: skip


def strange_json(value: object, rng: random.Random) -> object:
    """JSON with one of its values replaced, missing or of another type."""
    if isinstance(value, dict) and value and rng.random() < 0.85:
        key = rng.choice(list(value))
        if rng.random() < 0.15:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: strange_json(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.7:
        at = rng.randrange(len(value))
        return [*value[:at], strange_json(value[at], rng), *value[at + 1 :]]
    return rng.choice(STRANGE)


DEEP = "[" * 100_000 + "]" * 100_000


# -- pictures


def images(rng: random.Random, scratch: Path) -> Iterator[Callable[[], str]]:
    """Through all that is made of a visitor's picture."""
    import numpy as np
    from PIL import Image

    from app.data import pictures

    random_values = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    good = []
    for kind in pictures.FORMATS:
        for mode in ("RGB", "L", "P", "1") + (("RGBA", "I;16") if kind == "PNG" else ()):
            file = io.BytesIO()
            picture = Image.fromarray(random_values)
            try:
                picture = (
                    Image.fromarray(random_values[..., 0].astype(np.uint16) * 200)
                    if mode == "I;16"
                    else picture.convert(mode)
                )
                picture.save(file, kind)
            except (OSError, ValueError):
                continue  # a mode that this format does not have
            good.append(file.getvalue())

    def attempt(content: bytes) -> str:
        ways = (
            lambda: pictures.read_picture(content),
            lambda: pictures.on_black(content, 84),
            lambda: pictures.as_digit(content),
            lambda: pictures.as_grey(content),
        )
        said = {taken_or(pictures.PictureError, way) for way in ways}
        return "taken" if "taken" in said else "refused"

    yield lambda: attempt(good[0])
    while True:
        content = rng.choice(good)
        if rng.random() < 0.1:
            content = huge_png(rng)
        else:
            for _ in range(rng.choice((1, 1, 2, 4))):
                content = damaged(content, rng)
        yield lambda content=content: attempt(content)


def huge_png(rng: random.Random) -> bytes:
    """A small file that says, and sometimes is, a picture of absurd size."""
    width, height = rng.choice(
        ((30_000, 30_000), (2**31 - 1, 1), (1, 2**31 - 1), (7_000, 7_000), (0, 5), (65_535, 65_535))
    )
    rows = min(height, 3_000) if width <= 30_000 else 1
    packed = zlib.compress(bytes(1 + width % 100_000) * rows, 9)

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header), chunk(b"IDAT", packed), chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


# -- checkpoints


def checkpoints(rng: random.Random, scratch: Path) -> Iterator[Callable[[], str]]:
    """Through all that opens a visitor's safetensors file."""
    import torch
    from torch import nn

    from stn_core import checkpoints as library
    from stn_core import foreign_checkpoints
    from stn_core.experiments import EXPERIMENTS, find
    from stn_core.localisation import ConvolutionalBody, Localisation
    from stn_core.spatial_transformer import SpatialTransformer
    from stn_core.transforms import ThinPlateSpline
    from stn_core.watched import load_warps, save_warps
    from stn_core.watching import watch

    candidates = [e for n, e in EXPERIMENTS.items() if n.startswith("distorted/r/")][:3]
    weights = library.published_folder(find("distorted/r/fcn")) / library.WEIGHTS
    spline = ThinPlateSpline()
    body = Localisation(ConvolutionalBody((1, 28, 28)), spline.identity())
    network = nn.Sequential(SpatialTransformer(body, spline))
    with watch(network) as warps:
        network(torch.rand(2, 1, 28, 28))
    drawn = scratch / "warps.safetensors"
    save_warps(drawn, network, warps)
    good = [weights.read_bytes(), drawn.read_bytes()]
    file = scratch / "file.safetensors"
    tensors, _ = library.load_tensors(weights)
    for change in (
        lambda tensor: tensor.to(torch.float8_e4m3fn),
        lambda tensor: tensor.double() * 1e300,
        lambda tensor: tensor.to(torch.complex64),
        lambda tensor: torch.full_like(tensor, 3e38, dtype=torch.float32),
        lambda tensor: tensor.float() * float("nan"),
    ):
        library.save_tensors(file, {name: change(t) for name, t in tensors.items()}, {})
        good.append(file.read_bytes())

    def attempt(content: bytes) -> str:
        file.write_bytes(content)
        ways = (
            lambda: foreign_checkpoints.load_matching(candidates, file, "the file"),
            lambda: foreign_checkpoints.load_own(candidates[0], file, "the file"),
            lambda: load_warps(file, "the file"),
        )
        said = {taken_or(library.CheckpointError, way) for way in ways}
        return "taken" if "taken" in said else "refused"

    yield lambda: attempt(good[0])
    while True:
        content = rng.choice(good)
        length = struct.unpack("<Q", content[:8])[0]
        if rng.random() < 0.6:
            header = strange_json(json.loads(content[8 : 8 + length]), rng)
            if rng.random() < 0.3 and isinstance(header, dict):
                values = (DEEP, "{", "x", json.dumps(rng.choice(STRANGE)), "[{}]", '{"0": 1}')
                named = {n: rng.choice(values) for n in ("experiment", "watched")}
                header["__metadata__"] = named
            text = json.dumps(header).encode()
            size = rng.choice((len(text), len(text), len(text), 2**62, 0, 10**8))
            content = struct.pack("<Q", size) + text + content[8 + length :]
        else:
            content = damaged(content, rng)
        yield lambda content=content: attempt(content)


# -- run folders


def runs(rng: random.Random, scratch: Path) -> Iterator[Callable[[], str]]:
    """Through the reader of runs, and now and then through the pages that show one."""
    from streamlit.testing.v1 import AppTest

    from stn_core import checkpoints as library
    from stn_core.experiments import find
    from stn_core.runs.folder import Run
    from stn_core.runs.packed import PACKED, unpack
    from stn_core.runs.records import RunError
    from tests.app.visiting import go_to

    packed = library.published_folder(find("distorted/r/st-fcn-aff")) / PACKED
    found = unpack(packed)
    good = scratch / "good"
    run = Run(good)
    run.create(found.description)
    for step in found.history[:40]:
        run.append(step)
    run.write_probes(found.probes, found.labels)
    for snapshot in found.snapshots[::25]:
        run.write_snapshot(snapshot)
    run.set_status("stopped", 100)
    run.reset_control()
    names = sorted(str(p.relative_to(good)) for p in good.rglob("*") if p.is_file())
    folder = scratch / "distorted-r-st-fcn-aff-20260101-120000"

    def attempt(pages: bool) -> str:
        run = Run(folder)
        run.history(), run.snapshots(), run.probes(), run.status(), run.command(), run.asked_rate()
        said = taken_or(RunError, run.description), taken_or(RunError, run.recorded)
        if pages:
            for view in ("Train", "Replay", "Explore"):
                app = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=120)
                key = f"run-{folder.name}"
                fields = {"view": view, "distortion": "R", "run": key, "replay_a_r": key}
                app.query_params.update({**fields, "a_r": key, "b_r": "none"})
                go_to(app, "distorted").run()
                assert not app.exception, [e.value for e in app.exception]
        return max(said)

    def attempt_packed(content: bytes) -> str:
        file = scratch / "packed.npz"
        file.write_bytes(content)
        return taken_or(RunError, lambda: unpack(file))

    shutil.copytree(good, folder)
    yield lambda: attempt(True)
    number = 0
    while True:
        number += 1
        if rng.random() < 0.2:
            content = torn(packed.read_bytes(), rng)
            yield lambda content=content: attempt_packed(content)
            continue
        shutil.rmtree(folder)
        shutil.copytree(good, folder)
        for _ in range(rng.choice((1, 1, 2))):
            path = folder / rng.choice(names)
            if path.exists() and rng.random() < 0.2:
                path.unlink()
            elif path.exists():
                path.write_bytes(torn(path.read_bytes(), rng))
        yield lambda pages=number % 5 == 0: attempt(pages)


def torn(content: bytes, rng: random.Random) -> bytes:
    """Cut short, or zeros from there: what a kill, a full disk or a lost power leaves of a file.

    The project writes these files itself, so that nothing else is in them.
    """
    kept = content[: rng.randrange(max(1, len(content)))]
    return kept + rng.choice((b"", bytes(len(content) - len(kept))))


# -- links


FIELDS = {
    "transformer": ("preset", "family", "image", "kernel", "size", "pool", "padding", "theta",
                    "gradient", "phi", "lab_digit"),
    "distorted": ("view", "distortion", "digit", "seed", "a_rts", "b_rts", "sweep", "run",
                  "replay_a_rts", "replay_b_rts", "own-digit", "confusion", "misread_one",
                  "misread_one_page"),
    "addition": ("sum_view", "first", "second", "sum_seed", "swapped", "muted", "sum_a", "sum_b",
                 "draw-first", "misread_both", "misread_both_page"),
    "colocalisation": ("boxes_view", "boxes_digit", "boxes_clutter", "boxes_run"),
    "volumes": ("volume_view", "volume_digit", "volume_seed", "volume_a", "volume_b",
                "volume_probe", "own-volume"),
    "house_numbers": ("number_view", "number_crop", "number_set", "rendering", "photograph",
                      "number_a", "number_b", "own-photograph"),
    "birds": ("bird_view", "bird_set", "free_bird", "cub_bird", "bird_a", "bird_b", "own-bird"),
    "invariance": ("varied", "trained_with", "drawn", "at_rotation_rts", "writer"),
    "network": ("anything",),
    "front": ("lesson", "stop", "step", "done", "hide", "large", "controls", "stage"),
    "labels": ("labels_distortion", "labels_network", "labels_weights", "labels_start",
               "labels_digit", "labels_seed", "stop"),
    "beat": ("seed", "view", "stage", "hide"),
    "learn": ("seed", "view", "stage", "hide", "rate", "degrees", "family", "broken"),
    "tour": ("lesson", "stop", "done", "hide"),
    "glossary": ("controls", "large"),
    "faithful": ("kind", "large"),
}  # fmt: skip
VALUES = (
    "", "Explore", "Train", "Replay", "Results", "Watch", "Run it live", "-1", "1e9", "nan", "7",
    "999", "1000", "true", "maybe", "RTS", "rts", "st-cnn-aff", "none", "run-x",
    "run-../../etc", "own-1",
    "study-st-fcn-tps", "1,2,3", "1,2,3,4,5,6", "nan,0,0,0,1,0", "9e99,0,0,0,1,0", "Affine",
    "Thin plate spline", "Draw", "x" * 2000, "\u0663", "<script>", "%00", "[]", "{}", "0", "12.5",
    "Infinity", "-Infinity", "1e999", "9" * 400, "1e300", "0,0,0,0,0,0", "1e6,1e6,0,1e6,1e6,0",
    "![x](http://evil/x.png)", "[a](javascript:alert(1))", "$x$", ":red[x]", "<img src=x>",
)  # fmt: skip
MARKUP = ("http://evil", "javascript:alert", "$x$", ":red[x]", "<img src=x>")  # of those above


def urls(rng: random.Random, scratch: Path) -> Iterator[Callable[[], str]]:
    """Pages with fields of any value, through Streamlit's test harness."""
    from streamlit.testing.v1 import AppTest

    from tests.app.visiting import go_to

    def attempt(page: str, fields: dict[str, str]) -> str:
        app = AppTest.from_file(ROOT / "app" / "main.py", default_timeout=120)
        app.query_params.update(fields)
        go_to(app, page).run()
        link = f"/{page}?" + "&".join(f"{n}={quote(v)}" for n, v in fields.items())
        assert not app.exception, (link, [e.value for e in app.exception])
        said = (*app.markdown, *app.caption, *app.error, *app.warning, *app.info, *app.toast)
        for words in (element.value for element in said):
            assert not any(mark in words for mark in MARKUP), (link, words)
        return "taken"

    yield lambda: attempt("distorted", {})
    while True:
        page = rng.choice(list(FIELDS))
        names = rng.sample(FIELDS[page], min(len(FIELDS[page]), rng.randrange(1, 5)))
        fields = {name: rng.choice(VALUES) for name in names}
        yield lambda page=page, fields=fields: attempt(page, fields)


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        child(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]), Path(sys.argv[5]))
    else:
        sys.exit(main())
