"""What a host does for the tests that started it; loaded only if its settings say `testing`."""
