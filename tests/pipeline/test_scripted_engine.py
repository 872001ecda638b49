import pickle
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from errors import EngineFailedError
from pipeline.engines.base import EngineRequest
from pipeline.engines.scripted_engine import EngineScript, Fault, ScriptedEngine, ScriptedPage
from pipeline.page_image import PageImage

ROOT = Path(__file__).parents[2]
CRASHING = """
import numpy as np
from pipeline.engines.base import EngineRequest
from pipeline.engines.scripted_engine import EngineScript, Fault, ScriptedEngine, ScriptedPage
from pipeline.page_image import PageImage

engine = ScriptedEngine(EngineScript(otherwise=ScriptedPage(fault=Fault("{fault}"))))
engine.read_page(PageImage(1, np.zeros((10, 10, 3), np.uint8), 72), EngineRequest(()))
"""


def page(number):
    return PageImage(number, np.full((100, 400, 3), 255, np.uint8), 72)


def test_pages_follow_the_script():
    script = EngineScript({2: ScriptedPage("Second page\nlast line", confidence=0.5)}, ScriptedPage("Any page"))
    engine = ScriptedEngine(pickle.loads(pickle.dumps(script)))
    (first,) = engine.read_page(page(1), EngineRequest(())).lines
    second = engine.read_page(page(2), EngineRequest(())).lines
    assert first.text == "Any page"
    assert [word.text for word in first.words] == ["Any", "page"]
    assert [line.text for line in second] == ["Second page", "last line"]
    assert {line.confidence for line in second} == {0.5}
    assert second[0].box.bottom < second[1].box.top


def test_a_blank_page_has_no_lines():
    assert ScriptedEngine(EngineScript(otherwise=ScriptedPage())).read_page(page(1), EngineRequest(())).lines == ()


def test_a_fault_can_be_an_error():
    engine = ScriptedEngine(EngineScript({3: ScriptedPage(fault=Fault.RAISE)}))
    engine.read_page(page(2), EngineRequest(()))
    with pytest.raises(EngineFailedError):
        engine.read_page(page(3), EngineRequest(()))


def test_a_fault_can_kill_the_process():
    done = subprocess.run([sys.executable, "-c", CRASHING.format(fault="crash")], cwd=ROOT, check=False, timeout=60)
    assert done.returncode == -signal.SIGSEGV


def test_a_fault_can_hang():
    with pytest.raises(subprocess.TimeoutExpired):
        subprocess.run([sys.executable, "-c", CRASHING.format(fault="hang")], cwd=ROOT, check=False, timeout=5)
