"""The app: page configuration and navigation. Start it as the README says, from the root."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

import links

HERE = Path(__file__).parent

st.set_page_config(
    page_title="Spatial Transformer Networks", page_icon=str(HERE / "icon.png"), layout="wide"
)
asked = links.asked()
st.navigation(
    [
        st.Page(HERE / "views" / "front.py", title="Overview", default=True),
        st.Page(HERE / "views" / "transformer.py", title="Transformer", url_path="transformer"),
        st.Page(HERE / "views" / "distorted.py", title="Distorted MNIST", url_path="distorted"),
        st.Page(HERE / "views" / "addition.py", title="MNIST addition", url_path="addition"),
        st.Page(
            HERE / "views" / "colocalisation.py", title="Co-localisation", url_path="colocalisation"
        ),
        st.Page(HERE / "views" / "volumes.py", title="Three dimensions", url_path="volumes"),
        st.Page(HERE / "views" / "invariance.py", title="Invariance", url_path="invariance"),
        st.Page(HERE / "views" / "network.py", title="Your network", url_path="network"),
    ],
    position="top",
).run()

import dispatcher  # noqa: E402  after the page: it is not what is waited for
import visitors  # noqa: E402

links.tell(asked)
visitors.arrive()
dispatcher.start()
