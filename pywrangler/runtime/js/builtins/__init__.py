"""The global objects of JavaScript that are namespaces, constructors or plain functions."""
