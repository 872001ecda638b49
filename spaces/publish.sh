#!/usr/bin/env bash
# Puts the committed state of this repository on a Hugging Face Space:
#   spaces/publish.sh you/your-space        upload (sign in with `hf auth login` before)
#   spaces/publish.sh --dry-run FOLDER      only lay out in FOLDER what would be uploaded
set -euo pipefail

if [ $# -eq 0 ]; then
  sed -n '2,4p' "$0" | cut -c3- >&2
  exit 2
fi
cd "$(dirname "$0")/.."

if [ "$1" = --dry-run ]; then
  folder="${2:?a folder is needed}"
  mkdir -p "$folder"
else
  space="$1"
  folder="$(mktemp -d)"
  trap 'rm -rf "$folder"' EXIT
fi

# What serves, and nothing of what only builds, measures or tests.
git archive HEAD -- . ':!tests' ':!bench' ':!training' ':!spaces' ':!README.md' | tar -x -C "$folder"
git show HEAD:spaces/README.md > "$folder/README.md"
git show HEAD:spaces/packages.txt > "$folder/packages.txt"
if [ -n "${space:-}" ]; then
  .venv/bin/hf repos create "$space" --type space --sdk gradio --exist-ok
  .venv/bin/hf upload "$space" "$folder" . --type space --delete '*' --commit-message "Publish $(git rev-parse --short HEAD)"
  echo "https://huggingface.co/spaces/$space"
fi
