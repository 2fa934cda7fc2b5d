"""Which attempts of a training set are worth learning from."""
