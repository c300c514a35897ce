"""Who asks under a foreign name is answered by 400, before it is known who asks."""

import pytest
from django.test import Client


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "a b"])
def test_a_foreign_host_is_refused_with_a_page(db: None, host: str) -> None:
    client = Client(raise_request_exception=False)
    answer = client.get("/login/", headers={"Host": host, "Accept-Language": "en"})
    assert answer.status_code == 400
    # Refused before anybody's language is known, so in the product's first one.
    assert "无法读取此请求。" in answer.content.decode()
