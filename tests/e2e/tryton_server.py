"""A real Tryton 6.0 with the modules that a shop's CRM needs, made once and copied for each test."""
import base64
import http.client
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from harness import Process, check, free_port, run, wait_until
from testing import Skip

PYTHON = "/usr/bin/python3"  # Debian's, which has Tryton's modules.
USER, PASSWORD = "tillstream", "Qx7-vbT2mLp9"

# Runs inside Debian's Python, before the server does: what a shop sets up by hand.
SEED = """
import json, sys
from decimal import Decimal
from proteus import config, Model
from trytond.config import config as settings
settings.update_etc(sys.argv[1])
config.set_trytond(database=sys.argv[2], user='admin', config_file=sys.argv[1])
get = Model.get


def made(model, **values):
    one = get(model)(**values)
    one.save()
    return one


currency = made('currency.currency', name='Pound', code='GBP', symbol='£', numeric_code='826', digits=2, rounding=Decimal('0.01'))
company = made('company.company', party=made('party.party', name='A shop'), currency=currency)
Company, User, Group = get('company.company'), get('res.user'), get('res.group')
admin, = User.find([('login', '=', 'admin')])
admin.companies.append(Company(company.id))
admin.company = company
admin.save()
config.get_config()._context = User.get_preferences(True, config.get_config().context)
user = User(name='Tillstream', login=sys.argv[3])
user.password = sys.argv[4]
user.groups.extend(Group.find([('name', 'in', ['Sales', 'Stock', 'Marketing', 'Party Administration'])]))
user.companies.append(Company(company.id))
user.company = Company(company.id)
user.save()
unit, = get('product.uom').find([('symbol', '=', 'u')])
for sku, gtin in (('TEA-1', None), ('PEN', '4006381333931')):
    template = get('product.template')(name=sku, default_uom=unit, type='goods', salable=True, sale_uom=unit, list_price=Decimal('1'))
    product = template.products[0]
    product.suffix_code, product.cost_price = sku, Decimal('1')
    if gtin:
        number = product.identifiers.new()
        number.type, number.code = 'ean', gtin
    template.save()
lost, = get('stock.location').find([('type', '=', 'lost_found')], limit=1)
parts = [made('stock.location', name=f'12 {part}', type='storage', code=f'12-{part}') for part in ('store', 'in', 'out')]
made('stock.location', name='Store 12', type='warehouse', code='12', storage_location=parts[0], input_location=parts[1],
     output_location=parts[2], lost_found_location=lost)
english, = get('ir.lang').find([('code', '=', 'en')])
made('marketing.email.list', name='Newsletter', language=english)
for name in ('consent:sms', 'consent:profiling'):
    made('party.category', name=name)
"""


def psql(uri, sql, database="postgres"):
    run("psql", "-q", "-v", "ON_ERROR_STOP=1", "-c", sql, uri + database)


class Tryton:
    """One server on SQLite, or on the PostgreSQL server at `uri` (which ends with a slash); for tests it answers questions."""

    def __init__(self, folder, uri=None, database="crm"):
        if not shutil.which("trytond"):
            raise Skip("Debian's package tryton-server is not installed")
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.uri, self.port, self.database = uri, free_port(), database
        self.process = Process(self.folder / "trytond.log", "trytond", "-c", self.config, "-d", self.database)

    @property
    def config(self):
        return self.folder / "trytond.conf"

    def write_config(self):
        self.config.write_text(f"[database]\nuri = {self.uri or 'sqlite://'}\npath = {self.folder / 'db'}\n"
                               f"[web]\nlisten = 127.0.0.1:{self.port}\n[session]\ntimeout = 5\n")

    def make(self):
        """Half a minute: the modules' tables, then what a shop sets up."""
        (self.folder / "db").mkdir()
        if self.uri:
            psql(self.uri, f"CREATE DATABASE {self.database}")
        else:
            (self.folder / "db" / f"{self.database}.sqlite").touch()
        self.write_config()
        (self.folder / "password").write_text(PASSWORD)
        admin = ["trytond-admin", "-c", self.config, "-d", self.database]
        env = {"TRYTONPASSFILE": str(self.folder / "password")}
        run(*admin, "--all", "--email", "admin@example.com", env=env, timeout=300)
        run(*admin, "-u", "party", "sale", "stock", "marketing_email", "--activate-dependencies", env=env, timeout=300)
        base = self.uri or "sqlite:///"
        run(PYTHON, "-W", "ignore", "-c", SEED, self.config, base + self.database, USER, PASSWORD, timeout=300)
        return self

    def copy_of(self, other):
        """Another server on a copy of what `other` has, which stands still."""
        if self.uri:
            psql(self.uri, f"CREATE DATABASE {self.database} TEMPLATE {other.database}")
        else:
            (self.folder / "db").mkdir()
            shutil.copy(other.folder / "db" / f"{other.database}.sqlite", self.folder / "db" / f"{self.database}.sqlite")
        self.write_config()
        return self

    def harden(self):
        """What a careful shop adds: stock Tryton lets a reference in twice."""
        index = "CREATE UNIQUE INDEX sale_reference ON sale_sale(reference)"
        if self.uri:
            return psql(self.uri, index, self.database)
        with sqlite3.connect(self.folder / "db" / f"{self.database}.sqlite") as database:
            database.execute(index)

    def start(self):
        self.process.start()
        wait_until(self.answers, 60, f"trytond answers\n{self.process.tail()}")
        self.log_in("admin")
        return self

    def log_in(self, name):
        self.session = self.company = None
        user, session = self.rpc("common.db.login", name, {"password": PASSWORD}, "en", context=False)
        self.session = base64.b64encode(f"{name}:{user}:{session}".encode()).decode()
        self.company = self.rpc("model.res.user.get_preferences", True)["company"]

    session, company = None, None

    def answers(self):
        check(self.process.running, f"trytond ended by itself\n{self.process.tail()}")
        try:
            return self.rpc("common.server.version", context=False, path="/")
        except OSError:
            return False

    def rpc(self, method, *params, context=True, path=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json"}
        if self.session:
            headers["Authorization"] = f"Session {self.session}"
        sent = [*params, {"company": self.company} if self.company else {}] if context else list(params)
        connection.request("POST", path or f"/{self.database}/", json.dumps({"id": 1, "method": method, "params": sent}), headers)
        answer = json.loads(connection.getresponse().read())
        connection.close()
        check("error" not in answer, f"{method}: {answer}")
        return answer["result"]

    def read(self, model, domain, *fields):
        return self.rpc(f"model.{model}.search_read", domain, 0, None, None, list(fields))

    def add_store(self, code):
        """What a shop does when it opens one more."""
        parts = self.rpc("model.stock.location.create", [{"name": f"{code} {part}", "type": "storage", "code": f"{code}-{part}"} for part in ("store", "in", "out")])
        lost = self.read("stock.location", [["type", "=", "lost_found"]], "name")[0]["id"]
        self.rpc("model.stock.location.create", [{"name": f"Store {code}", "type": "warehouse", "code": code, "storage_location": parts[0],
                                                  "input_location": parts[1], "output_location": parts[2], "lost_found_location": lost}])

    def sales(self):
        """Every sale by its reference: (state, total)."""
        return [(s["reference"], s["state"], s["total_amount"]["decimal"]) for s in
                self.read("sale.sale", [["reference", "like", "till:%"]], "reference", "state", "total_amount")]
