"""The demand model: how many rentals an hour will have. Features, training, judging, its place in the registry."""
