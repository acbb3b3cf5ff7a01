"""``--require`` and ``--junit``: a build fails with the line that says why; nothing else changes."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import soundfile as sf

from simulator.recording import bundled_folder
from tests.cli.conftest import Turnlab

COUGHS = bundled_folder() / "coughs.flac"


def _cases(path: Path) -> dict[str, str]:
    """Return the result of each case of a JUnit file, whose counts must be right."""
    top = ElementTree.parse(path).getroot()
    suite = top.find("testsuite")
    assert top.tag == "testsuites"
    assert suite is not None
    found = {f"{case.get('classname')} {case.get('name')}": [one.tag for one in case] for case in suite}
    for element in (top, suite):
        counts = {name: int(element.attrib[name]) for name in ("tests", "failures", "errors")}
        tags = [tag for case in found.values() for tag in case]
        assert counts == {"tests": len(found), "failures": tags.count("failure"), "errors": tags.count("error")}
    return {name: "".join(tags) or "passed" for name, tags in found.items()}


def test_a_simulation_fails_with_the_limit_that_is_not_met(turnlab: Turnlab, tmp_path: Path) -> None:
    junit = tmp_path / "gate.xml"
    arms = ("--config", "balanced", "--config", '{"filler_style": "silent"}')
    plain = turnlab("simulate", COUGHS, *arms, "--json").json()
    limits = ("--require", "response.p90<=1ms", "--require", "cut_ins<=100%", "--require", "fillers<=0")
    done = turnlab("simulate", COUGHS, *arms, *limits, "--junit", junit, "--json")
    assert done.code == 1
    found = json.loads(done.out)
    required = found.pop("required")
    assert {**found, "timing": 0} == {**plain, "timing": 0}
    said = [json.loads(line)["error"]["message"] for line in done.err.splitlines()]
    assert [line.partition(", above")[0].rpartition(" ")[0] for line in said[:1]] == [
        "balanced: response.p90<=1ms: response after turn p90 "
        f"{next(one['measured'] for one in required if one['require'] == 'response.p90<=1ms'):g}"
    ]
    assert [(one["of"], one["require"], one["met"]) for one in required] == [
        ("balanced", "response.p90<=1ms", False),
        ("balanced", "cut_ins<=100%", True),
        ("balanced", "fillers<=0", False),
        ("inline", "response.p90<=1ms", False),
        ("inline", "cut_ins<=100%", True),
        ("inline", "fillers<=0", True),
    ]
    assert len(said) == 3
    assert list(_cases(junit).values()) == ["failure", "passed", "failure", "failure", "passed", "passed"]
    # the next build's file replaces it, and passes
    done = turnlab("simulate", COUGHS, "--require", "cut_ins<=100%", "--junit", junit)
    assert (done.code, done.err) == (0, "")
    assert _cases(junit) == {"turnlab.simulate.balanced cut_ins<=100%": "passed"}


def test_an_unmeasured_readout_fails_its_limit(turnlab: Turnlab, tmp_path: Path) -> None:
    junit = tmp_path / "gate.xml"
    shutil.copy(COUGHS, tmp_path / "bare.flac")
    done = turnlab("simulate", tmp_path / "bare.flac", "--require", "cut_ins<=5%", "--junit", junit)
    assert done.code == 1
    assert done.err.splitlines()[-1] == (
        "turnlab: cut_ins<=5%: not judged, as cut-ins needs labels, which these recordings do not have"
    )
    assert list(_cases(junit).values()) == ["error"]
    # an earlier build's file must not stay if nothing could be opened
    (tmp_path / "broken.flac").write_bytes(b"no audio")
    gone = turnlab("simulate", tmp_path / "gone.flac", "--require", "cut_ins<=5%", "--junit", junit)
    assert "no such file" in gone.one_line(2)
    (case,) = ElementTree.parse(junit).getroot().iter("error")
    assert "gone.flac" in case.get("message", "")
    done = turnlab("evaluate", tmp_path / "broken.flac", "--require", "cut_ins<=5%", "--junit", junit)
    assert done.code == 1
    (case,) = ElementTree.parse(junit).getroot().iter("error")
    assert "broken.flac" in (case.text or "")


def test_limits_apply_to_measured_calls(turnlab: Turnlab, tmp_path: Path) -> None:
    sides = np.zeros((20 * 16_000, 2), np.float32)
    tone = 0.3 * np.sin(np.arange(2 * 16_000) * 0.1)
    sides[16_000 : 3 * 16_000, 0], sides[4 * 16_000 : 6 * 16_000, 1] = tone, tone
    sf.write(tmp_path / "both.wav", sides, 16_000)
    done = turnlab("calls", "measure", tmp_path / "both.wav", "--require", "early_ends<=1%", "--json")
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert "early ends is left out: an end of turn revoked in silence makes no sound" in line
    assert json.loads(done.out)["required"][0]["met"] is None


def test_an_invalid_limit_fails_before_the_work(turnlab: Turnlab, tmp_path: Path) -> None:
    for options, said in (
        (("--require", "cutins<=5%"), "--require cutins: there is no readout cutins; did you mean cut_ins?"),
        (("--require", "abs_error.p90<=1s"), "there is no readout abs_error"),
        (("--require", "cut_ins<=3%", "--require", "cut_ins>=5%"), "contradict each other"),
        (("--junit", "x.xml"), "--junit writes the results of --require; give a limit"),
        (("--require", "cut_ins<=5%", "--junit", "none/x.xml"), "there is no folder none"),
        (("--require", "cut_ins<=5%", "--junit", COUGHS), "exists already and is not a JUnit file"),
        (("--require", "cut_ins<=5%", "--junit", "/dev/null"), "exists already and is not a JUnit file"),
    ):
        assert said in turnlab("simulate", COUGHS, *options, cwd=tmp_path).one_line(2)
    # a check has its own figures
    for command, said in (("measure", "no readout abs_eror"), ("check", "did you mean abs_error?")):
        assert said in turnlab("calls", command, COUGHS, "--require", "abs_eror.p90<=1s").one_line(2)
