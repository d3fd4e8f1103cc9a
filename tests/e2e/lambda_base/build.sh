#!/bin/bash
# Makes sure that Lambda's Python 3.13 base image is in the local Docker engine: the real one where its registry can be
# reached, else a stand-in with the same layout (Debian trixie's Python 3.13 and AWS's own runtime client from PyPI).
# usage: build.sh [PYTHON]   PYTHON has pip, default python3. Needs root and debootstrap for the stand-in.
set -euo pipefail

image=public.ecr.aws/lambda/python:3.13-x86_64
suite=trixie
client=awslambdaric==4.2.2
python=${1:-python3}
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)

# The stand-in carries the digest of what it is made of. One with another digest is built again, and so is an image that
# was imported without a digest, as earlier stand-ins were. AWS's image is never imported, so it stays.
label=pilotlight.stand-in
digest=$(cat "$here/build.sh" "$here/bootstrap" "$here/bootstrap.py" | sha256sum | cut -c 1-64)
if docker image inspect "$image" >/dev/null 2>&1; then
    built=$(docker image inspect --format "{{ index .Config.Labels \"$label\" }}" "$image")
    origin=$(docker image inspect --format '{{ .Comment }}' "$image")
    if [ "$built" = "$digest" ] || { [ -z "$built" ] && [ "$origin" != "Imported from -" ]; }; then
        exit 0
    fi
fi
if timeout 300 docker pull --quiet "$image" 2>/dev/null; then
    exit 0
fi
echo "$image cannot be pulled here: building a stand-in" >&2

# The mirror is the one that this machine's own apt is configured with.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
if [ -z "$mirror" ]; then
    echo "apt on this machine names no mirror of $codename main: pull $image, or run this on Debian" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
root=$work/root
debootstrap --variant=minbase --include=python3,ca-certificates \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$root" "$mirror" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; exit 1; }

install -d "$root/var/lang/bin" "$root/var/runtime" "$root/var/task" "$root/opt"
ln -s /usr/bin/python3.13 "$root/var/lang/bin/python3.13"
ln -s python3.13 "$root/var/lang/bin/python3"
"$python" -m pip install --quiet --disable-pip-version-check --root-user-action ignore --no-compile \
    --target "$root/var/runtime" --only-binary=:all: --python-version 3.13 --implementation cp \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 "$client"
install -m 755 "$here/bootstrap" "$root/var/runtime/bootstrap"
install -m 644 "$here/bootstrap.py" "$root/var/runtime/bootstrap.py"
# Lambda's file system is read-only: the client's bytecode is part of the image, as it is in the real one.
chroot "$root" /usr/bin/python3.13 -m compileall -q /var/runtime /usr/lib/python3.13
rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/*

tar -C "$root" --numeric-owner --one-file-system -cf - . |
    docker import --change 'WORKDIR /var/task' --change "LABEL $label=$digest" \
        --change 'ENV LANG=en_US.UTF-8 TZ=:/etc/localtime PATH=/var/lang/bin:/usr/local/bin:/usr/bin:/bin:/opt/bin LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime' \
        --change 'ENTRYPOINT ["/var/runtime/bootstrap"]' - "$image" >/dev/null
