# SPDX-License-Identifier: Apache-2.0
"""The console demultiplexer and the `--until`/`--send` script, without a QEMU."""

import pytest
from hypothesis import given, strategies as st

from generator.run.demux import KERNEL, Chunk, Lives, OwnUart, Screen, Stream, WireParser
from generator.run.script import Script, Send, Until, event_of, split_target, unescape

NAMES = ("linux", "instruments", "radio")


def streams(wire: bytes, cuts=()) -> dict[str, bytes]:
    parser = WireParser(NAMES)
    found: dict[str, Stream] = {}
    pieces = [wire[begin:end] for begin, end in zip((0, *cuts), (*cuts, len(wire)))]
    for chunk in [chunk for piece in pieces for chunk in parser.feed(piece)] + parser.flush():
        found.setdefault(chunk.partition, Stream()).add(chunk)
    return {name: bytes(stream.text) for name, stream in found.items()}


WIRE = (b"[bulkhead] Bulkhead 0.1\r\n[linux] booting\r\n[linux] / # \r\r\n[instruments] tick 1\r\n"
        b"[linux]+ ls\r\r\n[nobody] odd\r\nraw firmware\r\n[instruments] tick 2\r\n[radio] a[linux] b\r\n[linux] end")


def test_lines_go_to_their_consoles_and_broken_lines_are_joined():
    assert streams(WIRE) == {
        KERNEL: b"Bulkhead 0.1\n[nobody] odd\nraw firmware\n",
        "linux": b"booting\n/ # ls\nend",
        "instruments": b"tick 1\ntick 2\n",
        "radio": b"a[linux] b\n",
    }


@given(st.lists(st.integers(0, len(WIRE)), max_size=30).map(sorted))
def test_no_cut_of_the_stream_changes_the_result(cuts):
    assert streams(WIRE, tuple(cuts)) == streams(WIRE)


def test_a_resumption_undoes_a_line_end_that_lost_its_mark():
    assert streams(b"[linux] / # \r\n[radio] x\r\n[linux]+ ls\r\n")["linux"] == b"/ # ls\n"


def test_a_broken_line_that_nothing_resumes_ends_where_the_next_begins():
    assert streams(b"[linux] / # \r\r\n[radio] x\r\n[linux] booting\r\n")["linux"] == b"/ # \nbooting\n"


def test_a_broken_line_of_no_text_leaves_the_line_before_alone():
    assert streams(b"[linux] a\r\n[linux] \r\r\n[radio] x\r\n[linux]+ b\r\n")["linux"] == b"a\nb\n"


@pytest.mark.verifies("LLR-621")
def test_a_broken_line_is_finished_once():
    parser, screen, finished = WireParser(NAMES), Screen("radio"), []
    for chunk in parser.feed(b"[linux] par\r\r\n[radio] x\r\n[linux]+ ti\r\r\n[radio] y\r\n[linux]+ al\r\n"):
        finished += screen.add(chunk, 0.0)[1]
    assert finished == [("radio", "x"), ("radio", "y"), ("linux", "partial")]


def test_own_uart_needs_no_prefix():
    parser = OwnUart("linux")
    chunks = parser.feed(b"a\r") + parser.feed(b"\nb\n/ # ")
    assert b"".join(chunk.data for chunk in chunks) == b"a\nb\n/ # "


def show(*steps, focus="linux"):
    screen = Screen(focus)
    shown = b""
    for now, step in enumerate(steps):
        shown += screen.tick(float(now)) if step is None else screen.add(step, float(now))[0]
    return shown + screen.close()


def test_prompt_of_the_focused_partition_appears_at_once():
    assert Screen("linux").add(Chunk("linux", b"/ # "), 0.0)[0] == b"[linux] / # "


def test_partial_line_of_another_partition_appears_after_100_ms():
    screen = Screen("linux")
    assert screen.add(Chunk("radio", b"boot"), 1.0)[0] == b""
    assert screen.tick(1.05) == b""
    assert screen.waits()
    assert screen.tick(1.1) == b"[radio] boot"
    assert not screen.waits()


@pytest.mark.verifies("LLR-621")
def test_lines_are_never_mixed_and_an_interrupted_prompt_is_shown_again():
    assert show(Chunk("linux", b"/ # "), Chunk("radio", b"on"), Chunk("radio", b"\n"), Chunk("linux", b"ls")) == (
        b"[linux] / # \r\n[radio] on\r\n[linux] / # ls\r\n")


def test_resumed_line_is_shown_joined():
    assert show(Chunk("linux", b"/ # "), Chunk("linux", b"\n"), Chunk("radio", b"on"), Chunk("radio", b"\n"),
                Chunk("linux", b"", resumed=True), Chunk("linux", b"ls"), Chunk("linux", b"\n")) == (
        b"[linux] / # \r\n[radio] on\r\n[linux] / # ls\r\n")


def test_cursor_queries_are_not_shown():
    assert show(Chunk("linux", b"/ # \x1b["), Chunk("linux", b"6nls"), Chunk("linux", b"\x1b[1m")) == b"[linux] / # ls\x1b[1m\r\n"


TEXT = st.binary(min_size=1, max_size=6).map(lambda data: data.replace(b"\r", b".").replace(b"\n", b"."))


@given(st.lists(st.one_of(st.none(), st.tuples(st.sampled_from(NAMES), st.one_of(TEXT, st.just(b"\n"))))))
@pytest.mark.verifies("LLR-621")
def test_every_line_is_shown_whole_behind_its_prefix(steps):
    screen = Screen("linux")
    shown, expected, lines = b"", [], {}
    for now, step in enumerate(steps):
        if step is None:
            shown += screen.tick(float(now))
            continue
        name, data = step
        added, finished = screen.add(Chunk(name, data), float(now))
        shown += added
        if data == b"\n":
            line = lines.pop(name, b"")
            expected.append(b"[" + name.encode() + b"] " + line)
            assert [partition for partition, _ in finished] == [name]
        else:
            lines[name] = lines.get(name, b"") + data
    on_screen = shown.split(b"\r\n")
    position = 0
    for line in expected:
        position = on_screen.index(line, position) + 1


def run_script(steps, *events, fail_on=()):
    script = Script(list(steps), tuple(fail_on), NAMES)
    typed = []
    for name, text in events:
        script.add(Chunk(name, text))
        typed += [send.data for send in script.next_sends()]
    return script, typed


@pytest.mark.verifies("LLR-622")
def test_untils_come_in_any_order_and_across_chunks():
    script, _ = run_script([Until("radio", b"two"), Until(None, b"one")], ("linux", b"on"), ("linux", b"e"), ("radio", b"two"))
    assert script.complete


def test_until_of_another_partition_does_not_count():
    assert not run_script([Until("radio", b"x")], ("linux", b"x"))[0].complete


@pytest.mark.verifies("LLR-622")
@pytest.mark.parametrize("wanted", [Until("radio", b"go "), Until(None, b"go ")])
def test_the_same_until_twice_needs_the_text_twice(wanted):
    assert not run_script([wanted, wanted], ("radio", b"go "))[0].complete
    assert run_script([wanted, wanted], ("radio", b"go g"), ("radio", b"o "))[0].complete
    assert run_script([wanted, wanted], ("radio", b"go go "))[0].complete
    assert not run_script([wanted, wanted, wanted], ("radio", b"go go "))[0].complete


def test_send_waits_for_the_untils_before_it():
    steps = [Until("linux", b"/ # "), Send("linux", b"ls\n"), Until("linux", b"/ # ")]
    script, typed = run_script(steps, ("linux", b"boot"), ("linux", b"/ # "))
    assert typed == [b"ls\n"] and not script.complete
    script.add(Chunk("linux", b"ls\nbin\n/ # "))
    assert script.complete


def test_until_after_a_send_counts_earlier_text_of_other_consoles():
    steps = [Until("linux", b"# "), Send("linux", b"ls\n"), Until("radio", b"hello")]
    assert run_script(steps, ("radio", b"hello"), ("linux", b"# "))[0].complete


def test_send_without_until_goes_at_once():
    script = Script([Send("linux", b"x")], (), NAMES)
    assert [send.data for send in script.next_sends()] == [b"x"] and script.next_sends() == []
    assert not script.complete


@pytest.mark.parametrize("text, data", [(r"ls\n", b"ls\n"), (r"\x1b[A\r", b"\x1b[A\r"), (r"\003", b"\x03"), (r"a\\n", b"a\\n"),
                                        ("é", "é".encode()), (r"\e\t\0", b"\x1b\t\0")])
def test_c_escapes(text, data):
    assert unescape(text) == data


@pytest.mark.parametrize("text", [r"\q", "x\\"])
def test_wrong_escapes_are_refused(text):
    with pytest.raises(ValueError):
        unescape(text)


def test_part_before_the_colon_counts_only_if_it_is_a_partition():
    assert split_target("linux:/ # ", NAMES) == ("linux", "/ # ")
    assert split_target("bulkhead:up", NAMES) == ("bulkhead", "up")
    assert split_target("load: done", NAMES) == (None, "load: done")


def test_fixed_lines_become_events():
    assert event_of("linux halted: shut down").kind == "halt"
    assert event_of("radio restarted warm 2: watchdog").facts == {"kind": "warm", "number": 2, "cause": "watchdog"}
    assert event_of("epitaph BOOT-GIC: wrong GIC").facts["id"] == "BOOT-GIC"
    assert event_of("Bulkhead 0.1 abi 1 kernel 0123456789abcdef config 0123456789abcdef board zcu102").kind == "boot"
    assert event_of("all partitions halted") is None


@pytest.mark.parametrize("fail_on, failed", [("halt", True), ("restart", False), ("panic", True), ("radio:panic", False)])
@pytest.mark.verifies("LLR-622")
def test_fail_on(fail_on, failed):
    script = Script([], (fail_on,), NAMES)
    script.event(event_of("linux halted: memory"))
    script.add(Chunk("linux", b"kernel panic"))
    assert bool(script.failure) == failed


@pytest.mark.verifies("LLR-622")
def test_epitaph_always_fails():
    script = Script([], (), NAMES)
    script.event(event_of("epitaph X: y"))
    assert script.failure


@pytest.mark.verifies("LLR-621")
@pytest.mark.parametrize("before, after, expected", [
    # The news of the reset comes when the new life has begun to write.
    (b"[b] one\r\n[", b"b] two\r\n", [("b", "one"), ("b", "two")]),
    # The old life was cut off within a prefix.
    (b"[b] one\r\n[b", b"[bulkhead] Bulkhead 1\r\n", [("b", "one"), ("bulkhead", "[b"), ("bulkhead", "Bulkhead 1")]),
    # Within a line.
    (b"[b] on", b"[bulkhead] Bulkhead 1\r\n[b] two\r\n", [("b", "on[cut]"), ("bulkhead", "Bulkhead 1"), ("b", "two")]),
])
def test_a_reset_begins_a_line_whenever_its_news_comes(before, after, expected):
    parser = WireParser(("a", "b"))
    lines: list[tuple[str, str]] = []
    open_lines: dict[str, bytes] = {}

    def take(chunks):
        for chunk in chunks:
            if chunk.data == b"\n":
                lines.append((chunk.partition, open_lines.pop(chunk.partition, b"").decode()))
            else:
                open_lines[chunk.partition] = open_lines.get(chunk.partition, b"") + chunk.data

    take(parser.feed(before))
    take(parser.restart())
    for partition in list(open_lines):  # as `run` ends what stood open
        lines.append((partition, open_lines.pop(partition).decode() + "[cut]"))
    for byte in after:
        take(parser.feed(bytes([byte])))
    assert lines == expected


@pytest.mark.verifies("LLR-621")
@pytest.mark.parametrize("step", [1, 7, 1000])
@pytest.mark.parametrize("former", [b"[b] one\r\n", b"[b] > "])
def test_a_life_that_the_news_of_the_reset_has_not_reached_waits_for_it(former, step):
    banner = b"[bulkhead] Bulkhead 1\r\n"
    wire = banner + former + banner + b"[b] two\r\n"
    lives = Lives()
    taken = b"".join(lives.take(wire[at:at + step]) for at in range(0, len(wire), step))
    assert taken == banner + former and lives.hold_s == 1.0
    assert lives.told(at_line_start=former.endswith(b"\n")) == b"" and lives.take(b"[b] three\r\n") == banner + b"[b] two\r\n[b] three\r\n"


@pytest.mark.verifies("LLR-621")
def test_what_no_reset_explains_is_text():
    lives = Lives()
    assert lives.take(b"firmware\r\n[bulkhead] Bulkhead 1\r\n[b] [") == b"firmware\r\n[bulkhead] Bulkhead 1\r\n[b] "
    assert lives.hold_s == 0.1 and lives.release() == b"[" and lives.hold_s is None
    assert lives.take(b"[bulkhead] Bulkhead 2\r\n") == b"" and lives.hold_s == 1.0
    assert lives.release() == b"[bulkhead] Bulkhead 2\r\n"


@pytest.mark.verifies("LLR-621")
@pytest.mark.parametrize("at_line_start, of_the_old", [(True, b"[b"), (False, b"")])
def test_a_beginning_at_a_reset_goes_where_it_can_be_told_apart(at_line_start, of_the_old):
    lives = Lives()
    lives.take(b"[bulkhead] Bulkhead 1\r\n[b")
    assert lives.told(at_line_start) == of_the_old
    assert lives.take(b"] two\r\n") == b"[b"[len(of_the_old):] + b"] two\r\n"
