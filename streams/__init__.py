"""The stream processors: they label attempts and count windows, in a Faust app."""
