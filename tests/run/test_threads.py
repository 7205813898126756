"""One thread in the block, and as many as before after it."""

import torch

from lossviz.run.threads import one_thread


def test_a_block_within_a_block_ends_nothing():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        with one_thread():
            with one_thread():
                assert torch.get_num_threads() == 1
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
