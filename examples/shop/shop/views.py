"""The routes. Some of them are wrong on purpose."""

import pickle
import subprocess
from base64 import b64decode
from pathlib import Path

import requests
from flask import Flask, abort, jsonify, redirect, request, send_file, session, url_for
from markupsafe import escape
from werkzeug.utils import secure_filename

from shop import accounts, db

app = Flask(__name__)
INVOICES = Path("/srv/shop/invoices")


@app.route("/search")
def search():
    text = request.args.get("q", "")
    products = db.search_products(db.connect(), text)
    if not products:
        return f"<p>Nothing found for {text}</p>"
    return jsonify([dict(product) for product in products])


@app.route("/hello")
def hello():
    return f"<p>Welcome, {escape(request.args.get('name', 'guest'))}</p>"


@app.route("/orders/<int:number>")
def order(number):
    if "customer" not in session:
        abort(401)
    return jsonify(dict(db.find_order(db.connect(), number)))


@app.route("/orders/<int:number>/cancel", methods=["POST"])
def cancel(number):
    if session.get("role") != "staff":
        abort(403)
    connection = db.connect()
    connection.execute("UPDATE orders SET status = 'cancelled' WHERE id = ?", (number,))
    connection.commit()
    return redirect(url_for("order", number=number))


@app.route("/orders/<int:number>/refund", methods=["POST"])
def refund(number):
    connection = db.connect()
    connection.execute("UPDATE orders SET status = 'refunded' WHERE id = ?", (number,))
    connection.commit()
    return redirect(url_for("order", number=number))


@app.route("/invoices")
def invoice():
    return send_file(INVOICES / request.args["file"])


@app.route("/invoices/upload", methods=["POST"])
def upload():
    sent = request.files["file"]
    sent.save(INVOICES / secure_filename(sent.filename))
    return "", 204


@app.route("/login", methods=["POST"])
def login():
    customer = db.find_customer(db.connect(), request.form["email"])
    if customer is None or not accounts.login(customer, request.form["password"]):
        abort(401)
    session["customer"] = customer["id"]
    return redirect(request.args.get("next", "/"))


@app.route("/cart")
def cart():
    return jsonify(pickle.loads(b64decode(request.cookies["cart"])))


@app.route("/suppliers/check", methods=["POST"])
def check_supplier():
    return requests.get(request.form["url"], timeout=5).text


@app.route("/labels/<int:number>")
def label(number):
    printer = request.args.get("printer", "default")
    subprocess.run(f"lp -d {printer} /srv/shop/labels/{number}.pdf", shell=True)
    return "", 204
