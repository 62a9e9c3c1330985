"""Networks of MKD (Li et al. 2020) and of the model distillation of Nalwade & Kisa, restated in PyTorch.

Sources: for MKD's generators and discriminators the code of SIFA (Chen et al. 2019, arXiv:1901.08211) and of CycleGAN
(Zhu et al. 2017, arXiv:1703.10593); its segmentor is a residual U-Net in the manner of Valindria et al. 2018. For model
distillation No New-Net (Isensee et al. 2018, arXiv:1809.10483), Myronenko 2018 (arXiv:1810.11654) and Lachinov et al.
2018 (arXiv:1810.04008).
"""

import torch
import torch.nn.functional as F
from torch import nn


def up(x, scale=2):
    mode = "bilinear" if x.dim() == 4 else "trilinear"
    return F.interpolate(x, scale_factor=scale, mode=mode, align_corners=False)


# --- MKD -------------------------------------------------------------------------------------------------------------


class Generator(nn.Module):
    """ResNet with nine blocks. sifa: zero padding, affine norms, ReLU behind each sum, the input added before tanh.
    cyclegan: reflection padding, norms without scale, neither."""

    def __init__(self, preset="sifa", ngf=None):
        super().__init__()
        self.sifa = preset == "sifa"
        n = ngf or (32 if self.sifa else 64)

        def conv(a, b, k, stride=1, reflect=not self.sifa):
            return nn.Conv2d(a, b, k, stride, k // 2, padding_mode="reflect" if reflect else "zeros")

        def norm(c):
            return nn.InstanceNorm2d(c, affine=self.sifa)

        def transposed(a, b):
            return nn.ConvTranspose2d(a, b, 3, 2, 1, output_padding=1)

        self.head = nn.Sequential(conv(1, n, 7), norm(n), nn.ReLU(), conv(n, 2 * n, 3, 2, False), norm(2 * n),
                                  nn.ReLU(), conv(2 * n, 4 * n, 3, 2, False), norm(4 * n), nn.ReLU())
        self.blocks = nn.ModuleList(nn.Sequential(conv(4 * n, 4 * n, 3), norm(4 * n), nn.ReLU(),
                                                  conv(4 * n, 4 * n, 3), norm(4 * n)) for _ in range(9))
        self.tail = nn.Sequential(transposed(4 * n, 2 * n), norm(2 * n), nn.ReLU(), transposed(2 * n, n), norm(n),
                                  nn.ReLU(), conv(n, 1, 7))

    def forward(self, image):
        x = self.head(image)
        for block in self.blocks:
            x = x + block(x)
            x = F.relu(x) if self.sifa else x
        x = self.tail(x)
        return torch.tanh(image + x if self.sifa else x)


class PatchGan(nn.Module):
    """70 x 70 patches; sifa: padding 2, convolutions without bias, affine norms; cyclegan: padding 1, bias, none."""

    def __init__(self, preset="sifa", ndf=64):
        super().__init__()
        sifa = preset == "sifa"
        widths = [1, ndf, 2 * ndf, 4 * ndf, 8 * ndf, 1]
        layers = []
        for i, (a, b) in enumerate(zip(widths, widths[1:])):
            layers.append(nn.Conv2d(a, b, 4, 2 if i < 3 else 1, 2 if sifa else 1, bias=not sifa))
            if 0 < i < 4:
                layers.append(nn.InstanceNorm2d(b, affine=sifa))
            if i < 4:
                layers.append(nn.LeakyReLU(0.2))
        self.layers = nn.Sequential(*layers)

    def forward(self, x):
        return self.layers(x)


class ResidualUnit(nn.Module):
    """Twice batch norm, ReLU, convolution; plus the input, through a 1x1 convolution where the shape changes."""

    def __init__(self, a, b, stride=1):
        super().__init__()
        self.body = nn.Sequential(nn.BatchNorm2d(a), nn.ReLU(), nn.Conv2d(a, b, 3, stride, 1, bias=False),
                                  nn.BatchNorm2d(b), nn.ReLU(), nn.Conv2d(b, b, 3, 1, 1, bias=False))
        self.shortcut = nn.Identity() if a == b and stride == 1 else nn.Conv2d(a, b, 1, stride, bias=False)

    def forward(self, x):
        return self.shortcut(x) + self.body(x)


class ResUNet2d(nn.Module):
    def __init__(self, classes=8, width=16):
        super().__init__()
        w = [width << level for level in range(5)]
        self.stem = nn.Conv2d(1, w[0], 3, 1, 1, bias=False)
        self.enc = nn.ModuleList([nn.Sequential(ResidualUnit(w[0], w[0]), ResidualUnit(w[0], w[0]))])
        self.enc += [nn.Sequential(ResidualUnit(a, b, 2), ResidualUnit(b, b)) for a, b in zip(w, w[1:])]
        self.dec = nn.ModuleList(nn.Sequential(ResidualUnit(w[i] + w[i + 1], w[i]), ResidualUnit(w[i], w[i]))
                                 for i in (3, 2, 1, 0))
        self.head = nn.Sequential(nn.BatchNorm2d(w[0]), nn.ReLU(), nn.Conv2d(w[0], classes, 1))

    def forward(self, x):
        if any(side % 16 for side in x.shape[2:]):
            raise ValueError(f"sides {tuple(x.shape[2:])} are not multiples of 16")
        levels = [self.enc[0](self.stem(x))]
        for block in self.enc[1:]:
            levels.append(block(levels[-1]))
        x = levels.pop()
        for block in self.dec:
            x = block(torch.cat([levels.pop(), up(x)], 1))
        return self.head(x)


# --- model distillation ----------------------------------------------------------------------------------------------


class UNet(nn.Module):
    """No New-Net: convolutions without bias, the last one of a level narrows before it is upsampled."""

    def __init__(self, width=30, regions=3, bias=False):
        super().__init__()
        w = [width << level for level in range(5)]

        def block(a, b, c):
            layers = []
            for i, o in ((a, b), (b, c)):
                layers += [nn.Conv3d(i, o, 3, 1, 1, bias=bias), nn.InstanceNorm3d(o, affine=True), nn.LeakyReLU(0.01)]
            return nn.Sequential(*layers)

        self.enc = nn.ModuleList(block(a, b, b) for a, b in zip([4, *w], w[:4]))
        self.bottom = block(w[3], w[4], w[3])
        self.dec = nn.ModuleList(block(2 * w[i], w[i], w[max(i - 1, 0)]) for i in (3, 2, 1, 0))
        self.head = nn.Conv3d(width, regions, 1)

    def forward(self, x):
        skips = []
        for block in self.enc:
            skips.append(block(x))
            x = F.max_pool3d(skips[-1], 2)
        x = self.bottom(x)
        for block in self.dec:
            x = block(torch.cat([skips.pop(), up(x)], 1))
        return self.head(x)


def group_norm(channels):
    return nn.GroupNorm(8, channels)


class GroupBlock(nn.Module):
    """x + conv(ReLU(GN(conv(ReLU(GN(x))))))."""

    def __init__(self, c):
        super().__init__()
        self.body = nn.Sequential(group_norm(c), nn.ReLU(), nn.Conv3d(c, c, 3, 1, 1, bias=False),
                                  group_norm(c), nn.ReLU(), nn.Conv3d(c, c, 3, 1, 1, bias=False))

    def forward(self, x):
        return x + self.body(x)


class UpGroup(nn.Module):
    """1x1x1 convolution to half the channels, doubling, a skip added where there is one, a block."""

    def __init__(self, c):
        super().__init__()
        self.narrow, self.block = nn.Conv3d(c, c // 2, 1, bias=False), GroupBlock(c // 2)

    def forward(self, x, skip=None):
        x = up(self.narrow(x))
        return self.block(x if skip is None else x + skip)


class ResidualSegmentation(nn.Module):
    def __init__(self, f=32, regions=3):
        super().__init__()
        self.first = nn.Conv3d(4, f, 3, 1, 1, bias=False)
        self.enc = nn.ModuleList([GroupBlock(f)])
        for i, blocks in ((1, 2), (2, 2), (3, 4)):
            self.enc.append(nn.Sequential(nn.Conv3d(f << (i - 1), f << i, 3, 2, 1, bias=False),
                                          *(GroupBlock(f << i) for _ in range(blocks))))
        self.dec = nn.ModuleList(UpGroup(f << i) for i in (3, 2, 1))
        self.head = nn.Sequential(group_norm(f), nn.ReLU(), nn.Conv3d(f, regions, 1))

    def forward(self, x, noise=None):
        """`noise` drops whole channels of the first map, one of five."""
        x = self.first(x)
        if noise:
            x = x * noise.channel_mask(x.shape[1], 0.2)[:, :, None, None, None]
        levels = [self.enc[0](x)]
        for block in self.enc[1:]:
            levels.append(block(levels[-1]))
        x = bottom = levels.pop()
        for block in self.dec:
            x = block(x, levels.pop())
        return self.head(x), bottom


class VariationalBranch(nn.Module):
    """From the deepest map to the images, through a latent of 128 Gaussians; for sides of 128."""

    def __init__(self, f=32, side=8):
        super().__init__()
        self.side, flat = side, 16 * side**3
        self.down = nn.Sequential(group_norm(8 * f), nn.ReLU(), nn.Conv3d(8 * f, 16, 3, 2, 1), group_norm(16), nn.ReLU())
        self.to_latent, self.from_latent = nn.Linear(flat, 256), nn.Linear(128, flat)
        self.widen = nn.Conv3d(16, 8 * f, 1, bias=False)
        self.after = nn.Sequential(group_norm(8 * f), nn.ReLU())
        self.dec = nn.ModuleList(UpGroup(f << i) for i in (3, 2, 1))
        self.head = nn.Sequential(group_norm(f), nn.ReLU(), nn.Conv3d(f, 4, 1))

    def forward(self, bottom, normal):
        mean, log_variance = self.to_latent(self.down(bottom).flatten(1)).chunk(2, 1)
        z = mean + torch.exp(0.5 * log_variance) * normal
        x = F.relu(self.from_latent(z)).reshape(-1, 16, self.side, self.side, self.side)
        x = self.after(up(self.widen(x)))
        for block in self.dec:
            x = block(x)
        return self.head(x), mean, log_variance


class InstanceBlock(nn.Module):
    def __init__(self, c, groups):
        super().__init__()
        self.body = nn.Sequential(nn.InstanceNorm3d(c, affine=True), nn.ReLU(), nn.Conv3d(c, c, 3, 1, 1, groups=groups),
                                  nn.InstanceNorm3d(c, affine=True), nn.ReLU(), nn.Conv3d(c, c, 3, 1, 1, groups=groups))

    def forward(self, x):
        return x + self.body(x)


class CascadeStage(nn.Module):
    """One network of the cascade: an encoder per sequence (grouped convolutions), the largest of the four at each
    level, a decoder that also takes in probabilities of coarser networks (`extra`: level -> channels)."""

    def __init__(self, n, regions, extra):
        super().__init__()
        w = [4 * n << level for level in range(4)]
        self.extra = extra
        self.enc = nn.ModuleList([nn.Sequential(nn.Conv3d(4, w[0], 3, 1, 1, groups=4), InstanceBlock(w[0], 4))])
        self.enc += [nn.Sequential(nn.Conv3d(a, b, 3, 2, 1, groups=4), InstanceBlock(b, 4)) for a, b in zip(w, w[1:])]
        self.ups, self.joins, self.blocks = nn.ModuleList(), nn.ModuleList(), nn.ModuleList()
        c = 8 * n
        for level, d in ((2, 8 * n), (1, 4 * n), (0, 2 * n)):
            self.ups.append(nn.ConvTranspose3d(c, d, 2, 2, bias=False))
            self.joins.append(nn.Conv3d(d + (n << level) + extra.get(level, 0), d, 1))
            self.blocks.append(InstanceBlock(d, 1))
            c = d
        self.head = nn.Conv3d(2 * n, regions, 1)

    def forward(self, x, coarser=None, noise=None):
        """`noise` drops single values behind strided convolutions, one of ten."""
        levels = []
        for level, (convolution, block) in enumerate(self.enc):
            x = convolution(x)
            if noise and level:
                x = x * noise.value_mask(x.shape[1:], 0.1)
            x = block(x)
            parts = x.unflatten(1, (4, -1))
            levels.append(parts.amax(1))
        x = levels.pop()
        for level, (widened, join, block) in zip((2, 1, 0), zip(self.ups, self.joins, self.blocks)):
            parts = [widened(x), levels.pop()] + ([coarser[level]] if level in self.extra else [])
            x = block(join(torch.cat(parts, 1)))
        return self.head(x)


class Cascade(nn.Module):
    def __init__(self, regions=3, n=4):
        super().__init__()
        self.net32 = CascadeStage(4 * n, regions, {})
        self.net64 = CascadeStage(2 * n, regions, {1: regions})
        self.net128 = CascadeStage(n, regions, {2: regions, 1: regions})

    def forward(self, x, noise=None):
        small, middle = F.avg_pool3d(x, 4), F.avg_pool3d(x, 2)
        a = self.net32(small, None, noise)
        b = self.net64(middle, {1: torch.sigmoid(a)}, noise)
        return a, b, self.net128(x, {2: torch.sigmoid(a), 1: torch.sigmoid(b)}, noise)
