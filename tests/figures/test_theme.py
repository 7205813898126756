import itertools
import json

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
