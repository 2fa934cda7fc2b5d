"""Advisor bundles, the model store, and the models inside: encoder and fast head."""
