# SPDX-License-Identifier: Apache-2.0
"""plan.html as a browser draws it, in both themes: everything is there, nothing is cut off, on top of another or unreadable."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from generator.allocate import allocate
from generator.check.context import Context
from generator.check.runner import check_file
from generator.picture import plan_html
from generator.verbs.plan import resolve
from verify.generator.systems import partition, system

ROOT = Path(__file__).resolve().parents[2]
HERE = Path(__file__).parent
TIMEOUT_S = 120
LONG = "a-name-of-thirty-one-characters"
THEMES = {"light": [], "dark": ["--blink-settings=preferredColorScheme=0"]}

# Runs in the page: what a person would see going wrong, as text.
PROBE = r"""<pre id="probe"></pre><script>
const wrong = [], seen = {};
function luminance(colour) {
  const [r, g, b] = colour.match(/[\d.]+/g).slice(0, 3).map(v => v / 255).map(v => v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
  return .2126 * r + .7152 * g + .0722 * b;
}
function contrast(a, b) { const [x, y] = [luminance(a), luminance(b)].sort((p, q) => q - p); return (x + .05) / (y + .05); }
const ground = getComputedStyle(document.body).backgroundColor;
for (const svg of document.querySelectorAll("svg")) {
  const frame = svg.getBoundingClientRect(), texts = [...svg.querySelectorAll("text")];
  const boxes = [...svg.querySelectorAll("polygon.owned, polygon.core, polygon.reserved")];
  texts.forEach((text, n) => {
    const box = text.getBoundingClientRect(), words = text.firstChild.data;
    if (box.left < frame.left - .5 || box.right > frame.right + .5 || box.top < frame.top - .5 || box.bottom > frame.bottom + .5)
      wrong.push(`leaves its picture: ${words}`);
    if (text.dataset.within && box.width > +text.dataset.within + 1) wrong.push(`leaves its box: ${words}`);
    for (const other of texts.slice(n + 1)) {
      const o = other.getBoundingClientRect();
      if (Math.min(box.right, o.right) - Math.max(box.left, o.left) > 1 && Math.min(box.bottom, o.bottom) - Math.max(box.top, o.top) > 4)
        wrong.push(`on top of each other: ${words} / ${other.firstChild.data}`);
    }
    const x = (box.left + box.right) / 2, y = (box.top + box.bottom) / 2;
    const under = boxes.filter(shape => { const s = shape.getBoundingClientRect(); return s.left <= x && x <= s.right && s.top <= y && y <= s.bottom; });
    const back = under.length ? getComputedStyle(under[under.length - 1]).fill : ground;
    if (contrast(getComputedStyle(text).fill, back) < 4.5) wrong.push(`hard to read: ${words}`);
  });
}
for (const cell of document.querySelectorAll("h1, h2, h3, p, th, td, a"))
  if (contrast(getComputedStyle(cell).color, ground) < 4.5) wrong.push(`hard to read: ${cell.textContent}`);
if (document.documentElement.scrollWidth > document.documentElement.clientWidth) wrong.push("the page is wider than the window");
seen.sections = [...document.querySelectorAll("section")].map(section => section.id);
seen.charts = [...document.querySelectorAll("#schedules svg")].map(svg => svg.getAttribute("aria-label"));
seen.windows = [...document.querySelectorAll("#schedules polygon.window")].map(shape => [shape.textContent, shape.getBoundingClientRect().width]);
seen.shares = [...document.querySelectorAll("#schedules polygon.share")].map(shape => shape.textContent);
seen.memory = [...document.querySelectorAll("#memory polygon.scaled")].map(shape => [shape.textContent, shape.getBoundingClientRect().height]);
seen.health = [...document.querySelectorAll("#health table tr")].map(row => [...row.cells].map(cell => cell.innerText.trim()).join(" | "));
seen.filled = [...document.querySelectorAll("#health td .default")].length;
seen.ground = ground;
document.getElementById("probe").textContent = "PROBE" + JSON.stringify({wrong, seen}) + "PROBE";
</script></body>"""


def look(page: str, folder: Path, theme: str, width: int = 1300) -> dict:
    assert shutil.which("chromium"), "the package chromium is missing"
    file = folder / "page.html"
    file.write_text(page.replace("</body>", PROBE), encoding="utf-8")
    done = subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", *THEMES[theme], f"--window-size={width},2000",
                           f"--user-data-dir={folder / 'profile'}", "--dump-dom", file.as_uri()],
                          capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    answer = re.search(r"PROBE(\{.*\})PROBE", done.stdout, re.DOTALL)
    assert answer, done.stderr[-2000:]
    return json.loads(answer.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


def page_of(path: Path) -> str:
    checked = check_file(str(path))
    assert checked.ok, [item.as_text() for item in checked.diagnostics.sorted()]
    return plan_html(*resolve(checked, "hardware"))


def crowded(folder: Path) -> str:
    """Names as long as they may be, many windows, an rtds core, many partitions, devices with many interrupts."""
    windows = ", ".join(f"{{partition: {LONG if n % 2 else 'p1'}, cpu: 1, start: {n * 300} us, length: {20 + n * 13} us}}" for n in range(20))
    text = system(
        partition(LONG, image="{binary: a.bin}", cpus="1", devices="[ttc0, ttc1]"),
        *(partition(f"p{n}", cpus="1" if n == 1 else "2", memory="64 KiB",
                    **({} if n == 1 else {"rtds": f"{{period: 10 ms, budget: {n * 100} us}}"})) for n in range(1, 9)),
        partition("alone", cpus="0, 3".join("[]"), interrupts="virtual"),
        top="hypervisor: {console: {uart: uart0}, supervisor: 0}\ncpus: {1: {scheduler: arinc653}, 2: {scheduler: rtds}}\n"
            f"schedules: {{{LONG}: {{initial: true, major_frame: 7 ms, windows: [{windows}]}}}}")
    (folder / "a.bin").write_bytes(bytes(64))
    (folder / "crowded.yaml").write_text(text)
    return page_of(folder / "crowded.yaml")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.verifies("LLR-802", "LLR-803")
def test_contract_example(tmp_path, theme):
    found = look(page_of(HERE / "valid/contract/cockpit.yaml"), tmp_path, theme)
    assert found["wrong"] == []
    seen = found["seen"]
    assert {"ownership", "cores", "schedules", "memory", "devices", "health", "table-channels"} <= set(seen["sections"])
    assert seen["charts"] == ["Schedule flight: what each core runs and when", "Schedule degraded: what each core runs and when"]
    assert [words for words, _ in seen["windows"]] == ["navigation 8 ms from 0 ns", "radio 10 ms from 8 ms", "navigation 18 ms from 0 ns"]
    widths = [width for _, width in seen["windows"]]
    assert widths[1] / widths[0] == pytest.approx(10 / 8, rel=0.01) and widths[2] / widths[0] == pytest.approx(18 / 8, rel=0.01)
    heights = dict(seen["memory"])
    assert heights["reserved: optee, 256 MiB"] / heights["reserved: u_boot, 64 MiB"] == pytest.approx(4, rel=0.05)
    assert "memory | warm-restart | halt | halt | halt" in seen["health"]
    assert "restarts | at most 3 within 10 s, then halt | no limit | no limit | nothing restarts it" in seen["health"]
    assert "hypervisor panic | reset-board" in seen["health"]
    assert seen["filled"] > 30
    assert (seen["ground"] == "rgb(255, 255, 255)") == (theme == "light")


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.verifies("LLR-802")
def test_crowded_system(tmp_path, theme):
    found = look(crowded(tmp_path), tmp_path, theme)
    assert found["wrong"] == []
    assert len(found["seen"]["windows"]) == 20
    assert found["seen"]["shares"][0] == "p2 200 us in 10 ms"


@pytest.mark.parametrize("name", ["zcu102-demo", "virt-gicv3-demo"])
@pytest.mark.verifies("LLR-802")
def test_shipped_system_in_a_narrow_window(tmp_path, name):
    checked = check_file(str(ROOT / f"config/systems/{name}.yaml"))
    page = plan_html(allocate(Context(checked.system, checked.board, "check")), {})
    found = look(page, tmp_path, "light", 500)
    assert found["wrong"] == []
    assert found["seen"]["charts"] == ["Cores over time: what each core runs and when"]


def test_page_prints(tmp_path):
    (tmp_path / "page.html").write_text(page_of(HERE / "valid/contract/cockpit.yaml"), encoding="utf-8")
    subprocess.run(["chromium", "--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}",
                    f"--print-to-pdf={tmp_path / 'page.pdf'}", (tmp_path / "page.html").as_uri()],
                   capture_output=True, timeout=TIMEOUT_S, check=True)
    pages = len(re.findall(rb"/Type /Page\b", (tmp_path / "page.pdf").read_bytes()))
    assert 2 <= pages <= 12
