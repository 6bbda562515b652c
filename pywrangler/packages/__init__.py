"""What a project vendors and has installed. Reads directories; imports nothing of what it finds."""
