#!/usr/bin/env python3
"""What users would run instead: HAD-Net's networks and steps in PyTorch's Python, plain and literal.

Plain: torch.nn modules and torch.optim as one writes them from the paper. Literal: the iteration in the
order of the official code, a fresh forward of the discriminator for its own update included.
mc-dropout is the plain loop of forward passes with dropout on, their softmax averaged.
Prints one line per repetition with the milliseconds of one step (of one case, for mc-dropout). Used by bench/run.sh
and bench/gpu.py.
"""

import argparse
import time

import torch
import torch.nn.functional as F
from torch import nn


class Cil(nn.Module):
    def __init__(self, a, b):
        super().__init__()
        self.conv = nn.Conv3d(a, b, 3, padding=1)
        self.norm = nn.InstanceNorm3d(b, affine=True)

    def forward(self, x):
        return F.leaky_relu(self.norm(self.conv(x)), 0.01)


class Down(nn.Module):
    def __init__(self, a, b, c, p):
        super().__init__()
        self.drop = nn.Dropout3d(p)
        self.one, self.two = Cil(a, b), Cil(b, c)

    def forward(self, x):
        return self.two(self.one(self.drop(x)))


class Up(nn.Module):
    def __init__(self, a, b, p):
        super().__init__()
        self.drop_left, self.drop_up = nn.Dropout3d(p), nn.Dropout3d(p)
        self.up = nn.Conv3d(a, a, 3, padding=1)
        self.left = nn.Conv3d(a, a, 3, padding=1, bias=False)
        self.norm = nn.InstanceNorm3d(a, affine=True)
        self.out = Cil(a, b)

    def forward(self, skip, x):
        x = F.interpolate(x, size=skip.shape[2:], mode="nearest")
        y = self.left(self.drop_left(skip)) + self.up(self.drop_up(x))
        return self.out(F.leaky_relu(self.norm(y), 0.01))


class UNet(nn.Module):
    def __init__(self, channels, k, classes=4, p=0.2):
        super().__init__()
        self.d1 = Down(channels, k, k, p if channels >= k else 0.0)
        self.d2, self.d3, self.d4 = Down(k, 2 * k, 2 * k, p), Down(2 * k, 4 * k, 4 * k, p), Down(4 * k, 8 * k, 8 * k, p)
        self.c5 = Down(8 * k, 16 * k, 8 * k, p)
        self.u4, self.u3, self.u2, self.u1 = Up(8 * k, 4 * k, p), Up(4 * k, 2 * k, p), Up(2 * k, k, p), Up(k, k, p)
        self.out = nn.Conv3d(k, classes, 1)

    def forward(self, x):
        d1 = self.d1(x)
        d2 = self.d2(F.max_pool3d(d1, 2))
        d3 = self.d3(F.max_pool3d(d2, 2))
        d4 = self.d4(F.max_pool3d(d3, 2))
        c5 = self.c5(F.max_pool3d(d4, 2))
        u4 = self.u4(d4, c5)
        u3 = self.u3(d3, u4)
        u2 = self.u2(d2, u3)
        u1 = self.u1(d1, u2)
        return self.out(u1), ((d2, u3), (d3, u4), (d4, c5))


class Discriminator(nn.Module):
    def __init__(self, images, k, classes=4):
        super().__init__()
        self.one = nn.Conv3d(images + classes, 4 * k, 4, 2, 1)
        self.two = nn.Conv3d(4 * k + 4 * k, 8 * k, 4, 2, 1)
        self.three = nn.Conv3d(8 * k + 8 * k, 16 * k, 4, 2, 1)
        self.four = nn.Conv3d(16 * k + 16 * k, 32 * k, 4, 2, 1)
        self.five = nn.Conv3d(32 * k, 1, 4, 1, 1, bias=False)

    def forward(self, logits, images, maps):
        x = F.leaky_relu(self.one(torch.cat([logits, images], 1)), 0.2)
        for conv, (fine, coarse) in zip((self.two, self.three, self.four), maps):
            coarse = F.interpolate(coarse, size=fine.shape[2:], mode="nearest")
            x = F.leaky_relu(F.instance_norm(conv(torch.cat([x, fine, coarse], 1))), 0.2)
        return self.five(x)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["supervised", "had-net", "mc-dropout"])
    parser.add_argument("--side", type=int, default=48)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--steps", type=int, default=10)
    parser.add_argument("--warmup", type=int, default=2)
    parser.add_argument("--samples", type=int, default=20, help="of mc-dropout")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
    parser.add_argument("--compile", action="store_true", help="the networks through torch.compile")
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    torch.manual_seed(0)
    kind = torch.device(args.device).type
    mixed = torch.autocast(kind, torch.bfloat16, enabled=args.precision == "bf16")
    prepared = torch.compile if args.compile else lambda network: network
    device, n, k = args.device, args.side, args.width
    images = torch.rand(1, 4, n, n, n, device=device)
    labels = torch.randint(0, 4, (1, n, n, n), device=device)
    weights = torch.tensor([1.0, 59.4507, 23.3190, 71.8481], device=device)
    seen = images[:, [0, 2, 3]]
    student = prepared(UNet(4 if args.what == "supervised" else 3, k).to(device).train())
    if args.what == "mc-dropout":

        @torch.no_grad()
        @mixed
        def step():
            mean = 0
            for _ in range(args.samples):
                mean = mean + torch.softmax(student(seen)[0], 1)
            return mean / args.samples

    elif args.what == "supervised":
        optimizer = torch.optim.AdamW(student.parameters(), lr=2e-4, weight_decay=1e-5)

        def step():
            optimizer.zero_grad()
            with mixed:
                logits, _ = student(images)
                loss = F.cross_entropy(logits, labels, weights)
            loss.backward()
            optimizer.step()

    else:
        teacher = prepared(UNet(4, k).to(device).train().requires_grad_(False))
        judge = prepared(Discriminator(3, k).to(device).train())
        learn = torch.optim.Adam(student.parameters(), lr=2e-4, betas=(0.5, 0.999))
        learn_judge = torch.optim.Adam(judge.parameters(), lr=2e-4, betas=(0.5, 0.999))

        def step():
            with torch.no_grad(), mixed:
                truth, truth_maps = teacher(images)
            learn.zero_grad()
            with mixed:
                logits, maps = student(seen)
                fooled = judge(logits, seen, maps)
                loss = F.cross_entropy(logits, labels, weights) + 0.2 * ((fooled - 1) ** 2).mean()
            loss.backward()
            learn.step()
            learn_judge.zero_grad()
            maps = [(a.detach(), b.detach()) for a, b in maps]
            with mixed:
                real = judge(truth, seen, truth_maps)
                fake = judge(logits.detach(), seen, maps)
                loss = ((real - 1) ** 2).mean() + (fake**2).mean()
            accuracy = ((real >= 0.5).float().mean() + (fake <= 0.5).float().mean()) / 2
            if accuracy <= 1.0:  # always updated, in both contenders: the same work in every step
                loss.backward()
                learn_judge.step()

    for number in range(args.warmup + args.steps):
        start = time.perf_counter()
        step()
        if device != "cpu":
            torch.cuda.synchronize()
        if number >= args.warmup:
            print(f"{1000 * (time.perf_counter() - start):.3f}", flush=True)


if __name__ == "__main__":
    main()
