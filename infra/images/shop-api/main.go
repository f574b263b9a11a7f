// SPDX-License-Identifier: Apache-2.0

// Command shop-api is the API of examples/shop: orders in PostgreSQL, staff in the directory of the company (LDAP).
//
//	GET  /healthz       the process lives
//	GET  /ready         the database answers and the directory accepts a connection
//	GET  /orders        all orders
//	POST /orders?item=  a new order
package main

import (
	"context"
	"encoding/json"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

const patience = 3 * time.Second

type order struct {
	ID   int64     `json:"id"`
	Item string    `json:"item"`
	At   time.Time `json:"at"`
}

type server struct {
	database  *pgxpool.Pool
	directory string
}

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	database, err := pgxpool.New(ctx, required("DATABASE_URL"))
	if err != nil {
		log.Fatalf("shop-api: DATABASE_URL: %v", err)
	}
	defer database.Close()
	shop := &server{database: database, directory: required("LDAP_ADDRESS")}

	if advisories := os.Getenv("ADVISORIES_URL"); advisories != "" {
		go advise(ctx, advisories)
	}

	mux := http.NewServeMux()
	mux.HandleFunc("GET /healthz", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /ready", shop.ready)
	mux.HandleFunc("GET /orders", shop.list)
	mux.HandleFunc("POST /orders", shop.add)
	web := &http.Server{Addr: ":8080", Handler: mux, ReadHeaderTimeout: patience}
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		_ = web.Shutdown(late)
	}()
	if err := web.ListenAndServe(); !errors.Is(err, http.ErrServerClosed) {
		log.Fatalf("shop-api: %v", err)
	}
}

// advise asks the vendor once whether this version has known defects, and does without an answer.
func advise(ctx context.Context, url string) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		log.Fatalf("shop-api: ADVISORIES_URL: %v", err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		log.Printf("shop-api: no advisories: %v; going on", err)
		return
	}
	defer response.Body.Close()
	log.Printf("shop-api: advisories: %s", response.Status)
}

func required(name string) string {
	value := os.Getenv(name)
	if value == "" {
		log.Fatalf("shop-api: %s is not set", name)
	}
	return value
}

func (s *server) ready(w http.ResponseWriter, r *http.Request) {
	ctx, cancel := context.WithTimeout(r.Context(), patience)
	defer cancel()
	if err := s.database.Ping(ctx); err != nil {
		refuse(w, "the database does not answer", err)
		return
	}
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", s.directory)
	if err != nil {
		refuse(w, "the directory does not answer", err)
		return
	}
	_ = connection.Close()
}

func (s *server) list(w http.ResponseWriter, r *http.Request) {
	rows, err := s.database.Query(r.Context(), "SELECT id, item, at FROM orders ORDER BY id")
	if err != nil {
		refuse(w, "orders cannot be read", err)
		return
	}
	orders, err := pgx.CollectRows(rows, pgx.RowToStructByPos[order])
	if err != nil {
		refuse(w, "orders cannot be read", err)
		return
	}
	answer(w, http.StatusOK, orders)
}

func (s *server) add(w http.ResponseWriter, r *http.Request) {
	item := r.URL.Query().Get("item")
	if item == "" {
		http.Error(w, "item is missing", http.StatusBadRequest)
		return
	}
	made := order{Item: item}
	row := s.database.QueryRow(r.Context(), "INSERT INTO orders (item) VALUES ($1) RETURNING id, at", item)
	if err := row.Scan(&made.ID, &made.At); err != nil {
		refuse(w, "the order cannot be kept", err)
		return
	}
	answer(w, http.StatusCreated, made)
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func refuse(w http.ResponseWriter, what string, err error) {
	log.Printf("shop-api: %s: %v", what, err)
	http.Error(w, what, http.StatusServiceUnavailable)
}
