"""The parts of the assets binding: rules, paths and files (`bindings.assets` puts them together)."""
