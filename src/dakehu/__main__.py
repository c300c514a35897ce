"""`python -m dakehu` is the command `dakehu`."""

from dakehu.cli import main

if __name__ == "__main__":
    main()
