"""Parameters, images, labels and random numbers that two programs can make alike without sharing code.

Everything here is a formula: sines of the flat row-major index, and Philox4x32-10 (Salmon, Moraes, Dror & Shaw 2011,
"Parallel random numbers: as easy as 1, 2, 3"), whose streams are named by seed, index and purpose.
"""

import numpy as np
import torch

torch.set_default_dtype(torch.float64)


def wave(shape, offset=0.0, height=1.0, step=0.011, phase=0.0, function=torch.sin):
    """offset + height * sin(step * i + phase) over the flat row-major index i."""
    index = torch.arange(int(np.prod(shape)), dtype=torch.float64)
    return (offset + height * function(step * index + phase)).reshape(shape)


@torch.no_grad()
def fill(network, shift=0.0):
    """Convolutions: weights 0.1 sin(0.37 i + 1), biases 0.01 sin(i + 1); norms: weights 1 + 0.05 cos(i), biases
    0.05 sin(i); all phases moved by `shift`, so that two networks differ."""
    for layer in network.modules():
        weight, bias = getattr(layer, "weight", None), getattr(layer, "bias", None)
        convolution = weight is not None and weight.dim() > 1
        if weight is not None and convolution:
            weight.copy_(wave(weight.shape, 0, 0.1, 0.37, 1 + shift))
        elif weight is not None:
            weight.copy_(wave(weight.shape, 1, 0.05, 1, shift, torch.cos))
        if bias is not None:
            bias.copy_(wave(bias.shape, 0, *((0.01, 1, 1 + shift) if convolution else (0.05, 1, shift))))
    return network


MASK32, MASK64 = (1 << 32) - 1, (1 << 64) - 1


def philox(counter, key):
    """Philox4x32-10 of counters [..., 4] (NumPy, uint64 holding 32 bits each) and a key of two words."""
    c = [np.asarray(word, dtype=np.uint64) for word in counter]
    k = list(key)
    for _ in range(10):
        p0, p1 = np.uint64(0xD2511F53) * c[0], np.uint64(0xCD9E8D57) * c[2]
        low = np.uint64(MASK32)
        c = [(p1 >> np.uint64(32)) ^ c[1] ^ np.uint64(k[0]), p1 & low,
             (p0 >> np.uint64(32)) ^ c[3] ^ np.uint64(k[1]), p0 & low]
        k = [(k[0] + 0x9E3779B9) & MASK32, (k[1] + 0xBB67AE85) & MASK32]
    return c


def _mixed(x):
    """SplitMix64's finalizer (Steele, Lea & Flood 2014)."""
    x = (x + 0x9E3779B97F4A7C15) & MASK64
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & MASK64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & MASK64
    return x ^ (x >> 31)


def _fnv1a(text):
    value = 0xCBF29CE484222325
    for byte in text.encode():
        value = ((value ^ byte) * 0x100000001B3) & MASK64
    return value


class Stream:
    """Random numbers named by (seed, index, name): the key is the seed, the upper half of the counter the name."""

    def __init__(self, seed, index, name):
        self.key = (seed & MASK32, seed >> 32)
        self.name = _mixed(_fnv1a(name) ^ _mixed(index))
        self.position = 0

    def _blocks(self, numbers, lane):
        numbers = np.asarray(numbers, dtype=np.uint64)
        high = (numbers >> np.uint64(32)) ^ np.uint64(lane << 31)
        fixed = [np.full_like(numbers, part) for part in (self.name & MASK32, self.name >> 32)]
        return philox([numbers & np.uint64(MASK32), high, *fixed], self.key)

    def bits(self):
        block = self._blocks([self.position // 4], 0)
        word = int(block[self.position % 4][0])
        self.position += 1
        return word

    def uniform(self):
        high, low = self.bits(), self.bits()
        return ((high << 21) ^ (low >> 11)) * 2.0**-53

    def below(self, n):
        limit = MASK64 - MASK64 % n
        while True:
            high, low = self.bits(), self.bits()
            if (value := (high << 32) | low) < limit:
                return value % n

    def normals(self, count):
        """Standard normals of the places 0 .. count - 1 (Box-Muller)."""
        b = self._blocks(np.arange(count), 1)
        u, v = (((b[i] << np.uint64(21)) ^ (b[i + 1] >> np.uint64(11))).astype(np.float64) * 2.0**-53 for i in (0, 2))
        return np.sqrt(-2 * np.log1p(-u)) * np.cos(2 * np.pi * v)


class Noise:
    """Dropout masks and latent samples of one forward pass of the network `role` at iteration `step`: each site draws
    from a stream of its own, counted in the order in which the network meets them."""

    def __init__(self, seed, step, role, samples):
        keys = Stream(seed, step, "dropout/" + role)
        self.seed, self.site = seed, 0
        self.keys = [(keys.bits() << 32) | keys.bits() for _ in range(samples)]

    def _streams(self, kind):
        self.site += 1
        return [Stream(self.seed, key, f"{kind}-{self.site - 1}") for key in self.keys]

    def channel_mask(self, channels, p):
        rows = [[0.0 if s.uniform() < p else 1 / (1 - p) for _ in range(channels)] for s in self._streams("dropout")]
        return torch.tensor(rows)

    def value_mask(self, shape, p):
        """Single values: 32 bits each, below p x 2^32 dropped."""
        count, rows = int(np.prod(shape)), []
        for s in self._streams("dropout"):
            words = np.stack(s._blocks(np.arange((count + 3) // 4), 1), 1).ravel()[:count]
            rows.append(torch.from_numpy((words >= np.uint64(int(p * 2**32))).astype(np.float64)).reshape(tuple(shape)))
        return torch.stack(rows) / (1 - p)

    def normal(self, shape):
        return torch.stack([torch.from_numpy(s.normals(int(np.prod(shape)))).reshape(shape)
                            for s in self._streams("normal")])


def subset_of(images, seed, step, sample):
    """Which images an iteration gives to a network that takes subsets: a size uniform in 1 .. images, then a uniform
    subset of that size (Dorent et al. 2019, the authors' code), by a Fisher-Yates shuffle."""
    stream = Stream(seed, step, f"subset/{sample}")
    size = stream.below(images) + 1
    order = list(range(images))
    for i in range(images, 1, -1):
        j = stream.below(i)
        order[i - 1], order[j] = order[j], order[i - 1]
    return [i in order[:size] for i in range(images)]
