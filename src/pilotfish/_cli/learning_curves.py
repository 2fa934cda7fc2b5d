"""Learning curves as a picture: recent success of each policy."""

from collections.abc import Mapping
from pathlib import Path

import matplotlib as mpl
import numpy as np
from numpy.typing import NDArray

mpl.use("Agg")
from matplotlib import pyplot as plt
from matplotlib.ticker import PercentFormatter

_WINDOW = 100
"""Problems that each point of a curve averages."""


def draw(success: Mapping[str, NDArray[np.float64]], path: Path) -> None:
    """Draw (orders, problems) successes: the mean over orders, with its 95 % interval."""
    figure, axes = plt.subplots(figsize=(8, 4.5), dpi=150)
    for name, values in success.items():
        window = min(_WINDOW, values.shape[1])
        kernel = np.ones(window) / window
        curves = np.stack([np.convolve(order, kernel, "valid") for order in values])
        mean = curves.mean(0)
        half = 1.96 * curves.std(0, ddof=1) / len(curves) ** 0.5
        x = np.arange(len(mean)) + window
        line = axes.plot(x, mean, label=name, lw=2.5 if "pilotfish" in name else 1.2)
        axes.fill_between(
            x, mean - half, mean + half, color=line[0].get_color(), alpha=0.15, lw=0
        )
    axes.set(xlabel="problems seen", ylabel=f"success, newest {_WINDOW}")
    axes.yaxis.set_major_formatter(PercentFormatter(1.0, decimals=0))
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
