import itertools
import json

import numpy as np
import pytest

from lossviz.figures import theme


def lightness(color):
    """CIE L* of a hex colour (sRGB, D65)."""
    channels = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    y = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return 116 * y ** (1 / 3) - 16 if y > 0.008856 else 903.3 * y


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_surface_gets_lighter_in_even_steps(mode):
    steps = [lightness(color) for _, color in theme.SURFACE_SCALE[mode]]
    rises = [b - a for a, b in itertools.pairwise(steps)]
    assert min(rises) > 0
    assert max(rises) / min(rises) < 1.6


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_words_can_be_read(mode):
    palette = theme.PALETTE[mode]
    for color in (palette.text, palette.muted):
        assert abs(lightness(color) - lightness(palette.background)) > 45


def test_no_two_contenders_look_alike():
    assert len({(m.light, m.plotly_dash) for m in theme.MARKS}) == len(theme.MARKS)
    assert len({m.head for m in theme.MARKS}) == len(theme.MARKS)
    assert theme.mark(len(theme.MARKS)) == theme.MARKS[0]


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_the_stage_gets_plain_values(mode):
    assert json.loads(json.dumps(theme.as_plain(mode)))["mode"] == mode


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_twelve_contenders_have_colours_of_their_own_that_stand_off_the_ground(mode):
    colors = [m.color(mode) for m in theme.MARKS]
    assert len(set(colors)) == len(colors) == 12
    ground = lightness(theme.PALETTE[mode].background)
    assert min(abs(lightness(color) - ground) for color in colors) > 30


#: Colours as seen without one kind of cone, in linear RGB (Machado, Oliveira and Fernandes 2009).
BLINDNESS = {
    "protan": np.array(
        [[0.1521, 1.0526, -0.2046], [0.1145, 0.7863, 0.0992], [-0.0039, -0.0481, 1.0519]]
    ),
    "deutan": np.array(
        [[0.3673, 0.8606, -0.2279], [0.2801, 0.6726, 0.0473], [-0.0118, 0.0429, 0.9689]]
    ),
    "tritan": np.array(
        [[1.2555, -0.0767, -0.1788], [-0.0784, 0.9308, 0.1476], [0.0047, 0.6914, 0.3039]]
    ),
}


def lab(color, seen):
    """CIE L*a*b* of a hex colour after the linear map `seen` (sRGB, D65)."""
    c = np.array([int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.clip(seen @ np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4), 0, 1)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = np.cbrt(np.maximum(xyz @ linear / [0.9505, 1, 1.089], 0.008856))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("kind", BLINDNESS)
def test_colours_that_look_alike_to_some_have_unlike_dashes(mode, kind):
    """A distance of 12 is seen at a glance in a line of two pixels; below it the dash must tell."""
    for one, other in itertools.combinations(theme.MARKS, 2):
        gap = np.linalg.norm(
            lab(one.color(mode), BLINDNESS[kind]) - lab(other.color(mode), BLINDNESS[kind])
        )
        if gap < 12:
            ink = [sum(m.dash[::2]) / max(sum(m.dash), 1) or 1.0 for m in (one, other)]
            period = [sum(m.dash) for m in (one, other)]
            assert abs(ink[0] - ink[1]) > 0.1 or abs(period[0] - period[1]) >= 4, (one, other, gap)
