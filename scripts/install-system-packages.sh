#!/usr/bin/env bash
# Installs the Debian/Ubuntu packages that ocr-chat needs: install-system-packages.sh run|test
# Does nothing when all are there; uses apt-get as root or through sudo, and says what to do where neither works.
set -euo pipefail

here="$(cd "$(dirname "$0")" && pwd)"
mapfile -t wanted < <(grep -hvE '^\s*(#|$)' "$here/packages-run.txt")
if [ "${1:-run}" = test ]; then
  mapfile -t more < <(grep -hvE '^\s*(#|$)' "$here/packages-test.txt")
  wanted+=("${more[@]}")
fi

if ! command -v apt-get >/dev/null || ! command -v dpkg-query >/dev/null; then
  echo "This is not a Debian or Ubuntu machine. Install what corresponds to these packages, then go on:" >&2
  echo "  ${wanted[*]}" >&2
  echo "(set SKIP_SYSTEM_PACKAGES=1 once they are there)" >&2
  [ "${SKIP_SYSTEM_PACKAGES:-}" = 1 ] && exit 0
  exit 1
fi

missing=()
for package in "${wanted[@]}"; do
  status="$(dpkg-query -W -f='${Status}' "$package" 2>/dev/null || true)"
  # A machine with Node.js from another source has the program without Debian's package.
  if [ "$package" = nodejs ] && command -v node >/dev/null; then continue; fi
  [ "$status" = "install ok installed" ] || missing+=("$package")
done
[ ${#missing[@]} -eq 0 ] && exit 0
if [ "${SKIP_SYSTEM_PACKAGES:-}" = 1 ]; then
  echo "Going on without: ${missing[*]}" >&2
  exit 0
fi

if [ "$(id -u)" = 0 ]; then
  as_root=()
elif command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }; then
  as_root=(sudo)
else
  echo "These system packages are missing and neither root nor sudo is to be had here:" >&2
  echo "  ${missing[*]}" >&2
  echo "Ask an administrator to run: apt-get install ${missing[*]}" >&2
  exit 1
fi

echo "Installing system packages: ${missing[*]}"
"${as_root[@]}" apt-get update -qq
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
