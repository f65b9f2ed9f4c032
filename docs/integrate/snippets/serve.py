# Serves one of these WSGI applications, to try it: PORT=8000 python3 serve.py link.py
import os
import runpy
import sys
from wsgiref.simple_server import make_server

application = runpy.run_path(sys.argv[1])["application"]
with make_server("127.0.0.1", int(os.environ["PORT"]), application) as server:
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
