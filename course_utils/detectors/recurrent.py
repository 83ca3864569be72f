"""A recurrent unit written out, for detectors of series and of sequences."""

import numpy as np
import torch
from torch import nn

__all__ = ["Recurrent", "as_float32"]

WINDOWS_AT_A_TIME = 4096


class Recurrent(nn.Module):
    """A gated recurrent unit (GRU) over the rows before, and a head that starts at zero.

    From row to row it keeps h, (n, hidden): z says how much of it stays, r how much of it is
    heard by what would take its place (Cho et al., EMNLP 2014; with the offset of torch's).
    Written out, since torch's own is not made for every device.

    Parameters
    ----------
    channels, hidden_units : int
    generator : torch.Generator
        On the CPU: the global random state stays as it is.
    outputs : int, optional
        As many as channels where none are named.
    """

    def __init__(self, channels, hidden_units, generator, outputs=None):
        super().__init__()
        reach = hidden_units**-0.5

        def drawn(*shape):
            values = torch.rand(shape, generator=generator, dtype=torch.float32)
            return nn.Parameter((2 * values - 1) * reach)

        self.from_input = drawn(channels, 3 * hidden_units)
        self.offset = drawn(3 * hidden_units)
        self.from_state = drawn(hidden_units, 3 * hidden_units)
        self.state_offset = drawn(hidden_units)
        outputs = channels if outputs is None else outputs
        kind = {"dtype": torch.float32}
        self.head = nn.Parameter(torch.zeros(hidden_units, outputs, **kind))
        self.head_offset = nn.Parameter(torch.zeros(outputs, **kind))

    def forward(self, windows):
        """Map windows (n, lags, channels) to (n, outputs)."""
        state = windows.new_zeros(len(windows), len(self.from_state))
        for heard in (windows @ self.from_input + self.offset).unbind(dim=1):  # (n, 3 · hidden)
            r, z, new = heard.chunk(3, dim=1)
            from_r, from_z, from_new = (state @ self.from_state).chunk(3, dim=1)
            r, z = torch.sigmoid(r + from_r), torch.sigmoid(z + from_z)
            new = torch.tanh(new + r * (from_new + self.state_offset))
            state = torch.lerp(new, state, z)
        return state @ self.head + self.head_offset

    @torch.no_grad()
    def in_batches(self, windows):
        """Map an array of windows to a float64 array, some thousand at a time."""
        device = self.head.device
        made = [
            self(as_float32(part).to(device)).cpu().numpy()
            for part in np.array_split(windows, -(-len(windows) // WINDOWS_AT_A_TIME) or 1)
        ]
        return np.concatenate(made).astype(np.float64)


def as_float32(array):
    """Return a copy of an array, a read-only view of a series perhaps, as a tensor."""
    return torch.from_numpy(np.array(array, dtype=np.float32))
