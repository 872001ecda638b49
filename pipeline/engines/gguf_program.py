"""The program that serves a GGUF file: ``python -P gguf_program.py``, started by :mod:`pipeline.engines.gguf_server`.

It reads one line of JSON from its standard input, answers with one (``address`` or ``error``) and serves until its
standard input closes, which happens when whoever started it is gone, however that went.
"""

import json
import os
import signal
import sys
from typing import Any


def main() -> None:
    # Ctrl-C reaches the whole group of processes; pages in work may still finish.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    # llama.cpp may print; only answers go to the pipe.
    os.dup2(2, 1)
    wanted = json.loads(sys.stdin.readline())
    try:
        server = _serve(wanted)
    except (RuntimeError, ValueError, OSError) as error:
        print(json.dumps({"error": str(error) or type(error).__name__}), file=answers, flush=True)
        os._exit(1)
    print(json.dumps({"address": server.listening_address}), file=answers, flush=True)
    sys.stdin.read()
    # llama.cpp's threads would otherwise be waited for.
    os._exit(0)


def _serve(wanted: dict[str, Any]) -> Any:
    import xllamacpp

    parameters = xllamacpp.CommonParams()
    parameters.model.path = wanted["model"]
    if wanted["mmproj"]:
        parameters.mmproj.path = wanted["mmproj"]
    parameters.model_alias = {wanted["alias"]}
    parameters.n_ctx = wanted["context_tokens"]
    parameters.n_parallel = 1
    parameters.cpuparams.n_threads = wanted["threads"]
    parameters.cpuparams_batch.n_threads = wanted["threads"]
    parameters.hostnames = ["127.0.0.1"]
    parameters.port = 0
    parameters.api_keys = [wanted["key"]]
    parameters.offline = True
    parameters.verbosity = -1
    return xllamacpp.Server(parameters)


if __name__ == "__main__":
    main()
