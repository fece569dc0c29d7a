"""Stands in for systemd: binds a notification socket and prints what comes, one JSON object a line. Ends with its standard input."""

import array
import json
import os
import select
import socket
import sys
import time

name, watchdog_ms = sys.argv[1], float(sys.argv[2])
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
    listener.bind("\0" + name[1:] if name.startswith("@") else name)
    print(json.dumps({"type": "bound"}), flush=True)
    fed_at = None
    while True:
        # The watchdog begins with the first sign that it is alive, as it does at READY=1.
        due = None if fed_at is None else fed_at + watchdog_ms / 1000 - time.monotonic()
        readable, _, _ = select.select([listener, sys.stdin], [], [], None if due is None else max(0, due))
        if sys.stdin in readable:
            break
        if not readable:
            print(json.dumps({"type": "expired"}), flush=True)
            fed_at = None
            continue
        data, ancillary, _, _ = listener.recvmsg(65536, 4096)
        for level, kind, content in ancillary:
            if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
                descriptors = array.array("i")
                descriptors.frombytes(content[: len(content) - len(content) % descriptors.itemsize])
                for descriptor in descriptors:
                    os.close(descriptor)
        variables = data.decode().split("\n")
        if variables == ["BARRIER=1"]:
            continue
        if "WATCHDOG=1" in variables and watchdog_ms > 0:
            fed_at = time.monotonic()
        print(json.dumps({"type": "told", "variables": variables}), flush=True)
