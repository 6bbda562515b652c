"""Mail: the event that a Worker receives, and the binding that sends."""
