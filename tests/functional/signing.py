"""Signs webhooks as the CMS does and as Standard Webhooks do."""
import base64
import hashlib
import hmac
import time


def cms(secret, body, timestamp=None):
    return {"X-Webhook-Timestamp": str(int(time.time()) if timestamp is None else timestamp),
            "X-Webhook-Signature": hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}


def standard_entry(secret, delivery_id, timestamp, body):
    key = base64.b64decode(secret.removeprefix("whsec_")) if secret.startswith("whsec_") else secret.encode()
    digest = hmac.new(key, f"{delivery_id}.{timestamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def standard(secret, delivery_id, body, timestamp=None):
    timestamp = int(time.time()) if timestamp is None else timestamp
    return {"Webhook-Id": delivery_id, "Webhook-Timestamp": str(timestamp),
            "Webhook-Signature": standard_entry(secret, delivery_id, timestamp, body)}
