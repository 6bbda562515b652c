"""A Worker that tests Durable Objects from within: `things` are the objects, every other module holds cases.

The same files run as one Worker (caller and objects in one host), as two Workers of one session, and as two sessions.
"""
