#!/usr/bin/env python3
"""Makes a second corpus of container logs: JSON lines, logfmt, access logs, klog lines and stack traces, none of them from samples.

Writes raw text files (raw/, one a stream), Loki pushes as JSON in frame files (per frame a header <u32 length><u32 lines><i64 ms> and the
body), and manifest.json, which names a needle, a needle in three streams, and an absent one. The same arguments give the same bytes.
"""
import argparse
import json
import os
import random
import struct

VERBS = ["GET", "GET", "GET", "POST", "PUT", "DELETE"]
ROUTES = ["/api/orders", "/api/orders/{n}", "/api/users/{n}/cart", "/healthz", "/static/app.{h}.js", "/login", "/api/search?q={w}"]
WORDS = "alpha bravo carton delta ember forge garnet harbor indigo jasper kernel lumen meadow nickel ochre prairie quartz raven".split()
AGENTS = ["curl/8.5.0", "Mozilla/5.0 (X11; Linux x86_64) Gecko/20100101 Firefox/126.0", "kube-probe/1.32", "okhttp/4.12.0"]
ERRORS = ["connection refused", "context deadline exceeded", "row not found", "unexpected EOF", "permission denied"]


class Source:
    """One stream's program: a format, and identifiers that live for a while."""

    def __init__(self, seed, number):
        self.r = random.Random(seed * 1_000_003 + number)
        self.kind = ["json", "logfmt", "access", "klog", "trace", "metrics"][number % 6]
        self.ids = [self.fresh() for _ in range(40)]
        self.service = "%s-%s" % (self.r.choice(WORDS), self.r.choice(WORDS))

    def fresh(self):
        return "%032x" % self.r.getrandbits(128)

    def id(self):
        if self.r.random() < .15:
            self.ids[self.r.randrange(len(self.ids))] = self.fresh()
        return self.r.choice(self.ids)

    def route(self):
        return self.r.choice(ROUTES).format(n=self.r.randrange(10_000), h="%08x" % self.r.getrandbits(32), w=self.r.choice(WORDS))

    def line(self, ms, extra):
        r, stamp = self.r, "2026-11-22T%02d:%02d:%02d.%03dZ" % (ms // 3_600_000 % 24, ms // 60_000 % 60, ms // 1000 % 60, ms % 1000)
        level = r.choices(["info", "debug", "warn", "error"], [70, 18, 8, 4])[0]
        if self.kind == "json":
            d = {"ts": stamp, "level": level, "service": self.service, "trace_id": self.id(), "msg": "request handled", "route": self.route(),
                 "status": r.choices([200, 201, 404, 500], [80, 8, 8, 4])[0], "duration_ms": round(r.expovariate(.02), 3)}
            if level == "error":
                d["error"] = r.choice(ERRORS)
            return json.dumps(d, separators=(",", ":")) + extra
        if self.kind == "logfmt":
            return 'time=%s level=%s caller=%s.go:%d msg="%s" user=%s attempt=%d elapsed=%.2fms trace=%s%s' % (
                stamp, level, r.choice(WORDS), r.randrange(20, 900), r.choice(ERRORS) if level == "error" else "cache " + r.choice(["hit", "miss"]),
                r.choice(WORDS), r.randrange(1, 4), r.expovariate(.1), self.id()[:16], extra)
        if self.kind == "access":
            return '10.%d.%d.%d - - [22/Nov/2026:%02d:%02d:%02d +0000] "%s %s HTTP/1.1" %d %d "-" "%s" %.3f%s' % (
                r.randrange(4), r.randrange(64), r.randrange(250), ms // 3_600_000 % 24, ms // 60_000 % 60, ms // 1000 % 60, r.choice(VERBS),
                self.route(), r.choices([200, 304, 404, 502], [80, 10, 7, 3])[0], r.randrange(200, 90_000), r.choice(AGENTS), r.expovariate(20), extra)
        if self.kind == "klog":
            return '%s1122 %s %7d reconciler.go:%d] "Synced" object="%s/%s-%05x" generation=%d requeue=%s%s' % (
                level[0].upper(), stamp[11:-1] + "000", r.randrange(1, 99), r.randrange(50, 700), r.choice(WORDS), r.choice(WORDS),
                r.getrandbits(20), r.randrange(1, 50), r.choice(["true", "false"]), extra)
        if self.kind == "trace":
            if level != "error":
                return "%s %-5s [%s-%d] c.e.%s.Worker : Processed %d records of batch %s%s" % (
                    stamp, level.upper(), r.choice(WORDS), r.randrange(16), r.choice(WORDS), r.randrange(5000), self.id()[:12], extra)
            return "%s ERROR [main] c.e.%s.Worker : java.io.IOException: %s\\n\\tat c.e.%s.%s(Worker.java:%d)%s" % (
                stamp, r.choice(WORDS), r.choice(ERRORS), r.choice(WORDS), r.choice(WORDS), r.randrange(30, 400), extra)
        return "%d %s queue=%s depth=%d oldest=%.1fs rate=%.3f/s consumers=%d%s" % (
            ms, self.service, r.choice(WORDS), r.randrange(100_000), r.expovariate(.2), r.random() * 900, r.randrange(1, 30), extra)


def main():
    a = argparse.ArgumentParser(description=__doc__)
    a.add_argument("out")
    a.add_argument("--bytes", type=float, default=2e8)
    a.add_argument("--streams", type=int, default=300)
    a.add_argument("--hours", type=int, default=6)
    a.add_argument("--connections", type=int, default=4)
    a.add_argument("--batch", type=int, default=1_000_000)
    a.add_argument("--seed", type=int, default=7)
    a.add_argument("--start", type=int, default=1795370400)
    o = a.parse_args()
    os.makedirs(os.path.join(o.out, "raw"), exist_ok=True)
    r = random.Random(o.seed)
    needle, needle3, absent = ("%032x" % r.getrandbits(128) for _ in range(3))
    streams = []
    for n in range(o.streams):
        source = Source(o.seed, n)
        name = "%s-%08x-%05x" % (source.kind, r.getrandbits(32), r.getrandbits(20))
        streams.append({"labels": {"namespace": "team-%02d" % (n % 12), "container": source.kind, "pod": name}, "source": source,
                        "weight": 1 / (n + 1) ** .7, "raw": open(os.path.join(o.out, "raw", "team-%02d_%s.log" % (n % 12, name)), "w")})
    marks = {(o.streams // 2, 5): " request_id=" + needle}
    for n in (1, o.streams // 3, o.streams - 2):
        marks[(n, 9)] = " request_id=" + needle3
    files = ["conn-%d.bin" % c for c in range(o.connections)]
    out = [open(os.path.join(o.out, f), "wb") for f in files]
    span, steps = o.hours * 3_600_000, max(1, int(o.bytes / o.connections / o.batch))
    total = sum(s["weight"] for s in streams)
    lines = raw = requests = sent = 0
    counts = [0] * o.streams
    for step in range(steps):
        low, high = span * step // steps, span * (step + 1) // steps
        for c in range(o.connections):
            mine = [n for n in range(o.streams) if n % o.connections == c]
            share = sum(streams[n]["weight"] for n in mine)
            body, items = [], 0
            for n in mine:
                want, values, ms = o.batch * streams[n]["weight"] / share, [], low
                size = 0
                while size < want and len(values) < 20_000:
                    ms = min(high - 1, ms + 1 + int((high - low) * 150 / want * streams[n]["source"].r.random()))
                    text = streams[n]["source"].line(ms, marks.get((n, counts[n]), ""))
                    counts[n] += 1
                    values.append([str((o.start * 1000 + ms) * 1_000_000 + len(values)), text])
                    streams[n]["raw"].write(text + "\n")
                    size += len(text) + 1
                body.append({"stream": streams[n]["labels"], "values": values})
                items, lines, raw = items + len(values), lines + len(values), raw + size
            data = json.dumps({"streams": body}, separators=(",", ":")).encode()
            out[c].write(struct.pack("<IIq", len(data), items, o.start * 1000 + low) + data)
            requests, sent = requests + 1, sent + len(data)
    for f in out + [s["raw"] for s in streams]:
        f.close()
    pod = streams[o.streams // 2]["labels"]
    manifest = {"files": files, "kind": "loki-json", "time_unit_per_s": 1000, "lines": lines, "raw_bytes": raw, "requests": requests,
                "sent_bytes": sent, "streams": o.streams, "start": o.start, "end": o.start + o.hours * 3600,
                "vars": {"needle": needle, "needle3": needle3, "absent": absent, "ns_big": "team-00", "ns_mid": "team-05",
                         "pod": pod["pod"], "pod_ns": pod["namespace"], "pod_file": "%s_%s.log" % (pod["namespace"], pod["pod"])}}
    with open(os.path.join(o.out, "manifest.json"), "w") as f:
        json.dump(manifest, f, indent=1)
    print(json.dumps({k: manifest[k] for k in ("lines", "raw_bytes", "requests", "sent_bytes")}))


if __name__ == "__main__":
    main()
