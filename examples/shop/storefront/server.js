// The API in front of the service. Some of it is wrong on purpose.
const crypto = require("crypto");
const path = require("path");
const { exec, execFile } = require("child_process");
const express = require("express");
const jwt = require("jsonwebtoken");
const { MongoClient } = require("mongodb");
const { pool } = require("./pool");

const app = express();
const mongo = new MongoClient(process.env.MONGO_URL);
const jwtSecret = "not-a-real-secret-0000";

app.use(express.json());

app.get("/api/products", async (req, res) => {
  const sort = req.query.sort === "price" ? "price_cents" : "name";
  const rows = await pool.query("SELECT id, name FROM products WHERE shop = $1", [req.query.shop]);
  res.json({ sort, rows });
});

app.get("/api/reviews", async (req, res) => {
  const rows = await pool.query(`SELECT * FROM reviews WHERE product = ${req.query.product}`);
  res.json(rows);
});

app.post("/api/profile", async (req, res) => {
  const found = await mongo.db("shop").collection("profiles").findOne({ email: req.body.email });
  res.json(found);
});

app.post("/api/customers", async (req, res) => {
  const { email, password } = req.body;
  await pool.query("INSERT INTO customers (email, password) VALUES ($1, $2)", [email, password]);
  res.status(201).end();
});

app.get("/api/me", (req, res) => {
  res.json(jwt.decode(req.cookies.session));
});

app.get("/manuals", (req, res) => {
  res.sendFile(path.join("/srv/manuals", req.query.name));
});

app.get("/pictures/:name", (req, res) => {
  res.sendFile(path.join("/srv/pictures", path.basename(req.params.name)));
});

app.post("/api/thumbnails", (req, res) => {
  exec(`convert ${req.body.file} -resize 200x200 thumbnail.png`, () => res.end());
});

app.post("/api/previews", (req, res) => {
  execFile("convert", ["preview.svg", "preview.png"], () => res.end());
});

app.get("/goodbye", (req, res) => res.redirect(req.query.to));

function etag(body) {
  return crypto.createHash("md5").update(body).digest("base64");
}

function couponToken() {
  return Math.random().toString(36).slice(2);
}

module.exports = { app, couponToken, etag, jwtSecret };
