"""The locked room: one process that runs a student's code, and the values that go in and out.

`codec` turns plain values into bytes, `worker` is the only file that runs inside the room, `launch`
locks the room and starts a worker, `session` is the student's notebook as the grader sees it.
"""
