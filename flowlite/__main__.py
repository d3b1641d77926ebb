"""`python -m flowlite` is the `flowlite` command."""

from flowlite.cli import main

if __name__ == "__main__":
    main()
