"""The networks of HAD-Net, KD-Net, U-HeMIS and U-HVED, restated in PyTorch from the papers and what their authors'
code adds to them. No dropout layers: masks come from outside (closed_form.Noise), so that both sides can know them."""

import torch
import torch.nn.functional as F
from torch import nn


def conv(inputs, outputs, kernel=3, stride=1, padding=None, bias=True):
    return nn.Conv3d(inputs, outputs, kernel, stride, kernel // 2 if padding is None else padding, bias=bias)


def norm(channels, eps=1e-5):
    return nn.InstanceNorm3d(channels, eps=eps, affine=True)


class Cil(nn.Module):
    """Convolution, instance norm, LeakyReLU 0.01."""

    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv, self.norm = conv(inputs, outputs), norm(outputs)

    def forward(self, x):
        return F.leaky_relu(self.norm(self.conv(x)), 0.01)


def dropped(x, p, noise):
    """Whole channels dropped with probability p, the rest scaled by 1 / (1 - p)."""
    if noise is None or p == 0:
        return x
    mask = noise.channel_mask(x.shape[1], p)
    return x * mask.reshape(*mask.shape, 1, 1, 1)


class HadNetUNet(nn.Module):
    """Vadacchino et al. 2021, appendix A and the authors' code. Dropout 0.2 at the start of every block; none in the
    first one when its input has fewer channels than the width k."""

    class Up(nn.Module):
        def __init__(self, channels, outputs):
            super().__init__()
            self.of_skip, self.of_deep = conv(channels, channels, bias=False), conv(channels, channels)
            self.norm, self.cil = norm(channels), Cil(channels, outputs)

        def forward(self, skip, deep, p, noise):
            deep = F.interpolate(deep, size=skip.shape[2:], mode="nearest")
            left = dropped(skip, p, noise)
            right = dropped(deep, p, noise)
            return self.cil(F.leaky_relu(self.norm(self.of_skip(left) + self.of_deep(right)), 0.01))

    def __init__(self, channels, classes=4, k=32, dropout=0.2):
        super().__init__()
        self.first_p, self.p = (0.0 if channels < k else dropout), dropout
        widths = [(channels, k, k), (k, 2 * k, 2 * k), (2 * k, 4 * k, 4 * k), (4 * k, 8 * k, 8 * k),
                  (8 * k, 16 * k, 8 * k)]
        self.down = nn.ModuleList(nn.Sequential(Cil(a, b), Cil(b, c)) for a, b, c in widths)
        self.up = nn.ModuleList([self.Up(8 * k, 4 * k), self.Up(4 * k, 2 * k), self.Up(2 * k, k), self.Up(k, k)])
        self.out = conv(k, classes, 1)

    def forward(self, x, noise=None):
        levels = []
        for i, block in enumerate(self.down):
            x = F.max_pool3d(levels[-1], 2) if i else x
            levels.append(block(dropped(x, self.p if i else self.first_p, noise)))
        d1, d2, d3, d4, c5 = levels
        ups = []
        for block, skip in zip(self.up, (d4, d3, d2, d1)):
            ups.append(block(skip, ups[-1] if ups else c5, self.p, noise))
        u4, u3, _, u1 = ups
        return self.out(u1), {"d2": d2, "u3": u3, "d3": d3, "u4": u4, "d4": d4, "c5": c5}


class PatchDiscriminator(nn.Module):
    """HAD-Net's hierarchical discriminator; without `maps` AD-Net's, of which the paper says that it sees the final
    segmentation alone. Kernel 4, norms without scale, LeakyReLU 0.2. Raw logits and the student's images in front."""

    def __init__(self, images=3, classes=4, k=32, maps=True):
        super().__init__()
        self.maps, twice = maps, 2 if maps else 1
        self.layers = nn.ModuleList([
            conv(classes + images, 4 * k, 4, 2, 1), conv(twice * 4 * k, 8 * k, 4, 2, 1),
            conv(twice * 8 * k, 16 * k, 4, 2, 1), conv(twice * 16 * k, 32 * k, 4, 2, 1),
            conv(32 * k, 1, 4, 1, 1, bias=False)])

    def forward(self, logits, images, features):
        x = F.leaky_relu(self.layers[0](torch.cat([logits, images], 1)), 0.2)
        for layer, fine, deep in zip(self.layers[1:4], ("d2", "d3", "d4"), ("u3", "u4", "c5")):
            if self.maps:
                f = features[fine]
                x = torch.cat([x, f, F.interpolate(features[deep], size=f.shape[2:], mode="nearest")], 1)
            x = F.leaky_relu(F.instance_norm(layer(x)), 0.2)
        return self.layers[4](x)


class KdNetUNet(nn.Module):
    """Hu et al. 2020, figure 1; open details as in the first public version of nnU-Net: trilinear upsampling on half
    pixels, (upsampled, skip) concatenated, the second convolution of a block narrows before it is upsampled."""

    def __init__(self, channels, outputs=4, f=30, skips=True):
        super().__init__()
        self.skips = skips
        w = [f << level for level in range(5)]

        def block(a, b, c):
            return nn.Sequential(Cil(a, b), Cil(b, c))

        self.enc = nn.ModuleList(block(a, b, b) for a, b in zip([channels, *w[:3]], w[:4]))
        self.bott = block(w[3], w[4], w[3])
        self.dec = nn.ModuleList(block((2 if skips else 1) * w[level], w[level], w[max(level - 1, 0)])
                                 for level in (3, 2, 1, 0))
        self.out = conv(f, outputs, 1)

    def forward(self, x, noise=None):
        skips = []
        for block in self.enc:
            skips.append(block(x))
            x = F.max_pool3d(skips[-1], 2)
        bottleneck = x = self.bott(x)
        for block, skip in zip(self.dec, reversed(skips)):
            x = F.interpolate(x, scale_factor=2, mode="trilinear", align_corners=False)
            x = block(torch.cat([x, skip], 1) if self.skips else x)
        return self.out(x), {"c5": bottleneck}


# --- Dorent et al. 2019, U-HeMIS and U-HVED: the authors' code and the shapes of its checkpoints -------------------

SLOPE, EPSILON = 0.02, 1e-6


class Preactivation(nn.Module):
    """Twice: instance norm, LeakyReLU, convolution; no bias, nothing added."""

    def __init__(self, inputs, middle, outputs):
        super().__init__()
        self.norms = nn.ModuleList([norm(inputs, EPSILON), norm(middle, EPSILON)])
        self.convs = nn.ModuleList([conv(inputs, middle, bias=False), conv(middle, outputs, bias=False)])

    def forward(self, x):
        for n, c in zip(self.norms, self.convs):
            x = c(F.leaky_relu(n(x), SLOPE))
        return x


class ImageEncoder(nn.Module):
    def __init__(self, b, outputs):
        super().__init__()
        self.first = conv(1, b, 1, bias=False)
        self.blocks = nn.ModuleList(Preactivation(a, b << i, c)
                                    for i, (a, c) in enumerate(zip([b, *outputs[:3]], outputs)))

    def forward(self, x):
        x = F.leaky_relu(self.first(x), SLOPE)
        levels = []
        for i, block in enumerate(self.blocks):
            levels.append(block(F.max_pool3d(levels[-1], 2) if i else x))
        return levels


def upsampled_tf1(x):
    """Trilinear doubling on TensorFlow 1's grid: out[2i] = in[i], out[2i+1] = (in[i] + in[i+1]) / 2, the last value
    repeated."""
    for axis in (2, 3, 4):
        following = torch.cat([x.narrow(axis, 1, x.shape[axis] - 1), x.narrow(axis, x.shape[axis] - 1, 1)], axis)
        x = torch.stack([x, (x + following) / 2], axis + 1).flatten(axis, axis + 1)
    return x


def upsampled_half_pixel(x):
    return F.interpolate(x, scale_factor=2, mode="trilinear", align_corners=False)


class Decoder(nn.Module):
    def __init__(self, b, inputs, outputs, upsampled):
        super().__init__()
        self.upsampled = upsampled
        deeper = [inputs[3], 2 * b, b]
        self.blocks = nn.ModuleList(Preactivation(deeper[i] + inputs[2 - i], 4 * b >> i, 2 * b >> i)
                                    for i in range(3))
        self.last = conv(b // 2, outputs, 1, bias=False)

    def forward(self, levels):
        x = levels[3]
        for block, skip in zip(self.blocks, reversed(levels[:3])):
            x = block(torch.cat([self.upsampled(x), skip], 1))
        return self.last(x)


class UHemis(nn.Module):
    """Mean and population variance over the given images at four resolutions."""

    def __init__(self, images=4, classes=4, b=8, upsampled=upsampled_tf1):
        super().__init__()
        encoded = [b // 2, b, 2 * b, 4 * b]
        self.encoders = nn.ModuleList(ImageEncoder(b, encoded) for _ in range(images))
        self.decoder = Decoder(b, [2 * c for c in encoded], classes, upsampled)

    def forward(self, x, present, noise=None):
        maps = [self.encoders[m](x[:, m:m + 1]) for m, given in enumerate(present) if given]
        fused = []
        for level in range(4):
            of_images = torch.stack([m[level] for m in maps])
            fused.append(torch.cat([of_images.mean(0), of_images.var(0, correction=0)], 1))
        return self.decoder(fused), {"fused": fused}


class UHved(nn.Module):
    """Product of the given images' Gaussians and a standard normal at four resolutions; one decoder for the classes and
    one per image. With noise a sample is decoded, else the mean."""

    def __init__(self, images=4, classes=4, b=8, upsampled=upsampled_tf1):
        super().__init__()
        encoded = [b, 2 * b, 4 * b, 8 * b]
        latent = [c // 2 for c in encoded]
        self.encoders = nn.ModuleList(ImageEncoder(b, encoded) for _ in range(images))
        self.decoder = Decoder(b, latent, classes, upsampled)
        self.image_decoders = nn.ModuleList(Decoder(b, latent, 1, upsampled) for _ in range(images))

    def forward(self, x, present, noise=None):
        maps = [encoder(x[:, m:m + 1]) for m, encoder in enumerate(self.encoders)]
        posteriors = [[m[level].chunk(2, 1) for m in maps] for level in range(4)]
        latents = []
        for level in posteriors:
            mean, log_variance = product_of_gaussians([p for p, given in zip(level, present) if given])
            if noise is not None:
                mean = mean + torch.exp(log_variance / 2) * noise.normal(mean.shape[1:])
            latents.append(mean)
        images = torch.cat([decoder(latents) for decoder in self.image_decoders], 1)
        return self.decoder(latents), {"fused": latents, "posteriors": posteriors, "reconstruction": images}


def product_of_gaussians(experts):
    """Of (mean, log variance) pairs and a standard normal; log variances clipped to [-50, 50]."""
    precision, weighted = 1.0, 0.0
    for mean, log_variance in experts:
        t = 1 / (torch.exp(torch.clip(log_variance, -50, 50)) + 1e-7)
        precision, weighted = precision + t, weighted + t * mean
    variance = 1 / precision
    return weighted * variance, torch.log(variance + 1e-7)
