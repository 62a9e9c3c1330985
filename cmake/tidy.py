#!/usr/bin/env python3
"""tidy.py BUILD JOBS: clang-tidy, with the checks of .clang-tidy, over the sources of lib/ and tools/.

BUILD is a configured folder; nothing in it needs to be compiled. BUILD/tidy remembers which files were clean, by their
content, that of the project's headers they include, the flags and the checks, so that a later call looks at what has
changed. Prints the findings and exits with 1 where there are any.
"""

import concurrent.futures
import hashlib
import json
import pathlib
import re
import subprocess
import sys

TIDY = "clang-tidy-14"  # the checks of another version are other ones
ROOT = pathlib.Path(__file__).resolve().parent.parent
AT_ONCE = 24  # files of a folder that share one reading of the libraries' headers


class Sources:
    """The files to look at, with their flags and keys."""

    def __init__(self, build):
        self.build = build
        self.flags = {}
        for entry in json.loads((build / "compile_commands.json").read_text()):
            file = pathlib.Path(entry["file"])
            if file.is_relative_to(ROOT / "lib") or file.is_relative_to(ROOT / "tools"):
                self.flags[file] = self.tidied(entry["command"])
        version = subprocess.run([TIDY, "--version"], capture_output=True, text=True, check=True).stdout
        self.common = version + (ROOT / ".clang-tidy").read_text() + pathlib.Path(__file__).read_text()
        self.texts = {}

    def tidied(self, command):
        """The flags alone, without the compiler's precompiled headers, which clang cannot read."""
        command = re.sub(r" -Winvalid-pch| -W(no-)?error(=\S+)?| -include \S*cmake_pch\.hxx| -o \S+| -c \S+$", "", command)
        return command[command.index(" -") + 1 :]

    def text(self, file):
        if file not in self.texts:
            self.texts[file] = file.read_text()
        return self.texts[file]

    def headers(self, file, found):
        """The project's headers that a file includes, also through others."""
        for name in re.findall(r'^#include "([^"]+)"', self.text(file), re.M):
            for folder in (file.parent, ROOT / "lib"):
                header = folder / name
                if header.exists():
                    if header not in found:
                        found.add(header)
                        self.headers(header, found)
                    break
        return found

    def key(self, file):
        parts = [self.common, self.flags[file].replace(str(ROOT), ""), str(file.relative_to(ROOT)), self.text(file)]
        parts += [self.text(header) for header in sorted(self.headers(file, set()))]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def looked_at(sources, files):
    """What clang-tidy says about files with equal flags, read as one where there are several."""
    if len(files) == 1:
        source = files[0]
    else:
        # Most of the time goes into LibTorch's headers: read once for a folder, not once for each of its files.
        name = hashlib.sha256("".join(map(str, files)).encode()).hexdigest()[:16]
        source = sources.build / "tidy" / f"{files[0].parent.name}-{name}.cpp"
        source.write_text("".join(f'#include "{file}"\n' for file in files))
    command = [TIDY, "--quiet", f"--header-filter={re.escape(str(ROOT))}/(lib|tools)/", str(source), "--"]
    if files[0].parent.name == "image":
        # Debian's ITK was configured by GCC, and its headers refuse another compiler.
        command += ["-U__clang__", "-fgnuc-version=9.0"]
    found = subprocess.run(
        command + sources.flags[files[0]].split(), capture_output=True, text=True, cwd=sources.build, check=False
    )
    if len(files) > 1 and "[clang-diagnostic-error]" in found.stdout:
        # Two files use a name of their own for different things: each half by itself.
        half = len(files) // 2
        return looked_at(sources, files[:half]) + looked_at(sources, files[half:])
    text = found.stdout if found.returncode or "warning:" in found.stdout or "error:" in found.stdout else ""
    return [(files, text if text or not found.returncode else found.stderr)]


def grouped(sources, files):
    """Files by folder and flags, a few at once."""
    alike = {}
    for file in files:
        alike.setdefault((file.parent, sources.flags[file]), []).append(file)
    return [group[i : i + AT_ONCE] for group in alike.values() for i in range(0, len(group), AT_ONCE)]


def main():
    build, jobs = pathlib.Path(sys.argv[1]).resolve(), int(sys.argv[2])
    clean = build / "tidy"
    clean.mkdir(exist_ok=True)
    sources = Sources(build)
    keys = {file: sources.key(file) for file in sources.flags}
    stale = [file for file in sorted(keys) if not (clean / keys[file]).exists()]
    complaints = 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        for results in pool.map(lambda group: looked_at(sources, group), grouped(sources, stale)):
            for files, text in results:
                if text:
                    complaints += 1
                    print(text.replace(f"{ROOT}/", ""), flush=True)
                    continue
                for file in files:
                    (clean / keys[file]).touch()
    for old in clean.iterdir():
        if old.name not in keys.values():
            old.unlink()
    print(f"tidy: {len(stale)} of {len(keys)} files looked at" + (", see above" if complaints else ", nothing found"))
    sys.exit(1 if complaints else 0)


if __name__ == "__main__":
    main()
