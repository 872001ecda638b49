#!/usr/bin/env bash
# Makes .venv-surya, the environment of the surya-ocr package, on top of .venv: see requirements-surya.txt.
# A stamp with the hash of that file makes the second time a matter of milliseconds.
set -euo pipefail

cd "$(dirname "$0")/.."
file=requirements-surya.txt
stamp=".venv-surya/.installed-$(cat "$file" scripts/install-surya.sh | sha256sum | cut -c1-16)"
[ -e "$stamp" ] && exit 0
if [ ! -x .venv/bin/python ]; then
  echo "Run 'make setup' first: Surya's environment stands on .venv." >&2
  exit 1
fi
echo "Installing Surya's environment ..."
.venv/bin/python -m venv --clear --without-pip .venv-surya
own=$(.venv-surya/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
if ! .venv/bin/python -m pip --python .venv-surya/bin/python install --quiet --disable-pip-version-check \
  --no-deps -r "$file"; then
  rm -rf .venv-surya
  echo "Surya's packages can't be installed here; everything else works without them." >&2
  exit 1
fi
# Last, or pip would take what is in .venv for its own. Paths out of such files come after the environment's own.
.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))' >"$own/main-environment.pth"
.venv-surya/bin/python -c 'import surya.inference, surya.recognition'
touch "$stamp"
