"""The HTTP door: traces in, advice out, and the verbs of the SDK for everybody else."""
