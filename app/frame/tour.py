"""The tour's stop above a page, and the page with all stops and the closing questions."""

from __future__ import annotations

import html
import re
from urllib.parse import urlencode

import streamlit as st

from app.frame import lecture
from app.frame.closing_questions import CLOSING_QUESTIONS
from app.frame.stops import LESSONS, STOPS

ONWARD = (
    ("train one yourself", "distorted?view=Train"),
    ("how far the invariance goes", "invariance"),
    ("a transformer in your own network", "network"),
    ("all results", "distorted?view=Results"),
)
WAIT_SECONDS = 1.0  # between two looks at whether it is done
# On a wide screen the stop stays in sight, and is as high at first as when it is done, so that what
# is being dragged does not move away.
STYLE = """<style>
.st-key-tour { background: light-dark(#fff, #0e1117); margin-bottom: 0.5rem; }
.st-key-tour p, .st-key-tour [data-testid='stMarkdownContainer'] { margin: 0; }
.st-key-tour-words { display: grid; }
.st-key-tour-words > * { grid-area: 1 / 1; }
.st-key-tour-words > :has(> .st-key-tour-other) { display: none; }
@media (min-width: 900px) and (min-height: 640px) {
  :has(> .st-key-tour) { position: sticky; top: 3.75rem; z-index: 90; }
  [data-testid='stMain']:has(.st-key-tour) { scroll-padding-top: 12rem; }
  .st-key-tour-words > :has(> .st-key-tour-other) { display: block; }
  .st-key-tour-other, .st-key-tour-other * { visibility: hidden !important; }
}
</style>"""


def _number(field: str, most: int) -> int | None:
    """What a field of the address says, from 1 on; None if it says no such number."""
    asked = st.query_params.get(field, "")
    return int(asked) if re.fullmatch(r"\d{1,3}", asked) and 1 <= int(asked) <= most else None


def asked_stop() -> int | None:
    """The stop that the address asks for, from 1 on; None without one."""
    return _number("stop", len(STOPS))


def finished() -> set[int]:
    """The stops that are done, as the address keeps them."""
    return {int(n) for n in re.findall(r"\d{1,3}", st.query_params.get("done", "")[:200])} & set(
        range(1, len(STOPS) + 1)
    )


def link(number: int) -> str:
    """The address of a stop, with what is done so far; of the closing questions after the last."""
    done = ".".join(map(str, sorted(finished())))
    kept = {"done": done} if done else {}
    if number > len(STOPS):
        return f"tour?{urlencode(kept)}#questions"
    stop = STOPS[number - 1]
    page = "" if stop.page == "front" else stop.page
    return f"{page}?{urlencode({**stop.fields, 'stop': number, **kept})}"


def anchor(words: str, address: str) -> str:
    """A link that stays in this tab, in HTML, and leads to a page that is as large and as bare."""
    return f"<a href='{html.escape(lecture.carry(address))}' target='_self'>{words}</a>"


def elsewhere(page: str) -> tuple[str, dict[str, str]] | None:
    """Where the address leads, if that is not this page: the page, and the fields of its address.

    An old link's ``?lesson=N`` leads to the step of the story, or the stop, that replaced it.
    """
    others = {n: v for n, v in st.query_params.to_dict().items() if n not in ("lesson", "done")}
    if old := _number("lesson", len(LESSONS)):
        field, number = LESSONS[old]
        stop = STOPS[number - 1] if field == "stop" else None
        fields = stop.fields if stop else {}
        return (stop.page if stop else "front"), {**fields, **others, field: str(number)}
    number = asked_stop()
    if number is None or STOPS[number - 1].page == page:
        return None
    stop = STOPS[number - 1]
    return stop.page, {**stop.fields, **st.query_params.to_dict()}


def above() -> None:
    """The stop, above its page."""
    number = asked_stop()
    if number is None:
        if {"stop", "lesson"} & set(st.query_params):
            st.toast(f"The tour has stops 1 to {len(STOPS)}.")
        return
    done = number in finished()
    st.html(STYLE)
    with st.container(border=True, key="tour"):
        st.fragment(_stop, run_every=None if done else WAIT_SECONDS)(number)


def _stop(number: int) -> None:
    stop, known = STOPS[number - 1], finished()
    if number not in known and stop.done(st.session_state):
        st.query_params["done"] = ".".join(map(str, sorted(known | {number})))
        st.rerun()
    onward = link(number + 1)
    on = "Closing questions" if number == len(STOPS) else "Next stop"
    ways = [anchor("← Back", link(number - 1))] if number > 1 else []
    ways += [
        f"<b>{anchor(f'{on} →', onward)}</b>" if number in known else anchor("Skip →", onward),
        anchor("All stops", link(len(STOPS) + 1).split("#")[0]),
        anchor("Leave the tour", "?"),
    ]
    with st.container(gap="xxsmall"):
        with st.container(horizontal=True, horizontal_alignment="distribute", gap="small"):
            done = " :green[✓ done]" if number in known else ""
            st.markdown(f"**Stop {number} of {len(STOPS)}: {stop.title}**{done}", width="content")
            st.markdown(" · ".join(ways), unsafe_allow_html=True, width="content")
        with st.container(key="tour-words"):
            with st.container(key="tour-other" if number in known else "tour-now"):
                st.markdown(f"{stop.do} :gray[Your turn]")
            with st.container(key="tour-now" if number in known else "tour-other"):
                st.markdown(stop.seen)


def stops() -> None:
    """All stops, with what is done of them."""
    done = finished()
    st.progress(len(done) / len(STOPS), f"{len(done)} of {len(STOPS)} stops done")
    st.markdown(
        "\n".join(
            f"{n}. {anchor(stop.title, link(n))}{' :green[✓]' if n in done else ''}"
            for n, stop in enumerate(STOPS, 1)
        ),
        unsafe_allow_html=True,
    )


def summary() -> None:
    """What was seen, and where to go on: after the last stop."""
    st.header("What you have seen", anchor=False)
    st.markdown("\n".join(f"- {stop.learnt}" for stop in STOPS))
    ways = [anchor(words, where) for words, where in ONWARD]
    st.markdown(f"Go on: {' · '.join(ways)}", unsafe_allow_html=True)


def questions() -> None:
    """What somebody can say after the story and the tour."""
    st.header("Closing questions", anchor="questions")
    for n, question in enumerate(CLOSING_QUESTIONS):
        chosen = st.radio(
            f"**{question.words}**",
            range(len(question.answers)),
            index=None,
            format_func=lambda a, q=question: q.answers[a],
            key=f"question-{n}",
        )
        if chosen is None:
            continue
        verdict = ":green[✓ Right.]" if chosen == question.right else "✗ Not quite."
        where = anchor(question.where, question.address)
        words = f"{verdict} {question.reasons[chosen]} See {where}."
        st.markdown(f"<div role='alert'>\n\n{words}\n\n</div>", unsafe_allow_html=True)
