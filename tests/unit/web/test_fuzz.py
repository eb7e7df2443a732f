"""Whatever is sent: no answer is a mistake of the server, none tells a customer what is not his."""

import re

import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from .weblab import Web, fake_lab

pytestmark = pytest.mark.slow

WEB = Web(fake_lab("polaris"), hosts=("testserver", "localhost"))
SCHEMA = schemathesis.openapi.from_asgi(
    "/api/openapi.json", app=WEB.app, headers={"Authorization": f"Bearer {WEB.provider}"}
).exclude(path="/api/stream")  # it does not end; see test_web_feed
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]
BOUNDED = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
FEW = settings(BOUNDED, max_examples=5)
ANOTHERS = re.compile(
    r"pe-kbh|pe-sth|pe-osl|core1|core2|polaris|64512|"
    r"beta|Beta Steel|lyon|porto|gamma|Gamma|malmo|bergen|ribe|delta|Delta|epsilon|Epsilon|vault"
)


NAMES = {
    "link": "core1-core2",
    "src": "alfa/aarhus/h1",
    "dst": "alfa/oslo/h1",
    "vpn": "alfa",
    "node": "pe-kbh",
}
"""Names that exist, for those that no fuzzer would ever guess."""


def aim(case):
    """Put names that exist into every other case."""
    for values in (case.path_parameters, case.query, case.body):
        if isinstance(values, dict) and len(str(values)) % 2:
            values.update({name: NAMES[name] for name in values.keys() & NAMES.keys()})


def ask(case, token):
    aim(case)
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
    return case.call()


@SCHEMA.parametrize()
@BOUNDED
def test_the_provider_always_gets_what_the_description_says(case):
    answer = ask(case, WEB.provider)
    assert answer.status_code != 401
    case.validate_response(answer, checks=CHECKS)


@SCHEMA.parametrize()
@BOUNDED
def test_a_customer_never_gets_a_word_of_what_is_not_his(case):
    answer = ask(case, WEB.customer("Alfa Foods"))
    case.validate_response(answer, checks=CHECKS)
    assert ANOTHERS.search(answer.text) is None
    his = case.method == "GET" and case.path in {"/api/session", "/api/pictures/vpns/{vpn}"}
    assert his or answer.status_code == 404


@SCHEMA.parametrize()
@FEW
def test_a_stranger_gets_nothing_at_all(case):
    for token in ("", "x"):
        assert ask(case, token).status_code == 401


@pytest.mark.parametrize("vpn", ["alfa", "beta", "gamma", "delta", "epsilon"])
@pytest.mark.parametrize("token", ["Alfa Foods", "Beta Steel", "Gamma Bank", "Delta Post"])
def test_the_fuzzed_lab_has_pictures_for_those_whose_they_are(vpn, token):
    his = {"Alfa Foods": "alfa", "Beta Steel": "beta", "Gamma Bank": "gamma", "Delta Post": "delta"}
    answer = WEB.get(f"/api/pictures/vpns/{vpn}", WEB.customer(token))
    assert answer.status_code == (200 if his[token] == vpn else 404)
