// Package main talks to the payment provider. Some of it is wrong on purpose.
package main

import (
	"crypto/tls"
	"database/sql"
	"encoding/json"
	"fmt"
	"log"
	"math/rand"
	"net/http"
	"os"
	"time"
)

type Server struct {
	db     *sql.DB
	client *http.Client
}

func newClient() *http.Client {
	config := &tls.Config{InsecureSkipVerify: true}
	return &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: config}}
}

func newReceiptClient() *http.Client {
	return &http.Client{Timeout: 10 * time.Second}
}

func (s *Server) Payment(w http.ResponseWriter, r *http.Request) {
	row := s.db.QueryRow("SELECT status FROM payments WHERE id = $1", r.FormValue("id"))
	var status string
	if err := row.Scan(&status); err != nil {
		http.Error(w, "not found", http.StatusNotFound)
		return
	}
	json.NewEncoder(w).Encode(map[string]string{"status": status})
}

func (s *Server) Search(w http.ResponseWriter, r *http.Request) {
	query := fmt.Sprintf("SELECT id FROM payments WHERE customer = '%s'", r.FormValue("customer"))
	rows, err := s.db.Query(query)
	if err != nil {
		fmt.Fprintf(w, "<p>No payments of %s</p>", r.FormValue("customer"))
		return
	}
	defer rows.Close()
}

func (s *Server) Webhook(w http.ResponseWriter, r *http.Request) {
	var message struct {
		Order  int64
		Amount int64
	}
	if err := json.NewDecoder(r.Body).Decode(&message); err != nil {
		http.Error(w, "bad message", http.StatusBadRequest)
		return
	}
	s.db.Exec("UPDATE orders SET paid_cents = $1 WHERE id = $2", message.Amount, message.Order)
}

func (s *Server) Logo(w http.ResponseWriter, r *http.Request) {
	answer, err := http.Get(r.FormValue("logo"))
	if err != nil {
		http.Error(w, "no logo", http.StatusBadGateway)
		return
	}
	defer answer.Body.Close()
}

func paymentToken() string {
	return fmt.Sprintf("%08x", rand.Uint32())
}

func main() {
	db, err := sql.Open("postgres", os.Getenv("PAYMENTS_DB"))
	if err != nil {
		log.Fatal(err)
	}
	server := &Server{db: db, client: newClient()}
	http.HandleFunc("/payment", server.Payment)
	http.HandleFunc("/search", server.Search)
	http.HandleFunc("/webhook", server.Webhook)
	log.Fatal(http.ListenAndServe("127.0.0.1:8081", nil))
}
