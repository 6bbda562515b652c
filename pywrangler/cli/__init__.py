"""The command line: one module per command group; `app` finds them, `render` alone knows rich."""
