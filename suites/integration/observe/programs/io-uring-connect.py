# SPDX-License-Identifier: Apache-2.0
"""Connects to ADDRESS PORT through io_uring, by a kernel thread (SQPOLL): no connect system call is made."""
import ctypes, mmap, os, socket, struct, sys, time

SETUP, ENTER = 425, 426  # x86-64
SETUP_SQPOLL, ENTER_SQ_WAKEUP, OP_CONNECT = 1 << 1, 1 << 1, 16
OFFSET_SQ, OFFSET_CQ, OFFSET_SQES = 0, 0x8000000, 0x10000000

libc = ctypes.CDLL(None, use_errno=True)
params = bytearray(120)  # struct io_uring_params
struct.pack_into('<II', params, 8, SETUP_SQPOLL, 0)
struct.pack_into('<I', params, 16, 1000)  # the thread idles after a second
buffer = (ctypes.c_char * len(params)).from_buffer(params)
ring = libc.syscall(SETUP, 4, buffer)
if ring < 0:
    sys.exit('io_uring_setup: ' + os.strerror(ctypes.get_errno()))
entries, = struct.unpack_from('<I', params, 0)
head, tail, mask, _, flags, _, array = struct.unpack_from('<7I', params, 40)
completed, = struct.unpack_from('<I', params, 84)
queue = mmap.mmap(ring, array + 4 * entries, offset=OFFSET_SQ)
completions = mmap.mmap(ring, completed + 4, offset=OFFSET_CQ)
requests = mmap.mmap(ring, 64 * entries, offset=OFFSET_SQES)

sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
to = ctypes.create_string_buffer(struct.pack('<H', socket.AF_INET) + struct.pack('>H', int(sys.argv[2])) + socket.inet_aton(sys.argv[1]) + bytes(8), 16)
# struct io_uring_sqe: opcode, flags, ioprio, fd, off (length of the address), addr
struct.pack_into('<BBHiQQ', requests, 0, OP_CONNECT, 0, 0, sock.fileno(), 16, ctypes.addressof(to))
struct.pack_into('<I', queue, array, 0)
struct.pack_into('<I', queue, tail, 1)
libc.syscall(ENTER, ring, 1, 0, ENTER_SQ_WAKEUP, None, 0)
for _ in range(1000):
    if struct.unpack_from('<I', completions, completed)[0] == 1:
        break
    time.sleep(0.01)
else:
    sys.exit('the kernel thread did not do what was requested')
print('submitted')
