"""Queries. Some of them are wrong on purpose."""

import sqlite3

SORT_COLUMNS = {"name": "name", "price": "price_cents", "new": "created_at"}


def connect(path: str = "shop.sqlite3") -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.row_factory = sqlite3.Row
    return connection


def find_customer(connection: sqlite3.Connection, email: str) -> sqlite3.Row | None:
    return connection.execute("SELECT * FROM customers WHERE email = ?", (email,)).fetchone()


def search_products(connection: sqlite3.Connection, text: str) -> list[sqlite3.Row]:
    query = f"SELECT id, name, price_cents FROM products WHERE name LIKE '%{text}%'"
    return connection.execute(query).fetchall()


def list_products(connection: sqlite3.Connection, order: str) -> list[sqlite3.Row]:
    column = SORT_COLUMNS.get(order, "name")
    return connection.execute(f"SELECT id, name FROM products ORDER BY {column}").fetchall()


def find_order(connection: sqlite3.Connection, number: int) -> sqlite3.Row | None:
    return connection.execute("SELECT * FROM orders WHERE id = ?", (number,)).fetchone()


def orders_between(connection: sqlite3.Connection, first: str, last: str, status: str) -> list[sqlite3.Row]:
    query = "SELECT id, total_cents FROM orders"
    query += " WHERE created_at BETWEEN ? AND ?"
    if status:
        query += " AND status = '" + status + "'"
    return connection.execute(query, (first, last)).fetchall()
