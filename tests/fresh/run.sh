#!/usr/bin/env bash
# The steps of containers/Dockerfile in a fresh Debian 12: packages by root, all else by an ordinary user, from a copy
# of the committed files. It lies in build/fresh-root and is gone afterwards. FRESH_GOALS: what the user makes.
set -euo pipefail
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "test-fresh: needs root for debootstrap and chroot" >&2; exit 2; }
command -v debootstrap > /dev/null || apt-get install -y -qq --no-install-recommends debootstrap > /dev/null
root=$PWD/build/fresh-root
clean_up() {
  for place in dev/shm dev/pts proc; do
    if mountpoint -q "$root/$place"; then umount -l "$root/$place"; fi
  done
  # Nothing of the host may be below when the folder goes.
  if ! grep -q " $root/" /proc/mounts; then rm -rf "$root"; fi
}
trap clean_up EXIT
trap 'exit 130' INT TERM
clean_up
mkdir -p build
echo "test-fresh: a Debian 12 in build/fresh-root"
debootstrap --variant=minbase --include=make,ca-certificates bookworm "$root" > build/fresh.log 2>&1 \
  || { tail -n 20 build/fresh.log; exit 1; }
mkdir -p "$root/dev/pts" "$root/dev/shm"
mount -t proc proc "$root/proc"
mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
mount -t tmpfs tmpfs "$root/dev/shm"
cp -L /etc/resolv.conf "$root/etc/"
for file in /etc/pip.conf /etc/apt/sources.list /etc/apt/apt.conf.d/*prox*; do  # the host's way to its mirrors
  [ ! -f "$file" ] || install -D -m 644 "$file" "$root$file"
done
chroot "$root" useradd --create-home user
mkdir "$root/home/user/kdseg"
git archive HEAD | tar -x -C "$root/home/user/kdseg"
chroot "$root" chown -R user /home/user/kdseg
inside() { chroot "$root" su - user -c "cd kdseg && $1"; }

# An administrator is named the packages before anything is built.
if inside 'make setup' > build/fresh.log 2>&1; then echo "test-fresh: set-up without packages passed" >&2; exit 1; fi
grep -q 'apt-get install' build/fresh.log || { tail build/fresh.log; echo "test-fresh: no line for an administrator" >&2; exit 1; }
SECONDS=0
chroot "$root" sh -c 'cd /home/user/kdseg && make packages'
# The host's certificates too: its way to the mirrors may pass a proxy that signs for itself.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
inside 'make setup && make build'
built=$SECONDS
inside "make ${FRESH_GOALS:-demo}"
echo "test-fresh: passed; packages, set-up and build took $built s, make ${FRESH_GOALS:-demo} $((SECONDS - built)) s"
