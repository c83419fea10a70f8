"""django-hordak as its own documentation and benchmark use it; run by bench/peer.py in the peer's environment.

Its triggers are as shipped, the connection stays open. `single`: `Account.transfer_to`, a commit each. `call`: the same, all
in one transaction. `bulk`: `bulk_create` of transactions and of legs in one transaction, as its benchmark command does.
"""

import json
import sys
import time
from datetime import UTC, datetime

import django
from django.conf import settings
from django.core.management import call_command

told = json.loads(sys.stdin.readline())
settings.configure(
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", **told["database"]}},
    INSTALLED_APPS=["django.contrib.contenttypes", "mptt", "djmoney", "hordak"],
    DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
    DEFAULT_CURRENCY="EUR",
    USE_TZ=True,
)
django.setup()

from django.db import transaction as database  # noqa: E402
from hordak.models import Account, Leg, Transaction  # noqa: E402
from moneyed import Money  # noqa: E402

TODAY = datetime.now(UTC).date()
call_command("migrate", verbosity=0)
members = [
    Account.objects.create(name=f"Member {number}", code=str(number), type="LI", currencies=["EUR"])
    for number in range(told["members"])
]


def single(transfers):
    for giver, taker, minutes in transfers:
        # A transfer credits the account that it is called on: of two liabilities, that one grows.
        members[taker].transfer_to(members[giver], Money(minutes, "EUR"), date=TODAY, description="bench")


def call(transfers):
    with database.atomic():
        single(transfers)


def bulk(transfers):
    made, legs = [], []
    for giver, taker, minutes in transfers:
        one, money = Transaction(date=TODAY, description="bench"), Money(minutes, "EUR")
        made.append(one)
        legs.append(Leg(transaction=one, account=members[taker], credit=money))
        legs.append(Leg(transaction=one, account=members[giver], debit=money))
    with database.atomic():
        Transaction.objects.bulk_create(made)
        Leg.objects.bulk_create(legs)


print(json.dumps({}), flush=True)
for line in sys.stdin:
    told = json.loads(line)
    if told["do"] == "balances":
        balances = [int(one.balance["EUR"].amount) for one in Account.objects.with_balances().order_by("id")]
        print(json.dumps({"balances": balances}), flush=True)
        continue
    begun = time.perf_counter()
    {"single": single, "call": call, "bulk": bulk}[told["do"]](told["transfers"])
    print(json.dumps({"seconds": time.perf_counter() - begun}), flush=True)
