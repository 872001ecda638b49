"""ONNX files run by OpenVINO on one thread.

One thread per process, because the product runs a process per core: two threads cost 9-15 % more CPU for the same
page. OpenVINO compiles kernels for every input shape it meets and keeps them, so callers pad their inputs to a small
number of shapes.
"""

import importlib.util
import sys
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from errors import EngineUnavailableError

# Kernels kept per compiled model. Callers use some dozens of shapes; the default (5000) would keep every one of them.
_KEPT_SHAPES = 64


class OpenVinoModel:
    """One compiled network with a single input and a single output."""

    def __init__(self, compiled: Any, metadata: dict[str, str]) -> None:
        self._request = compiled.create_infer_request()
        self.metadata = metadata

    @classmethod
    def open(cls, path: Path) -> Self:
        """Compile the ONNX file. Raises EngineUnavailableError when openvino or the file is missing."""
        openvino = import_openvino()
        if not path.is_file():
            raise EngineUnavailableError(
                f"The model file {path.name} is missing.", remedy="Reinstall the Python packages: make install."
            )
        model = openvino.Core().read_model(path)
        metadata = dict(model.get_rt_info()["framework"].items()) if "framework" in model.get_rt_info() else {}
        options = {
            "INFERENCE_NUM_THREADS": 1,
            "NUM_STREAMS": 1,
            "PERFORMANCE_HINT": "LATENCY",
            "CPU_RUNTIME_CACHE_CAPACITY": _KEPT_SHAPES,
        }
        compiled = openvino.Core().compile_model(model, "CPU", options)
        return cls(compiled, {key: str(value.value) for key, value in metadata.items()})

    def run(self, batch: NDArray[np.float32]) -> NDArray[np.float32]:
        """The output for one input tensor; the array is the caller's own."""
        self._request.infer([batch], share_inputs=True)
        output: NDArray[np.float32] = self._request.get_output_tensor().data
        return output.copy()


def import_openvino() -> Any:
    """The openvino module, imported so that it can never report usage to its makers.

    Its conversion tools send telemetry through the package ``openvino_telemetry`` and fall back to a stub that does
    nothing when that package can't be imported; we make sure that it can't.
    """
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    try:
        import openvino
    except ImportError as error:
        raise EngineUnavailableError(
            "The Python package openvino is not installed.", remedy="Install it with: pip install openvino."
        ) from error
    return openvino


def find_package_file(package: str, relative: str) -> Path:
    """A data file inside an installed package, found without importing the package.

    Raises EngineUnavailableError when the package or the file is missing.
    """
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise EngineUnavailableError(
            f"The Python package {package} is not installed.", remedy=f"Install it with: pip install {package}."
        )
    path = Path(spec.origin).parent / relative
    if not path.is_file():
        raise EngineUnavailableError(
            f"The package {package} does not contain {relative}.", remedy=f"Reinstall it: pip install {package}."
        )
    return path
