"""Settings of all tests."""

import hypothesis
import torch

# A shared machine may be slow for a moment; that is no failure.
hypothesis.settings.register_profile("steady", deadline=None)
hypothesis.settings.load_profile("steady")

# As the workers do: on these sizes more threads only get into each other's way.
torch.set_num_threads(1)
