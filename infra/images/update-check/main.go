// SPDX-License-Identifier: Apache-2.0

// Command update-check does what many servers do beside their work: it asks its vendor for the newest version, by
// name, and carries on whatever comes of it.
package main

import (
	"context"
	"flag"
	"log"
	"net/http"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	url := flag.String("url", "", "where the newest version is published")
	every := flag.Duration("every", time.Hour, "time between two checks")
	flag.Parse()

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	client := &http.Client{Timeout: 5 * time.Second}
	for {
		check(ctx, client, *url)
		select {
		case <-ctx.Done():
			return
		case <-time.After(*every):
		}
	}
}

func check(ctx context.Context, client *http.Client, url string) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		log.Fatalf("update-check: %v", err)
	}
	response, err := client.Do(request)
	if err != nil {
		log.Printf("update-check: %v; going on", err)
		return
	}
	defer response.Body.Close()
	log.Printf("update-check: %s answered %s", url, response.Status)
}
