// SPDX-License-Identifier: Apache-2.0
package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
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
	// Certificate is what the server showed; only with --via.
	Certificate *probedCertificate `json:"certificate,omitempty"`
	Millis      int64              `json:"ms"`
}

// probedCertificate is a server's own certificate, its chain not verified.
type probedCertificate struct {
	Subject string `json:"subject"`
	Issuer  string `json:"issuer"`
	// Covers is true when it is for the host of the URL.
	Covers   bool      `json:"covers"`
	NotAfter time.Time `json:"notAfter"`
}

// probeMain asks one question: probe [--pace N] tcp HOST:PORT | dns NAME | http URL [--via HOST:PORT] [--ok]. Exit code 0 when it was
// answered, 1 when not; with --ok 0 in both cases. With --via the connection goes there, whatever the host of the URL is, and a
// certificate is told, not verified.
func probeMain(args []string) int {
	flags := flag.NewFlagSet("airgap-node probe", flag.ContinueOnError)
	flags.Float64Var(&pace, "pace", pace, "how many times as long everything may take here")
	if flags.Parse(args) != nil {
		return 2
	}
	args = flags.Args()
	via := ""
	if len(args) >= 4 && args[0] == "http" && args[2] == "--via" {
		via = args[3]
		args = slices.Delete(slices.Clone(args), 2, 4)
	}
	tolerant := len(args) == 3 && args[2] == "--ok"
	if len(args) != 2 && !tolerant {
		fmt.Fprintln(os.Stderr, "usage: airgap-node probe [--pace N] tcp HOST:PORT | dns NAME | http URL [--via HOST:PORT] [--ok]")
		return 2
	}
	ctx, cancel := context.WithTimeout(context.Background(), paced(probeTimeout))
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
		err = probeHTTP(ctx, args[1], via, &result)
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

func probeHTTP(ctx context.Context, url, via string, result *probeResult) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return err
	}
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	if via != "" {
		client.Transport = &http.Transport{
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return (&net.Dialer{}).DialContext(ctx, network, via)
			},
			TLSClientConfig: &tls.Config{InsecureSkipVerify: true, ServerName: request.URL.Hostname()},
		}
	}
	response, err := client.Do(request)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	if via != "" && response.TLS != nil && len(response.TLS.PeerCertificates) > 0 {
		own := response.TLS.PeerCertificates[0]
		result.Certificate = &probedCertificate{
			Subject: own.Subject.String(), Issuer: own.Issuer.String(), NotAfter: own.NotAfter,
			Covers: own.VerifyHostname(request.URL.Hostname()) == nil,
		}
	}
	body, err := io.ReadAll(io.LimitReader(response.Body, bodyLimit))
	result.Status, result.Body = response.StatusCode, string(body)
	return err
}

// pauseMain keeps a pod alive until it is told to end.
func pauseMain([]string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	<-ctx.Done()
	return 0
}
