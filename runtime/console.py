"""The one terminal that tables and progress bars are written to."""

from rich.console import Console

console = Console()
