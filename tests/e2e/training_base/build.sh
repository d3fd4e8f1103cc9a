#!/bin/bash
# Makes sure that the local Docker engine has pilotlight-training-test-base, which takes the place of the training
# image's base: Debian trixie's Python 3.13, and the wheels of infra/training-requirements-cpu.txt, since neither an image
# registry nor, in a container, a package index need be reachable. The Dockerfile's own pip installs from them, hashes and all.
# Prints the image's name; its tag is a digest of what it is made of.
# usage: build.sh [PYTHON]   PYTHON has pip, default python3. Needs root and debootstrap.
set -euo pipefail

suite=trixie
python=${1:-python3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lock=$here/../../../infra/training-requirements-cpu.txt
image=pilotlight-training-test-base:$(cat "${BASH_SOURCE[0]}" "$lock" | sha256sum | cut -c 1-12)

if docker image inspect "$image" >/dev/null 2>&1; then
    echo "$image"
    exit 0
fi

# The mirror is the one that this machine's own apt is configured with.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
if [ -z "$mirror" ]; then
    echo "apt on this machine names no mirror of $codename main: run this on Debian" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
debootstrap --variant=minbase --include=python3,python3-venv,ca-certificates \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$root" "$mirror" >"$work/log" 2>&1 &
bootstrapped=$!
"$python" -m pip download --quiet --disable-pip-version-check --require-hashes --no-deps --only-binary=:all: \
    --python-version 3.13 --implementation cp --dest "$work/wheels" --requirement "$lock" \
    $(for glibc in 2_34 2_28 2_27 2_24 2_17 2_12 2_5; do echo --platform "manylinux_${glibc}_x86_64"; done) \
    --platform manylinux2014_x86_64 --platform manylinux2010_x86_64 --platform manylinux1_x86_64 >&2
wait "$bootstrapped" || { tail -n 20 "$work/log" >&2; exit 1; }
mv "$work/wheels" "$root/wheels"
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*

tar -C "$root" --numeric-owner --one-file-system -cf - . |
    docker import --change 'ENV PIP_NO_INDEX=1 PIP_FIND_LINKS=/wheels LANG=C.UTF-8' - "$image" >/dev/null
echo "$image"
