"""The locked room: one process that runs a student's code, and the values that go in and out.

`codec` turns plain values into bytes. `room` is what the room looks like, `seal` what is missing in
it, `protect` whether this machine can lock it. `warm` keeps the zygotes, `launch` starts a worker
and talks to it, `session` is the student's notebook as the grader sees it, with a `standin` for
each function and object.

In the room run `zygote`, which forks the workers; `lock` and `syscalls`, what they do to themselves
before any student's code runs; `guard`, their first process; and `worker`, which runs that code.
"""
