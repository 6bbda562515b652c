import pytest


@pytest.fixture
def shop(workers):
    return workers["@name@"]


def test_everybody_is_greeted(shop):
    assert shop.get("/?name=Ada").json() == {"message": "Hello, Ada!"}


def test_items_are_added_up(shop):
    items = [{"name": "tea", "price": 2.5, "quantity": 2}, {"name": "cup", "price": 4}]
    assert shop.post("/total", json=items).json() == {"total": 9.0}


def test_what_is_no_item_is_explained(shop):
    answer = shop.post("/total", json=[{"name": "tea"}])
    assert answer.status == 422
    assert answer.json()["detail"][0]["loc"] == ["body", 0, "price"]


@pytest.mark.parametrize(("sent", "status"), [("Bearer right", 200), ("Bearer wrong", 401), ("", 401)])
def test_admin_needs_the_token(shop, sent, status):
    shop.env["API_TOKEN"] = "right"  # until the end of this test
    assert shop.get("/admin", headers={"Authorization": sent}).status == status
