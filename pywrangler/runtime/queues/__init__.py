"""Queues: messages, the broker of those that this Worker consumes, and the way to other brokers."""
