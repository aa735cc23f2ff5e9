"""A department's server built on Authlib, which knows nothing of us."""

import itertools
import json
import os
import secrets
import subprocess
import unittest
from urllib.parse import parse_qs, urlsplit

# Plain HTTP to loopback; Authlib asks for it by this name.
os.environ["AUTHLIB_INSECURE_TRANSPORT"] = "1"

from authlib.integrations.base_client import OAuthError
from authlib.integrations.requests_client import OAuth2Session
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata
from authlib.oidc.core import CodeIDToken
from authlib.oidc.discovery import OpenIDProviderMetadata
from joserfc import jwt
from joserfc.errors import BadSignatureError
from joserfc.jwk import KeySet

from resident import Resident

BINARY = os.environ.get("YIMEN_BIN", "target/debug/yimen")
CONFIG = os.environ["YIMEN_CONFIG"]
ISSUER = os.environ["YIMEN_ISSUER"]
CALLBACK = "https://tax.yunchuan.example/callback"
SCOPE = "openid profile phone offline_access"

# Each its own: one message a minute goes to a number.
phones = (f"139000001{number:02}" for number in itertools.count(1))


def register(auth_method, algorithm):
    options = {
        "name": "个税查询",
        "department": "税务局",
        "redirect-uri": CALLBACK,
        "scope": SCOPE,
        "auth-method": auth_method,
        "id-token-alg": algorithm,
    }
    words = [word for name, value in options.items() for word in (f"--{name}", value)]
    command = [BINARY, "client", "add", "--config", CONFIG, "--json", *words]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)


class Department:
    """One registered client and the library's session for it."""

    def __init__(self, auth_method, algorithm):
        client = register(auth_method, algorithm)
        self.algorithm = algorithm
        self.client_id = client["client_id"]
        self.session = OAuth2Session(
            self.client_id,
            client.get("client_secret"),
            token_endpoint_auth_method=auth_method,
            scope=SCOPE,
            redirect_uri=CALLBACK,
            code_challenge_method="S256",
            default_timeout=10,
        )
        url = f"{ISSUER}/.well-known/openid-configuration"
        self.provider = self.session.get(url, withhold_token=True).json()
        self.session.metadata["token_endpoint"] = self.provider["token_endpoint"]

    def answer(self, resident):
        """Sends a resident to sign in; the answer, and what the code must be shown with."""
        self.nonce = secrets.token_urlsafe(16)
        verifier = secrets.token_urlsafe(48)
        url, self.state = self.session.create_authorization_url(
            self.provider["authorization_endpoint"], code_verifier=verifier, nonce=self.nonce
        )
        return resident.sign_in(url), verifier

    def exchange(self, answer, verifier):
        return self.session.fetch_token(
            self.provider["token_endpoint"],
            authorization_response=answer,
            state=self.state,
            code_verifier=verifier,
        )

    def keys(self):
        return KeySet.import_key_set(self.session.get(self.provider["jwks_uri"], withhold_token=True).json())

    def id_token(self, tokens, keys=None):
        decoded = jwt.decode(tokens["id_token"], keys or self.keys(), algorithms=[self.algorithm])
        options = {
            "iss": {"essential": True, "value": self.provider["issuer"]},
            "aud": {"essential": True, "value": self.client_id},
            "nonce": {"essential": True, "value": self.nonce},
        }
        params = {"nonce": self.nonce, "client_id": self.client_id, "access_token": tokens["access_token"]}
        claims = CodeIDToken(decoded.claims, decoded.header, options, params)
        claims.validate(leeway=5)
        return claims

    def userinfo(self):
        answer = self.session.get(self.provider["userinfo_endpoint"])
        answer.raise_for_status()
        return answer.json()


class Authlib(unittest.TestCase):
    def department(self, auth_method="client_secret_basic", algorithm="ES256"):
        department = Department(auth_method, algorithm)
        self.addCleanup(department.session.close)
        return department

    def resident(self):
        resident = Resident(ISSUER, next(phones))
        self.addCleanup(resident.browser.close)
        return resident

    def test_discovery(self):
        document = self.department().provider
        self.assertEqual(document["issuer"], ISSUER)
        # Authlib's own rules for the document, which want https in its addresses: ours has it outside of tests.
        secure = json.loads(json.dumps(document).replace("http://localhost", "https://localhost"))
        OpenIDProviderMetadata(secure).validate()
        AuthorizationServerMetadata(secure).validate()

    def test_sign_in(self):
        for auth_method in ("client_secret_basic", "client_secret_post", "none"):
            for algorithm in ("ES256", "RS256"):
                with self.subTest(auth_method=auth_method, algorithm=algorithm):
                    self.sign_in(auth_method, algorithm)

    def sign_in(self, auth_method, algorithm):
        department, resident = self.department(auth_method, algorithm), self.resident()
        answer, verifier = department.answer(resident)
        self.assertEqual(parse_qs(urlsplit(answer).query)["iss"], [ISSUER])
        tokens = department.exchange(answer, verifier)
        claims = department.id_token(tokens)
        self.assertEqual(claims.header["alg"], algorithm)
        who = department.userinfo()
        self.assertEqual(who["sub"], claims["sub"])
        self.assertEqual(who["phone_number"], f"+86{resident.phone}")

        before = tokens["access_token"]
        fresh = department.session.refresh_token(
            department.provider["token_endpoint"], refresh_token=tokens["refresh_token"]
        )
        self.assertNotEqual(fresh["access_token"], before)
        self.assertEqual(department.userinfo(), who)

    def test_a_forged_id_token_is_refused(self):
        department = self.department()
        tokens = department.exchange(*department.answer(self.resident()))
        head, _, signature = tokens["id_token"].split(".")
        other = self.department()
        foreign = other.exchange(*other.answer(self.resident()))
        forged = ".".join((head, foreign["id_token"].split(".")[1], signature))
        with self.assertRaises(BadSignatureError):
            department.id_token({**tokens, "id_token": forged})

    def test_a_code_serves_once(self):
        department = self.department()
        answer, verifier = department.answer(self.resident())
        department.exchange(answer, verifier)
        with self.assertRaises(OAuthError) as refused:
            department.exchange(answer, verifier)
        self.assertEqual(refused.exception.error, "invalid_grant")

    def test_revocation_and_introspection(self):
        department = self.department()
        tokens = department.exchange(*department.answer(self.resident()))
        introspect = department.provider["introspection_endpoint"]
        alive = department.session.introspect_token(introspect, token=tokens["access_token"]).json()
        self.assertTrue(alive["active"])
        revoke = department.provider["revocation_endpoint"]
        answer = department.session.revoke_token(
            revoke, token=tokens["refresh_token"], token_type_hint="refresh_token"
        )
        self.assertEqual(answer.status_code, 200)
        dead = department.session.introspect_token(introspect, token=tokens["access_token"]).json()
        self.assertEqual(dead, {"active": False})
        with self.assertRaises(OAuthError) as refused:
            department.session.refresh_token(
                department.provider["token_endpoint"], refresh_token=tokens["refresh_token"]
            )
        self.assertEqual(refused.exception.error, "invalid_grant")


if __name__ == "__main__":
    unittest.main()
