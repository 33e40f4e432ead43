#!/usr/bin/env python3
"""What the limits of the metrics store cost a running server: prints figures, asserts nothing.

    limits.py BINARY SCRATCH cancel            a client goes away in the middle of a heavy query: time until the server's count of running queries falls
    limits.py BINARY SCRATCH flood [LIMIT]     1,000,000 new series over remote write: memory, refusals, and how long other queries take meanwhile
    limits.py BINARY SCRATCH everything        {__name__=~".+"} over all data while others ask

Needs Python 3 with `cramjam`. LIMIT is `metrics.seriesLimit`.
"""
import http.client
import os
import shutil
import socket
import statistics
import struct
import subprocess
import sys
import threading
import time
import urllib.parse

import cramjam

BASE = 1_700_000_000_000


class Server:
    def __init__(self, binary, scratch, settings=""):
        self.folder = os.path.join(scratch, "limits")
        shutil.rmtree(self.folder, ignore_errors=True)
        os.makedirs(self.folder)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        path = os.path.join(self.folder, "skysail.yaml")
        with open(path, "w") as file:
            file.write("metrics:\n  retention: 0\n" + settings)
        self.process = subprocess.Popen(
            [binary, "server", "--config", path, "--data", os.path.join(self.folder, "data"), "--listen", "127.0.0.1:%d" % self.port],
            stdout=open(os.path.join(self.folder, "log"), "w"), stderr=subprocess.STDOUT)
        while True:
            try:
                if self.get("/-/ready")[0] == 200:
                    return
            except OSError:
                time.sleep(0.02)

    def get(self, path, **parameters):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=300)
        connection.request("GET", path + ("?" + urllib.parse.urlencode(parameters) if parameters else ""))
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer.status, body

    def metric(self, name):
        for line in self.get("/metrics")[1].decode().split("\n"):
            if line.startswith(name + " "):
                return float(line.split()[1])

    def memory(self):
        """(resident now, the most there was), in MB."""
        with open("/proc/%d/status" % self.process.pid) as file:
            fields = dict(line.split(":", 1) for line in file)
        return tuple(int(fields[name].split()[0]) // 1024 for name in ("VmRSS", "VmHWM"))

    def cpu(self):
        with open("/proc/%d/stat" % self.process.pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        self.process.terminate()
        self.process.wait()


def varint(number):
    out = bytearray()
    while number > 0x7F:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out + bytes([number]))


def field(number, body):
    return varint(number << 3 | 2) + varint(len(body)) + body


def series(labels, samples):
    body = b"".join(field(1, field(1, name.encode()) + field(2, value.encode())) for name, value in sorted(labels.items()))
    for time_, value in samples:
        body += field(2, b"\x09" + struct.pack("<d", value) + b"\x10" + varint(time_))
    return field(1, body)


def write(connection, body):
    packed = bytes(cramjam.snappy.compress_raw(body))
    connection.request("POST", "/api/v1/write", packed, {"Content-Type": "application/x-protobuf", "Content-Encoding": "snappy"})
    answer = connection.getresponse()
    return answer.status, answer.read()


def load(server, count, samples):
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    for number in range(count):
        body = series({"__name__": "load", "node": str(number)}, [(BASE + step * 15_000, float(step * number % 97)) for step in range(samples)])
        assert write(connection, body)[0] == 204


def cancel(binary, scratch):
    server = Server(binary, scratch)
    load(server, 400, 3000)
    heavy = [
        ("quantile_over_time(0.9, load[8h20m])", 40_000, 4), ("sum by (node) (rate(load[5m]))", 43_000, 4),
        ("load * on (node) group_left load + on (node) load", 43_000, 4), ("max_over_time(rate(load[5m])[1h:5s])", 40_000, 30),
        ('{__name__=~".+"}', 43_000, 4), ("predict_linear(load[6h], 3600)", 40_000, 4),
    ]
    for query, span, step in heavy:
        times, ended = [], 0
        for _ in range(10):
            connection = http.client.HTTPConnection("127.0.0.1", server.port)
            parameters = {"query": query, "start": BASE // 1000, "end": BASE // 1000 + span, "step": step}
            connection.request("GET", "/api/v1/query_range?" + urllib.parse.urlencode(parameters))
            began = time.monotonic()
            while server.metric("skysail_queries_running") < 1 and time.monotonic() - began < 2:
                pass
            time.sleep(0.05)
            if server.metric("skysail_queries_running") < 1:
                ended += 1
                connection.close()
                continue
            connection.close()
            began = time.monotonic()
            while server.metric("skysail_queries_running") > 0:
                pass
            times.append((time.monotonic() - began) * 1000)
        if times:
            print("%-55s median %5.1f ms, most %5.1f ms of %d" % (query, statistics.median(times), max(times), len(times)))
        else:
            print("%-55s ends before anybody can go away" % query)
    server.stop()


def meanwhile(server, work):
    """Asks a light query all the time while `work` runs; returns how long they took, in ms."""
    took, over = [], threading.Event()

    def ask():
        while not over.is_set():
            began = time.monotonic()
            assert server.get("/api/v1/query", query="sum(load)", time=BASE // 1000)[0] == 200
            took.append((time.monotonic() - began) * 1000)
            time.sleep(0.02)

    thread = threading.Thread(target=ask)
    thread.start()
    work()
    over.set()
    thread.join()
    return sorted(took)


def flood(binary, scratch, limit):
    server = Server(binary, scratch, "  seriesLimit: %d\n" % limit if limit else "")
    load(server, 60, 100)
    before = server.memory()[0]
    refused = {"requests": 0, "example": ""}

    def pour():
        connection = http.client.HTTPConnection("127.0.0.1", server.port)
        for request in range(1000):
            body = b"".join(
                series({"__name__": "flood_%d" % (request % 10), "request": "%d-%d" % (request, number), "pod": "pod-%d" % (number % 50),
                        "namespace": "ns-%d" % (request % 20)}, [(BASE, 1.0)]) for number in range(1000))
            status, answer = write(connection, body)
            if status != 204:
                refused["requests"] += 1
                refused["example"] = answer.decode()[:150]

    cpu, began = server.cpu(), time.monotonic()
    took = meanwhile(server, pour)
    now, most = server.memory()
    print("limit %s: %.1f s, CPU %.1f s, resident before %d, now %d, at most %d MB" % (limit or "none", time.monotonic() - began, server.cpu() - cpu, before, now, most))
    print("  refused requests %(requests)d %(example)s" % refused)
    print("  other queries meanwhile: median %.1f, 99 %% %.1f, most %.1f ms of %d" % (statistics.median(took), took[int(len(took) * 0.99)], took[-1], len(took)))
    began = time.monotonic()
    status, answer = server.get("/api/v1/query", query='count({__name__=~".+"})', time=BASE // 1000)
    print("  count of everything: %d %s in %.1f s" % (status, answer.decode()[:160], time.monotonic() - began))
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=600)
    connection.request("POST", "/-/flush")
    connection.getresponse().read()
    print("  flushed in %.1f s, resident %d, at most %d MB" % (time.monotonic() - began, *server.memory()))
    server.stop()


def everything(binary, scratch):
    server = Server(binary, scratch)
    load(server, 2000, 500)
    for query in ['{__name__=~".+"}', 'count({__name__=~".+"})', 'sum by (node) ({__name__=~".+"})', 'count_over_time({__name__=~".+"}[10d])']:
        answers = []
        took = meanwhile(server, lambda: answers.append(server.get(
            "/api/v1/query_range", query=query, start=BASE // 1000, end=BASE // 1000 + 7_500, step=1)))
        print("%-50s %d, %d bytes; others: median %.1f, most %.1f ms; resident %d, at most %d MB" % (
            query, answers[0][0], len(answers[0][1]), statistics.median(took), took[-1], *server.memory()))
    server.stop()


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    binary, scratch, part = sys.argv[1:4]
    if part == "flood":
        flood(binary, scratch, int(sys.argv[4]) if len(sys.argv) > 4 else 0)
    else:
        {"cancel": cancel, "everything": everything}[part](binary, scratch)
