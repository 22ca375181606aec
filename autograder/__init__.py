"""autograder: all that an instructor has and a student does not.

`source/` holds the text of each notebook; `build` turns it into the handout, `engine` runs a
submission in a locked room and judges it, `classroom` works through a class and `gradebook` writes
nbgrader's own records.
"""
