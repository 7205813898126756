"""Settings of all tests."""

import os

import hypothesis
import torch

# No test, and no server that one starts, writes into the cache of whoever runs it.
os.environ["LOSSVIZ_CACHE"] = "off"

# A shared machine may be slow for a moment; that is no failure.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")

# As the workers do: on these sizes more threads only get into each other's way.
torch.set_num_threads(1)
