#!/usr/bin/env python3
"""What users would run instead: an iteration of MKD (Li et al. 2020) in PyTorch's Python, in the literal order of its
algorithm 1: every forward pass where the algorithm has it, networks that do not learn held still.

Prints one line per repetition with the milliseconds of one iteration. Used by bench/run.sh.
"""

import argparse
import pathlib
import sys
import time

import torch
import torch.nn.functional as F

sys.path.append(str(pathlib.Path(__file__).resolve().parent.parent / "tests" / "reference"))
from coming_networks import Generator, PatchGan, ResUNet2d

CLASSES = 8


def supervised(logits, y):
    p, g = torch.softmax(logits, 1), F.one_hot(y, CLASSES).movedim(-1, 1).float()
    axes = (0, 2, 3)
    dice = 2 * (p * g).sum(axes) / ((p**2).sum(axes) + g.sum(axes) + 1e-7)
    return F.cross_entropy(logits, y) + 1 - dice.mean()


def distilled(teacher, student):
    return -(torch.softmax(teacher.detach(), 1) * torch.log_softmax(student, 1)).sum(1).mean()


def distance(a, b):
    return (a - b).abs().mean()


class Networks:
    def __init__(self, width, device):
        made = {"at": Generator(ngf=2 * width), "ta": Generator(ngf=2 * width), "d_t": PatchGan(ndf=4 * width),
                "d_a": PatchGan(ndf=4 * width), "syn": ResUNet2d(CLASSES, width), "real": ResUNet2d(CLASSES, width)}
        self.all = {name: network.float().to(device).train() for name, network in made.items()}
        self.optimizers = {name: torch.optim.Adam(network.parameters(), 2e-4,
                                                  (0.9 if name in ("syn", "real") else 0.5, 0.999))
                           for name, network in self.all.items()}

    def learn(self, name, loss_of):
        """Everything else is held still."""
        for other, network in self.all.items():
            network.requires_grad_(other == name)
        self.optimizers[name].zero_grad()
        loss_of().backward()
        self.optimizers[name].step()


def iteration(n, x_a, y_a, x_t, y_t):
    at, ta, d_t, d_a, syn, real = (n.all[k] for k in ("at", "ta", "d_t", "d_a", "syn", "real"))
    made = {}

    def there():
        made["at"] = at(x_a)
        cycle = distance(ta(made["at"]), x_a) + distance(at(ta(x_t)), x_t)
        return ((d_t(made["at"]) - 1)**2).mean() + 10 * cycle + supervised(syn(made["at"]), y_a)

    def back():
        made["ta"] = ta(x_t)
        cycle = distance(ta(at(x_a)), x_a) + distance(at(made["ta"]), x_t)
        return ((d_a(made["ta"]) - 1)**2).mean() + 10 * cycle

    def judged(d, real_images, name):
        return 0.5 * (((d(real_images) - 1)**2).mean() + (d(made[name].detach())**2).mean())

    n.learn("at", there)
    n.learn("d_t", lambda: judged(d_t, x_t, "at"))
    n.learn("ta", back)
    n.learn("d_a", lambda: judged(d_a, x_a, "ta"))
    with torch.no_grad():
        x_at = at(x_a)
    for name, network in n.all.items():
        network.requires_grad_(name in ("syn", "real"))
    syn_at, syn_t, real_t, real_at = syn(x_at), syn(x_t), real(x_t), real(x_at)
    of_syn = supervised(syn_at, y_a) + distilled(real_t, syn_t)
    of_real = supervised(real_t, y_t) + 0.5 * distilled(syn_at, real_at)
    for name, loss in (("syn", of_syn), ("real", of_real)):
        n.optimizers[name].zero_grad()
        loss.backward()
        n.optimizers[name].step()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["unpaired"])
    parser.add_argument("--side", type=int, default=64)
    parser.add_argument("--width", type=int, default=4)
    parser.add_argument("--batch", type=int, default=2)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--device", default="cpu")
    args = parser.parse_args()
    torch.set_default_dtype(torch.float32)
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    shape = (args.batch, 1, args.side, args.side)
    x_a, x_t = (2 * torch.rand(shape, device=args.device) - 1 for _ in range(2))
    y_a, y_t = (torch.randint(0, CLASSES, (args.batch, args.side, args.side), device=args.device) for _ in range(2))
    networks = Networks(args.width, args.device)
    for number in range(args.warmup + args.steps):
        start = time.perf_counter()
        iteration(networks, x_a, y_a, x_t, y_t)
        if args.device != "cpu":
            torch.cuda.synchronize()
        if number >= args.warmup:
            print(f"{1000 * (time.perf_counter() - start):.3f}", flush=True)


if __name__ == "__main__":
    main()
