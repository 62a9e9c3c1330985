"""Fails on any link or #include between folders of lib/ that the design does not allow.

check_layers.py SOURCE_DIR LINKS_FILE, where LINKS_FILE holds lines "folder: linked targets".
"""

import pathlib
import re
import sys

# What each folder may link itself; it sees what these link in turn.
ALLOWED = {
    "base": "",
    "cli": "base",
    "io": "base",
    "image": "base",
    "voxels": "base",
    "phantom": "voxels image io",
    "prepare": "voxels",
    "cohort": "io",
    "intake": "image cohort prepare",
    "metrics": "voxels",
    "scoring": "intake metrics",
    "tensor": "base",
    "models": "io tensor",
    "losses": "tensor",
    "optim": "io tensor",
    "data": "cohort prepare tensor",
    "infer": "models prepare",
    "methods": "models losses optim",
    "train": "methods data infer metrics",
    "labeling": "intake infer",
}

# External libraries: their headers, their CMake targets, the folders that may use them.
TORCH_FOLDERS = {"tensor", "models", "losses", "optim", "data", "infer", "methods", "train",
                 "labeling"}
EXTERNAL = {
    "ITK": (re.compile(r"itk\w*\.h"), re.compile(r"kdseg_itk|ITK.*"), {"image"}),
    "HDF5": (re.compile(r"(hdf5|H5\w*)\.h"), re.compile(r"kdseg_hdf5|hdf5.*"), {"io"}),
    "Boost.Program_options": (
        re.compile(r"boost/program_options.*"),
        re.compile(r"Boost::program_options"),
        {"cli"},
    ),
    "LibTorch": (
        re.compile(r"(torch|ATen|c10|caffe2)/.*"),
        re.compile(r"kdseg_torch"),
        TORCH_FOLDERS,
    ),
}

TORCH_FREE_PROGRAMS = {"phantom", "preprocess", "evaluate"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def closure(table):
    """For each folder all folders it may see, itself included."""
    direct = {folder: set(links.split()) for folder, links in table.items()}
    seen = {}

    def visit(folder):
        if folder not in seen:
            seen[folder] = {folder}
            for link in direct[folder]:
                seen[folder] |= visit(link)
        return seen[folder]

    for folder in direct:
        visit(folder)
    return seen


def check_links(text):
    """Problems in the link graph."""
    problems = []
    for line in text.splitlines():
        folder, links = line.split(":", 1)
        if folder not in ALLOWED:
            problems.append(f"lib/{folder} is not in the table of {pathlib.Path(__file__).name}")
            continue
        for link in links.split():
            other = link.removeprefix("kdseg_")
            if link.startswith("kdseg_") and other in ALLOWED:
                if other not in ALLOWED[folder].split() and other != "base":
                    problems.append(
                        f"lib/{folder} links {other}; allowed: {ALLOWED[folder] or 'nothing'}"
                    )
            for name, (_, target, users) in EXTERNAL.items():
                if target.fullmatch(link) and folder not in users:
                    problems.append(f"lib/{folder} links {name}; only {sorted(users)} may")
    return problems


def includes_of(path):
    return [match.group(2) for match in INCLUDE.finditer(path.read_text(errors="replace"))]


def external_name(header):
    for name, (pattern, _, _) in EXTERNAL.items():
        if pattern.fullmatch(header):
            return name
    return None


def reached(path, lib, memory):
    """External libraries whose headers a file sees, also through the project's own headers."""
    if path not in memory:
        memory[path] = set()  # a cycle of headers ends here
        for header in includes_of(path):
            own = lib / header
            if own.is_file():
                memory[path] |= reached(own, lib, memory)
            elif name := external_name(header):
                memory[path] |= {name}
    return memory[path]


def sources(folder):
    return sorted(p for p in folder.rglob("*") if p.suffix in {".h", ".cpp"} and p.is_file())


def check_includes(root):
    """Problems in the #include lines of lib/, tools/ and tests/."""
    problems = []
    lib = root / "lib"
    visible = closure(ALLOWED)
    memory = {}

    for path in sources(lib):
        folder = path.relative_to(lib).parts[0]
        place = path.relative_to(root)
        if folder not in ALLOWED:
            problems.append(f"{place}: lib/{folder} is not in the table")
            continue
        for header in includes_of(path):
            other = header.split("/")[0]
            if "/" in header and other in ALLOWED and other not in visible[folder]:
                problems.append(f"{place} includes {header}; lib/{folder} may not see {other}")
            name = external_name(header)
            if name and folder not in EXTERNAL[name][2]:
                users = ", ".join(sorted(EXTERNAL[name][2]))
                problems.append(f"{place} includes {header}; {name} is for lib/{{{users}}} only")

    for path in sources(root / "tools"):
        place = path.relative_to(root)
        program = path.stem.replace("_", "-")
        for header in includes_of(path):
            if name := external_name(header):
                problems.append(f"{place} includes {header}; programs leave {name} to lib/")
        if program in TORCH_FREE_PROGRAMS and "LibTorch" in reached(path, lib, memory):
            problems.append(f"{place} sees LibTorch; {program} must start without it")

    for path in sources(lib) + sources(root / "tools") + sources(root / "tests"):
        if {"ITK", "LibTorch"} <= reached(path, lib, memory):
            problems.append(f"{path.relative_to(root)} sees both ITK and LibTorch")
    return problems


def main():
    root, links = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    problems = check_links(links.read_text()) + check_includes(root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
