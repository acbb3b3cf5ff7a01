"""A report in a real browser: light and dark, narrow and printed, for a screen reader, and with audio."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from simulator.recording import bundled_folder
from tests.cli.conftest import turnlab_in
from tests.tui.chromium import browser

EVIL = "<img src=x onerror=alert(1)><script>window.acted=1</script>"
_BACKGROUND = "getComputedStyle(document.documentElement).backgroundColor"
_LENGTH = """new Promise(done => {
    const clip = document.querySelector('audio');
    clip.onloadedmetadata = () => done(clip.duration);
    clip.onerror = () => done(clip.error.message);
    clip.preload = 'auto';
    clip.load();
})"""


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory, analyses: Path) -> Path:
    folder = tmp_path_factory.mktemp("report")
    for suffix in ("flac", "json"):
        shutil.copy(bundled_folder() / f"telephone.{suffix}", folder)
    turnlab = turnlab_in(folder, analyses)
    arms = ("-c", "balanced", "-c", "quality")
    done = turnlab("simulate", "telephone.flac", *arms, "--require", "cut_ins<=90%", "--json", cwd=folder)
    (folder / "result.json").write_text(done.out.replace('"quality"', f'"quality {EVIL}"'))
    enclosed = ("--with-audio", "--with-words")
    made = turnlab("report", "result.json", "-o", "report.html", *enclosed, cwd=folder)
    assert made.code == 0, made.err
    return folder / "report.html"


@pytest.mark.browser
async def test_a_browser_shows_prints_reads_and_plays_a_report(report: Path, tmp_path: Path) -> None:
    async with browser(tmp_path / "profile") as page:
        await page.open(report.as_uri())
        backgrounds = []
        for scheme in ("light", "dark"):
            for width in (1200, 390):
                await page.show_as(width=width, scheme=scheme)
                await _is_ready(page)
                assert await page.evaluate("document.documentElement.scrollWidth") <= width
            backgrounds.append(await page.evaluate(_BACKGROUND))
        assert backgrounds == ["rgb(251, 251, 249)", "rgb(17, 21, 28)"]
        assert await page.evaluate("performance.getEntriesByType('resource').map(one => one.name)") == []
        assert await page.evaluate("[document.scripts.length, document.images.length, typeof window.acted]") == [
            0,
            0,
            "undefined",
        ]
        _is_read_aloud(await page.told())
        paper = await page.printed()
        assert paper.startswith(b"%PDF")
        sizes = {tuple(map(float, size.split())) for size in re.findall(rb"/MediaBox\s*\[0 0 ([\d. ]+)\]", paper)}
        assert all(abs(wide - 595.3) < 1 and abs(high - 841.9) < 1 for wide, high in sizes)
        assert sizes
        assert 3 <= await page.evaluate(_LENGTH) <= 13


async def _is_ready(page: Any) -> None:
    """Wait until the page is loaded and painted."""
    await page.evaluate(
        """new Promise(done => {
            const drawn = () => requestAnimationFrame(() => requestAnimationFrame(done));
            document.readyState === 'complete' ? drawn() : addEventListener('load', drawn);
        })"""
    )


def _is_read_aloud(told: list[tuple[str, str]]) -> None:
    def named(role: str) -> list[str]:
        return [name for each, name in told if each == role]

    headings = named("heading")
    assert headings[0].startswith("quality <img src=x")
    assert {"Verdict", "Required: passed", "Figures", "Distributions", "The turns that differ most"} <= set(
        headings
    )
    assert [name for name in named("table") if not name] == []
    assert "What callers met" in named("table")
    pictures = [name for role in ("image", "img") for name in named(role)]
    assert len(pictures) >= 4
    assert all("s" in name and ":" in name for name in pictures), pictures
    assert named("columnheader")[0] == "balanced"
    assert "response after turn, half within" in " ".join(named("rowheader"))
