"""Stubs from configs and source code (spec/types.md): what `pywrangler types` writes.

project   the config of a Worker in all its environments, and those of the Workers that it binds
source    the Worker's Python code, parsed and never imported
surface   the methods of a class that other Workers can call
names     which names the generated file uses, and what it imports for them
annotations, samples    annotations and JSON values as text of types
python, typescript      the two kinds of output
generate  all of it together; the only module that others need
"""
