"""The one typed way to talk to an engine: the command line and the terminal UI use nothing else."""
