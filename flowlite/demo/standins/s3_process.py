"""The process of the S3 stand-in: moto's server on a free port. It ends when its parent does.

Started by s3.py as `python -m flowlite.demo.standins.s3_process`; says its port on stdout, and reads stdin until the
parent closes it. A parent that is killed closes it, too, so no server is ever left behind.
"""

from __future__ import annotations

import logging
import sys
from threading import Thread


def main() -> None:
    """Serve until stdin ends."""
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = make_server("127.0.0.1", 0, DomainDispatcherApplication(create_backend_app), threaded=True)
    Thread(target=server.serve_forever, daemon=True).start()
    print(server.server_port, flush=True)  # noqa: T201 - the parent reads it
    sys.stdin.read()
    server.shutdown()


if __name__ == "__main__":
    main()
