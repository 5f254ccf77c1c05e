"""``python -m fieldtrail``: the same as the ``fieldtrail`` command."""

from fieldtrail.cli import main

if __name__ == "__main__":
    main()
