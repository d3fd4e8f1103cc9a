#!/bin/bash
# Fills a folder with Debian trixie's Python 3.13 for arm64 and a program `python` that runs it under QEMU.
# usage: build.sh FOLDER   Needs root, debootstrap and qemu-aarch64 (Debian's package qemu-user).
set -euo pipefail

folder=$1
suite=trixie
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
digest=$(sha256sum <"$here/build.sh")
if [ "$(cat "$folder/digest" 2>/dev/null)" = "$digest" ]; then
    exit 0
fi

# The mirror is the one that this machine's own apt is configured with.
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
mirror=$(apt-get indextargets --format '$(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' |
    awk -v release="$codename" '$2 == release && $3 == "main" { print $1; exit }')
if [ -z "$mirror" ]; then
    echo "apt on this machine names no mirror of $codename main" >&2
    exit 1
fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# Only the first stage: it fetches and verifies packages, and runs none of their programs.
debootstrap --foreign --arch=arm64 --variant=minbase --include=python3,libstdc++6 \
    --keyring=/usr/share/keyrings/debian-archive-keyring.gpg "$suite" "$work/first" "$mirror" >"$work/log" 2>&1 ||
    { tail -n 20 "$work/log" >&2; exit 1; }
rm -rf "$folder"
mkdir -p "$folder/root/usr/lib" "$folder/root/proc"
ln -s usr/lib "$folder/root/lib"
for package in python3.13 python3.13-minimal libpython3.13-minimal libpython3.13-stdlib \
    libc6 libgcc-s1 libstdc++6 libexpat1 zlib1g libssl3t64 libzstd1 libffi8 liblzma5 libbz2-1.0; do
    dpkg-deb --extract "$work/first/var/cache/apt/archives/${package}"_*.deb "$folder/root"
done

# ONNX Runtime reads which processor it is on. These are two of Graviton2's; QEMU would show this machine's.
for processor in 0 1; do
    printf '%s\n' "processor : $processor" "BogoMIPS : 243.75" \
        "Features : fp asimd evtstrm aes pmull sha1 sha2 crc32 atomics fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp ssbs" \
        "CPU implementer : 0x41" "CPU architecture: 8" "CPU variant : 0x3" "CPU part : 0xd0c" "CPU revision : 1" ""
done | sed 's/ : /\t: /' >"$folder/root/proc/cpuinfo"

cat >"$folder/python" <<'END'
#!/bin/sh
root=${0%/*}/root
export QEMU_CPU=neoverse-n1
exec qemu-aarch64 -L "$root" "$root/usr/bin/python3.13" "$@"
END
chmod 755 "$folder/python"
"$folder/python" -I -S -c 'import os, ssl; assert os.uname().machine == "aarch64"'
echo "$digest" >"$folder/digest"
