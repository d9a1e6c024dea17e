"""The playhead and its transport, by a clock of the test's own."""

from __future__ import annotations

import pytest

# A playhead whose clock is the test's: ``frames(n, ms)`` lets n frames go by.
BY_THE_TEST_S_CLOCK = """
    const { Playhead } = await load("parts/playhead");
    const { Transport } = await load("parts/transport");
    const kept = [window.requestAnimationFrame, window.cancelAnimationFrame, performance.now];
    const motion = window.matchMedia;
    let [now, next, waiting] = [0, 1, new Map()];
    window.requestAnimationFrame = (tick) => (waiting.set(next, tick), next++);
    window.cancelAnimationFrame = (frame) => waiting.delete(frame);
    performance.now = () => now;
    window.matchMedia = () => ({ matches: false });
    const frames = (count, milliseconds) => {
        for (let i = 0; i < count; i++) {
            now += milliseconds;
            const ticks = [...waiting.values()];
            waiting.clear();
            ticks.forEach((tick) => tick(now));
        }
    };
    const events = [];
    const shown = [];
    const show = (at) => shown.push(at);
    const rest = () => events.push("rest");
    const head = (count, position, more = {}) =>
        Object.assign(new Playhead(show, rest), { count, position, ...more });
    try {
        BODY
    } finally {
        [window.requestAnimationFrame, window.cancelAnimationFrame, performance.now] = kept;
        window.matchMedia = motion;
    }
"""


def playhead(modules, body: str):
    return modules(BY_THE_TEST_S_CLOCK.replace("BODY", body))


def test_frames_that_are_added_never_move_the_playhead_but_at_the_last_one(modules):
    result = playhead(
        modules,
        """
        return [[5, 2], [5, 2.5], [5, 0], [5, 4]].map(([count, position]) => {
            const one = head(count, position);
            return [one.extend(9), one.position, one.count];
        });
        """,
    )
    assert result == [[False, 2, 9], [False, 2.5, 9], [False, 0, 9], [True, 8, 9]]


def test_playhead_that_plays_is_not_moved_by_added_frames(modules):
    result = playhead(
        modules,
        """
        const one = head(5, 0);
        one.play();
        frames(3, 500);
        const before = one.position;
        const live = one.extend(9);
        const after = one.position;
        frames(20, 500);
        return { before, live, after, end: one.position, playing: one.playing, events };
        """,
    )
    assert result["before"] == result["after"] == pytest.approx(1.5)
    assert not result["live"]
    assert result["end"] == 8 and not result["playing"] and result["events"] == ["rest"]


def test_reduced_motion_plays_from_frame_to_frame_however_fast_the_screen_is(modules):
    result = playhead(
        modules,
        """
        window.matchMedia = () => ({ matches: true });
        const transport = new Transport(show, rest);
        const track = { count: 5, name: "steps", perSecond: 10, ends: ["", ""], label: String };
        transport.set(track, false);
        transport.play.click();
        frames(60, 1000 / 60);
        return { at: transport.head.position, shown: [...new Set(shown)], events };
        """,
    )
    assert result == {"at": 4, "shown": [0, 1, 2, 3, 4], "events": ["rest"]}


@pytest.mark.parametrize(
    ("touch", "expected"),
    [
        ("", {"stood": 0, "at": 4, "playing": False, "rests": 2}),
        ("document.body.dispatchEvent(new Event('pointerdown', { bubbles: true }))", "stopped"),
        ("document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'a', bubbles: true }))",
         "stopped"),
        ("transport.play.dispatchEvent(new Event('pointerdown', { bubbles: true }));"
         "transport.play.click()", "stopped"),
    ],
    ids=["nothing", "elsewhere", "a key", "its own button"],
)  # fmt: skip
def test_transport_plays_once_by_itself_until_anything_is_touched(modules, touch, expected):
    result = playhead(
        modules,
        f"""
        const transport = new Transport(show, rest);
        const track = {{ count: 5, name: "steps", perSecond: 10, ends: ["", ""], label: String }};
        transport.set(track, false);
        document.body.append(transport.node);
        const begun = transport.head.position; // the end, until it is asked to play
        transport.playOnce();
        const stood = transport.head.position;
        frames(12, 1000 / 60);
        {touch};
        const touched = transport.head.position;
        frames(60, 1000 / 60);
        const {{ position: at, playing }} = transport.head;
        transport.node.remove();
        return {{ begun, stood, touched, at, playing, rests: events.length }};
        """,
    )
    begun, touched = result.pop("begun"), result.pop("touched")
    assert begun == 4 and touched == pytest.approx(2)
    stopped = {"stood": 0, "at": touched, "playing": False, "rests": 2}
    assert result == (stopped if expected == "stopped" else expected)


def test_transport_stands_at_the_start_where_motion_is_reduced(modules):
    result = playhead(
        modules,
        """
        window.matchMedia = () => ({ matches: true });
        const transport = new Transport(show, rest);
        const track = { count: 5, name: "steps", perSecond: 10, ends: ["", ""], label: String };
        transport.set(track, false);
        transport.playOnce();
        frames(60, 1000 / 60);
        return { at: transport.head.position, playing: transport.head.playing };
        """,
    )
    assert result == {"at": 0, "playing": False}


def test_transport_stays_where_it_stands_while_its_track_grows(modules):
    result = playhead(
        modules,
        """
        const track = (count) => ({
            count, name: "steps", perSecond: 1, ends: ["first", "last"], label: (f) => `at ${f}`,
        });
        const one = new Transport(show, rest);
        one.set(track(5), false);
        one.scrub.value = 2;
        one.scrub.oninput();
        shown.length = 0;
        const live = one.set(track(9), true);
        const { value, max } = one.scrub;
        const first = [live, one.head.position, value, max, one.where.textContent];
        one.scrub.value = 8;
        one.scrub.oninput();
        return [first, [one.set(track(12), true), one.head.position], shown];
        """,
    )
    assert result == [[False, 2, "2", "8", "at 2"], [True, 11], [8]]


@pytest.mark.parametrize(
    ("count", "position", "direction", "expected"),
    [
        (5, 2, 1, 3),
        (5, 2, -1, 1),
        (5, 2.4, 1, 3),
        (5, 2.4, -1, 2),
        (5, 4, 1, 4),
        (5, 0, -1, 0),
        (2, 0, 1, 0.1),
        (2, 1, -1, 0.9),
        (2, 0.3, 1, 0.4),
        (2, 0.3, -1, 0.2),
        (2, 0.25, 1, 0.3),
    ],
)
def test_playhead_steps_by_a_frame_or_a_tenth_of_two(modules, count, position, direction, expected):
    result = playhead(
        modules,
        f"""
        const one = head({count}, {position});
        one.step({direction});
        return [one.position, shown, events];
        """,
    )
    assert result[0] == pytest.approx(expected)
    assert result[1] == [result[0]] and result[2] == ["rest"]


@pytest.mark.parametrize("rate", [0.25, 1, 4])
def test_playhead_is_as_fast_as_its_rate(modules, rate):
    result = playhead(
        modules,
        f"""
        const one = head(100, 0, {{ perSecond: 8, rate: {rate} }});
        one.play();
        frames(10, 50);
        return one.position;
        """,
    )
    assert result == pytest.approx(8 * rate / 2)


def test_playhead_starts_over_at_the_end_plays_again_and_again_and_rests_when_paused(modules):
    result = playhead(
        modules,
        """
        const one = head(3, 2, { loop: true });
        one.toggle();
        frames(3, 500);
        const first = one.position; // it stood at the end
        frames(2, 500);
        const second = [one.position, one.playing];
        one.toggle();
        const third = [one.position, one.playing, events.length];
        frames(5, 500);
        return [first, second, third, one.position === third[0]];
        """,
    )
    first, (again, playing), (_, still_playing, rests), stays = result
    assert first == pytest.approx(1.5)
    assert again < first and playing
    assert not still_playing and rests == 1 and stays
