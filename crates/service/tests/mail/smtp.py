"""A mail server for tests, on loopback. It writes one JSON object a line to standard output:
first its port, then what happens. `--mode` says how it behaves."""

import argparse
import asyncio
import email
import email.policy
import json
import ssl

from aiosmtpd.smtp import SMTP, AuthResult


def say(**what):
    print(json.dumps(what), flush=True)


def text(value):
    # Bytes that are no ASCII come as lone surrogates, which are no JSON.
    return str(value).encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def part(part):
    return {
        "type": part.get_content_type(),
        "charset": part.get_content_charset(),
        "encoding": part["content-transfer-encoding"],
        "text": part.get_content(),
    }


class Handler:
    def __init__(self, mode):
        self.mode = mode
        self.seen = set()

    async def handle_MAIL(self, server, session, envelope, address, options):
        if self.mode == "sender":
            return "550 5.7.1 you may not send as " + address
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.mode == "refuse":
            return "550 5.1.1 <" + address + ">: no such user here"
        if self.mode == "greylist" and address not in self.seen:
            self.seen.add(address)
            return "451 4.7.1 greylisted, come back later"
        if self.mode == "relay":
            return "530 5.7.0 log in first"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if self.mode == "hang-up":
            server.transport.close()
            return "250 nobody hears this"
        if self.mode == "spam":
            return "554 5.6.0 this looks like spam"
        if self.mode == "once-slow" and not self.seen:
            # It answers when the client has given up: what a pool must not mix up.
            self.seen.add("slow")
            say(event="slow")
            await asyncio.sleep(3600)
        mail = email.message_from_bytes(envelope.original_content, policy=email.policy.default)
        say(
            event="mail",
            sender=envelope.mail_from,
            recipients=envelope.rcpt_tos,
            options=envelope.mail_options,
            peer=session.peer[1],
            tls=session.ssl is not None or server.transport.get_extra_info("cipher") is not None,
            user=session.auth_data,
            ehlo=session.host_name,
            headers=[[name, text(value)] for name, value in mail.items()],
            raw=[[name, text(value)] for name, value in mail.raw_items()],
            content_type=mail.get_content_type(),
            parts=[part(found) for found in mail.iter_parts()],
            ascii=envelope.original_content.isascii(),
            longest_line=max(map(len, envelope.original_content.split(b"\r\n"))),
            defects=[str(defect) for defect in mail.defects],
        )
        return "250 2.0.0 kept as 4711"


def authenticate(server, session, envelope, mechanism, data):
    right = data.login == b"mailer" and data.password == b"hunter2 \xc3\xa9"
    return AuthResult(success=right, handled=False, auth_data="mailer" if right else None)


async def main():
    arguments = argparse.ArgumentParser()
    arguments.add_argument("--mode", default="accept")
    arguments.add_argument("--tls", choices=["none", "starttls", "tls"], default="none")
    arguments.add_argument("--certificate")
    arguments.add_argument("--key")
    arguments.add_argument("--auth", action="store_true")
    arguments.add_argument("--login-only", action="store_true")
    arguments.add_argument("--ascii", action="store_true")
    asked = arguments.parse_args()
    context = None
    if asked.tls != "none":
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(asked.certificate, asked.key)
    handler = Handler(asked.mode)

    def server():
        say(event="connection")
        return SMTP(
            handler,
            hostname="mail.test",
            enable_SMTPUTF8=not asked.ascii,
            decode_data=False,
            tls_context=context if asked.tls == "starttls" else None,
            require_starttls=asked.tls == "starttls",
            auth_required=asked.auth,
            auth_require_tls=not asked.auth,
            auth_exclude_mechanism=["PLAIN"] if asked.login_only else None,
            authenticator=authenticate if asked.auth else None,
        )

    if asked.mode == "silent":
        async def mute(reader, writer):
            say(event="connection")
            await asyncio.sleep(3600)

        listening = await asyncio.start_server(mute, "127.0.0.1", 0)
    else:
        listening = await asyncio.get_running_loop().create_server(
            server, "127.0.0.1", 0, ssl=context if asked.tls == "tls" else None
        )
    say(port=listening.sockets[0].getsockname()[1])
    await listening.serve_forever()


asyncio.run(main())
