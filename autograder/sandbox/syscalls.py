"""The system calls that a student's process may not make: a small filter that the kernel runs.

The filter is a program of classic BPF, eight bytes an instruction, which looks at the number of
each system call and at its first argument. What computing, files, threads and child processes need
is allowed; what changes the machine, reaches into another process, makes namespaces or holds memory
that no limit counts is refused with an ordinary error.
"""

import ctypes
import errno
import platform
import struct

# Name: its number on x86-64 and on aarch64 (None: does not exist there).
REFUSED = {
    # other processes
    "ptrace": (101, 117),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "process_madvise": (440, 440),
    "kcmp": (312, 272),
    "pidfd_getfd": (438, 438),
    # mounts and namespaces
    "mount": (165, 40),
    "umount2": (166, 39),
    "pivot_root": (155, 41),
    "chroot": (161, 51),
    "open_tree": (428, 428),
    "move_mount": (429, 429),
    "fsopen": (430, 430),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fspick": (433, 433),
    "mount_setattr": (442, 442),
    "unshare": (272, 97),
    "setns": (308, 268),
    # the machine
    "init_module": (175, 105),
    "finit_module": (313, 273),
    "delete_module": (176, 106),
    "kexec_load": (246, 104),
    "kexec_file_load": (320, 294),
    "reboot": (169, 142),
    "swapon": (167, 224),
    "swapoff": (168, 225),
    "acct": (163, 89),
    "quotactl": (179, 60),
    "syslog": (103, 116),
    "settimeofday": (164, 170),
    "clock_settime": (227, 112),
    "adjtimex": (159, 171),
    "clock_adjtime": (305, 266),
    "sethostname": (170, 161),
    "setdomainname": (171, 162),
    "iopl": (172, None),
    "ioperm": (173, None),
    "modify_ldt": (154, None),
    "personality": (135, 92),
    # wide doors into the kernel
    "bpf": (321, 280),
    "perf_event_open": (298, 241),
    "userfaultfd": (323, 282),
    "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "add_key": (248, 217),
    "request_key": (249, 218),
    "keyctl": (250, 219),
    "name_to_handle_at": (303, 264),
    "open_by_handle_at": (304, 265),
    "fanotify_init": (300, 262),
    # memory that belongs to no process and to no folder
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "shmget": (29, 194),
    "msgget": (68, 186),
}
MACHINES = {  # the kernel's name of the machine, the numbers of clone, clone3 and socket
    "x86_64": (0xC000003E, 56, 435, 41),
    "aarch64": (0xC00000B7, 220, 435, 198),
}
NEW_NAMESPACES = 0x7E020080  # every CLONE_NEW* flag
FAMILIES = (1, 2, 10)  # AF_UNIX, AF_INET, AF_INET6: the room's own network, which leads nowhere
X32 = 0x40000000  # x86-64's second numbering begins here

LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
ALLOW, KILL, REFUSE = 0x7FFF0000, 0x80000000, 0x00050000
NUMBER, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16  # offsets in the kernel's struct seccomp_data


def program(machine):
    """Give the filter for a machine.

    Parameters
    ----------
    machine : str
        As `platform.machine` names it.

    Returns
    -------
    bytes
        Instructions of 8 bytes; empty for a machine that this file does not know.
    """
    if machine not in MACHINES:
        return b""
    architecture, clone, clone3, socket = MACHINES[machine]
    numbers = [pair[list(MACHINES).index(machine)] for pair in REFUSED.values()]
    steps = [
        _step(LOAD, ARCHITECTURE),
        _step(EQUAL, architecture, 1, 0),
        _step(RETURN, KILL),
        _step(LOAD, NUMBER),
    ]
    if machine == "x86_64":
        steps += _refuse_if(AT_LEAST, X32)
    for number in filter(None, numbers):
        steps += _refuse_if(EQUAL, number)
    steps += _refuse_if(EQUAL, clone3, errno.ENOSYS)  # its flags can't be read; clone is used then
    steps += [_step(EQUAL, clone, 0, 4), _step(LOAD, FIRST_ARGUMENT)]
    steps += [*_refuse_if(ANY_BIT, NEW_NAMESPACES), _step(RETURN, ALLOW)]
    steps += [_step(EQUAL, socket, 1, 0), _step(RETURN, ALLOW), _step(LOAD, FIRST_ARGUMENT)]
    for family in FAMILIES:
        steps += [_step(EQUAL, family, 0, 1), _step(RETURN, ALLOW)]
    return b"".join([*steps, _step(RETURN, REFUSE | errno.EAFNOSUPPORT)])


def _step(code, value, if_true=0, if_false=0):
    """One instruction; the last two are how many instructions to skip."""
    return struct.pack("=HBBI", code, if_true, if_false, value)


def _refuse_if(test, value, error=errno.EPERM):
    return [_step(test, value, 0, 1), _step(RETURN, REFUSE | error)]


def apply():
    """Put this process and all that it will start under the filter, for good.

    Raises
    ------
    OSError
        If the kernel does not take it.
    """
    code = program(platform.machine())
    if not code:
        return
    libc = ctypes.CDLL(None, use_errno=True)
    buffer = ctypes.create_string_buffer(code)
    # struct sock_fprog: the number of instructions, padding, their address
    head = struct.pack("@HP", len(code) // 8, ctypes.addressof(buffer))
    no_new_privileges, set_filter, by_program = 38, 22, 2
    for arguments in ((no_new_privileges, 1, 0, 0, 0), (set_filter, by_program, head, 0, 0)):
        if libc.prctl(*arguments):
            raise OSError(ctypes.get_errno(), "the system-call filter cannot be set")
