"""Stand-ins for the outside world: on loopback, on free ports, each speaking the real protocol."""
