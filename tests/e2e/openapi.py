#!/usr/bin/env python3
"""The OpenAPI documents of both programs: valid, and true of what the doors really take and answer."""
import http.client
import json
import shutil
import subprocess
import tempfile
from pathlib import Path

from doors import REFUSALS, a_whole_day, ask
from harness import BIN, Lab, check, sale
from testing import Skip, note, run as run_tests

VALIDATOR = "@seriousme/openapi-schema-validator@2.11.0"
TOOLS = BIN.parent / "npm"  # Fetched once for a build folder.


def fetched(port, path):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = connection.getresponse()
    return answer.status, answer.read(), answer.getheaders()


def documents(lab):
    gateway = lab.gateway()
    agent = lab.agent(gateway)
    status, document, _ = fetched(agent.port, "/openapi.json")
    check(status == 200, "the agent describes itself")
    return gateway, agent, json.loads(document), gateway.ask("/admin/v1/openapi.json")


def test_both_documents_are_valid():
    """The documents of agent and gateway are OpenAPI 3.1 by an npm validator that knows nothing of us, and a broken one is not."""
    if not shutil.which("npm"):
        raise Skip("there is no npm")
    TOOLS.mkdir(exist_ok=True)
    if not (TOOLS / "node_modules" / ".bin" / "validate-api").exists():
        fetch = subprocess.run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", TOOLS, VALIDATOR], capture_output=True, text=True)
        if fetch.returncode != 0:
            raise Skip(f"npm cannot fetch {VALIDATOR}: {fetch.stderr.strip()[-200:]}")
    with Lab() as lab, tempfile.TemporaryDirectory(prefix="tillstream-") as folder:
        _, _, agent, gateway = documents(lab)
        broken = {**agent, "paths": {"/x": {"get": {"responses": 7}}}}
        for name, document, valid in (("agent", agent, True), ("gateway", gateway, True), ("broken", broken, False)):
            file = Path(folder, f"{name}.json")
            file.write_text(json.dumps(document))
            judged = subprocess.run([TOOLS / "node_modules" / ".bin" / "validate-api", file], capture_output=True, text=True)
            check((judged.returncode == 0) == valid, f"{name}: {judged.stdout[-800:]}{judged.stderr[-400:]}")
        note(f"{len(agent['paths'])} paths at the agent, {len(gateway['paths'])} at the gateway")


class Judge:
    """Does over HTTP what it is told to, and holds every body and answer against the document."""

    def __init__(self, agent, document):
        import jsonschema
        self.agent, self.document, self.seen = agent, document, set()
        self.schemas = document["components"]["schemas"]
        self.validator = jsonschema.Draft202012Validator

    def fits(self, name, value):
        """What is wrong with `value`, by the schema of that name."""
        schema = {"$ref": f"#/components/schemas/{name}", "components": {"schemas": self.schemas}}
        return [f"{'/'.join(map(str, e.absolute_path))}: {e.message}" for e in self.validator(schema).iter_errors(value)]

    def schema_of(self, content):
        return content["schema"]["$ref"].rsplit("/", 1)[1]

    def capture(self, path, body, key=None, role="pos"):
        operation = self.document["paths"][path]["post"]
        check(role in operation["description"], f"{path} is for {role}: {operation['description']}")
        faults = self.fits(self.schema_of(operation["requestBody"]["content"]["application/json"]), body)
        answer = self.agent.capture(path, body, key=key, role=role)
        faults += self.fits(self.schema_of(operation["responses"]["201"]["content"]["application/json"]), answer)
        check(not faults, f"{path}: {faults}")
        self.seen.add(path)
        return answer


def test_what_the_doors_take_and_answer_is_what_the_document_says():
    """Every body and answer of a whole day, the status, the events and every problem fit their schemas; what has an unknown field, or a number where a list belongs, does not."""
    try:
        import jsonschema  # noqa: F401
    except ImportError:
        raise Skip("Debian's package python3-jsonschema is not installed") from None
    with Lab() as lab:
        gateway, agent, document, admin = documents(lab)
        judge = Judge(agent, document)
        a_whole_day(judge)
        captures = {path for path, methods in document["paths"].items() if "201" in methods.get("post", {}).get("responses", {})}
        question = {"type": "IDENTIFIER_TYPE_EMAIL", "value": "nobody@example.com", "offline": True}
        status, problem, _ = agent.call("POST", "/v1/customers/find", question)
        check(status == 404 and not judge.fits("FindCustomer", question) and not judge.fits("Problem", problem), f"{status} {problem}")
        scanned = {"text": "]d2010400638133393110AB\x1d17270101"}
        status, scan, _ = agent.call("POST", "/v1/scans", scanned)
        faults = judge.fits("ReadScan", scanned) + judge.fits("Scan", scan)
        check(status == 200 and scan["facts"]["ai"]["10"] == "AB" and not faults, f"{status} {scan} {faults}")
        order = {"reason": "float"}
        status, problem, _ = agent.call("POST", "/v1/drawer/open", order, key="drawer")  # None hangs here.
        check(status == 404 and not judge.fits("OpenDrawer", order) and not judge.fits("Problem", problem), f"{status} {problem}")
        judge.seen.add("/v1/drawer/open")
        check(judge.seen == captures, f"every capture was judged: {captures - judge.seen}")
        for path in ("/v1/status", "/v1/events"):
            name = judge.schema_of(document["paths"][path]["get"]["responses"]["200"]["content"]["application/json"])
            check(not (faults := judge.fits(name, agent.call("GET", path, role="reader")[1])), f"{path}: {faults}")
        problems = 0
        for _, request, _, _, _ in REFUSALS:
            _, answer, headers = ask(agent, **request)
            if headers.get("content-type") == "application/problem+json":
                check(not (faults := judge.fits("Problem", answer)), f"{faults}: {answer}")
                problems += 1
        check(judge.fits("RecordTransaction", sale(colour="red")) and judge.fits("RecordTransaction", sale(lines=7)), "what is wrong does not fit")
        described = [field for schema in document["components"]["schemas"].values() for field in schema["properties"].values() if "description" in field]
        check(len(described) > 100, f"the comments of the .proto files are in it: {len(described)}")
        for path, methods in admin["paths"].items():
            for method, operation in methods.items():
                known = {p["name"] for p in operation.get("parameters", [])}
                if method == "get":
                    status, _ = gateway.https("GET", path + "?no_such=1", certificate=gateway.admin / "credentials.pem")
                    check(status == 400, f"{path} refuses a parameter that it does not describe ({known}): {status}")
        note(f"{len(judge.seen)} captures, {problems} problems, {len(document['components']['schemas'])} schemas, {len(described)} described fields")


def test_the_page_that_shows_it_is_whole():
    """/docs and what it needs come from the agent itself, under a policy that lets in nothing else, and only by its own names."""
    with Lab() as lab:
        agent = lab.agent(lab.gateway())
        for path in ("/docs", "/docs.css", "/docs.js"):
            status, body, headers = fetched(agent.port, path)
            check(status == 200 and body and "default-src 'none'" in dict(headers)["Content-Security-Policy"], f"{path}: {status} {headers}")
            check(b"http://" not in body.replace(b"http://127.0.0.1", b"") and b"https://" not in body, f"{path} fetches nothing from elsewhere")
        status, _, _ = ask(agent, method="GET", path="/docs", Host="evil.example")
        check(status == 403, f"under another name: {status}")


if __name__ == "__main__":
    run_tests(globals())
