"""Which Chromium is driven, and how: for the browser tests, the pictures and the benchmarks."""

from __future__ import annotations

import os
import shutil

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
#: Without the pages that Chromium keeps ready for its address bar, one more process for each window
#: that a test opens. The others are those that Playwright switches off, which this list replaces.
WITHOUT = (
    "WebUIOmniboxPopup",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsUpgrades",
    "HttpsFirstBalancedModeAutoEnable",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "ThirdPartyStoragePartitioning",
)
TEST_FLAGS = (*FLAGS, f"--disable-features={','.join(WITHOUT)}")
#: What Chromium says of Plotly's WebGL text and picking on a machine without a graphics card.
SOFTWARE_GL = ("willReadFrequently", "GPU stall due to ReadPixels", "GroupMarkerNotSet")


def find_chromium() -> str:
    """The browser's path: LOSSVIZ_CHROMIUM, or the first of the usual names.

    Raises:
        RuntimeError: When there is none.
    """
    named = os.environ.get("LOSSVIZ_CHROMIUM")
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if named and not shutil.which(named):
        raise RuntimeError(f"LOSSVIZ_CHROMIUM is {named!r}, and no program is there.")
    if not (named or found):
        raise RuntimeError(
            f"No Chromium found: install one of {', '.join(NAMES)}, or set LOSSVIZ_CHROMIUM to "
            "the path of one."
        )
    return str(named or found)
