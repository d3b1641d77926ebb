"""Being here lets the tests say `from pipelines.hello import hello`."""
