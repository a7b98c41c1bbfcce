#!/usr/bin/env python3
"""--anonymize: of every capture, no name and no address is left in any output, and the outputs differ in nothing but consistent names.

Usage: test_anonymize.py OAEXPORT

SPDX-License-Identifier: GPL-2.0-or-later
"""
import base64
import collections
import contextlib
import hashlib
import hmac
import http
import ipaddress
import itertools
import pathlib
import re
import sqlite3
import subprocess
import sys
import tempfile
import unittest

TOP = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(TOP / "test-captures"))
import tools  # noqa: E402

PROGRAM = str(pathlib.Path(sys.argv.pop(1)).resolve())
REPORTS = [line.split()[0] for line in tools.oaexport(PROGRAM, "--list-reports").stdout.splitlines()]
UNITS = {report: dict(re.findall(r"^  (\w+) +(\S+)", columns, re.MULTILINE)) for report, columns in
         re.findall(r"^(\w+): one row.*\n((?:  .*\n)+)", tools.oaexport(PROGRAM, "--describe").stdout, re.MULTILINE)}
KEY = b"a key of the tests, which nobody else has"
PSEUDONYM = re.compile(r"[uhfn][0-9a-f]{12}")

# What the columns of text name. All others are words, which stay; a new one has to be added here, or to WORDS.
NAMES = set("""user rpc_user domain workstation target_name spn realm netbios_computer netbios_domain dns_computer dns_domain dns_forest
    target_server server_name proxy_name server proxy tls_sni tls_certificate_subject tls_certificate_issuer folder file file_name user_dn
    client_name client_names source destination identity users""".split())
SECRET = {"subject"}
# Texts in which names have been replaced one by one.
TEXTS = {"evidence", "description", "property_names"}
WORDS = set("""anonymous decrypted estimated signatures_why_not not_decrypted sizes unknown unsealed unsealed_why_not asked_by auth_level auth_scheme begun certificate_path channel_bindings channels class client_address_order client_mode
    client_modes client_os_version client_sessions client_software client_version clients code conn end_state ended_by event fault_status fault_statuses
    first_rop format handshake hop hops http_auth input_handle interface join join_certainty kerberos_error kind link_types meaning measure mechanism
    message_class message_id mic ntlm_anonymous ntlm_flags ntlm_version object offered opened operation outcome output_handle pdu persistent
    place profile protocol purpose quality restrictions result return_value role rop rop_class rop_errors rop_id rpc_auth
    rpc_auth_level rpc_error rpc_level scheme server_os_version server_version service services severity spnego_state state status
    target_allowed ticket tls_alert tls_alert_by tls_alpn tls_cipher tls_client_certificate tls_handshake tls_version transport transports type
    user_agent folder_id""".split())


# The file of the database, in which values follow each other without a separator: short ones may come about by chance.
BINARY = "database file"
# Parts of names that stay: types in distinguished names, classes of services.
KEPT = {"cn", "o", "ou", "dc", "c", "l", "st", "cifs", "exchangemdb", "http", "host", "ldap", "krbtgt", "termsrv"}
ADDRESS = re.compile(r"\[?([\d.]{7,15}|[\da-f:]*:[\da-f:.]+?)\]?(:\d+)?", re.IGNORECASE)
# What the program knows of HTTP.
CANONICAL = re.compile(r"\bPid(?:Tag|Lid|Name)\w+")
PHRASES = re.compile("|".join(re.escape(status.phrase.lower()) for status in http.HTTPStatus))


def parts_of(name):
    """A name and what it consists of; of an address only itself."""
    parts = [name, *re.split(r'[\\@;/,=.:\[\]+"<> ]+', name)]
    return {part.lower() for part in parts if part} - KEPT


def masked(text):
    """A text without pseudonyms, phrases of HTTP and canonical names of properties, in lower case."""
    return PHRASES.sub(" ", PSEUDONYM.sub(" ", CANONICAL.sub(" ", text)).lower())


class Outputs:
    """The outputs of a capture, of all reports: the summary and CSV, or all formats."""

    def __init__(self, capture, *arguments, all_formats=True):
        self.texts = {}
        self.rows = {}
        with tempfile.TemporaryDirectory() as folder:
            folder = pathlib.Path(folder)
            common = ["-q", "--rops", *arguments]
            every = [*common, "-r", ",".join(REPORTS)]
            formats = ["-o", folder / "csv"], ["-o", folder / "json", "--format", "json"], ["-o", folder / "all.db"]
            for number, more in enumerate(formats if all_formats else formats[:1]):
                self.texts[f"stderr {number}"] = tools.oaexport(PROGRAM, *every, *more, capture, check=False).stderr
            tools.oaexport(PROGRAM, "page", folder / "csv")
            self.page, self.texts["page"] = self.divide((folder / "csv" / "report.html").read_text(encoding="utf-8"))
            (folder / "csv" / "report.html").unlink()
            self.texts["summary"] = tools.oaexport(PROGRAM, "-q", *arguments, capture, check=False).stdout
            for path in folder.glob("*/*"):
                self.texts[path.name] = path.read_text(encoding="utf-8")
            for report in REPORTS:
                self.rows[report] = tools.rows(self.texts[f"{report}.csv"])
            if not all_formats:
                return
            with contextlib.closing(sqlite3.connect(folder / "all.db")) as database:
                self.texts["database"] = "\n".join(database.iterdump())
            self.texts[BINARY] = (folder / "all.db").read_bytes().decode("latin-1")

    @staticmethod
    def divide(page):
        """What a page is whatever it shows, and the data of this one."""
        begin, rest = page.split('<script type="application/json" id="data">')
        data, end = rest.split("</script>", 1)
        return begin + end, data

    def cells(self, wanted):
        """Values of the columns that are wanted: by name and unit."""
        return {row[column] for report in REPORTS for row in self.rows[report] for column in row
                if row[column] and wanted(column, UNITS[report][column])}

    def names(self):
        """Whole names, and addresses."""
        names = self.cells(lambda column, unit: unit == "text" and column in NAMES | SECRET)
        addresses = {name: ADDRESS.fullmatch(name) for name in names}
        return ({name for name in names if not addresses[name]},
                self.cells(lambda column, unit: unit == "address") | {match[1] for match in addresses.values() if match})

    def words(self):
        """What the outputs contain whatever the names are, in lower case."""
        columns = "\n".join(column for report in REPORTS for column in UNITS[report])
        cells = self.cells(lambda column, unit: unit != "address" and column not in NAMES | SECRET | TEXTS)
        return "\n".join([columns, *cells, *re.findall(r'"(\w+)":', self.texts["page"])]).lower()


FRAME = "".join(tools.oaexport(PROGRAM, *arguments).stdout.lower() for arguments in (["--describe"], [tools.REAL / "tls.pcapng"]))


def leaks(original, texts, words):
    """Names, parts of names and addresses of the original outputs that the texts contain."""
    names, addresses = original.names()
    # A header, what a report is, and the words of the program may contain a name by chance, as "mail" or "test".
    frame = words + FRAME
    wanted = {part for name in names for part in parts_of(name) if part not in frame}
    found = set()
    for place, text in texts.items():
        text = masked(text)
        found |= {(place, part) for part in wanted if part in text and (place != BINARY or len(part) > 5)}
        found |= {(place, address) for address in addresses
                  if address in text and re.search(rf"(?<![\d.:a-f]){re.escape(address)}(?![\d.:]*[\da-f])", text)}
    return found, len(wanted) + len(addresses)


def digits(name, key=KEY):
    """The digits of a pseudonym, computed here."""
    return hmac.new(key, b"name\0" + name.casefold().encode(), hashlib.sha256).hexdigest()[:12]


def address_of(address, key=KEY):
    """The pseudonym of an address, bit by bit."""
    plain = ipaddress.ip_address(address)
    result = bytearray()
    for index, byte in enumerate(plain.packed):
        digest = hmac.new(key, b"ipv%d\0" % plain.version + plain.packed[:index], hashlib.sha256).digest()
        bits = f"{byte:08b}"
        turned = [int(bit) ^ digest[int("1" + bits[:at], 2) // 8] >> int("1" + bits[:at], 2) % 8 & 1 for at, bit in enumerate(bits)]
        result.append(int("".join(map(str, turned)), 2))
    return str(ipaddress.ip_address(bytes(result)))


class Anonymize(unittest.TestCase):
    """What --anonymize promises."""

    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.holder.cleanup)
        cls.folder = pathlib.Path(cls.holder.name)
        cls.key = cls.folder / "key"
        cls.key.write_bytes(KEY)
        cls.key.chmod(0o600)
        cls.arguments = ["--anonymize", cls.key]

    def test_columns(self):
        """Of every column of text is known what it names."""
        columns = {column for report in REPORTS for column, unit in UNITS[report].items() if unit == "text"}
        self.assertEqual(columns - NAMES - SECRET - TEXTS - WORDS, set())
        self.assertEqual((NAMES | SECRET | TEXTS | WORDS) - columns, set())

    def compare(self, plain, other, known):
        """The reports differ in names alone, and these by a renaming that `known` has for all reports."""
        for report in REPORTS:
            self.assertEqual(len(plain.rows[report]), len(other.rows[report]), report)
            for before, after in zip(plain.rows[report], other.rows[report]):
                for column, value in before.items():
                    unit, shown = UNITS[report][column], after[column]
                    if unit == "address" or column in NAMES:
                        self.assertEqual(bool(value), bool(shown), (report, column))
                        kind = "address" if unit == "address" else column
                        self.assertEqual(known[kind].setdefault(value.casefold(), shown).casefold(), shown.casefold(), (report, column, value))
                    elif column in SECRET:
                        self.assertEqual(shown, "", (report, column))
                    elif column not in TEXTS:
                        self.assertEqual(shown, value, (report, column))

    def test_every_capture(self):
        known = collections.defaultdict(dict)
        searched = compared = 0
        for capture in sorted(tools.CAPTURES.glob("**/*.pcap*")):
            with self.subTest(capture.name):
                plain, other = Outputs(capture, all_formats=False), Outputs(capture, *self.arguments)
                words = plain.words()
                self.assertEqual(other.page, plain.page)
                found, n = leaks(plain, other.texts, words)
                self.assertEqual(found, set())
                self.compare(plain, other, known)
                searched += n
                compared += 1
                for text in other.texts.values():
                    for secret in (KEY.decode(), KEY.hex(), base64.b64encode(KEY).decode()):
                        self.assertNotIn(secret, text)
        self.assertGreater(compared, 100)
        self.assertGreater(searched, 1000)
        for kind, names in known.items():
            # A renaming: different names stay different, and equal ones of two columns equal.
            names.pop("", None)
            self.assertEqual(len(set(names.values())), len(names), kind)
        for one, other in (("user", "rpc_user"), ("target_server", "server"), ("proxy_name", "proxy"), ("workstation", "client_name")):
            for name in set(known[one]) & set(known[other]):
                self.assertEqual(known[one][name], known[other][name])
        self.check_prefixes(known["address"])

    def test_check(self):
        """The check finds names in each output that is not anonymised, and one name that is left."""
        plain = Outputs(tools.REAL / "basic.pcapng")
        words = plain.words()
        found, _ = leaks(plain, plain.texts, words)
        empty = {place for place in plain.texts if place.startswith("stderr") or place.split(".")[0] in ("estimates", "histograms")}
        self.assertLessEqual(set(plain.texts) - {place for place, _ in found}, empty | {place for place in plain.texts if "findings" in place})
        self.assertLessEqual({"mbx1.lab.test", "brian", "198.51.100.11"}, {part for _, part in found})
        for left in ("MBX1", "198.51.100.11", "brian@lab.test"):
            self.assertEqual({part for _, part in leaks(plain, {"text": f"u0123456789ab@{left},2"}, words)[0]} & {left.lower()}, {left.lower()})
        self.assertEqual(leaks(plain, {"text": "198.51.100.119, u0123456789ab"}, words)[0], set())

    def check_prefixes(self, addresses):
        """Pseudonyms share as many first bits as the addresses."""
        def shared(one, other):
            one, other = (int(ipaddress.ip_address(address)) for address in (one, other))
            return (one ^ other).bit_length()
        compared = 0
        for one, other in itertools.combinations(sorted(addresses), 2):
            if (":" in one) == (":" in other):
                self.assertEqual(shared(one, other), shared(addresses[one], addresses[other]), (one, other))
                compared += 1
        self.assertGreater(compared, 100)
        for address, pseudonym in list(addresses.items())[:50]:
            self.assertEqual(address_of(address), pseudonym)

    def test_findings_of_the_captures(self):
        """Names of files, and the server that a list does not contain."""
        capture = self.folder / "secretplace.pcapng"
        late = self.folder / "otherplace.pcapng"
        basic = tools.REAL / "basic.pcapng"
        capture.write_bytes(basic.read_bytes())
        subprocess.run(["editcap", "-t", "-7200", basic, late], check=True, capture_output=True)
        mixed = self.folder / "thirdplace.pcapng"
        subprocess.run(["mergecap", "-a", "-w", mixed, capture, late], check=True, capture_output=True)
        plain = tools.oaexport(PROGRAM, "-r", "findings", "--valid-ports", "x:1", mixed).stdout
        self.assertIn("thirdplace", plain)
        self.assertIn("mbx1.lab.test:6001 is not in the list", plain)
        other = tools.oaexport(PROGRAM, "-r", "findings", "--valid-ports", "x:1", *self.arguments, mixed).stdout
        self.assertNotIn("place", other)
        server = ".".join("h" + digits(label) for label in ("mbx1", "lab", "test"))
        self.assertIn(f"{server}:6001 is not in the list", other)
        self.assertIn("n" + digits("thirdplace.pcapng"), other)
        summary = tools.oaexport(PROGRAM, *self.arguments, "--proxy", "mail.lab.test", capture).stdout
        for word in ("place", "mail", "key"):
            self.assertNotIn(word, summary)
        self.assertIn("CAPTURE...", summary)

    def test_keys(self):
        """The key decides, and nothing else."""
        capture = tools.MADE.parent / "real" / "basic.pcapng"
        arguments = ["-r", "sessions", capture]
        first = tools.oaexport(PROGRAM, *self.arguments, *arguments).stdout
        copy = self.folder / "copy"
        copy.write_bytes(KEY)
        copy.chmod(0o400)
        self.assertEqual(tools.oaexport(PROGRAM, "--anonymize", copy, *arguments).stdout, first)
        other = self.folder / "other"
        other.write_bytes(KEY + b"\n")
        other.chmod(0o600)
        second = tools.oaexport(PROGRAM, "--anonymize", other, *arguments).stdout
        shared = set(PSEUDONYM.findall(first)) & set(PSEUDONYM.findall(second))
        self.assertEqual(shared, set())
        self.assertIn("u" + digits("brian") + "@h" + digits("lab") + ".h" + digits("test"), first)
        self.assertIn("u" + digits("brian", KEY + b"\n"), second)

    def test_bad_keys(self):
        basic = tools.REAL / "basic.pcapng"
        for name, content in (("empty", b""), ("long", bytes(70000))):
            path = self.folder / name
            path.write_bytes(content)
            path.chmod(0o600)
            result = tools.oaexport(PROGRAM, "--anonymize", path, basic, check=False)
            self.assertEqual((result.returncode, result.stdout), (1, ""), name)
            self.assertEqual(result.stderr.count("\n"), 1)
        result = tools.oaexport(PROGRAM, "--anonymize", self.folder / "missing", basic, check=False)
        self.assertEqual((result.returncode, result.stdout), (1, ""))
        for name, mode, words in (("open", 0o644, "others can read"), ("group", 0o640, "others can read"), ("short", 0o600, "can be guessed")):
            path = self.folder / name
            path.write_bytes(KEY[:8] if name == "short" else KEY)
            path.chmod(mode)
            result = tools.oaexport(PROGRAM, "--anonymize", path, basic, check=False)
            self.assertEqual(result.returncode, 0)
            self.assertIn(words, result.stderr)
            self.assertEqual(result.stderr.count("\n"), 1)


if __name__ == "__main__":
    unittest.main()
