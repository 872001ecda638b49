#!/usr/bin/env bash
# Makes .venv-surya, the environment of the surya-ocr package: see requirements-surya.txt.
# A stamp with the hash of that file makes the second time a matter of milliseconds. For torch's CPU build (a quarter of
# the size) on a machine without a GPU: PIP_EXTRA_INDEX_URL=https://download.pytorch.org/whl/cpu make surya
set -euo pipefail

cd "$(dirname "$0")/.."
file=requirements-surya.txt
stamp=".venv-surya/.installed-$(sha256sum "$file" | cut -c1-16)"
[ -e "$stamp" ] && exit 0
if [ ! -x .venv/bin/python ]; then
  echo "Run 'make setup' first: the environment of Surya is made by the interpreter of .venv." >&2
  exit 1
fi
echo "Installing Surya's environment (the first time takes some minutes) ..."
.venv/bin/python -m venv --clear .venv-surya
pip=(.venv-surya/bin/python -m pip install --quiet --disable-pip-version-check)
if ! "${pip[@]}" -r <(grep -v '^surya-ocr' "$file") || ! "${pip[@]}" --no-deps "$(grep '^surya-ocr' "$file")"; then
  rm -rf .venv-surya
  echo "Surya's packages can't be installed here; everything else works without them." >&2
  exit 1
fi
.venv-surya/bin/python -c 'import surya.inference, surya.recognition'
touch "$stamp"
