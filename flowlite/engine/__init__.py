"""The engine: one loop around the machine, joined to the store, the executors and a clock."""
