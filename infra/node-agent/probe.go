// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"
)

const (
	probeTimeout = 5 * time.Second
	// bodyLimit is how much of an HTTP answer is kept.
	bodyLimit = 1 << 20
)

// probeResult is what a probe prints, as one line of JSON.
type probeResult struct {
	OK        bool     `json:"ok"`
	Error     string   `json:"error,omitempty"`
	Addresses []string `json:"addresses,omitempty"`
	Status    int      `json:"status,omitempty"`
	Body      string   `json:"body,omitempty"`
	Millis    int64    `json:"ms"`
}

// probeMain asks one question: probe tcp HOST:PORT | dns NAME | http URL [--ok]. Exit code 0 when it was answered, 1 when not;
// with --ok 0 in both cases.
func probeMain(args []string) int {
	tolerant := len(args) == 3 && args[2] == "--ok"
	if len(args) != 2 && !tolerant {
		fmt.Fprintln(os.Stderr, "usage: airgap-node probe tcp HOST:PORT | dns NAME | http URL [--ok]")
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), probeTimeout)
	defer cancel()
	began := time.Now()
	var result probeResult
	var err error
	switch args[0] {
	case "tcp":
		err = probeTCP(ctx, args[1])
	case "dns":
		result.Addresses, err = net.DefaultResolver.LookupHost(ctx, args[1])
	case "http":
		result.Status, result.Body, err = probeHTTP(ctx, args[1])
	default:
		err = fmt.Errorf("%q is not tcp, dns or http", args[0])
	}
	result.Millis = time.Since(began).Milliseconds()
	result.OK = err == nil
	if err != nil {
		result.Error = err.Error()
	}
	if err := json.NewEncoder(os.Stdout).Encode(result); err != nil {
		return 1
	}
	if result.OK || tolerant {
		return 0
	}
	return 1
}

func probeTCP(ctx context.Context, target string) error {
	connection, err := (&net.Dialer{}).DialContext(ctx, "tcp", target)
	if err != nil {
		return err
	}
	return connection.Close()
}

func probeHTTP(ctx context.Context, url string) (int, string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	return response.StatusCode, string(body), err
}

// pauseMain keeps a pod alive until it is told to end.
func pauseMain([]string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	<-ctx.Done()
	return 0
}
