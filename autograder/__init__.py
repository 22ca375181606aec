"""autograder: all that an instructor has and a student does not.

`source/` holds the text of each notebook and `build` turns it into the handout. `submission` reads
what came back, `sandbox/` locks the room that student code runs in, `judge` scores one notebook,
`classroom` works through a class, `gradebook` and `feedback` write nbgrader's own records.
"""
