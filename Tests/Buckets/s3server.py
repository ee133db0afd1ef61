#!/usr/bin/env python3
"""A small S3 for tests, which can be told to misbehave.

    s3server.py [--bucket NAME] [--port N] [--state FILE]

Prints its port on the first line of standard output. It knows objects, lists and uploads in parts, and is strict where S3
is: every request must be signed with the access key `AKTEST` and the secret `SKsecret/123` (AWS Signature Version 4, in
headers or in the query), and a body must have the hash that was signed. With --state it finds after a restart what it
had.

    POST /_control   {"faults": […], "bucket": NAME}: more faults, and a new bucket; a fault is for requests whose "METHOD /bucket/key?query" matches a pattern:
                     {"match": "PUT .*seg", "times": 2, "do": "status", "status": 503}
        status       an error answer (with "code": its S3 code, "after": seconds)
        cut          the connection is cut after "bytes" of the body
        mute         the request is done, and the connection cut instead of an answer
        stall        nothing is said for "seconds", then the connection is cut
        slow         the body is read at "rate" bytes a second
        lie          the tag in the answer is of other bytes
        exit         the server ends at once after "bytes" of the body
    GET /_log?BUCKET      every request so far: method, key, query, status
    GET /_objects?BUCKET  every object: its size, hash and headers; and the uploads in parts that are open

It ends with the process that started it.
"""
import argparse
import hashlib
import hmac
import http.server
import json
import os
import pickle
import re
import sys
import threading
import time
import urllib.parse
from xml.sax.saxutils import escape

KEY, SECRET = "AKTEST", "SKsecret/123"
KEPT = ("content-type", "cache-control", "content-encoding")


class Store:
    def __init__(self, buckets, path):
        self.lock, self.path = threading.RLock(), path
        self.objects, self.uploads, self.count = {name: {} for name in buckets}, {}, 0
        self.log, self.faults = [], []
        if path and os.path.exists(path):
            with open(path, "rb") as file:
                self.objects, self.uploads, self.count = pickle.load(file)

    def save(self):
        if not self.path:
            return
        with open(self.path + ".new", "wb") as file:
            pickle.dump((self.objects, self.uploads, self.count), file)
        os.replace(self.path + ".new", self.path)

    def fault(self, line):
        with self.lock:
            for fault in self.faults:
                if fault.get("times", 1) > 0 and re.search(fault["match"], line):
                    fault["times"] = fault.get("times", 1) - 1
                    return fault
        return {}


def encode(text, safe=""):
    return urllib.parse.quote(text, safe=safe + "-_.~")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    store = None

    def log_message(self, *_):
        pass

    # MARK: Signatures

    def signature(self, signed, date, scope, query, payload):
        headers = "".join(f"{name}:{' '.join(self.headers.get(name, '').split())}\n" for name in signed.split(";"))
        path = encode(urllib.parse.unquote(self.target.path), "/")
        canonical = "\n".join([self.command, path, query, headers, signed, payload])
        text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = ("AWS4" + SECRET).encode()
        for part in scope.split("/") + [text]:
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return key.hex()

    def is_signed(self):
        """Nothing when the signature is right; otherwise S3's code for what is wrong."""
        items = [(name, value) for name, value in self.query if name != "X-Amz-Signature"]
        query = "&".join(sorted(f"{encode(name)}={encode(value)}" for name, value in items))
        given = dict(self.query)
        if "X-Amz-Signature" in given:
            access, _, scope = given["X-Amz-Credential"].partition("/")
            signed, date, signature = given["X-Amz-SignedHeaders"], given["X-Amz-Date"], given["X-Amz-Signature"]
            began = time.mktime(time.strptime(date, "%Y%m%dT%H%M%SZ")) - time.timezone
            if time.time() > began + int(given["X-Amz-Expires"]):
                return "AccessDenied"
            payload = "UNSIGNED-PAYLOAD"
        else:
            found = re.match(r"AWS4-HMAC-SHA256 Credential=([^/]+)/([^,]+), ?SignedHeaders=([^,]+), ?Signature=(\w+)",
                             self.headers.get("Authorization", ""))
            if not found:
                return "AccessDenied"
            access, scope, signed, signature = found.groups()
            date, payload = self.headers.get("x-amz-date", ""), self.headers.get("x-amz-content-sha256", "")
            wanted = ["host"] + [name.lower() for name in self.headers if name.lower().startswith("x-amz-")]
            if set(wanted) - set(signed.split(";")):
                return "AccessDenied"
        if access != KEY:
            return "InvalidAccessKeyId"
        right = self.signature(signed, date, scope, query, payload)
        return None if hmac.compare_digest(right, signature) else "SignatureDoesNotMatch"

    # MARK: Answers

    def answer(self, status, body=b"", headers=()):
        with self.store.lock:
            self.store.log.append({"bucket": self.bucket, "method": self.command, "key": self.key, "query": dict(self.query), "status": status,
                                   "bytes": len(self.body or b"")})
        if self.fault.get("do") == "mute":
            raise ConnectionError
        self.send_response(status)
        given = {name.lower() for name, _ in headers}
        for name, value in headers:
            self.send_header(name, value)
        if "content-length" not in given:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def error(self, status, code, message="no"):
        # What was not read of a body would be taken for the next request.
        self.close_connection = self.close_connection or self.body is None
        xml = f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{message}</Message><Key>{escape(self.key)}</Key></Error>'
        self.answer(status, xml.encode(), [("Content-Type", "application/xml")])

    def xml(self, root, inside):
        text = f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{inside}</{root}>'
        self.answer(200, text.encode(), [("Content-Type", "application/xml")])

    # MARK: Requests

    def handle_one_request(self):
        try:
            super().handle_one_request()
        except (ConnectionError, TimeoutError):
            self.close_connection = True

    def read_body(self):
        left, parts, fault = int(self.headers.get("Content-Length", 0)), [], self.fault
        limit = fault.get("bytes", 0) if fault.get("do") in ("cut", "exit") else None
        while left > 0:
            got = self.rfile.read(min(left, 1 << 16 if limit is None else max(1, min(limit, 1 << 16))))
            if not got:
                raise ConnectionError
            left -= len(got)
            parts.append(got)
            if fault.get("do") == "slow":
                time.sleep(len(got) / fault["rate"])
            if limit is not None and sum(map(len, parts)) >= limit:
                break
        if fault.get("do") == "exit":
            os._exit(3)
        if fault.get("do") == "cut":
            raise ConnectionError
        self.body = b"".join(parts)

    def serve(self):
        self.body, self.fault, self.bucket, self.key = None, {}, "", ""
        self.target = urllib.parse.urlsplit(self.path)
        self.query = urllib.parse.parse_qsl(self.target.query, keep_blank_values=True)
        if self.target.path.startswith("/_"):
            return self.control()
        self.bucket, _, self.key = urllib.parse.unquote(self.target.path)[1:].partition("/")
        self.fault = self.store.fault(f"{self.command} {urllib.parse.unquote(self.path)}")
        kind = self.fault.get("do")
        if kind == "stall":
            time.sleep(self.fault["seconds"])
            raise ConnectionError
        if kind == "status":
            time.sleep(self.fault.get("after", 0))
            return self.error(self.fault["status"], self.fault.get("code", "SlowDown"))
        wrong = self.is_signed()
        if wrong:
            return self.error(403, wrong)
        if self.bucket not in self.store.objects:
            return self.error(404, "NoSuchBucket")
        self.read_body()
        signed = self.headers.get("x-amz-content-sha256")
        if signed and signed != "UNSIGNED-PAYLOAD" and hashlib.sha256(self.body).hexdigest() != signed:
            return self.error(400, "XAmzContentSHA256Mismatch")
        with self.store.lock:
            self.dispatch(self.store.objects[self.bucket], dict(self.query))

    do_GET = do_PUT = do_POST = do_DELETE = do_HEAD = serve

    def dispatch(self, objects, query):
        if self.command == "PUT":
            return self.put_part(query) if "uploadId" in query else self.put(objects)
        if self.command == "POST":
            return self.finish(objects, query) if "uploadId" in query else self.begin()
        if self.command == "DELETE":
            return self.abort(query) if "uploadId" in query else self.delete(objects)
        if not self.key:
            return self.list_uploads(query) if "uploads" in query else self.list(objects, query)
        return self.list_parts(query) if "uploadId" in query else self.get(objects)

    def kept(self):
        names = [name for name in self.headers if name.lower() in KEPT or name.lower().startswith("x-amz-meta-")]
        return {name.lower(): self.headers[name] for name in names}

    def tag(self, body):
        return hashlib.md5(body + (b"?" if self.fault.get("do") == "lie" else b"")).hexdigest()

    def put(self, objects):
        objects[self.key] = (self.body, self.kept(), hashlib.md5(self.body).hexdigest())
        self.store.save()
        self.answer(200, headers=[("ETag", f'"{self.tag(self.body)}"')])

    def get(self, objects):
        if self.key not in objects:
            return self.error(404, "NoSuchKey")
        body, headers, tag = objects[self.key]
        shown = [("ETag", f'"{tag}"'), *headers.items(), ("Access-Control-Allow-Origin", "*")]
        found = re.fullmatch(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if found and self.command == "GET":
            first, last = int(found[1]), min(int(found[2] or len(body)), len(body) - 1)
            shown.append(("Content-Range", f"bytes {first}-{last}/{len(body)}"))
            return self.answer(206, body[first:last + 1], shown)
        self.answer(200, body, shown + [("Content-Length", str(len(body)))])

    def delete(self, objects):
        objects.pop(self.key, None)
        self.store.save()
        self.answer(204)

    def list(self, objects, query):
        keys = sorted(key for key in objects if key.startswith(query.get("prefix", "")))
        keys = [key for key in keys if key > query.get("continuation-token", "")]
        page, rest = keys[:3], keys[3:]
        inside = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(objects[key][0])}</Size><ETag>&quot;{objects[key][2]}&quot;</ETag>"
            "</Contents>" for key in page)
        more = f"<NextContinuationToken>{escape(page[-1])}</NextContinuationToken>" if rest else ""
        self.xml("ListBucketResult", f"<IsTruncated>{'true' if rest else 'false'}</IsTruncated>{more}{inside}")

    def begin(self):
        self.store.count += 1
        number = f"up+load/{self.store.count}"
        self.store.uploads[number] = (self.bucket, self.key, self.kept(), {})
        self.store.save()
        self.xml("InitiateMultipartUploadResult", f"<Key>{escape(self.key)}</Key><UploadId>{number}</UploadId>")

    def upload(self, query):
        return self.store.uploads.get(query["uploadId"])

    def put_part(self, query):
        if not self.upload(query):
            return self.error(404, "NoSuchUpload")
        self.upload(query)[3][int(query["partNumber"])] = self.body
        self.store.save()
        self.answer(200, headers=[("ETag", f'"{self.tag(self.body)}"')])

    def list_parts(self, query):
        if not self.upload(query):
            return self.error(404, "NoSuchUpload")
        parts = sorted(self.upload(query)[3].items())
        parts = [part for part in parts if part[0] > int(query.get("part-number-marker", 0))]
        page, rest = parts[:2], parts[2:]
        inside = "".join(
            f"<Part><PartNumber>{number}</PartNumber><Size>{len(body)}</Size><ETag>\"{hashlib.md5(body).hexdigest()}\"</ETag></Part>"
            for number, body in page)
        more = f"<NextPartNumberMarker>{page[-1][0]}</NextPartNumberMarker>" if rest else ""
        self.xml("ListPartsResult", f"<IsTruncated>{'true' if rest else 'false'}</IsTruncated>{more}{inside}")

    def list_uploads(self, query):
        inside = "".join(
            f"<Upload><Key>{escape(key)}</Key><UploadId>{number}</UploadId></Upload>"
            for number, (bucket, key, _, _) in self.store.uploads.items()
            if bucket == self.bucket and key.startswith(query.get("prefix", "")))
        self.xml("ListMultipartUploadsResult", inside)

    def finish(self, objects, query):
        if not self.upload(query):
            return self.error(404, "NoSuchUpload")
        _, key, headers, parts = self.upload(query)
        named = re.findall(r"<PartNumber>(\d+)</PartNumber><ETag>\"?(\w+)\"?</ETag>", self.body.decode())
        bodies = [parts.get(int(number), b"") for number, _ in named]
        digests = [hashlib.md5(body) for body in bodies]
        if any(digest.hexdigest() != tag for digest, (_, tag) in zip(digests, named)):
            return self.error(400, "InvalidPart")
        tag = hashlib.md5(b"".join(digest.digest() for digest in digests)).hexdigest() + f"-{len(named)}"
        objects[key] = (b"".join(bodies), headers, tag)
        del self.store.uploads[query["uploadId"]]
        self.store.save()
        self.xml("CompleteMultipartUploadResult", f"<Key>{escape(key)}</Key><ETag>&quot;{tag}&quot;</ETag>")

    def abort(self, query):
        known = self.store.uploads.pop(query["uploadId"], None)
        self.store.save()
        self.answer(204) if known else self.error(404, "NoSuchUpload")

    # MARK: For the tests

    def control(self):
        bucket = self.target.query
        with self.store.lock:
            if self.command == "POST":
                wish = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                self.store.faults += wish.get("faults", [])
                if "bucket" in wish:
                    self.store.objects.setdefault(wish["bucket"], {})
                result = {}
            elif self.target.path == "/_log":
                result = [line for line in self.store.log if line["bucket"] == bucket]
            else:
                result = {"uploads": [key for home, key, _, _ in self.store.uploads.values() if home == bucket], "objects": {
                    key: {"bytes": len(body), "sha256": hashlib.sha256(body).hexdigest(), "headers": headers}
                    for key, (body, headers, _) in self.store.objects[bucket].items()}}
        data = json.dumps(result).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    allow_reuse_address = True
    request_queue_size = 64

    def handle_error(self, *_):
        pass


def end_with(parent):
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def main():
    threading.Thread(target=end_with, args=[os.getppid()], daemon=True).start()
    parser = argparse.ArgumentParser()
    parser.add_argument("--bucket", action="append", default=[])
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--state")
    options = parser.parse_args()
    Handler.store = Store(options.bucket, options.state)
    server = Server(("127.0.0.1", options.port), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
