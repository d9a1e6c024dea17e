"""Where a network's windows look: the mean crop of a species, and a wall of photographs."""

from __future__ import annotations

import base64
import html
import io

import numpy as np
import streamlit as st

from app.data import bird_parts, birds, networks
from app.data.faults import reason
from app.data.plain import plain
from app.palette import DEPTHS

FIRST = "Painted Bunting"  # of many colours
STYLE = """<style>
.stn-looks { display: grid; gap: .6rem; --least: 6.4rem; --most: 1fr;
  grid-template-columns: repeat(auto-fill, minmax(var(--least), var(--most))); }
.stn-looks.means { --least: 6rem; --most: 9rem; }
.stn-looks figure { margin: 0; }
.stn-looks .framed { position: relative; display: block; line-height: 0; }
.stn-looks img { width: 100%; aspect-ratio: 1; border-radius: 3px; box-sizing: border-box; }
.stn-looks i { position: absolute; box-sizing: border-box; border: 2px solid; }
.stn-looks figcaption { font-size: .8rem; line-height: 1.25; padding-top: .2rem; }
</style>"""


def looks(cells: dict) -> None:
    """Of one network: means and the wall. cells: the table's."""
    measured = {
        name: cell
        for name, cell in cells.items()
        if cell.metrics and cell.experiment.network.transformers > 1
    }
    if not measured:
        return
    st.header("Where do the windows look?", anchor=False)
    titles = {networks.experiment_title(name): name for name in measured}
    first = "birds/128/2st-cnn"
    left, right = st.columns(2, gap="medium")
    with left:
        chosen = st.selectbox(
            "Network", list(titles), key="looks_of", bind="query-params",
            index=list(measured).index(first) if first in measured else 0,
            help="Whose windows are shown below",
        )  # fmt: skip
    name = titles[chosen]
    problem = birds.backbone_problem()
    try:
        loaded = None if problem else networks.pretrained(name)
        with right:
            species = _choose_species(name, loaded)
        _means(name, loaded, species)
        if loaded is None:
            st.info(problem)
        else:
            _wall(loaded, _best(measured[name].metrics))
    except (RuntimeError, ValueError, OSError) as error:
        st.error(f"The windows cannot be shown: {reason(error)}")


def _choose_species(name: str, loaded: networks.LoadedNetwork | None) -> str | None:
    """One of those that there are means of."""
    known = bird_parts.species_with_means(name, loaded)
    if not known:
        return None
    help_text = (
        "With CUB-200-2011 in `STN_DATA` all 200 species are offered"
        if birds.cub_problem()
        else "Whose test images are averaged"
    )
    return st.selectbox(
        "Species", known, key="mean_of", bind="query-params", help=help_text,
        index=list(known).index(FIRST) if FIRST in known else 0,
    )  # fmt: skip


def _best(metrics) -> dict[str, str]:
    """Which window of the shipped seed is best at which part."""
    return next((one.best for one in metrics.parts or () if one.seed == metrics.seed), {})


def _means(name: str, loaded: networks.LoadedNetwork | None, species: str | None) -> None:
    """The mean photograph of the species and the mean of what each window reads."""
    if species is None:
        return
    means = bird_parts.mean_crops(name, loaded, species)
    if means is None:
        return
    st.markdown(f"**Mean crop.** All test images of the {plain(species)}, averaged")
    titles = ["whole images", *(f"window {n}" for n in range(1, len(means)))]
    shades = ["transparent", *DEPTHS]
    figures = [
        f"<figure>{_image(mean, f'Mean of {title}', f'border:3px solid {shade}')}"
        f"<figcaption>{title}</figcaption></figure>"
        for mean, title, shade in zip(means, titles, shades, strict=False)
    ]
    st.html(f"{STYLE}<div class='stn-looks means'>{''.join(figures)}</div>")
    st.caption(
        "Where a window follows a part of the bird, that part stays sharper in its mean than in "
        "the mean of whole images."
    )


def _wall(loaded: networks.LoadedNetwork, best: dict[str, str]) -> None:
    framed = bird_parts.wall(loaded, best)
    on = f"{len(framed)} test images**, one of every fifth species"
    if birds.cub_problem():
        st.markdown("**Windows** on the free photographs")
    elif not best:
        st.markdown(f"**Windows on {on}. How near they are to the bird's parts was not measured")
    else:
        head, body = (best[region] for region in ("head", "body"))
        st.markdown(
            f"**Windows on {on}, sorted by agreement with the bird's parts: how far window {head} "
            f"is from the middle of the head's points and window {body} from the body's, on "
            "average, in percent of the width; the nearest first"
        )
    st.html(f"{STYLE}<div class='stn-looks'>{''.join(map(_figure, framed))}</div>")
    if birds.cub_problem():
        st.caption(
            "With CUB-200-2011 in `STN_DATA`, 40 of its test images are shown here, sorted by how "
            "near the windows are to the marked parts. Who made the free photographs is on "
            "*Explore*."
        )


def _figure(one: bird_parts.Framed) -> str:
    from stn_core.birds.networks import SCALE

    frames = "".join(
        f"<i style='border-color:{colour};left:{50 * (1 + x - SCALE):.1f}%;"
        f"top:{50 * (1 + y - SCALE):.1f}%;width:{100 * SCALE:g}%;height:{100 * SCALE:g}%'></i>"
        for (x, y), colour in zip(one.middles.tolist(), DEPTHS, strict=False)
    )
    name = html.escape(one.bird.species or "a bird")
    places = "; ".join(
        f"window {n} at x {x:.2f}, y {y:.2f}".replace("-", "−")
        for n, (x, y) in enumerate(one.middles.tolist(), 1)
    )
    miss = "" if one.miss is None else f" · {100 * one.miss:.0f}\u202f%"
    return (
        f"<figure><span class='framed'>{_image(one.bird.image, f'{name}: {places}')}{frames}"
        f"</span><figcaption>{name}{miss}</figcaption></figure>"
    )


def _image(image: np.ndarray, words: str, style: str = "") -> str:
    """uint8 (3, H, W) as HTML."""
    from PIL import Image

    buffer = io.BytesIO()
    Image.fromarray(image.transpose(1, 2, 0)).save(buffer, "JPEG", quality=88)
    content = base64.b64encode(buffer.getvalue()).decode()
    return f"<img alt='{words}' style='{style}' src='data:image/jpeg;base64,{content}'>"
