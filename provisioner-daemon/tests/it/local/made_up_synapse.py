"""What a test of the local driver starts in the place of Synapse: it answers what the daemon asks, and no more.

Files in its home tell it to misbehave."""

import json
import os
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Answers(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer({"nonce": "n", "versions": []})

    def do_POST(self):
        self.answer({"user_id": "@somebody"})

    def answer(self, value):
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def serve(name, port):
    print(name, "starts", flush=True)
    if os.path.exists(f"die-{name}"):
        sys.exit(f"{name} was told to die")
    if os.path.exists(f"eat-{name}"):
        kept = []
        while len(kept) < 16 * 1024:
            # Of ones: memory that is never written to is none.
            kept.append(b"\1" * (1 << 20))
    ThreadingHTTPServer(("127.0.0.1", port), Answers).serve_forever()


if __name__ == "__main__":
    with open(sys.argv[sys.argv.index("-c") + 1]) as file:
        config = json.load(file)
    serve("synapse", config["listeners"][0]["port"])
