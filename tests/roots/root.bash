# Sourced by tests that need a bare Debian: a root made by debootstrap, entered with chroot, gone afterwards.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
self=$(basename "$0" .sh)
[ "$(id -u)" = 0 ] || { echo "$self: needs root for debootstrap and chroot" >&2; exit 2; }
command -v debootstrap > /dev/null || apt-get install -y -qq --no-install-recommends debootstrap > /dev/null
root=$PWD/build/root-$self

remove_root() {
  local place
  for place in $(awk -v root="$root/" 'index($2, root) == 1 {print $2}' /proc/mounts | sort -r); do umount -l "$place"; done
  # Nothing of the host may be below when the folder goes.
  if ! grep -q " $root/" /proc/mounts; then rm -rf "$root"; fi
}
trap remove_root EXIT
trap 'exit 130' INT TERM

# make_root SUITE [PACKAGES]: the root with an ordinary user named `user`.
make_root() {
  remove_root
  mkdir -p build
  echo "$self: a Debian $1 in ${root#"$PWD"/}"
  debootstrap --variant=minbase ${2:+--include="$2"} "$1" "$root" > "build/$self.log" 2>&1 \
    || { tail -n 20 "build/$self.log"; exit 1; }
  mkdir -p "$root/dev/pts" "$root/dev/shm"
  mount -t proc proc "$root/proc"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  mount -t tmpfs tmpfs "$root/dev/shm"
  cp -L /etc/resolv.conf "$root/etc/"
  chroot "$root" useradd --create-home user
}

as_user() { chroot "$root" su - user -c "$1"; }  # as_user COMMAND: in the user's home, with a fresh environment
