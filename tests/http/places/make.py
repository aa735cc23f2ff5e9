"""Makes the databases of places that the tests read: `pip install mmdb_writer && python make.py`.

Addresses are those that documentation uses (RFC 5737, RFC 3849). They were built on 2026-01-15, as they say.
"""
import pathlib
import time

from mmdb_writer import MMDBWriter
from netaddr import IPSet

HERE = pathlib.Path(__file__).parent
time.time = lambda: 1768435200


def names(chinese, english):
    named = {"zh-CN": chinese, "en": english}
    return {"names": {tag: name for tag, name in named.items() if name}}


CHINA, YUNNAN = names("中国", "China"), names("云南", "Yunnan")
CITIES = {
    "203.0.113.0/24": {"city": names("昆明", "Kunming"), "subdivisions": [YUNNAN], "country": CHINA},
    "198.51.100.0/24": {"city": {"geoname_id": 1}, "subdivisions": [YUNNAN, names("大理州", "Dali Prefecture")], "country": CHINA},
    "192.0.2.0/25": {"country": names("新加坡", "Singapore")},
    # Without any name, and with one where none belongs.
    "192.0.2.128/26": {"country": {"iso_code": "SG"}},
    "192.0.2.192/26": {"city": "Singapore"},
}


def write(file, cities, **metadata):
    described = {tag: "Places of Yimen's tests" for tag in metadata["languages"]}
    writer = MMDBWriter(description=described, **metadata)
    for network, record in cities.items():
        writer.insert_network(IPSet([network]), record)
    writer.to_db_file(str(HERE / file))


write(
    "cities.mmdb",
    CITIES | {"2001:db8:1::/48": {"city": names(None, "Dali"), "country": CHINA}},
    ip_version=6,
    ipv4_compatible=True,
    database_type="Yimen-Test-City",
    languages=["zh-CN", "en"],
)
write("v4.mmdb", CITIES, ip_version=4, database_type="Yimen-Test-City", languages=["en"])
