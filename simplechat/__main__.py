"""`python -m simplechat`: the same as `simplechat`."""

from simplechat.cli import main

if __name__ == "__main__":
    main()
