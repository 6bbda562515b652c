"""Workflows: what runs a class of the user's step by step, and goes on after a reload, a restart or a crash.

    durations, policy    how long and how often, read from what user code gave (pure)
    lifecycle            what a command does to an instance in a state (pure)
    progress             what a step does next, from what is stored of it (pure)
    ledger, journal      one instance on disk: the tables, and what they mean
    claims               who may run an instance
    timers, parking      waiting for the clock, for events, for the end of a pause
    step, run            `step` as user code has it, and one run of the class
    instances            one instance: its run, and the commands it takes
    engine               all instances of a Worker

What is stored is the truth: everything in memory can be made again from it.
"""
