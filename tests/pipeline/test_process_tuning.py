import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

TUNES = """
import cv2
from pipeline.process_tuning import tune_process
tune_process()
tune_process()
assert cv2.getNumThreads() == 1
assert len(bytearray(30 * 2**20)) == 30 * 2**20
"""


def test_a_process_can_be_tuned_and_still_has_memory():
    done = subprocess.run([sys.executable, "-c", TUNES], cwd=ROOT, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
