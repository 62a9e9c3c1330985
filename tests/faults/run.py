#!/usr/bin/env python3
"""Whether the same command always continues: run.py BIN SHIM [--minutes M] [--kills N] [--only NAME] [--kinds K,K] [--seed S]
[--stride N]

For every program on tiny inputs: lets the k-th write, fsync, rename, close, open, read and large allocation fail, for
every k, and kills it, one half at random moments, the other at random calls of the system. A call that failed must
say so in one line and exit with 1; given again it must
end with 0 and the result of an undisturbed call, and leave nothing behind. A call that ends with 0 in spite of a fault
must have that result, too. With --stride, programs with Torch, which take seconds to start, are tried at every Nth k
(from a random one on, by the seed). With --minutes, counted from the end of the preparations,
what does not fit is left out, evenly, and the last line says how much.
"""

import argparse
import concurrent.futures
import hashlib
import os
import random
import re
import shutil
import signal
import struct
import subprocess
import sys
import tempfile
import time

import programs

KINDS = ["write", "fsync", "rename", "close", "open", "read", "alloc"]
REMOVAL = "remove"  # never made to fail: what cannot be removed is not worth a result
SEAL = b"kdseal1\n"


def content(path, changing):
    """What of a file must be equal in every run: of our HDF5 files the hash of their content and the elements."""
    name = os.path.basename(path)
    with open(path, "rb") as file:
        data = file.read()
    if name in changing:
        return "there"
    if data[-48:-40] == SEAL:
        (metadata,) = struct.unpack("<Q", data[-40:-32])
        found = set(re.findall(rb"[0-9a-f]{64}", data[:metadata]))
        return hashlib.sha256(b" ".join(sorted(found)) + data[metadata:-48]).hexdigest()
    return hashlib.sha256(data).hexdigest()


def tree(folder, changing):
    found = {}
    for where, folders, files in os.walk(folder):
        for name in files:
            path = os.path.join(where, name)
            found[os.path.relpath(path, folder)] = content(path, changing)
        for name in folders:
            if not os.listdir(os.path.join(where, name)):
                found[os.path.relpath(os.path.join(where, name), folder) + "/"] = "empty"
    return found


class Bench:
    def __init__(self, arguments, folder):
        self.bin, self.shim, self.folder = os.path.abspath(arguments.bin), os.path.abspath(arguments.shim), folder
        self.source = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", ".."))
        self.inputs = os.path.join(folder, "inputs")
        self.number = 0

    def fresh(self):
        self.number += 1
        work = os.path.join(self.folder, f"work{self.number}-{random.getrandbits(32):08x}")
        os.makedirs(os.path.join(work, "out"))
        os.makedirs(os.path.join(work, "tmp"))
        return work

    def start(self, call, work, extra=None):
        words = [w.format(inputs=self.inputs, source=self.source) for w in call.command]
        words = [os.path.join(self.bin, words[0])] + words[1:] + ["--threads", str(call.threads), "--quiet"]
        environment = dict(os.environ, TMPDIR=os.path.join(work, "tmp"), OMP_NUM_THREADS="1", **(extra or {}))
        stdout = open(os.path.join(work, "stdout"), "wb")
        return subprocess.Popen(words, cwd=os.path.join(work, "out"), env=environment, stdout=stdout,
                                stderr=subprocess.PIPE)

    def finish(self, process):
        _, stderr = process.communicate(timeout=300)
        return process.returncode, stderr.decode(errors="replace")

    def run(self, call, work, extra=None):
        return self.finish(self.start(call, work, extra))

    def state(self, call, work):
        found = tree(os.path.join(work, "out"), call.changing)
        found.update({"tmp/" + name: value for name, value in tree(os.path.join(work, "tmp"), []).items()})
        return found


def differences(found, expected):
    lines = [f"left over {name}" for name in found if name not in expected]
    lines += [f"missing {name}" for name in expected if name not in found]
    lines += [f"differs {name}" for name in expected if name in found and found[name] != expected[name]]
    return lines


def judge(bench, call, expected, work, code, stderr, what):
    """Faults of a disturbed call and of the same command given again."""
    errors = [line for line in stderr.splitlines() if ": error: " in line]
    faults = []
    if code == 0:
        faults += differences(bench.state(call, work), expected)
        if "it is trained again" in stderr:  # told: the network is there, its second copy is not
            faults = [f for f in faults if not re.fullmatch(r"missing \S+\.run/result-\S+", f)]
        if faults:
            faults.append("although it ended with 0")
    elif code not in (1, -signal.SIGKILL):
        faults.append(f"ended with {code}: {(errors or stderr.splitlines() or ['no message'])[-1][:300]}")
    elif code == 1 and len(errors) != 1:
        faults.append(f"{len(errors)} lines with an error: {stderr[:300]!r}")
    if code != 0:
        again, message = bench.run(call, work)
        if again != 0:
            last = (message.splitlines() or ["no message"])[-1][:300]
            faults.append(f"the same command ended with {again}: {last} (after: {(errors or ['kill'])[-1][:200]})")
        else:
            faults += differences(bench.state(call, work), expected)
    return [f"{call.name}: {what}: {fault}" for fault in faults]


def inject(bench, call, expected, kind, k):
    work = bench.fresh()
    try:
        code, stderr = bench.run(call, work, {"LD_PRELOAD": bench.shim, "KDSEG_FAULT": f"{kind}:{k}"})
        return judge(bench, call, expected, work, code, stderr, f"{kind} {k}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


def kill(bench, call, expected, seconds, moments):
    """Kills one call and its repetitions at several moments, then lets the last one end. A moment is a part of a whole
    call's seconds, or KIND:K of a call of the system."""
    work = bench.fresh()
    met = []
    try:
        for moment in moments:
            if isinstance(moment, str):
                process = bench.start(call, work, {"LD_PRELOAD": bench.shim, "KDSEG_FAULT": moment + ":kill"})
                met.append("at " + moment)
            else:
                process = bench.start(call, work)
                time.sleep(moment * seconds)
                process.kill()
                met.append(f"after {1000 * moment * seconds:.0f} ms")
            code, stderr = bench.finish(process)
            if code == 0:
                break
            if code != -signal.SIGKILL:
                return [f"{call.name}: killed {', '.join(met)}: ended with {code}: {stderr[-300:]}"]
        return judge(bench, call, expected, work, code, stderr, "killed " + ", ".join(met))
    finally:
        shutil.rmtree(work, ignore_errors=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("bin")
    parser.add_argument("shim")
    parser.add_argument("--minutes", type=float, default=0, help="stop after so many; 0: try every k")
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--only", default="", help="calls whose names start so")
    parser.add_argument("--kinds", default=",".join(KINDS), help="calls of the system that fail")
    parser.add_argument("--without-torch", action="store_true", help="phantom, preprocess and evaluate alone")
    parser.add_argument("--stride", type=int, default=1, help="of programs with Torch, every Nth k alone")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    random.seed(arguments.seed)
    torch = not arguments.without_torch and os.path.exists(os.path.join(arguments.bin, "pretrain"))
    with tempfile.TemporaryDirectory(prefix="kdseg-faults-") as folder:
        bench = Bench(arguments, folder)
        programs.prepare(bench.bin, bench.source, bench.inputs, torch)
        tasks, kills = [], []
        calls = [c for c in programs.calls(torch) if c.name.startswith(arguments.only)]
        for call in calls:
            work = bench.fresh()
            count = os.path.join(work, "count")
            code, stderr = bench.run(call, work, {"LD_PRELOAD": bench.shim, "KDSEG_FAULT_COUNT": count})
            if code != 0:
                sys.exit(f"faults: {call.name} ends with {code} by itself: {stderr}")
            expected = bench.state(call, work)
            points = []
            for line in open(count):
                kind, number = line.split()
                # Other threads may make a call more or less from run to run.
                every = range(1, int(number) + 1)
                stride = arguments.stride if call.torch else 1
                if kind in arguments.kinds.split(","):
                    tasks += [(call, expected, kind, k) for k in every[random.randrange(stride)::stride]]
                if kind not in ("read", "alloc"):
                    points.append([f"{kind}:{k}" for k in every])
            again = bench.fresh()
            start = time.monotonic()
            bench.run(call, again)
            kills.append((call, expected, time.monotonic() - start, [p for p in points if p]))
            if differences(bench.state(call, again), expected):
                sys.exit(f"faults: {call.name} does not repeat its own result: {differences(bench.state(call, again), expected)}")
        began = time.monotonic()
        random.shuffle(tasks)
        # What damages files comes first; reads and allocations are many.
        tasks.sort(key=lambda task: task[2] in ("read", "alloc"))
        jobs = []
        killed = 0
        while killed < arguments.kills:
            for call, expected, seconds, points in kills:
                # The last removal of a call is its last act: all is done, and a mark is still there.
                at_calls = [random.choice(random.choice(points)), points[-1][-1]]
                moments = [random.random(), at_calls[0], random.random(), at_calls[1]][:arguments.kills - killed]
                killed += len(moments)
                if moments:
                    jobs.append((kill, (bench, call, expected, seconds, moments), None))
        jobs += [(inject, (bench, *task), task) for task in tasks]
        faults, tried, of, done_kills = [], {}, {}, 0
        for task in tasks:
            of[task[2]] = of.get(task[2], 0) + 1
        with concurrent.futures.ThreadPoolExecutor(arguments.jobs) as pool:

            def work_on(job):
                function, parameters, task = job
                if arguments.minutes and time.monotonic() - began > 60 * arguments.minutes:
                    return job, None
                return job, function(*parameters)

            for job, found in pool.map(work_on, jobs):
                if found is None:
                    continue
                if job[2]:
                    tried[job[2][2]] = tried.get(job[2][2], 0) + 1
                else:
                    done_kills += len(job[1][4])
                faults += found
                for fault in found:
                    print("FAULT", fault, flush=True)
    parts = [f"{tried.get(kind, 0)} of {of[kind]} {kind}" for kind in KINDS if kind in of]
    print(f"faults: {len(calls)} calls, {done_kills} kills, failed calls of the system: {', '.join(parts)}; "
          f"{len(faults)} wrong, {time.monotonic() - began:.0f} s")
    if not tried and not done_kills:
        sys.exit("faults: nothing was tried: give more --minutes")
    sys.exit(1 if faults else 0)


if __name__ == "__main__":
    main()
