#!/usr/bin/env python3
"""Serves web/src with invented data, to work on the page without a running Weir.

    python3 web/dev_server.py [--port 8741] [--seed 1] [--quiet] [--refusing] [--signed-out]

The stream sends an overview a second and an alert now and then; nothing here is measured.
"""
import argparse
import datetime
import http.server
import json
import math
import pathlib
import random
import socketserver
import time
import urllib.parse

ROOT = pathlib.Path(__file__).parent / "src"
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8",
         ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}
POLICY = ("default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
          "frame-ancestors 'none'; form-action 'none'")
REASONS = [
    ("AMT_VS_USUAL", "amount {amount} is {ratio}x the 30-day mean {usual}"),
    ("VELOCITY", "14 payments in the last hour, usual 0.8"),
    ("NEW_PAYEE", "first payment to this payee"),
    ("PASS_THROUGH", "96 % of what came in within the hour went out again"),
    ("RULE_HIT", "rule velocity_1h: count(card, 1h) is 9, limit 3"),
    ("PAYEE_RISK", "3 of the payee's last 40 payments were labelled fraud"),
    ("DORMANT", "first payment after 71 days, usual every 1.4 days"),
]


def now():
    return datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


class Data:
    def __init__(self, options):
        self.options = options
        self.rng = random.Random(options.seed)
        self.started = time.time() - 7 * 3600 - 260
        self.total = 51_482_113
        self.seq = 51_482_113
        self.decisions = {}
        if not options.quiet:
            for minutes in range(14, 0, -1):
                self.decision(minutes * 41)

    def decision(self, age_s=0):
        rng = self.rng
        self.seq += rng.randint(200, 4000)
        usual = rng.uniform(8, 180)
        ratio = rng.uniform(2.2, 14)
        amount = f"{usual * ratio:.2f}"
        outcome = rng.choices(["hold", "block", "pass"], [6, 3, 2])[0]
        score = min(1.0, rng.uniform(0.72, 1.02))
        reasons = []
        for code, text in rng.sample(REASONS, rng.randint(1, 3)):
            one = {"code": code, "weight": round(rng.uniform(0.1, 0.6), 2),
                   "text": text.format(amount=amount, ratio=round(ratio, 1), usual=f"{usual:.2f}")}
            if code == "AMT_VS_USUAL":
                one.update(feature="amount_vs_usual", value=float(amount), usual=round(usual, 2))
            if code == "VELOCITY":
                one.update(feature="out_count_1h", value=14, usual=0.8)
            reasons.append(one)
        at = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=age_s)
        at = at.strftime("%Y-%m-%dT%H:%M:%SZ")
        ident = f"pay-{self.seq:x}"
        verdict = {
            "event_id": ident, "seq": self.seq, "outcome": outcome, "alert": True,
            "alert_id": f"a-{self.seq}", "score": round(score, 3), "tail": round(score * 6, 2),
            "threshold": 5.0 if outcome != "pass" else 4.0, "reasons": reasons, "tags": [],
            "rules": [{"name": "velocity_1h", "version": 4, "action": "hold", "mode": "live"}]
            if outcome == "hold" else [{"name": "card_testing", "version": 2, "action": "block", "mode": "live"}]
            if outcome == "block" else [],
            "models": [{"name": "forest", "version": 12, "tail": 4.1, "variant": "stable"},
                       {"name": "edge_burst", "version": 3, "tail": 2.7, "variant": "stable"}],
            "versions": {"rules": 17, "models": 5, "config": 9, "lists": 31},
            "ledger": {"status": "held" if outcome == "hold" else "blocked", "height": self.seq // 8192,
                       "committed": True, "ack": "committed"},
            "duplicate": False, "late": False, "mode": "live",
            "event": {"time": at, "type": "payment", "amount": amount, "currency": "USD", "channel": "web",
                      "debtor": {"kind": "customer", "id": str(rng.randint(1, 4999))},
                      "creditor": {"kind": "terminal", "id": str(rng.randint(1, 9999))},
                      "memo": "<b>not bold</b>" if rng.random() < 0.3 else ""},
        }
        self.decisions[ident] = verdict
        return verdict

    def overview(self):
        rng = self.rng
        phase = time.time() / 17
        rate = 0 if self.options.quiet else 2000 + 420 * math.sin(phase) + rng.uniform(-120, 120)
        self.total += int(rate)
        held, blocked = self.total // 610, self.total // 2900
        spark = [1800 + 900 * math.sin(i / 29) + 300 * math.sin(i / 3.3) for i in range(360)]
        refused = {"queue_full": "0", "future_time": "0"}
        if self.options.refusing:
            refused["queue_full"] = "1842"
        return {
            "at": now(), "uptime_s": int(time.time() - self.started),
            "events": {"total": str(self.total), "per_s": rate},
            "outcomes": {"pass": str(self.total - held - blocked), "hold": str(held), "block": str(blocked)},
            "latency_us": {"p50": 182 + rng.uniform(-9, 9), "p99": 1240 + rng.uniform(-90, 140),
                           "p999": 4100 + rng.uniform(-300, 900), "window_s": 60},
            "queue": {"depth": rng.randint(0, 60), "limit": 524288, "wait_p99_us": 310},
            "refused": {"total": refused["queue_full"], "by_reason": refused},
            "commit": {"mode": "power", "seq": str(self.seq), "lag_us": 1900 + rng.uniform(-400, 900)},
            "backend": {"active": "cpu", "why": "no NVIDIA device node visible", "fallbacks_total": "0"},
            "alerts_open": 0 if self.options.quiet else 37, "incidents_open": 0 if self.options.quiet else 4,
            "shadow_dropped": 0,
            "versions": {"config": 9, "rules": 17, "models": [
                {"name": "forest", "stable": 12, "candidate": 13, "weight": 0.1},
                {"name": "edge_burst", "stable": 3, "candidate": None, "weight": 0}]},
            "spark": {"step_s": 10, "points": 360, "series": {
                "events_per_s": spark, "p99_us": [1100 + 260 * math.sin(i / 11) + 2 * (i * 7 % 61) for i in range(360)]}},
        }


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    data = None

    def log_message(self, *_):
        pass

    def reply(self, status, body, kind="application/json"):
        body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", kind)
        self.send_header("content-length", str(len(body)))
        self.send_header("content-security-policy", POLICY)
        self.send_header("x-request-id", "dev-1")
        self.end_headers()
        self.wfile.write(body)

    def refuse(self, status, reason, message):
        self.reply(status, {"error": {"code": reason, "reason": reason, "message": message, "details": {}}})

    def do_POST(self):
        self.rfile.read(int(self.headers.get("content-length", 0)))
        self.reply(200, {"user": "user:dev", "role": "admin", "csrf": "x"})

    def do_GET(self):
        url = urllib.parse.urlparse(self.path)
        path = url.path
        if path.startswith("/ui/"):
            file = ROOT / path[4:]
            file = file if path != "/ui/" and file.is_file() else ROOT / "index.html"
            return self.reply(200, file.read_bytes(), TYPES[file.suffix])
        if self.data.options.signed_out:
            return self.refuse(401, "credentials_missing", "sign in")
        if path == "/v1/overview":
            return self.reply(200, self.data.overview())
        if path == "/v1/session":
            return self.reply(200, {"user": "user:dev", "role": "admin", "csrf": "x"})
        if path == "/v1/decisions":
            return self.reply(200, {"items": list(self.data.decisions.values())[::-1], "next": None})
        if path.startswith("/v1/decisions/"):
            verdict = self.data.decisions.get(urllib.parse.unquote(path[14:]))
            return self.reply(200, verdict) if verdict else self.refuse(404, "event_unknown", "no such event")
        if path == "/v1/stream":
            return self.stream()
        self.refuse(404, "route_unknown", path)

    def stream(self):
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.send_header("connection", "close")
        self.end_headers()
        try:
            while True:
                if not self.data.options.quiet and self.data.rng.random() < 0.4:
                    self.event("verdict", self.data.decision())
                self.event("metrics", self.data.overview())
                time.sleep(1)
        except OSError:
            pass

    def event(self, name, body):
        self.wfile.write(f"event: {name}\nid: {self.data.seq}\ndata: {json.dumps(body)}\n\n".encode())
        self.wfile.flush()


class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads = True
    allow_reuse_address = True


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--port", type=int, default=8741)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quiet", action="store_true", help="no events at all")
    parser.add_argument("--refusing", action="store_true", help="a full queue")
    parser.add_argument("--signed-out", action="store_true", help="every route answers 401")
    Handler.data = Data(parser.parse_args())
    print(f"http://127.0.0.1:{Handler.data.options.port}/ui/")
    Server(("127.0.0.1", Handler.data.options.port), Handler).serve_forever()


if __name__ == "__main__":
    main()
