"""`python -m pywrangler`, and what the command `pywrangler` calls."""

from pywrangler.program import main

if __name__ == "__main__":
    main()
