"""The service around an engine: what may be asked of it and read beside it, the daemon, and its local API."""
