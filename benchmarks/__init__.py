"""Benchmarks: flowlite beside the plainest code that does the same work, in one run. `make bench`."""
