"""A resident's browser, as far as our pages need one: cookies, redirects and forms."""

from html.parser import HTMLParser
from urllib.parse import urljoin

import requests


class Resident:
    def __init__(self, issuer, phone):
        self.issuer = issuer
        self.phone = phone
        self.browser = requests.Session()

    def sign_in(self, authorization):
        """Signs in and agrees where asked; the URL at which the department gets its answer."""
        page = self.visit(authorization)
        page = self.press(page, "send-code", phone=self.phone)
        outbox = requests.get(f"{self.issuer}/dev/outbox.json", params={"phone": self.phone}, timeout=10)
        page = self.press(page, "verify", code=outbox.json()[0]["code"])
        return page if isinstance(page, str) else self.press(page, "allow")

    def visit(self, place, form=None):
        """Follows redirects to a page of the provider's, or to the address where they leave it."""
        while place.startswith(self.issuer + "/"):
            headers = {"Origin": self.issuer, "Sec-Fetch-Site": "same-origin"} if form is not None else {}
            answer = self.browser.request(
                "GET" if form is None else "POST",
                place,
                data=form,
                headers=headers,
                allow_redirects=False,
                timeout=10,
            )
            if answer.status_code not in (302, 303):
                assert answer.status_code == 200, f"{place}: {answer.status_code} {answer.text}"
                return answer
            place, form = urljoin(place, answer.headers["Location"]), None
        return place

    def press(self, page, button, **typed):
        """Presses a button: its form's hidden and ticked fields, and what was typed."""
        assert not isinstance(page, str), f"no {button}: left for {page}"
        forms = Forms()
        forms.feed(page.text)
        for form in forms.all:
            for pressed in form["buttons"]:
                if pressed.get("id") == button:
                    fields = list(form["fields"])
                    if pressed.get("name"):
                        fields.append((pressed["name"], pressed.get("value") or ""))
                    fields = [field for field in fields if field[0] not in typed] + list(typed.items())
                    action = pressed.get("formaction") or form["action"]
                    return self.visit(urljoin(page.url, action), fields)
        raise AssertionError(f"no {button} at {page.url}: {page.text}")


class Forms(HTMLParser):
    def __init__(self):
        super().__init__()
        self.all = []

    def handle_starttag(self, tag, attrs):
        at = dict(attrs)
        if tag == "form":
            self.all.append({"action": at.get("action") or "", "fields": [], "buttons": []})
        elif tag == "button" and self.all:
            self.all[-1]["buttons"].append(at)
        elif tag == "input" and self.all and (at.get("type") == "hidden" or "checked" in at):
            self.all[-1]["fields"].append((at["name"], at.get("value") or "on"))
