"""autograder: all that an instructor has and a student does not.

`source/` holds the text of each notebook and `build` turns it into the handout; `course` is the
folder of a class, in nbgrader's layout.

One submission: `submission` reads what came back and merges it into the instructor's notebook,
`watch` names what a person should look at, `rooms` says what the notebook finds in its locked room,
which `sandbox/` builds, `judge` scores it and `testcell` runs its tests, `grading` does all of this
for every notebook that was handed in and `results` is the row that comes of it.

A class: `classroom` decides what is to be graded, `engine` spreads it over the cores or a cluster,
`gradebook` and `feedback` write nbgrader's own records, `execute` is the same for nbgrader's own
commands. `cli` is what `cs-cnn` adds for an instructor, `demo` a class to try it on.
"""

import sys

# jsonschema, which reads notebooks, would build a grammar of international addresses on every
# start: more than a second, and no notebook has one.
sys.modules.setdefault("rfc3987_syntax", None)
