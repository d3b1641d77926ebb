"""Where things stand on the screen: graphs, bars over time, curves. Pure functions from plain values to rows of spans;
nothing here knows Textual, the client or the time."""
