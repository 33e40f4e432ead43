#!/usr/bin/env python3
"""How soon a search ends when its client goes away.

For each query a client asks, waits until the server says that it runs, waits a little more and closes its connection; from then on the
server's own count of running queries (`skysail_queries_running` of /metrics) is read until it falls. Prints milliseconds per query: least,
median and greatest. A query that ended by itself before its client went is told apart and not counted.

    cancel.py http://127.0.0.1:9090 --start SECONDS --end SECONDS [--runs 20] [QUERY ...]
"""
import argparse
import http.client
import random
import statistics
import time
import urllib.parse

QUERIES = [
    'sum(count_over_time({namespace=~".+"} |~ "(a|b|c|d)[0-9]+[a-z]?x" [%s]))',
    'topk(10, sum by (m) (count_over_time({namespace=~".+"} | label_format m=`{{ regexReplaceAll "[0-9]+" __line__ "N" }}` [%s])))',
    'quantile_over_time(0.9, {namespace=~".+"} | regexp "(?P<n>[0-9]+)" | unwrap n [%s]) by (container)',
    'sum by (level) (count_over_time({namespace=~".+"} | json | logfmt [%s]))',
]


class Peer:
    def __init__(self, address):
        self.host = urllib.parse.urlsplit(address).netloc
        self.metrics = http.client.HTTPConnection(self.host)

    def running(self):
        self.metrics.request("GET", "/metrics")
        text = self.metrics.getresponse().read().decode()
        return int(float(next(l for l in text.splitlines() if l.startswith("skysail_queries_running ")).split()[1]))

    def once(self, path):
        """Milliseconds from the client's going to the end of the query; None where it was over before."""
        client = http.client.HTTPConnection(self.host)
        client.request("GET", path)
        until = time.monotonic() + 5
        while self.running() == 0 and time.monotonic() < until:
            pass
        time.sleep(random.uniform(0.02, 0.15))
        if self.running() == 0:
            client.close()
            return None
        client.sock.close()
        gone = time.monotonic()
        while self.running() > 0:
            pass
        return (time.monotonic() - gone) * 1000


def main():
    a = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    a.add_argument("address")
    a.add_argument("queries", nargs="*", default=QUERIES)
    a.add_argument("--start", type=float, required=True)
    a.add_argument("--end", type=float, required=True)
    a.add_argument("--runs", type=int, default=20)
    o = a.parse_args()
    peer = Peer(o.address)
    span = "%ds" % (o.end - o.start)
    for query in o.queries:
        text = query % span if "%s" in query else query
        path = "/loki/api/v1/query?" + urllib.parse.urlencode({"query": text, "time": int(o.end * 1e9)})
        found = [ms for ms in (peer.once(path) for _ in range(o.runs)) if ms is not None]
        if found:
            print("%6.1f %6.1f %6.1f ms of %2d  %s" % (min(found), statistics.median(found), max(found), len(found), text))
        else:
            print("over before its client went:  %s" % text)


if __name__ == "__main__":
    main()
