#!/usr/bin/env bash
# The steps of containers/Dockerfile in a fresh Debian 12: packages by root, all else by an ordinary user, from a copy
# of the committed files. fresh.sh GOALS...: what the user makes then, `demo` say.
goals=$*
source "$(dirname "$0")/root.bash"
make_root bookworm make,ca-certificates
for file in /etc/pip.conf /etc/apt/sources.list /etc/apt/apt.conf.d/*prox*; do  # the host's way to its mirrors
  [ ! -f "$file" ] || install -D -m 644 "$file" "$root$file"
done
mkdir "$root/home/user/kdseg"
git archive HEAD | tar -x -C "$root/home/user/kdseg"
chroot "$root" chown -R user /home/user/kdseg
inside() { as_user "cd kdseg && $1"; }

# An administrator is named the packages before anything is built.
if inside 'make setup' > build/fresh.log 2>&1; then echo "fresh: set-up without packages passed" >&2; exit 1; fi
grep -q 'apt-get install' build/fresh.log || { tail build/fresh.log; echo "fresh: no line for an administrator" >&2; exit 1; }
SECONDS=0
chroot "$root" sh -c 'cd /home/user/kdseg && make packages'
# The host's certificates too: its way to the mirrors may pass a proxy that signs for itself.
cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/"
inside 'make setup && make build'
built=$SECONDS
inside "make $goals"
echo "fresh: passed; packages, set-up and build took $built s, make $goals $((SECONDS - built)) s"
