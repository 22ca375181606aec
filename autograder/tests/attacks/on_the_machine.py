"""Attacks on the machine: its processes, memory, disk and network, and other people's files."""

from .attack import Attack

ANSWER = "\ndef double(x):\n    return 0\n"

ON_THE_MACHINE = (
    Attack(
        "kills its parent",
        "kills the process that started it",
        "import os, signal\nos.kill(os.getppid(), signal.SIGKILL)" + ANSWER,
    ),
    Attack(
        "kills everybody",
        "kills every process that it may",
        "import os, signal\nos.kill(-1, signal.SIGKILL)" + ANSWER,
    ),
    Attack(
        "stops its guard",
        "stops the process that watches it, then goes on",
        "import os, signal\nos.kill(1, signal.SIGSTOP)\nos.kill(os.getppid(), signal.SIGSTOP)\n"
        "while True:\n    pass",
    ),
    Attack(
        "endless cell",
        "never ends and swallows every interrupt",
        "import signal\nfor number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):\n"
        "    signal.signal(number, signal.SIG_IGN)\nwhile True:\n    try:\n"
        "        while True:\n            pass\n    except BaseException:\n        pass",
    ),
    Attack(
        "endless function",
        "never answers a test and swallows every interrupt",
        "def double(x):\n    while True:\n        try:\n            while True:\n"
        "                pass\n        except BaseException:\n            pass",
    ),
    Attack(
        "memory bomb",
        "takes memory in pieces until there is none",
        "kept = []\nfor _ in range(40):\n    kept.append(bytearray(b'x' * (50 << 20)))" + ANSWER,
    ),
    Attack(
        "memory of many",
        "takes memory in many processes, a little in each",
        "import os, signal\nfor _ in range(20):\n    if os.fork() == 0:\n"
        "        kept = bytearray(b'x' * (100 << 20))\n        signal.pause()\n"
        "signal.pause()" + ANSWER,
    ),
    Attack(
        "process bomb",
        "starts process after process",
        "import os, signal\nfor _ in range(1000):\n    if os.fork() == 0:\n"
        "        signal.pause()\n        os._exit(0)\nsignal.pause()" + ANSWER,
    ),
    Attack(
        "thread bomb",
        "starts thread after thread",
        "import threading\nstop = threading.Event()\nfor _ in range(5000):\n"
        "    threading.Thread(target=stop.wait, daemon=True).start()" + ANSWER,
    ),
    Attack(
        "disk bomb",
        "fills every disk that it can write to",
        "for folder in ('.', '/tmp', '/dev/shm'):\n    for number in range(40):\n"
        "        with open(f'{folder}/fill-{number}', 'wb') as file:\n"
        "            file.write(bytes(4 << 20))" + ANSWER,
    ),
    Attack(
        "many files",
        "opens more files than there may be",
        "kept = [open('/dev/zero') for _ in range(20_000)]" + ANSWER,
    ),
    Attack(
        "output bomb",
        "prints more than anybody wants to read",
        "for _ in range(200):\n    print('x' * 1_000_000)\nraise ValueError('enough')",
    ),
    Attack(
        "huge answer",
        "returns an array that fills the grader's memory",
        "import numpy as np\ndef double(x):\n    return np.zeros(40 << 20)",
    ),
    Attack(
        "wide answer",
        "returns millions of small values",
        "def double(x):\n    return list(range(2_000_000))",
    ),
    Attack(
        "network out",
        "sends what it knows to a machine that listens",
        "import socket\nwith socket.create_connection(('127.0.0.1', $PORT), 2) as line:\n"
        "    line.sendall(b'hello')" + ANSWER,
    ),
    Attack(
        "network by a program",
        "asks a program to call home",
        "import subprocess, sys\ncode = 'import socket; socket.create_connection'\n"
        'code += \'(("127.0.0.1", $PORT), 2).send(b"hello")\'\n'
        "subprocess.run([sys.executable, '-c', code], check=True, timeout=20)" + ANSWER,
    ),
    Attack(
        "network in",
        "opens a port for others and calls whatever listens on this machine",
        "import socket\nserver = socket.create_server(('0.0.0.0', $PORT))" + ANSWER,
    ),
    Attack(
        "local sockets",
        "talks to the machine's services through socket files",
        "import socket, glob\nfor file in [*glob.glob('/run/**/*sock*', recursive=True),\n"
        "             '$HOME/service.sock']:\n"
        "    socket.socket(socket.AF_UNIX).connect(file)" + ANSWER,
    ),
    Attack(
        "deletes a classmate's work",
        "removes the folder of all submissions",
        "import shutil\nshutil.rmtree('$COURSE/submitted')" + ANSWER,
    ),
    Attack(
        "edits a classmate's work",
        "writes into somebody else's notebook",
        "open('$COURSE/submitted/classmate/prey/prey.ipynb', 'w').write('{}')" + ANSWER,
    ),
    Attack(
        "edits the grade book",
        "gives itself points in the database",
        "import sqlite3\nbook = sqlite3.connect('$COURSE/gradebook.db', timeout=1)\n"
        "book.execute('update grade set manual_score = 1000')\nbook.commit()" + ANSWER,
    ),
    Attack(
        "edits the settings",
        "writes Python code into the course's configuration",
        "open('$COURSE/nbgrader_config.py', 'a').write('\\nprint(1)')" + ANSWER,
    ),
    Attack(
        "edits the tests",
        "takes the tests out of the instructor's notebooks",
        "from pathlib import Path\n"
        "for path in (Path('$COURSE/source/prey/prey.ipynb'), Path('$COURSE/release')):\n"
        "    path.write_text(path.read_text().replace('assert', 'str'))" + ANSWER,
    ),
    Attack(
        "edits its graded notebook",
        "writes full points into the notebook that is being graded",
        "from pathlib import Path\nfor path in Path('$COURSE/autograded').glob('*/*/*.ipynb'):\n"
        "    path.unlink()\nPath('$COURSE/autograded/mine').mkdir()" + ANSWER,
    ),
    Attack(
        "writes into the home folder",
        "leaves code that the instructor's next shell runs",
        "open('$HOME/.bashrc', 'a').write('echo hello')" + ANSWER,
    ),
    Attack(
        "daemon",
        "starts a process that goes on when the grading has ended",
        "import subprocess\nsubprocess.Popen(['sleep', '$MARK'], start_new_session=True)\n"
        "raise ValueError('up')",
    ),
    Attack(
        "orphan",
        "forks twice, so that nobody knows the process that stays",
        "import os\nif os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0:\n"
        "        os.execvp('sleep', ['sleep', '$MARK'])\n    os._exit(0)\nraise ValueError('up')",
    ),
    Attack(
        "poisoned start",
        "leaves modules that every later Python imports first",
        "import site\nfrom pathlib import Path\nfor folder in site.getsitepackages():\n"
        "    for name in ('sitecustomize.py', 'usercustomize.py', 'poison.pth'):\n"
        "        Path(folder, name).write_text('import os')" + ANSWER,
    ),
    Attack(
        "poisoned profile",
        "leaves a start-up file for every later IPython",
        "from pathlib import Path\nprofile = Path('$HOME/.ipython/profile_default/startup')\n"
        "profile.mkdir(parents=True, exist_ok=True)\n(profile / '00.py').write_text('x = 1')"
        + ANSWER,
    ),
    Attack(
        "poisoned settings",
        "leaves settings for every later Matplotlib",
        "from pathlib import Path\nPath('$HOME/.config/matplotlib').mkdir(parents=True)\n"
        "Path('$HOME/.config/matplotlib/matplotlibrc').write_text('backend: agg')" + ANSWER,
    ),
    Attack(
        "poisoned library",
        "writes into the library's own folder",
        "import os, cs_cnn\nfolder = os.path.dirname(cs_cnn.__file__)\n"
        "open(folder + '/poison.py', 'w').write('x = 1')" + ANSWER,
    ),
    Attack(
        "links",
        "reaches the grade book through a link of its own",
        "import os\nos.symlink('$COURSE/gradebook.db', 'mine')\n"
        "print(open('mine', 'rb').read(10))" + ANSWER,
    ),
    Attack(
        "leaves a note",
        "leaves a message for the next submission, and looks for one",
        "import glob\nfor file in glob.glob('/tmp/note') + glob.glob('/dev/shm/note'):\n"
        "    print('271' + '828' if open(file).read() else '')\n"
        "for folder in ('/tmp', '/dev/shm'):\n    open(folder + '/note', 'w').write('psst')\n"
        "raise ValueError('left')",
    ),
    Attack(
        "finds a note",
        "looks for what the submission before it has left",
        "import glob\nfor file in glob.glob('/tmp/note') + glob.glob('/dev/shm/note'):\n"
        "    print('271' + '828' if open(file).read() else '')\nraise ValueError('looked')",
    ),
    Attack(
        "breaks out",
        "mounts, makes namespaces and traces its parent by system calls",
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "done = [libc.unshare(0x10000000), libc.mount(b'none', b'/tmp', b'tmpfs', 0, None),\n"
        "        libc.ptrace(16, os.getppid(), 0, 0), libc.chroot(b'/proc/1/root')]\n"
        "os.setuid(0)" + ANSWER,
    ),
)
