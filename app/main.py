"""The app: page configuration and navigation. Start it as the README says, from the root."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from app.data import memory
from app.frame import around, lecture, links, tour

HERE = Path(__file__).parent

st.set_page_config(
    page_title="Spatial Transformer Networks", page_icon=str(HERE / "icon.png"), layout="wide"
)
memory.keep_no_freed_memory()
asked = links.asked()
lecture.apply()
PAGES = {  # by their files in views/: the titles
    "front": "Overview",
    "transformer": "Transformer",
    "distorted": "Distorted MNIST",
    "addition": "MNIST addition",
    "colocalisation": "Co-localisation",
    "volumes": "Three dimensions",
    "labels": "Why labels are enough",
    "invariance": "Invariance",
    "network": "Your network",
    "tour": "Tour",
    "glossary": "Glossary",
}
pages = {
    name: st.Page(
        HERE / "views" / name / "page.py", title=title, url_path=name, default=name == "front"
    )
    for name, title in PAGES.items()
}
page = st.navigation(list(pages.values()), position="top")
name = page.url_path or "front"
if stop := tour.elsewhere(name):
    st.switch_page(pages[stop.page], query_params={**stop.fields, **st.query_params.to_dict()})
around.above(name)
page.run()
around.below(name)

from app.training import (  # noqa: E402
    dispatcher,
    visitors,
)

links.tell(asked)
visitors.arrive()
dispatcher.start()
