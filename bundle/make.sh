#!/usr/bin/env bash
# make.sh BUILD: packs the programs of BUILD with all they need but LibTorch and the GPU driver into
# build/kdseg-VERSION-linux-x86_64.tar.gz, which runs from any folder, on any Linux of the last years, without root.
set -euo pipefail
cd "$(dirname "$0")/.."
build=$1
most_bytes=40000000
version=$(sed -n 's/^project(kdseg VERSION \([0-9.]*\).*/\1/p' CMakeLists.txt)
name=kdseg-$version-linux-$(uname -m)
mkdir -p build
work=$(mktemp -d build/bundle.XXXXXX)
trap 'rm -rf "$work"' EXIT
root=$work/$name
mkdir -p "$root"/{bin,lib,libexec/torch,licenses,bench}

# libraries_of FILE...: paths of the shared libraries, LibTorch's own and what its wheel brings left out.
libraries_of() {
  ldd "$@" | awk '$3 ~ /^\// {print $3} $1 ~ /^\/.*ld-linux/ {print $1}' | grep -vE '/(torch/lib|nvidia/[^/]*/lib)/' | sort -u
}

for program in "$build"/bin/* "$(find "$build/bench" -name bench_steps -type f)" "$(find "$build/tests/gpu" -name gpu_agreement -type f)"; do
  file=$(basename "$program") folder=$root/libexec
  needed=$(ldd "$program")
  [[ $needed != *libtorch_cpu* ]] || folder=$folder/torch
  strip -o "$folder/$file" "$program"
  printf 'file(RPATH_REMOVE FILE "%s")\n' "$folder/$file" > "$work/rpath.cmake"
  cmake -P "$work/rpath.cmake" > /dev/null  # the build's own folders mean nothing elsewhere
  printf '#!/bin/sh\nexec "$(dirname "$(readlink -f "$0")")/../launch" %s "$@"\n' "$file" > "$root/bin/$file"
  chmod 755 "$root/bin/$file"
done
for library in $(libraries_of $(find "$root/libexec" -type f)); do
  cp -L "$library" "$root/lib/$(basename "$library")"
done
# The parts of the C library that LibTorch, the driver and nothing of ours ask for.
for part in libc.so.6 libm.so.6 libdl.so.2 libpthread.so.0 librt.so.1 libutil.so.1 libresolv.so.2 ld-linux-x86-64.so.2; do
  [ -e "$root/lib/$part" ] || cp -L "$(dirname "$(libraries_of "$build/bin/phantom" | grep '/libc.so.6$')")/$part" "$root/lib/$part"
done
rm -f "$root"/lib/libgomp*  # LibTorch's own serves: two would be two pools of threads
chmod 755 "$root"/lib/*

# The licences of the Debian packages that the libraries come from.
for library in "$root"/lib/*; do
  package=$(dpkg-query -S "*/$(basename "$library")" 2> /dev/null | sed -n 's/^\([a-z0-9.+-]*\).*/\1/p' | grep -vE -e '-(dev|cross|i386)$' | sed -n 1p) || true
  [ -n "$package" ] && [ -e "/usr/share/doc/$package/copyright" ] \
    || { echo "bundle: no licence found for $(basename "$library")" >&2; exit 1; }
  cp -L "/usr/share/doc/$package/copyright" "$root/licenses/$package"
done
# Their texts are named there by the system's folder of common licences.
cp -rL /usr/share/common-licenses "$root/licenses/common-licenses"

cp LICENSE CITATION.cff bundle/launch bundle/run-gpu.sh bundle/README.md "$root/"
cp bench/gpu.py bench/pytorch_reference.py "$root/bench/"
git ls-files config data-manifest workflow | tar -c -T - | tar -x -C "$root"
output=build/$name.tar.gz
tar -c --sort=name --owner=0 --group=0 --numeric-owner --mtime="@$(git log -1 --format=%ct)" -C "$work" "$name" | gzip -9n > "$output.part"
size=$(stat -c %s "$output.part")
[ "$size" -le "$most_bytes" ] || { rm "$output.part"; echo "bundle: $size bytes, more than $most_bytes" >&2; exit 1; }
mv "$output.part" "$output"
echo "bundle: $output, $size bytes, $(ls "$root/lib" | wc -l) libraries"
