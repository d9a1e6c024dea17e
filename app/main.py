"""The app: page configuration and navigation. Start it as the README says, from the root."""

from __future__ import annotations

import base64
from pathlib import Path

import streamlit as st

from app import views
from app.data import memory, once, uploads
from app.frame import around, lecture, links, tour

HERE = Path(__file__).parent
# In the page itself: as a file, Streamlit may have given it up by the time a browser asks for it.
ICON = f"data:image/png;base64,{base64.b64encode((HERE / 'icon.png').read_bytes()).decode()}"
NAME = "Spatial Transformer Networks"


def _arrive() -> None:
    """Note the visitor, and look after the queue: after the page, which waits for neither."""
    from app.training import dispatcher, visitors

    visitors.arrive()
    dispatcher.start()


memory.keep_no_freed_memory()
uploads.prepare_server()
pages = views.pages()
files = {
    name: st.Page(
        HERE / "views" / name / "page.py", title=page.menu, url_path=name, default=name == "front"
    )
    for name, page in pages.items()
}
groups: dict[str, list] = {}
for name, page in pages.items():
    groups.setdefault(page.group, []).append(files[name])
opened = st.navigation(groups, position="top")
name = opened.url_path or "front"
page = pages[name]
st.set_page_config(
    page_title=NAME if page.title == NAME else f"{page.title} · {NAME}",
    page_icon=ICON,
    layout="wide",
)
fields = st.query_params.to_dict()
asked = links.asked(page.view_field)
lecture.apply()
if way := tour.elsewhere(name):
    st.switch_page(files[way[0]], query_params=way[1])
around.above(page)
if page.needs_torch:
    once.warm_up()
opened.run()
around.below(name, pages, fields)

links.tell(asked)
_arrive()
