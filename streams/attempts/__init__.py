"""Events of an attempt to its state, and states to rows and windows."""
