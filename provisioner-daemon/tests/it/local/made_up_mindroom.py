"""What a test of the local driver starts in the place of MindRoom."""

import os
import subprocess
import sys

from synapse.app.homeserver import serve


def main():
    if os.path.exists("leave-mindroom"):
        # One in its own group, and one that got away from it.
        for away in (False, True):
            subprocess.Popen([sys.executable, "-c", "import time; time.sleep(86400)"], start_new_session=away)
    serve("mindroom", int(sys.argv[sys.argv.index("--api-port") + 1]))


if __name__ == "__main__":
    main()
