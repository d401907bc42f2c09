#!/usr/bin/env python3
"""A model server to break: asyncio, one model thread, 384 numbers a text in about 20 ms, an OpenAI-shaped API.

/health and /v1/models answer at once, whatever the model does. POST /fault injects (never on a real server!).
Settings come from the environment: PORT, LOAD_S, LOAD_PORT=open|closed, FOLDER, WATCHDOG=ping|selftest,
WORKER=term|ignterm (then the main process only holds the socket, and its child does the work).
"""
import asyncio, hashlib, json, math, os, queue, random, signal, socket, subprocess, sys, threading, time

PORT = int(os.environ["PORT"])
FOLDER = os.environ["FOLDER"]
WATCHDOG = os.environ.get("WATCHDOG", "")
BATCH_S = 0.02


def notify(text):
    """sd_notify(3): one datagram."""
    address = os.environ.get("NOTIFY_SOCKET")
    if address:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as out:
            out.sendto(text.encode(), "\0" + address[1:] if address[0] == "@" else address)


def load_s():
    """A load time left by a fault counts for every start after it: killing the loading does not make it faster."""
    try:
        with open(os.path.join(FOLDER, "load-s")) as file:
            return float(file.read())
    except FileNotFoundError:
        return float(os.environ.get("LOAD_S", "3"))


def burn(seconds):
    """Works without the interpreter's lock, as a model does."""
    block, until = b"x" * 200_000, time.monotonic() + seconds
    while time.monotonic() < until:
        hashlib.sha256(block).digest()


def unit(numbers):
    length = math.sqrt(sum(value * value for value in numbers))
    return [value / length for value in numbers]


def gauss(seed):
    source = random.Random(seed)
    return [source.gauss(0, 1) for _ in range(384)]


class Model:
    """One thread, first come first served."""

    def __init__(self):
        self.loaded = False
        self.fault = ""
        self.finished = 0
        self.work = queue.Queue()
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            task, give = self.work.get()
            try:
                give(task(), None)
            except Exception as error:
                give(None, error)

    def submit(self, task):
        """Runs the task on the model thread; returns a future of the running loop."""
        loop = asyncio.get_running_loop()
        future = loop.create_future()

        def settle(value, error):
            if not future.done():
                future.set_exception(error) if error else future.set_result(value)

        self.work.put((task, lambda value, error: loop.call_soon_threadsafe(settle, value, error)))
        return future

    def embed(self, texts):
        if self.fault == "wedge":
            threading.Event().wait()
        if self.fault == "err500":
            raise RuntimeError("CUDA error: an illegal memory access was encountered")
        burn(BATCH_S)
        self.finished += len(texts)
        return [self.vector(text) for text in texts]

    def vector(self, text):
        if self.fault == "nan":
            return [None] * 384
        if self.fault == "zero":
            return [0.0] * 384
        if self.fault == "constant":
            return unit(gauss("one for all"))
        if self.fault == "drift":
            return unit([a + 2 * b for a, b in zip(gauss(text), gauss(text + " corrupted"))])
        return unit(gauss(text))

    def batch(self, seconds, burns):
        """A long legitimate batch: many inputs, one after the other. `burns` false: it waits on something else."""
        until = time.monotonic() + seconds
        if not burns:
            time.sleep(seconds)
        else:
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
            while time.monotonic() < until:
                burn(BATCH_S)
                self.finished += 1
            # Only root may lower it again, and nothing depends on it.
        return until


def inject(model, fault):
    """Begins the fault. What ends or blocks this process happens a moment after our answer has left."""
    name, _, seconds = fault.partition(":")
    later = asyncio.get_running_loop().call_later
    if name == "sigstop":
        later(0.01, os.kill, os.getpid(), signal.SIGSTOP)
    elif name == "jam":
        later(0.01, jam)
    elif name == "crash":
        later(0.01, os._exit, 1)
    elif name == "exit0":
        later(0.01, os._exit, 0)
    elif name == "stall":
        later(0.01, time.sleep, float(seconds))
    elif name in ("busy", "waits"):
        model.submit(lambda: model.batch(float(seconds), name == "busy"))
    elif name == "slowload":
        with open(os.path.join(FOLDER, "load-s"), "w") as file:
            file.write(seconds)
        later(0.01, os._exit, 1)
    else:
        model.fault = name


def jam():
    """The event loop is blocked, at a full core; nice, so that other cells of the bench get theirs."""
    os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 19)
    while True:
        pass


async def answer(model, method, path, body):
    if path == "/health":
        return 200, {"status": "ok"}
    if path == "/v1/models":
        return 200, {"object": "list", "data": [{"id": "fake", "object": "model"}]}
    if path == "/metrics":
        return 200, f"# TYPE fake_inputs_completed_total counter\nfake_inputs_completed_total {model.finished}\n"
    if method != "POST":
        return 404, {"error": {"message": "not found"}}
    if path == "/fault":
        inject(model, body.decode())
        return 200, {"injected": body.decode()}
    if path != "/v1/embeddings":
        return 404, {"error": {"message": "not found"}}
    if not model.loaded:
        return 503, {"error": {"message": "loading"}}
    asked = json.loads(body)["input"]
    texts = [asked] if isinstance(asked, str) else asked
    try:
        vectors = await model.submit(lambda: model.embed(texts))
    except RuntimeError as error:
        return 500, {"error": {"message": str(error)}}
    rows = [{"object": "embedding", "index": i, "embedding": v} for i, v in enumerate(vectors)]
    return 200, {"object": "list", "model": "fake", "data": rows}


async def serve(model, reader, writer):
    """One request a connection."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin1")
        method, path = head.split(" ")[:2]
        length = [line.split(":")[1] for line in head.split("\r\n") if line.lower().startswith("content-length:")]
        status, said = await answer(model, method, path, await reader.readexactly(int(length[0]) if length else 0))
        plain = isinstance(said, str)
        text = (said if plain else json.dumps(said)).encode()
        kind = "text/plain" if plain else "application/json"
        head = f"HTTP/1.1 {status} X\r\ncontent-type: {kind}\r\ncontent-length: {len(text)}\r\nconnection: close\r\n\r\n"
        writer.write(head.encode() + text)
        await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()


async def pat(model):
    """The watchdog is fed from the event loop; with `selftest` only if an embedding came through the model's queue."""
    while True:
        try:
            if WATCHDOG == "selftest" and model.loaded:
                await model.submit(lambda: model.embed(["watchdog"]))
            notify("WATCHDOG=1")
        except RuntimeError as error:
            print("self-test failed:", error)
        await asyncio.sleep(5)


async def work(listener):
    model = Model()
    loading_s = load_s()
    closed = os.environ.get("LOAD_PORT") == "closed"
    pats = asyncio.create_task(pat(model)) if WATCHDOG else None
    notify("READY=1")
    if closed:
        await asyncio.sleep(loading_s)
    server = await asyncio.start_server(lambda r, w: serve(model, r, w), sock=listener or listen())
    if not closed:
        await asyncio.sleep(loading_s)
    model.loaded = True
    print(f"model loaded, serving, pid {os.getpid()}", flush=True)
    await asyncio.gather(server.serve_forever(), *([pats] if pats else []))


def listen():
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind(("127.0.0.1", PORT))
    return listener


def main():
    if len(sys.argv) == 3:
        if os.environ["WORKER"] == "ignterm":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
        return asyncio.run(work(socket.socket(fileno=int(sys.argv[2]))))
    if "WORKER" not in os.environ:
        return asyncio.run(work(None))
    with listen() as listener:
        listener.listen(100)
        fd = listener.fileno()
        child = subprocess.Popen([sys.executable, __file__, "--worker", str(fd)], pass_fds=[fd])
        sys.exit(1 if child.wait() else 0)


main()
