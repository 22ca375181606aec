"""Whatever is killed and whenever, the next run ends with the undisturbed grade book.

`python -m autograder.tests.faults --runs 50` does it more often.
"""

import os

import pytest

from autograder.tests import faults
from autograder.tests.faults import disturbed, fill_disk, kill_command, kill_worker

pytestmark = pytest.mark.skipif(os.name != "posix", reason="signals are POSIX's")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return faults.make(tmp_path_factory.mktemp("faults"))


@pytest.mark.parametrize("fault", [kill_command, kill_worker, fill_disk])
def test_the_gradebook_is_that_of_an_undisturbed_run(made, fault, tmp_path):
    course, expected = made
    assert [grades[0][0][0] for grades in expected.values()].count(2) == 4
    _, found = disturbed(course, tmp_path / "disturbed", fault)
    assert found == expected
