"""Customers, passwords, vouchers."""

import hashlib
import hmac
import logging
import os
import random
import secrets

logger = logging.getLogger(__name__)

MAIL_PASSWORD = "not-a-real-password"
SESSION_SECONDS = 3600


def register(connection, email, password):
    connection.execute("INSERT INTO customers (email, password) VALUES (?, ?)", (email, password))
    connection.commit()


def register_staff(connection, email, password):
    salt = os.urandom(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**15, r=8, p=1, maxmem=2**26)
    connection.execute("INSERT INTO staff (email, salt, digest) VALUES (?, ?, ?)", (email, salt, digest))
    connection.commit()


def login(customer, password):
    logger.info("login of %s with %s", customer["email"], password)
    return customer["password"] == password


def login_staff(member, password):
    digest = hashlib.scrypt(password.encode(), salt=member["salt"], n=2**15, r=8, p=1, maxmem=2**26)
    return hmac.compare_digest(digest, member["digest"])


def gift_card_pin_hash(password):
    return hashlib.sha256(password.encode()).hexdigest()


def reset_code():
    return "".join(random.choice("0123456789") for _ in range(6))


def session_token():
    return secrets.token_urlsafe(32)


def redeem_voucher(connection, code, order):
    voucher = connection.execute("SELECT * FROM vouchers WHERE code = ?", (code,)).fetchone()
    if voucher is None or voucher["used"]:
        return 0
    apply_discount(connection, order, voucher["amount_cents"])
    connection.execute("UPDATE vouchers SET used = 1 WHERE code = ?", (code,))
    connection.commit()
    return voucher["amount_cents"]


def apply_discount(connection, order, cents):
    connection.execute("UPDATE orders SET total_cents = total_cents - ? WHERE id = ?", (cents, order["id"]))
