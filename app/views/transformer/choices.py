"""What a visitor chooses on the page: a preset, an image, a family, and how it is read."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

from app.data import decoded, gallery, pictures
from app.data.families import PRESETS, Family, Preset, families
from app.data.plain import plain
from app.frame import links
from app.panels import own_digit
from app.sketch import sketch
from app.stage.large import Reading, Report, is_theta

IMAGES = ("Test card", "Rings", "Digit", "Draw", *own_digit.FILES)
KERNELS = {
    "bilinear": "bilinear (Eq. 5)",
    "integer": "integer (Eq. 4)",
    "bicubic": "bicubic (Eq. 3)",
    "tent": "tent, as wide as Φ (Eq. 3)",
}
SIZES = {"¼": 0.25, "½": 0.5, "1": 1.0, "2": 2.0, "4": 4.0}
POOLS = {"none": 1, "2 × 2": 2, "4 × 4": 4}
DEFAULTS = {  # of the page's controls, which an address leaves out
    "family": "Affine",
    "image": IMAGES[0],
    "kernel": "bilinear",
    "size": "1",
    "pool": "none",
    "padding": "zeros",
    "gradient": False,
}


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What is on the stage. image: uint8 (H, W) or (3, H, W); token: of the θ at first."""

    image: np.ndarray
    picture: str
    family: Family
    transform: object
    start: tuple[float, ...]
    token: str
    output_size: tuple[int, int]
    reading: Reading
    gradient: bool


def presets() -> Preset | None:
    """The row of presets; gives the one that is on."""
    _first_visit()
    chosen = st.pills(
        "Presets", list(PRESETS), key="preset", bind="query-params", on_change=_apply,
        label_visibility="collapsed",
    )  # fmt: skip
    return PRESETS.get(chosen)


def _first_visit() -> None:
    """A link to a preset starts with it; a link with a θ starts there. So does Back, and a pin, but
    for the preset: their address has all that was chosen."""
    restored = links.is_restored()
    if "lab:start" in st.session_state and not restored:
        return
    st.session_state["lab:start"] = None
    if not restored and st.query_params.get("preset") in PRESETS:
        st.session_state["preset"] = st.query_params["preset"]
        _set_page()
        _complete_address()
    if "theta" not in st.query_params:
        return
    try:
        st.session_state["lab:start"] = [float(v) for v in st.query_params["theta"].split(",")]
    except ValueError:
        _forget()
        st.toast(
            "The link's θ is not a list of numbers. The page starts at the family's default θ."
        )


def _complete_address() -> None:
    """What the preset has set, in the address as well: Back and a pin take it from there alone."""
    chosen = {key: st.session_state[key] for key in DEFAULTS}
    for key, value in chosen.items():
        if value != DEFAULTS[key] and key not in st.query_params:
            st.query_params[key] = str(value).lower() if value is True else value


def _apply() -> None:
    """Another preset was chosen."""
    _forget()
    _set_page()


def _set_page() -> None:
    """Set the page as the chosen preset has it."""
    preset = PRESETS.get(st.session_state.get("preset"))
    if preset is None:
        return
    values = {
        "family": preset.family,
        "image": preset.image,
        "kernel": preset.kernel,
        "size": preset.size,
        "pool": preset.pool,
        "padding": "zeros",
        "gradient": preset.gradient,
    }
    for key, value in values.items():
        st.session_state[key] = value


def _leave() -> None:
    """Another family is not the preset any more, nor is the link's θ of any use to it."""
    st.session_state["preset"] = None
    _forget()


def _forget() -> None:
    """The link's θ is that of what was shown before."""
    st.session_state["lab:start"] = None
    if "theta" in st.query_params:
        del st.query_params["theta"]


def choose(preset: Preset | None) -> Choice:
    """Image, family, kernel, size and the rest: a column of widgets."""
    family = _choose_family()
    picture, image = _choose_image()
    kernel, half_width = _choose_kernel()
    padding = st.segmented_control(
        "Padding outside U", ["zeros", "border"], default="zeros", required=True, key="padding",
        bind="query-params", help="What the grid reads outside U: *zeros*, as in the paper's "
        "experiments, or the nearest *border* pixel",
    )  # fmt: skip
    size = st.segmented_control(
        "Size of V relative to U", list(SIZES), default="1", required=True, key="size",
        bind="query-params",
        help="A larger V samples U more finely; a smaller one skips pixels of U",
    )  # fmt: skip
    pool = st.segmented_control(
        "Average pooling of V", list(POOLS), default="none", required=True, key="pool",
        bind="query-params", help="Pools V before the classifier, as for RTS and TC (App. A.4)",
    )  # fmt: skip
    gradient = st.toggle(
        "Gradient and descent", key="gradient", bind="query-params",
        help="Shows the gradient of Eq. 7 as arrows on the grid, and lets you take gradient steps "
        "on θ",
    )  # fmt: skip
    height, width = (round(n * SIZES[size]) for n in image.shape[-2:])
    transform = family.make((height, width))
    start = _start(transform, family, preset)
    return Choice(
        image=image,
        picture=picture,
        family=family,
        transform=transform,
        start=start,
        token=f"{family.name}/{preset and st.session_state['preset']}",
        output_size=(height, width),
        reading=Reading(kernel=kernel, half_width=half_width, padding=padding, pool=POOLS[pool]),
        gradient=gradient,
    )


def _choose_family() -> Family:
    by_name = families()
    name = st.selectbox(
        "Family of transformations $T_\\theta$",
        list(by_name),
        key="family",
        bind="query-params",
        on_change=_leave,
        help="The kind of transformation, and how many parameters θ it has",
    )
    return by_name.get(name) or by_name["Affine"]


def _choose_image() -> tuple[str, np.ndarray]:
    """Which kind of image, and the image: uint8 (H, W) or (3, H, W)."""
    kind = st.selectbox(
        "Image U",
        IMAGES,
        key="image",
        bind="query-params",
        help="The image to read; you can also use your own picture",
    )
    return kind, _picture(kind)


def _choose_kernel() -> tuple[str, float]:
    """A kernel, and the half width of a tent."""
    kernel = st.selectbox(
        "Kernel",
        list(KERNELS),
        format_func=lambda k: KERNELS[k],
        key="kernel",
        bind="query-params",
        help="How the sampler reads U between its pixels",
    )
    if kernel != "tent":
        return kernel, 1.0
    half_width = st.slider(
        "Φ: half the kernel's width, in pixels of U", 1.0, 8.0, 4.0, 0.5, key="phi",
        bind="query-params",
        help="A kernel as wide as the grid's step averages the pixels that a narrow one skips. Φ = "
        "1 is Eq. 5.",
    )  # fmt: skip
    return kernel, half_width


def _start(transform, family: Family, preset: Preset | None) -> tuple[float, ...]:
    linked = st.session_state["lab:start"]
    if is_theta(linked, transform.num_params):
        return tuple(linked)
    if linked is not None:
        _forget()
        st.toast(
            f"The link's θ has {len(linked)} numbers, or one out of range; {family.name} needs "
            f"{transform.num_params}. The page starts at the family's default θ."
        )
    if preset and preset.family == family.name:
        return preset.theta
    return family.start


def _picture(kind: str) -> np.ndarray:
    """The chosen picture; the test card as long as there is none."""
    if kind == "Rings":
        return pictures.rings()
    if kind == "Digit":
        digit = st.number_input(
            "Digit, 0 to 999", 0, 999, 504, key="lab_digit", bind="query-params",
            help="Selects a gallery digit, sorted by class: 200 to 299 are twos",
        )  # fmt: skip
        return gallery.gallery().images[int(digit)].numpy()
    if kind == "Draw":
        drawn = sketch(key="sketch")
        if drawn is not None:
            return drawn
        st.caption("Draw a picture here. Until then, the test card is shown.")
        return pictures.test_card()
    if kind in own_digit.FILES:
        content = own_digit.picture_file(kind, "lab")
        if content is None:
            st.caption("Your picture stays in this server's memory and is shown as 64 × 64 pixels.")
            return pictures.test_card()
        try:
            return decoded.made(pictures.read_picture, content)
        except pictures.PictureError as error:
            st.error(f"The picture could not be used: {plain(error)}")
    return pictures.test_card()


def remember(report: Report) -> None:
    """Put the θ of the hand into the address, so that a link brings it back. As long as the stage
    has said nothing, the address is as it was opened."""
    if not report.serial and "theta" in st.query_params:
        return
    theta = report.thetas[0] if report.thetas else st.session_state["lab:start"]
    text = ",".join(f"{v:.3g}" for v in theta) if theta else None
    if text and st.query_params.get("theta") != text:
        st.query_params["theta"] = text
    elif not text and "theta" in st.query_params:
        del st.query_params["theta"]
